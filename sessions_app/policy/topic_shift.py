"""A local comparison of a name with what was said since: it costs no model, and says whether one should be asked.

It errs towards asking: the model's answer decides, and where that is the same name again, nothing is suggested.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from kern.models.offline.names import name_of
from kern.models.offline.words import stems_of
from sessions_app.infrastructure import clock
from sessions_app.models import Session
from sessions_app.models.naming_policy import OnShift
from sessions_app.policy.naming import naming_in_force
from sessions_app.text.folding import fold
from sessions_app.text.forbidden_words import has_no_spaces

#: Fewer new words are thanks and details, and no topic.
LEAST_NEW_WORDS = 5
#: The share of new words that were there before, from which on the topic is the same.
SAME_WORDS = 0.35
#: The share of unknown words in the new topic, from which on it is another.
NEW_TOPIC = 0.5
_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
#: The name of a conversation whose words say nothing.
_NO_TOPIC = name_of(["Hello"])


def plan(session: Session) -> None:
    """Schedule the comparison after so many further messages as the queue says. The session's row must be locked."""
    if session.has_stand_in or session.topic_due_at or session.queue is None:
        return
    rules = naming_in_force(session.queue)
    if not rules.recheck_after or rules.on_shift == OnShift.IGNORE:
        return
    # Counts no further than it must, so the length of the conversation does not matter.
    further = session.messages.said().filter(pk__gt=session.topic_checked).order_by("pk")[: rules.recheck_after].count()
    if further >= rules.recheck_after:
        session.topic_due_at = clock.now()
        session.save(update_fields=["topic_due_at"])


def may_have_moved(name: str, opening: Iterable[str], recent: Sequence[str]) -> bool:
    """Return whether the customer's recent messages may be about something else than the name and the first messages."""
    before, new = _words([name, *opening]), _words(recent)
    if len(new) < LEAST_NEW_WORDS or len(new & before) / len(new) >= SAME_WORDS:
        return False
    said = name_of(recent)
    topic = _words([said]) if said != _NO_TOPIC else set()
    return not topic or len(topic - before) / len(topic) >= NEW_TOPIC


def is_topic(name: str) -> bool:
    """Return whether the name says what a conversation is about: thanks and general questions are no topic."""
    return name != _NO_TOPIC and bool(_words([name]))


def is_same(name: str, other: str) -> bool:
    """Return whether two names say the same: alike but for case, marks and order, or one has all words of the other."""
    words, others = _words([name]), _words([other])
    return fold(name) == fold(other) or (bool(words and others) and (words <= others or others <= words))


def _words(texts: Iterable[str]) -> set[str]:
    """Return stems of the meaningful words; without spaces between words ideographs, else pairs of letters, stand for them."""
    found: set[str] = set()
    for text in texts:
        folded = fold(text)
        if not has_no_spaces(folded):
            found.update(stem for stem in stems_of(folded) if not any(char.isdigit() for char in stem))
        elif ideographs := _IDEOGRAPH.findall(folded):
            found.update(ideographs)
        else:
            found.update(a + b for a, b in pairwise(folded) if (a + b).isalpha())
    return found
