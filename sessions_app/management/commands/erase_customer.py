"""`manage.py erase_customer --user-id ID | --email ADDRESS | --session ID`"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sessions_app import customers
from sessions_app.customers import Customer, Preview
from sessions_app.customers.whom import WAYS
from sessions_app.errors import InvalidAction


def add_customer(parser: ArgumentParser) -> None:
    """Add the options that name the customer."""
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--user-id", dest="user_id", help="the customer's user id, exactly as it is")
    whom.add_argument("--email", help="the customer's email address; upper and lower case are the same")
    whom.add_argument("--session", dest="session_id", metavar="ID", help="one conversation, where the customer has no id")


def customer_of(options: dict[str, Any]) -> Customer:
    """Return the customer. Raises `CommandError`."""
    by = next(way for way in WAYS if options[way] is not None)
    try:
        return Customer.of(by, options[by])
    except InvalidAction as refusal:
        raise CommandError(refusal.message) from refusal


class Command(BaseCommand):
    help = "Erase everything of one customer for good. Begin with --dry-run: it lists what would go and changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_customer(parser)
        parser.add_argument("--dry-run", action="store_true", help="list what would go")
        parser.add_argument("--json", action="store_true", help="print the list as JSON")
        parser.add_argument("--yes", action="store_true", help="do not ask for the id again")

    def handle(self, *args: Any, **options: Any) -> None:
        customer = customer_of(options)
        found = customers.preview(customer)
        self.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=2) if options["json"] else described(found))
        if options["dry_run"]:
            return
        if not options["yes"]:
            self._confirm(customer)
        done = customers.erase(customer)
        self.stdout.write(f"Erased: {done.sessions} conversations, {done.lines} lines of the record of deleted ones.")

    def _confirm(self, customer: Customer) -> None:
        try:
            typed = input("This cannot be undone. Type the id or address again to erase: ")
        except EOFError:
            typed = ""
        if typed.strip() != customer.value:
            raise CommandError("That is not the same. Nothing was erased. Scripts pass --yes.")


def described(found: Preview) -> str:
    """The preview as text."""
    if found.is_empty:
        return "Nothing is kept about this customer."
    lines = [f"{found.sessions:>8} conversations ({found.working} with a turn that would be cancelled)"]
    lines += [f"{count:>8} {str(label).lower()}" for label, count in found.labelled]
    lines.append(f"{found.decisions:>8} lines of the decision log: emptied of words and ids, kept as facts")
    if found.shared_runs:
        lines.append(f"{found.shared_runs:>8} turns in conversations that hold turns of others too")
    for example in found.examples:
        lines.append(f"  {example.activity_at:%Y-%m-%d} {example.status:<8} {example.session_id}  {example.name}")
    for other in found.also:
        lines.append(f"Perhaps the same customer, and not erased with this one: {other.by} {other.value}")
    for mention in found.mentions:
        lines.append(f"Mentioned elsewhere, and kept: {mention.where} in {mention.session_id} {mention.author}".rstrip())
    return "\n".join(lines)
