"""Knowledge articles of the demo airline; the offline responder answers with them."""

from __future__ import annotations

from kern.models.offline import Article

ARTICLES = [
    Article(
        "Change a flight",
        "You can move your booking to another flight or day until two hours before departure. With Flex it is free, with "
        "Standard it costs 30 euros a passenger and with Light 60 euros. Send us the booking reference, the flight and "
        "the day you would like.",
        keywords=("rebook", "move", "reschedule", "another day", "another flight"),
    ),
    Article(
        "Cancel a booking and get money back",
        "With Flex you get the whole fare back, with Standard half of it, with Light nothing. When we cancel a flight you "
        "get all of it back whatever your fare. Send us the booking reference and we take care of it.",
        keywords=("refund", "money", "cancellation", "cancel", "flex", "standard", "light"),
    ),
    Article(
        "Delayed and cancelled flights",
        "When your flight is more than two hours late we give you a meal and two phone calls; for a night away, a hotel "
        "and the way there. When we cancel a flight you choose: another flight at no cost, or your money back within "
        "seven days.",
        keywords=("delay", "late", "hotel", "meal", "compensation"),
    ),
    Article(
        "Cabin bags and checked baggage",
        "Everybody may bring one cabin bag of 55 by 40 by 23 cm and up to 8 kg. Standard includes one checked bag of 23 "
        "kg and Flex two. A further checked bag costs 35 euros when you book it online and 50 euros at the airport.",
        keywords=("allowance", "luggage", "suitcase", "kg", "weight", "hand luggage", "extra bag"),
    ),
    Article(
        "A bag that did not arrive",
        "Most delayed bags arrive within two days and we bring them to your door. Send us the tag number from the sticker "
        "you got at check-in; it begins with KT. Keep receipts of what you have to buy in the meantime, up to 60 euros a "
        "day are paid back.",
        keywords=("lost", "missing", "delayed", "suitcase", "luggage"),
    ),
    Article(
        "Damaged baggage",
        "Report a damaged suitcase within seven days, with a photo and the tag number. We repair it or replace it.",
        keywords=("broken", "wheel", "suitcase", "luggage", "damage"),
    ),
    Article(
        "Something left on board or at the airport",
        "Tell us your flight, your seat and what it looks like. We ask the lost and found desk of the airport and write "
        "back within a day.",
        keywords=("lost", "forgot", "headphones", "phone", "jacket", "seat"),
    ),
    Article(
        "Wheelchair and special assistance",
        "Assistance at the airport and on board is free. Tell us at least 48 hours before departure: wheelchair, guide "
        "dog, travelling with oxygen, or somebody who needs company to the gate.",
        keywords=("disabled", "mobility", "walk", "oxygen", "guide dog", "help"),
    ),
    Article(
        "Check-in and boarding",
        "Check in online from 30 hours to 60 minutes before departure. Boarding ends 20 minutes before departure. At the "
        "airport our desk closes 40 minutes before departure.",
        keywords=("check in", "boarding pass", "gate", "desk", "time"),
    ),
    Article(
        "Travelling with pets",
        "A cat or small dog of up to 8 kg with its bag may travel in the cabin for 55 euros. Larger animals travel in the "
        "hold for 90 euros. Please book it with us at least two days ahead.",
        keywords=("dog", "cat", "animal", "pet", "cost"),
    ),
    Article(
        "Children and infants",
        "Children under two travel on a lap for 25 euros. From five years on children may travel alone when you book our "
        "company service for 45 euros a flight. A pram and a car seat are free.",
        keywords=("baby", "child", "toddler", "pram", "alone", "minor"),
    ),
    Article(
        "How refunds are paid",
        "A refund goes to the card or account you paid with, never to another one. We send it within two working days, "
        "and the bank takes three to five days more. A double charge is paid back in full.",
        keywords=("refund", "card", "bank", "days", "charge", "twice"),
    ),
]
