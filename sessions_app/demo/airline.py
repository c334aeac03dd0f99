"""Look-ups and actions of the demo airline. The agents' tools call these functions.

Every function that changes data takes a `key`: a repetition with the same key does nothing and returns the first result. All
raise `ToolError` with words for the model when something is not possible. Money is in cents inside, in euros in words.
"""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings

from kern.errors import ToolError
from sessions_app.demo.airline_data import AIRPORTS, FARES
from sessions_app.demo.store import Row, Store, now


@cache
def store_at(path: Path) -> Store:
    """The airline's database in this file."""
    return Store(path)


def store() -> Store:
    """The airline's database of this installation (`demo.sqlite3` in the folder `KERN_VAR`)."""
    return store_at(Path(settings.KERN_VAR) / "demo.sqlite3")


def euros(cents: int) -> str:
    """An amount in words: `€412.60`."""
    return f"€{cents / 100:,.2f}"


def booking(reference: str) -> Row:
    """The booking of this reference."""
    found = store().row("select * from bookings where reference = ?", reference.strip().upper())
    if found is None:
        raise ToolError(f"There is no booking {reference}. Ask the customer to check the reference.")
    return found


def flight(number: str, day: str = "") -> Row:
    """A flight on a day (`YYYY-MM-DD`), else its next one."""
    wanted = number.strip().upper()
    found = store().row("select * from flights where number = ? and day >= ? order by day limit 1", wanted, day)
    if found is None or (day and found["day"] != day):
        raise ToolError(f"There is no flight {number}{f' on {day}' if day else ''}.")
    return found


def describe_flight(found: Row) -> str:
    """One line about a flight."""
    start = f"{AIRPORTS[found['origin']]} ({found['origin']}) {found['departs']}"
    end = f"{AIRPORTS[found['destination']]} ({found['destination']}) {found['arrives']}"
    why = f": {found['why']}" if found["why"] else ""
    return f"{found['number']} on {found['day']}, {start} to {end}, {found['status']}{why}."


def describe_booking(found: Row) -> str:
    """A booking, its flight and what was paid."""
    people = "1 passenger" if found["passengers"] == 1 else f"{found['passengers']} passengers"
    paid = f"{euros(found['paid'])} paid with the card ending {found['card']}"
    head = f"Booking {found['reference']} of {found['customer']}, {people}, fare {found['fare']}, {found['status']}"
    return f"{head}, {paid}. {describe_flight(flight(found['flight'], found['day']))}"


def flights_between(origin: str, destination: str, day: str) -> list[Row]:
    """Flights of that day with their free seats and prices."""
    return store().rows(
        "select * from flights where origin = ? and destination = ? and day = ? order by departs", origin, destination, day
    )


def days_after(day: str, days: int) -> str:
    """The day so many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def refund_owed(found: Row) -> tuple[int, str]:
    """Return the cents that the fare rules give back for a booking, and the reason."""
    leg = flight(found["flight"], found["day"])
    if leg["status"] == "cancelled":
        return found["paid"], "we cancelled the flight, so the whole fare is owed, whatever the fare type"
    fare = FARES[found["fare"]]
    return round(found["paid"] * fare.refund_share), fare.words


def cancel(reference: str, reason: str, key: str) -> str:
    """Cancel a booking and say what will be paid back."""
    owed, why = refund_owed(booking(reference))

    def work(connection: sqlite3.Connection) -> str:
        changed = connection.execute(
            "update bookings set status = 'cancelled' where reference = ? and status = 'confirmed'", [reference]
        ).rowcount
        if not changed:
            raise ToolError(f"Booking {reference} is already cancelled.")
        return f"Booking {reference} is cancelled ({reason}). To be paid back: {euros(owed)} ({why.rstrip('.')})."

    return store().once(key, "cancel_reservation", work)


def change(reference: str, number: str, day: str, key: str) -> str:
    """Move a booking to another flight."""
    old, new = booking(reference), flight(number, day)
    free_of_charge = flight(old["flight"], old["day"])["status"] == "cancelled"
    fee = 0 if free_of_charge else FARES[old["fare"]].change_fee * old["passengers"]

    def work(connection: sqlite3.Connection) -> str:
        taken = connection.execute(
            "update flights set seats = seats - ? where number = ? and day = ? and seats >= ? and status <> 'cancelled'",
            [old["passengers"], new["number"], new["day"], old["passengers"]],
        ).rowcount
        if not taken:
            raise ToolError(f"{new['number']} on {new['day']} has no seats left for {old['passengers']} or does not fly.")
        moved = connection.execute(
            "update bookings set flight = ?, day = ? where reference = ? and status = 'confirmed'",
            [new["number"], new["day"], old["reference"]],
        ).rowcount
        if not moved:
            raise ToolError(f"Booking {reference} is cancelled and can not be changed.")
        return f"Booking {reference} is now on {describe_flight(new)} Change fee: {euros(fee)}."

    return store().once(key, "change_booking", work)


def refund(payment: str, amount: int, key: str) -> str:
    """Pay back part or all of a payment, `amount` in cents."""

    def work(connection: sqlite3.Connection) -> str:
        paid = connection.execute("select * from payments where payment = ?", [payment]).fetchone()
        if paid is None:
            raise ToolError(f"There is no payment {payment}.")
        left = paid["amount"] - paid["refunded"]
        if amount > left:
            raise ToolError(f"Only {euros(left)} of {payment} are left to pay back.")
        connection.execute("update payments set refunded = refunded + ? where payment = ?", [amount, payment])
        return f"{euros(amount)} of {payment} ({paid['what']}) go back to the card; the bank takes three to five days."

    return store().once(key, "refund_payment", work)


def voucher(reference: str, amount: int, reason: str, key: str) -> str:
    """Give the customer a voucher, `amount` in cents."""
    found = booking(reference)

    def work(connection: sqlite3.Connection) -> str:
        code = "V" + hashlib.sha256(key.encode()).hexdigest()[:7].upper()
        connection.execute("insert into vouchers values (?, ?, ?, ?, ?)", [code, reference, amount, reason, now()])
        return f"Voucher {code} over {euros(amount)} was sent to {found['email']}; it is good for one year."

    return store().once(key, "issue_voucher", work)


def bag(tag: str) -> Row:
    """The bag with this tag."""
    found = store().row("select * from bags where tag = ?", tag.strip().upper())
    if found is None:
        raise ToolError(f"There is no bag with the tag {tag}. The tag is on the sticker given at check-in.")
    return found


def report_bag(tag: str, description: str, deliver_to: str, key: str) -> str:
    """File a report of a missing bag."""
    found = bag(tag)

    def work(connection: sqlite3.Connection) -> str:
        report = "BR-" + hashlib.sha256(key.encode()).hexdigest()[:6].upper()
        connection.execute("insert into bag_reports values (?, ?, ?, ?, ?)", [report, tag, description, deliver_to, now()])
        connection.execute("update bags set state = 'reported missing; being searched' where tag = ?", [tag])
        return f"Report {report} is filed for bag {tag} (last seen at {found['place']}). It will be delivered to: {deliver_to}."

    return store().once(key, "file_bag_report", work)
