"""Settings that change are in the audit log, secrets only as changed."""

from __future__ import annotations

import pytest

from kern_inbox.conf.settings_log import record_settings
from sessions_app import audit

START = {"DEBUG": "1", "OPENAI_API_KEY": "sk-the-first-key", "KERN_MODEL": "gpt-5.2"}


@pytest.mark.django_db
def test_a_setting_that_changed_is_told_with_what_it_was() -> None:
    first = record_settings(START)
    assert first is not None
    assert (first.before, first.after["KERN_MODEL"], first.via) == (None, "gpt-5.2", "program")
    assert record_settings(START) is None
    assert record_settings(START | {"PORT": "9000"}) is None
    changed = record_settings(START | {"KERN_MODEL": "gpt-6", "SIGN_UP": "1"})
    assert changed is not None
    assert changed.before == {"KERN_MODEL": "gpt-5.2", "KERN_NAMING_MODEL": "gpt-5.2", "SIGN_UP": "False"}
    assert (changed.after["KERN_MODEL"], changed.after["SIGN_UP"]) == ("gpt-6", "True")
    assert audit.verify().is_whole


@pytest.mark.django_db
def test_a_secret_that_changed_shows_and_the_secret_does_not() -> None:
    record_settings(START)
    changed = record_settings(
        START | {"OPENAI_API_KEY": "sk-the-second-key", "EMAIL_URL": "smtp://ana:hunter2@mail.example:25"}
    )
    assert changed is not None
    assert set(changed.before) == {"OPENAI_API_KEY", "EMAIL_URL"}
    written = str(changed.as_object())
    assert "sk-the" not in written
    assert "hunter2" not in written
