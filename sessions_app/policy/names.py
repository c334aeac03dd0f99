"""The naming rules of a conversation: names judged, made to fit, and asked for.

Every door ends in `store.sessions.rename`, which asks `checked`.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from kern.errors import InvalidSessionNameError
from kern.naming import CONVERSATIONS_LANGUAGE, MOST_WORDS, NamingConstraints
from sessions_app.models import Session
from sessions_app.policy.naming import NamingInForce, naming_in_force
from sessions_app.policy.naming_rules import Context, Refusal, conform, instructions

#: A desk's own rule: it returns the name, or another one, or raises `InvalidSessionNameError` with the reason.
DeskPolicy = Callable[[str, Session], str]

_desk_policies: list[DeskPolicy] = []


def set_desk_policy(policy: DeskPolicy) -> None:
    """Have names judged by the desk's own rule, too: its room stands above this one, and calls this at the start."""
    _desk_policies[:] = [policy]


def context_of(session: Session, rules: NamingInForce) -> Context:
    """Return what the rules need to know of the session; its tickets are read only where they matter."""
    ids = _ticket_ids(session) if rules.template or rules.masks else ()
    customer = session.customer_name
    return Context(
        ticket=next(iter(ids), ""),
        tickets=ids,
        customer=customer if customer and not session.forbidden_in(customer) else "",
        queue=session.queue.name if session.queue is not None else "",
        date=timezone.localtime(session.created_at, timezone.get_default_timezone()).date().isoformat(),
        stand_ins=(session.name,) if session.name else (),
        desk_policy=_by_desk(session),
    )


def judge(name: str, session: Session, rules: NamingInForce | None = None) -> str | Refusal:
    """Return the name as the session may have it, or the refusal. `rules` saves a query where many are judged."""
    in_force = rules if rules is not None else naming_in_force(session.queue)
    return conform(name, context_of(session, in_force), in_force)


def checked(name: str, session: Session) -> str:
    """Return the name as the session may have it. Raises `InvalidSessionNameError` with the rule and a name that passes."""
    judged = judge(name, session)
    if isinstance(judged, Refusal):
        raise InvalidSessionNameError(judged.sentence, rule=judged.rule.value, proposal=judged.proposal)
    return judged


def fitted(name: str, session: Session, rules: NamingInForce | None = None) -> str:
    """Return the name, or what is left of it under the rules: for names that no person chose. Empty where nothing passes."""
    judged = judge(name, session, rules)
    return judged.mended if isinstance(judged, Refusal) else judged


def constraints_for(session: Session, rules: NamingInForce | None = None) -> NamingConstraints:
    """Return the rules for a generated name of the session. `rules` saves a query where many are generated."""
    in_force = rules if rules is not None else naming_in_force(session.queue)
    context = context_of(session, in_force)

    def refusal_of(name: str) -> str:
        judged = conform(name, context, in_force)
        return judged.sentence if isinstance(judged, Refusal) else ""

    return NamingConstraints(
        most_words=in_force.max_words or max(MOST_WORDS, in_force.min_words),
        language=instructions.language_of(in_force) or CONVERSATIONS_LANGUAGE,
        instructions=instructions.sentences(in_force),
        refusal_of=refusal_of,
    )


def _by_desk(session: Session) -> Callable[[str], str] | None:
    return (lambda name: _desk_policies[0](name, session)) if _desk_policies else None


def _ticket_ids(session: Session) -> tuple[str, ...]:
    if "tickets" in getattr(session, "_prefetched_objects_cache", {}):
        return tuple(link.ticket_id for link in sorted(session.tickets.all(), key=lambda link: link.rank))
    return tuple(session.tickets.primary_first().values_list("ticket_id", flat=True)[:20])
