"""A model whose first answer a batch gave, and one that counts its tokens."""

from __future__ import annotations

import pytest

from kern.errors import ModelError
from kern.models.base import ModelAnswer, ModelRequest, Usage, ask
from kern.naming.counting import Answered, Counted
from kern.records.message import Message
from kern.testing import ScriptedModel

REQUEST = ModelRequest([Message("user", "A name, please.")])


def test_the_answer_of_a_batch_is_the_first_and_the_model_is_asked_afterwards() -> None:
    model = Answered(ScriptedModel(["Lost parcel"]), ModelAnswer(content="Parcel", model="m"))
    assert [ask(model, REQUEST).content, ask(model, REQUEST).content] == ["Parcel", "Lost parcel"]


def test_an_error_of_a_batch_is_raised_once() -> None:
    model = Answered(ScriptedModel(["Lost parcel"]), ModelError("too odd", permanent=True))
    with pytest.raises(ModelError, match="too odd"):
        ask(model, REQUEST)
    assert ask(model, REQUEST).content == "Lost parcel"


def test_tokens_are_summed_over_all_answers() -> None:
    counted = Counted(Answered(ScriptedModel(["Lost"]), ModelAnswer(content="Parcel", model="m", usage=Usage(30, 4))))
    ask(counted, REQUEST)
    assert (counted.usage.input_tokens, counted.usage.output_tokens) == (30, 4)
