"""Conversations about money, worked by a team."""

from __future__ import annotations

from kern.testing import call
from sessions_app.actions import sessions
from sessions_app.demo.scenario import Scenario, delegated
from sessions_app.models import Person
from sessions_app.models.triage import Priority


def refund_that_was_refused(ana: Person, ben: Person) -> None:
    """Ana rejected what the team wanted, with a reason; the customer was told."""
    scenario = Scenario("anouk-money", "refunds", "Anouk de Wit", "anouk.dewit@mail.example")
    scenario.customer("We can not fly after all. Please pay back PAY-70240 for A1NK5V.").agent(
        delegated("Fare rules specialist", "What is owed for booking A1NK5V if the customer cancels?"),
        call("quote_refund", reference="A1NK5V"),
        "Fare Light: nothing is paid back when the customer cancels.",
        delegated("Payments specialist", "Refund 20 euros of PAY-70240 as goodwill."),
        call("refund_payment", payment="PAY-70240", amount=20.0),
    )
    scenario.named("Light fare, no refund").reject(ana, "Light has no refund, and nothing went wrong on our side.").agent(
        "The refund was not approved: the fare is Light and nothing went wrong on our side.",
        "I am sorry: with the fare Light nothing is paid back when you cancel. You can still move it for 60 euros each.",
    )
    scenario.read_by(ana).wait(30 * 60)


def fare_question(ana: Person, ben: Person) -> None:
    """A member answers the leader, the leader answers the customer."""
    scenario = Scenario("bronwyn-money", "refunds", "Bronwyn Yates", "bronwyn.yates@mail.example")
    scenario.customer("How much would I get back if I cancelled B7YN4C?").agent(
        delegated("Fare rules specialist", "What would booking B7YN4C get back if it were cancelled?"),
        [call("fare_rules", fare="flex"), call("quote_refund", reference="B7YN4C")],
        "Flex: the whole fare, €246.00.",
        "With your Flex fare you would get everything back: €246.00, to the card you paid with.",
    )
    scenario.customer("Good to know. I will think about it.").agent("Take your time. Just write here when you have decided.")
    scenario.named("Refund for a Flex fare").triaged(ana, "Refund", priority=Priority.LOW).read_by(ben).wait(7 * 60)


def waiting_for_the_bank(ana: Person, ben: Person) -> None:
    """Put away until the customer writes again; its name is its first words."""
    scenario = Scenario("piet", "refunds", "Piet Janssen", "piet.janssen@mail.example")
    scenario.customer("where is my refund").agent("A refund takes three to five days at the bank. When was it sent to you?")
    scenario.reply(ana, "I looked it up: it was sent on Monday and should be there by Friday. Write again if it is not!")
    scenario.fell_back("where is my refund", "provisional")
    sessions.snooze(scenario.now(), ana, None)
    scenario.read_by(ana, ben).wait(5 * 60)


def charged_twice(ana: Person, ben: Person) -> None:
    """A member of the team waits for a decision, and with it the whole team."""
    scenario = Scenario("samuel", "refunds", "Samuel Osei", "samuel.osei@mail.example")
    scenario.customer("There are two lines of €89 on my statement for the seat upgrade on S5SE3K").agent(
        delegated("Payments specialist", "Is there a double charge for the seat upgrade on S5SE3K? If so, refund it."),
        call("list_payments", reference="S5SE3K"),
        call("refund_payment", payment="PAY-70191", amount=89.0),
    )
    scenario.named("Duplicate charge on seat upgrade", ben).ticket(ben, "ZD-48171").read_by(ben).wait(55)


def lisbon_once_more(ana: Person, ben: Person) -> None:
    """The customer of the cancelled flight writes a second time: the same ticket, so that merging suggests itself."""
    scenario = Scenario("marta-again", "refunds", "Marta Kowalska", "marta.kowalska@mail.example", user_id="marta")
    scenario.customer("Me again, about ZD-48213. When is the money for Lisbon on my account?").agent(
        "Your refund for K7QX2M is with a colleague, who decides about it today. After that your bank takes three to five days."
    )
    scenario.named("When is the Lisbon refund paid").ticket(ben, "ZD-48213").read_by(ben).wait(9)
