"""A name passes by the rules, or is refused with the rule, a sentence, and a proposal that passes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kern.errors import InvalidSessionNameError
from kern.naming import LONGEST_NAME, check_name
from sessions_app.policy.naming_rules import Context, Refusal, Rule, conform
from sessions_app.policy.naming_rules.words import count
from sessions_app.text.forbidden_words import found_in, has_no_spaces
from sessions_app.text.personal_data import KINDS, find


@dataclass(frozen=True)
class Rules:
    """Rules of a desk; as they stand here, they allow everything."""

    min_words: int = 0
    max_words: int = 0
    max_characters: int = LONGEST_NAME
    template: str = ""
    language: str = "any"
    letter_case: str = "any"
    forbidden_words: str = ""
    masks: tuple[str, ...] = ()


TICKET = Context(ticket="ZD-1", tickets=("ZD-1", "ZD-2"), customer="Cy Baron", queue="Orders", date="2026-11-30")
ALL = Rules(2, 7, 60, "{ticket} – {name}", "en", "sentence", "angry\nlawyer", (*KINDS, "name"))


def refused(name: str, rules: Rules, context: Context = TICKET) -> Refusal:
    judged = conform(name, context, rules)
    assert isinstance(judged, Refusal), judged
    return judged


def test_without_rules_every_name_stays_as_it_is() -> None:
    for name in (
        "Angry caller",
        "ana@example.com",
        "荷物の紛失",
        "a b c d e f g h i j k l m n o p",
        "👩‍👩‍👧 4111 1111 1111 1111",
    ):
        assert conform(f" {name} ", TICKET, Rules()) == name


def test_the_template_is_filled_in_once() -> None:
    rules = Rules(template="{ticket} – {name}")
    assert conform("Late bag", TICKET, rules) == "ZD-1 – Late bag"
    assert conform("ZD-1 – Late bag", TICKET, rules) == "ZD-1 – Late bag"
    assert conform("Late bag", Context(), rules) == "Late bag"
    assert conform("ZD-1", TICKET, rules) == "ZD-1"
    assert conform("Late bag of ZD-1", TICKET, rules) == "Late bag of ZD-1"


def test_another_ticket_that_became_primary_takes_the_old_ones_place() -> None:
    assert conform("ZD-2 – Late bag", TICKET, Rules(template="{ticket} – {name}")) == "ZD-1 – Late bag"


@pytest.mark.parametrize(
    ("letter_case", "name"),
    [
        ("any", "late BAG of iPhone"),
        ("sentence", "Late BAG of iPhone"),
        ("title", "Late BAG Of iPhone"),
        ("upper", "LATE BAG OF IPHONE"),
        ("lower", "late bag of iphone"),
    ],
)
def test_capital_letters_are_set(letter_case: str, name: str) -> None:
    assert conform("late BAG of iPhone", Context(), Rules(letter_case=letter_case)) == name


def test_a_name_that_shouts_becomes_quiet_and_abbreviations_stay() -> None:
    rules = Rules(letter_case="sentence")
    assert conform("REFUND FOR LH1234 NOW", Context(), rules) == "Refund for LH1234 now"
    assert conform("AWS DNS", Context(), rules) == "AWS DNS"
    assert conform("4 bags lost", Context(), rules) == "4 bags lost"


@pytest.mark.parametrize(
    ("name", "rule", "sentence", "proposal"),
    [
        (
            "Receipt for airport bus to hotel after strike",
            Rule.WORDS,
            "it has 8 words; names here have at most 7",
            "ZD-1 – Receipt for airport bus to hotel",
        ),
        ("Refund", Rule.WORDS, "it has 1 word; names here have at least 2", "ZD-1 – Refund: Orders"),
        ("Angry caller at gate", Rule.FORBIDDEN, "“angry” is one of the forbidden words", "ZD-1 – Caller at gate"),
        ("Second charge on card 4417", Rule.PERSONAL, "a card number", "ZD-1 – Second charge on card ••••"),
        ("Refund for Cy baron", Rule.PERSONAL, "the customer’s name", "ZD-1 – Refund for •••• ••••"),
        (
            "Mail cy@example.com about booking H3WR2T",
            Rule.PERSONAL,
            "an email address, a booking code",
            "ZD-1 – Mail •••• about booking ••••",
        ),
        (
            "Donaudampfschifffahrtsgesellschaft and its representatives abroad",
            Rule.CHARACTERS,
            "it has 65 characters",
            "Donaudampfschifffahrtsgesellschaft and its representatives",
        ),
        ("возврат денег за билет", Rule.LANGUAGE, "the language of names here (en)", "Conversation of 2026-11-30"),
        ("  ", Rule.PLAIN, "visible character", "Conversation of 2026-11-30"),
        ("Late\nbag", Rule.PLAIN, "one line", "ZD-1 – Late bag"),
        ("Late bag " * 30, Rule.PLAIN, "at most 200 characters", "ZD-1 – Late bag Late bag Late bag Late"),
    ],
)
def test_a_refusal_says_the_rule_and_proposes_a_name(name: str, rule: Rule, sentence: str, proposal: str) -> None:
    refusal = refused(name, ALL)
    assert refusal.rule == rule
    assert sentence in refusal.sentence
    assert refusal.proposal.endswith(proposal)


def test_a_proposal_falls_back_on_what_the_caller_knows() -> None:
    context = replace(TICKET, stand_ins=("Late parcel from Oslo",))
    assert refused("Angry lawyer", ALL, context).proposal == "ZD-1 – Late parcel from Oslo"


def test_where_nothing_passes_nothing_is_proposed() -> None:
    assert refused("Angry", Rules(forbidden_words="angry\nconversation"), Context()).proposal == ""


def test_numbers_of_its_tickets_are_no_personal_data() -> None:
    context = Context(ticket="H3WR2T", tickets=("H3WR2T", "4111 1111 1111 1111"))
    rules = Rules(masks=KINDS, template="{ticket} – {name}", max_words=2)
    assert conform("Late bag h3wr2t", context, rules) == "Late bag h3wr2t"


def test_a_ticket_with_a_forbidden_word_is_not_put_in_front() -> None:
    assert conform("Late bag", TICKET, Rules(template="{ticket} – {name}", forbidden_words="zd")) == "Late bag"


def test_languages_without_spaces_have_no_fewest_words() -> None:
    assert conform("荷物の紛失", Context(), Rules(min_words=2)) == "荷物の紛失"


class TestTheDesksOwnRule:
    def test_it_may_change_the_name(self) -> None:
        context = replace(TICKET, desk_policy=lambda name: f"[VIP] {name}" if "VIP" not in name else name)
        rules = Rules(template="{ticket} – {name}")
        named = conform("Late bag", context, rules)
        assert named == "[VIP] ZD-1 – Late bag"
        assert conform(named, context, rules) == named

    def test_it_may_refuse_and_its_proposal_is_the_first_candidate(self) -> None:
        def no_bags(name: str) -> str:
            if "bag" in name:
                raise InvalidSessionNameError("say luggage", proposal="Late luggage")
            return name

        refusal = refused("Late bag", Rules(), replace(TICKET, desk_policy=no_bags))
        assert refusal == Refusal(Rule.DESK, "say luggage", "Late luggage", "Late luggage")

    def test_what_it_answers_keeps_the_other_rules(self) -> None:
        refusal = refused("Late bag", ALL, replace(TICKET, desk_policy=lambda name: "An angry customer"))
        assert refusal.rule == Rule.FORBIDDEN

    def test_its_faults_refuse_the_name_and_are_no_error(self, caplog: pytest.LogCaptureFixture) -> None:
        refusal = refused("Late bag", Rules(), replace(TICKET, desk_policy=lambda name: str(1 / 0)))
        assert refusal.rule == Rule.DESK
        assert "its log says why" in refusal.sentence
        assert "naming_policy" in caplog.text


words = st.sampled_from(
    [
        "angry",
        "Lawyer",
        "late",
        "BAG",
        "–",
        ",",
        "4111 1111 1111 1111",
        "ana@example.com",
        "H3WR2T",
        "ZD-1",
        "cy",
        "荷物",
        "ß",
        "ŉ",
    ]
)
names = st.one_of(
    st.text(max_size=80), st.lists(words, max_size=12).map(" ".join), st.text("aA –:٣4İǆﬁ\u0301\u200d🏳😀", max_size=30)
)
contexts = st.builds(
    Context,
    ticket=st.sampled_from(["", "ZD-1", "angry 7", "123456789"]),
    customer=st.sampled_from(["", "Cy Baron", "angry", "\u202e\n", "İ"]),
    queue=st.sampled_from(["", "Orders"]),
    date=st.sampled_from(["", "2026-11-30"]),
    stand_ins=st.lists(names, max_size=2).map(tuple),
)
rules = st.builds(
    Rules,
    min_words=st.integers(0, 3),
    max_words=st.integers(0, 5),
    max_characters=st.sampled_from([10, 12, 30, 200]),
    template=st.sampled_from(
        ["", "{ticket} – {name}", "{ticket}{name}{queue}", "{name} ({customer}, {date})", "angry {name}", "{broken"]
    ),
    language=st.sampled_from(["any", "en", "ru", "ja", "?"]),
    letter_case=st.sampled_from(["any", "sentence", "title", "upper", "lower"]),
    forbidden_words=st.sampled_from(["", "angry\nlawyer", "a\nß", "荷"]),
    masks=st.sampled_from([(), KINDS, ("name", "mail")]),
)


@given(names, contexts, rules)
def test_what_passes_keeps_the_rules_and_passes_again(name: str, context: Context, rules: Rules) -> None:
    judged = conform(name, context, rules)
    passed = judged.proposal if isinstance(judged, Refusal) else judged
    if isinstance(judged, Refusal):
        assert judged.sentence
    if not passed:
        return
    assert conform(passed, context, rules) == passed
    assert check_name(passed) == passed
    assert not found_in(passed, rules.forbidden_words)
    assert find(passed, rules.masks, context.ticket_ids) == [] or rules.template
    if not rules.template:
        assert len(passed) <= rules.max_characters
        assert not rules.max_words or count(passed, context.ticket_ids) <= rules.max_words
        assert has_no_spaces(passed) or count(passed, context.ticket_ids) >= min(
            rules.min_words, rules.max_words or rules.min_words
        )
