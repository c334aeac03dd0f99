"""Conversations about bags."""

from __future__ import annotations

from kern.testing import call
from sessions_app.actions import handover, sessions
from sessions_app.demo.scenario import Scenario, tomorrow_morning
from sessions_app.models import Person
from sessions_app.models.triage import Priority


def delivered_again(ana: Person, ben: Person) -> None:
    """Answered with a look at the airline's data, and closed by Ben."""
    scenario = Scenario("girard-bag", "baggage", "Chloé Girard", "chloe.girard@mail.example")
    scenario.customer("Any news about my bag with the tag KT203977?").agent(
        call("trace_bag", tag="KT203977"), "Good news: it was delivered in Prague this morning."
    )
    scenario.customer("It just came, thanks!").agent("Wonderful. Enjoy Prague!")
    scenario.named("Bag delivered in Prague")
    sessions.resolve(scenario.now(), ben)
    scenario.read_by(ana, ben).wait(2 * 24 * 60)


def damaged_suitcase(ana: Person, ben: Person) -> None:
    """Ben took over from the AI, answered himself and put it away until tomorrow."""
    scenario = Scenario("henrik", "baggage", "Henrik Wroblewski", "henrik.w@mail.example")
    scenario.customer("My suitcase came off the belt with a broken wheel. This is the third time!!").agent(
        "I am sorry about your suitcase. Please send us a photo and the tag number, then we repair or replace it."
    )
    handover.take_over(scenario.now(), ben)
    scenario.reply(
        ben, "Hello Henrik, three times is not good enough. I am asking our repair shop in Oslo to collect it tomorrow."
    )
    scenario.named("Broken wheel, third time", ben).ticket(ben, "OPS-311").triaged(ana, "Complaint", "Damaged bag")
    scenario.note(ben, "Shop calls back tomorrow morning.")
    sessions.snooze(scenario.now(), ben, tomorrow_morning())
    scenario.read_by(ana, ben).wait(20 * 60)


def left_on_board(ana: Person, ben: Person) -> None:
    """Something has to be done outside: a person telephones and writes down the answer."""
    scenario = Scenario("takumi", "baggage", "Takumi Mori", "takumi.mori@mail.example")
    scenario.customer("I left my headphones on board yesterday, seat 14C, Madrid to Dublin.").agent(
        "I will ask for them. Can you tell me what they look like?"
    )
    scenario.customer("Black, in a grey case with my name on it.").agent(
        call("call_airport_desk", airport="DUB", question="Black headphones in a grey case, name Mori, KIT561, seat 14C?")
    )
    scenario.named("Headphones left at seat 14C").wait(65)


def smudged_tag(ana: Person, ben: Person) -> None:
    """The report needs facts that only a person can fill in."""
    scenario = Scenario("jonas", "baggage", "Jonas Lindqvist", "jonas.lindqvist@mail.example")
    scenario.customer("My bag did not arrive in Berlin. The tag is smudged but I think it is KT204418.").agent(
        call("trace_bag", tag="KT204418"), call("file_bag_report", tag="KT204418")
    )
    scenario.ticket(ana, "ZD-48188").fell_back("ZD-48188").triaged(ana, "Delayed bag").read_by(ana).wait(48)


def wedding_on_saturday(ana: Person, ben: Person) -> None:
    """A voucher waits for approval; the conversation is Ben's, and unread by him."""
    scenario = Scenario("leila", "baggage", "Leila Haddad", "leila.haddad@mail.example")
    scenario.customer("My suitcase KT204417 is not here and I have a wedding on Saturday").agent(
        call("trace_bag", tag="KT204417"),
        "Your suitcase missed the connection in Athens and comes with the next flight. I know this is a bad moment.",
    )
    sessions.assign(scenario.now(), ana, ben)
    scenario.customer("My dress is in that suitcase, please tell me it has been found").agent(
        call("issue_voucher", reference="L4HD6B", amount=60.0, reason="delayed bag before a wedding")
    )
    scenario.named("Delayed bag, wedding on Saturday").ticket(ana, "ZD-48198")
    scenario.triaged(ana, "Delayed bag", priority=Priority.URGENT).wait(29)
