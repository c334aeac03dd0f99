"""Conversations about flights and bookings."""

from __future__ import annotations

from kern.errors import ModelError
from kern.testing import call
from sessions_app.actions import sessions
from sessions_app.demo import airline
from sessions_app.demo.scenario import Scenario
from sessions_app.models import Person
from sessions_app.models.triage import Priority


def pets_in_the_cabin(ana: Person, ben: Person) -> None:
    """Answered by the agent alone, and closed."""
    scenario = Scenario("anouk", "bookings", "Anouk de Wit", "anouk.dewit@mail.example")
    scenario.customer("Can I take my cat with me to Amsterdam? He weighs about 5 kg.").agent(
        "Yes: a cat of up to 8 kg with its bag may travel in the cabin for 55 euros. Please book it at least two days ahead. "
        "Shall I note it on your booking A1NK5V?"
    )
    scenario.customer("Great, I will do it online. Thank you!").agent("You are welcome. Have a good flight, both of you.")
    scenario.named("Cat in the cabin")
    sessions.resolve(scenario.now(), ana)
    scenario.read_by(ana, ben).wait(3 * 24 * 60)


def family_rebooked(ana: Person, ben: Person) -> None:
    """A change that Ana approved and that was carried out once."""
    day = airline.booking("P9LD4Z")["day"]
    scenario = Scenario("priya", "bookings", "Priya Raman", "priya.raman@mail.example")
    scenario.customer("We are four, booking P9LD4Z to Athens. My son is ill, can we fly two days later?").agent(
        call("find_booking", reference="P9LD4Z"),
        "I am sorry to hear that. With your Standard fare a change costs 30 euros a passenger. May I move all four of you?",
    )
    later = airline.flights_between("AMS", "ATH", airline.days_after(day, 2))[0]
    scenario.customer("Yes please! And is the toddler's meal still booked then?").agent(
        call("change_booking", reference="P9LD4Z", flight=later["number"], day=later["day"]),
    )
    scenario.named("Rebook the Raman family", ana).ticket(ana, "ZD-48207").approve(ana)
    scenario.agent(
        f"Done: all four of you now fly on {later['day']} with {later['number']}. The toddler's meal moved along with you."
    )
    scenario.read_by(ana).wait(26 * 60)


def wheelchair(ana: Person, ben: Person) -> None:
    """The agent cannot decide and lets a person choose."""
    scenario = Scenario("chloe", "bookings", "Chloé Girard", "chloe.girard@mail.example")
    scenario.customer("The wheelchair for my mother is missing from our booking C8GR7D. She cannot walk to the gate!").agent(
        call("find_booking", reference="C8GR7D"),
        "I see your booking to Prague and will add the assistance. How far can your mother walk?",
    )
    scenario.customer("A few steps with help, no stairs.").agent(
        call(
            "ask_user",
            question="Which assistance should be booked for the passenger on C8GR7D?",
            options=["Wheelchair to the aircraft door", "Wheelchair to the seat", "Company on foot"],
        )
    )
    scenario.named("Wheelchair missing from booking").ticket(ben, "ZD-48160")
    scenario.triaged(ana, "Special help", priority=Priority.HIGH).read_by(ben).wait(75)


def name_correction(ana: Person, ben: Person) -> None:
    """A turn that failed because the model's server was away."""
    scenario = Scenario("diego", "bookings", "Diego Fuentes", "diego.fuentes@mail.example")
    scenario.customer("My surname is wrong on D6FN1R, I fly to Berlin on Friday.").agent(
        call("find_booking", reference="D6FN1R"), "I can see the booking. How exactly should the surname be written?"
    )
    scenario.named("Name correction before Berlin").ticket(ana, "ZD-48166")
    sessions.assign(scenario.now(), ben, ana)
    scenario.customer("It is Fuentes Rey.").agent(ModelError("the model's server did not answer within 60 s"))
    scenario.read_by(ben).wait(40)


def cancelled_lisbon_flight(ana: Person, ben: Person) -> None:
    """The demo's first decision: cancelling cannot be undone, so a person is asked."""
    scenario = Scenario("marta", "bookings", "Marta Kowalska", "marta.kowalska@mail.example")
    scenario.told(tier="Silver since 2023", booking="K7QX2M", language="Polish, English")
    scenario.customer("You cancelled our flight to Lisbon! What now?").agent(
        "I am very sorry. Please tell me your booking reference, then I look what we can do."
    )
    scenario.customer("I'd like the money back for booking K7QX2M, both passengers. We do not want another flight.").agent(
        [
            call("find_booking", reference="K7QX2M"),
            call("flight_status", flight="KIT482", day=airline.booking("K7QX2M")["day"]),
        ],
        call("cancel_reservation", reference="K7QX2M", reason="we cancelled flight KIT482 and the customer wants no other"),
    )
    scenario.named("Refund after cancelled Lisbon flight").ticket(ben, "ZD-48213")
    scenario.triaged(ana, "Cancelled flight", "Refund")
    scenario.note(ben, "Operations confirmed the cancellation, so the whole fare is owed.").read_by(ben).wait(16)


def the_eighth_not_the_seventh(ana: Person, ben: Person) -> None:
    """The customer wrote again while a decision was waiting."""
    day = airline.booking("M3RT8W")["day"]
    scenario = Scenario("tomas", "bookings", "Tomás Oliveira", "tomas.oliveira@mail.example")
    scenario.customer(f"Please move my booking M3RT8W to flight KIT219 on {day}.").agent(
        call("find_booking", reference="M3RT8W"), call("change_booking", reference="M3RT8W", flight="KIT219", day=day)
    )
    scenario.ticket(ben, "ZD-48195").wait(5)
    scenario.customer("Sorry, make that one day later!").wait(2)


def when_to_check_in(ana: Person, ben: Person) -> None:
    """New, unread and not named yet."""
    scenario = Scenario("bronwyn", "bookings", "Bronwyn Yates", "bronwyn.yates@mail.example")
    scenario.customer("When can I check in for Copenhagen?").agent(
        "You can check in online from 30 hours to 60 minutes before departure. Boarding ends 20 minutes before departure."
    )
    scenario.wait(1)
