"""The house has floors: a module imports only from floors below its own (see CONTRIBUTING)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: Lowest first. A name stands for the module and everything below it; modules of one floor may use each other.
FLOORS: list[tuple[str, ...]] = [
    ("kern",),
    ("sessions_app.infrastructure.clock", "sessions_app.infrastructure.broken_rows"),
    ("sessions_app.infrastructure.circuit", "sessions_app.infrastructure.mail_counts"),
    (
        "sessions_app.text.identity",
        "sessions_app.text.folding",
        "sessions_app.text.forbidden_words",
        "sessions_app.text.links",
        "sessions_app.text.unseen",
        "sessions_app.text.spreadsheet",
        "sessions_app.text.formatting",
        "sessions_app.infrastructure.bounded_cache",
        "sessions_app.infrastructure.time_zones",
        "sessions_app.infrastructure.downloads",
        "sessions_app.infrastructure.costs",
    ),
    ("sessions_app.models", "sessions_app.errors"),
    ("sessions_app.audit",),
    ("sessions_app.accounts.mail",),
    ("sessions_app.accounts.tokens",),
    ("sessions_app.changes.publish", "sessions_app.workers.processes"),
    ("sessions_app.workers.work_state",),
    ("sessions_app.accounts.sign_ins", "sessions_app.accounts.second_factor", "sessions_app.accounts.cut_off"),
    ("sessions_app.changes.log",),
    ("sessions_app.policy.daily_limits",),
    ("sessions_app.policy.in_force", "sessions_app.policy.decision_log", "sessions_app.policy.endings"),
    ("sessions_app.policy.approvals",),
    ("sessions_app.store",),
    ("sessions_app.desk",),
    ("sessions_app.desk.purposes", "sessions_app.desk.tools"),
    ("sessions_app.workers.overtime",),
    ("sessions_app.customers",),
    (
        "sessions_app.workers.turns",
        "sessions_app.workers.naming",
        "sessions_app.workers.expiry",
        "sessions_app.customers.retention",
    ),
    ("sessions_app.workers.tasks",),
    ("sessions_app.workers.duties", "sessions_app.workers.giving_back"),
    (
        "sessions_app.validation.text",
        "sessions_app.validation.addresses",
        "sessions_app.actions.locking",
        "sessions_app.actions.idempotency",
        "sessions_app.actions.moving",
        "sessions_app.actions.handover",
        "sessions_app.actions.private_turns",
        "sessions_app.actions.sessions",
        "sessions_app.policy.disclosure",
        "sessions_app.actions.escalation",
        "sessions_app.actions.customer_links",
        "sessions_app.actions.decisions",
        "sessions_app.actions.standing_approvals",
        "sessions_app.actions.reopening",
        "sessions_app.actions.names",
        "sessions_app.actions.tickets",
        "sessions_app.actions.unsent",
        "sessions_app.queries.access",
    ),
    ("sessions_app",),
    ("kern_inbox",),
]
#: What a desk is made of may only know the library and the desk's own vocabulary, as a user's desk file would.
DESK_FILES = "sessions_app.demo"
#: What tells the demo's stories works on the application's rows, and is no part of a desk.
STORY_FILES = tuple(f"{DESK_FILES}.{name}" for name in ("story", "stories", "people"))


def floor_of(module: str) -> int | None:
    found = [
        (len(name), number)
        for number, names in enumerate(FLOORS)
        for name in names
        if module == name or module.startswith(f"{name}.")
    ]
    return max(found)[1] if found else None


def modules() -> dict[str, Path]:
    files = [path for top in ("kern", "sessions_app", "kern_inbox") for path in (ROOT / top).rglob("*.py")]
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}
    return {name: path for name, path in named.items() if ".migrations" not in name}


def imports_of(path: Path) -> set[str]:
    known = modules()
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in known else node.module)
    return found


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_module_imports_only_from_lower_floors(module: str) -> None:
    mine = floor_of(module)
    assert mine is not None
    too_high = {
        imported
        for imported in imports_of(modules()[module])
        if (theirs := floor_of(imported)) is not None and theirs > mine and not imported.startswith(module)
    }
    assert not too_high, f"{module} reaches up to {', '.join(sorted(too_high))}"


@pytest.mark.parametrize("module", [name for name in sorted(modules()) if name.startswith("kern.") or name == "kern"])
def test_the_library_knows_neither_the_web_nor_the_queue(module: str) -> None:
    tops = {imported.split(".")[0] for imported in imports_of(modules()[module])}
    assert not tops & {"django", "celery", "redis", "sessions_app", "kern_inbox"}


def test_the_demo_desk_is_built_like_a_users_own() -> None:
    allowed = ("kern", "sessions_app.desk", DESK_FILES, "sessions_app.models", "sessions_app.store")
    for name, path in modules().items():
        if name.startswith(f"{DESK_FILES}.") and not name.startswith(STORY_FILES):
            ours = {i for i in imports_of(path) if i.split(".")[0] in ("kern", "sessions_app", "kern_inbox")}
            assert all(i.startswith(allowed) for i in ours), f"{name} imports {ours}"
