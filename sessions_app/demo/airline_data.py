"""Initial data of the demo airline. Dates are days from the day the file is made, so the demo never grows old."""

from __future__ import annotations

from dataclasses import dataclass

AIRPORTS = {
    "AMS": "Amsterdam", "ATH": "Athens", "BER": "Berlin", "CPH": "Copenhagen", "DUB": "Dublin",
    "LIS": "Lisbon", "MAD": "Madrid", "OSL": "Oslo", "PRG": "Prague", "WAW": "Warsaw",
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """A flight that leaves every day at the same local time; `price` is in cents."""

    number: str
    origin: str
    destination: str
    departs: str
    arrives: str
    price: int


ROUTES = (
    Route("KIT482", "WAW", "LIS", "09:40", "12:55", 20630),
    Route("KIT486", "WAW", "LIS", "17:10", "20:25", 18940),
    Route("KIT217", "LIS", "AMS", "07:15", "11:10", 14900),
    Route("KIT219", "LIS", "AMS", "18:05", "22:00", 12900),
    Route("KIT330", "AMS", "ATH", "10:20", "14:50", 19900),
    Route("KIT331", "ATH", "AMS", "15:45", "18:20", 19400),
    Route("KIT105", "OSL", "BER", "06:30", "08:10", 8900),
    Route("KIT107", "OSL", "BER", "16:40", "18:20", 9900),
    Route("KIT106", "BER", "OSL", "19:05", "20:45", 9400),
    Route("KIT560", "DUB", "MAD", "11:55", "15:30", 15600),
    Route("KIT561", "MAD", "DUB", "16:20", "18:00", 14900),
    Route("KIT742", "CPH", "PRG", "08:05", "09:30", 7900),
    Route("KIT743", "PRG", "CPH", "20:10", "21:35", 8200),
)
DAYS = 21

#: Flights that do not go as planned: (number, day) → (status, why).
DISRUPTIONS = {
    ("KIT482", 1): ("cancelled", "aircraft out of service; cancelled by us"),
    ("KIT217", 0): ("delayed", "late arrival of the aircraft; new departure 08:50"),
    ("KIT330", 2): ("delayed", "air traffic control; about 40 minutes late"),
    ("KIT560", 3): ("cancelled", "strike at Madrid airport; cancelled by us"),
}


@dataclass(frozen=True)
class Booking:
    """Amounts are in cents; `fare` is one of the fares in `FARES`."""

    reference: str
    customer: str
    email: str
    flight: str
    day: int
    fare: str
    passengers: int
    paid: int
    card: str
    status: str = "confirmed"


BOOKINGS = (
    Booking("K7QX2M", "Marta Kowalska", "marta.kowalska@mail.example", "KIT482", 1, "flex", 2, 41260, "4417"),
    Booking("M3RT8W", "Tomás Oliveira", "tomas.oliveira@mail.example", "KIT217", 7, "standard", 1, 14900, "0921"),
    Booking("P9LD4Z", "Priya Raman", "priya.raman@mail.example", "KIT330", 5, "standard", 4, 79600, "5508"),
    Booking("L4HD6B", "Leila Haddad", "leila.haddad@mail.example", "KIT331", 0, "standard", 1, 19400, "7730"),
    Booking("J2LQ9S", "Jonas Lindqvist", "jonas.lindqvist@mail.example", "KIT105", 0, "light", 1, 8900, "1186"),
    Booking("S5SE3K", "Samuel Osei", "samuel.osei@mail.example", "KIT560", 3, "flex", 1, 24500, "3094"),
    Booking("C8GR7D", "Chloé Girard", "chloe.girard@mail.example", "KIT742", 2, "flex", 2, 15800, "6645"),
    Booking("D6FN1R", "Diego Fuentes", "diego.fuentes@mail.example", "KIT107", 4, "light", 1, 9900, "2257"),
    Booking("A1NK5V", "Anouk de Wit", "anouk.dewit@mail.example", "KIT219", 6, "light", 2, 25800, "8812"),
    Booking("H3WR2T", "Henrik Wroblewski", "henrik.w@mail.example", "KIT106", 9, "standard", 1, 9400, "4470"),
    Booking("B7YN4C", "Bronwyn Yates", "bronwyn.yates@mail.example", "KIT743", 12, "flex", 3, 24600, "9013"),
    Booking("T2KM8F", "Takumi Mori", "takumi.mori@mail.example", "KIT561", 10, "standard", 2, 29800, "3381"),
)

#: (tag, booking, where it is, how it is)
BAGS = (
    ("KT204417", "L4HD6B", "ATH", "missed the connection; on the next flight to AMS"),
    ("KT204418", "J2LQ9S", "BER", "not scanned since check-in at OSL"),
    ("KT204502", "K7QX2M", "WAW", "checked in, waiting for rebooking"),
    ("KT204503", "K7QX2M", "WAW", "checked in, waiting for rebooking"),
    ("KT203977", "C8GR7D", "PRG", "delivered"),
)

#: (payment, booking, what for, cents). S5SE3K was charged twice for one seat upgrade.
PAYMENTS = (
    ("PAY-70112", "K7QX2M", "two tickets, flex", 41260),
    ("PAY-70188", "S5SE3K", "ticket, flex", 24500),
    ("PAY-70190", "S5SE3K", "seat upgrade 4A", 8900),
    ("PAY-70191", "S5SE3K", "seat upgrade 4A", 8900),
    ("PAY-70203", "P9LD4Z", "four tickets, standard", 79600),
    ("PAY-70240", "A1NK5V", "two tickets, light", 25800),
    ("PAY-70251", "M3RT8W", "ticket, standard", 14900),
)


@dataclass(frozen=True)
class Fare:
    """The rules of a fare. `refund_share` is the part paid back when the customer cancels; `change_fee` is in cents."""

    refund_share: float
    change_fee: int
    checked_bags: int
    words: str


FARES = {
    "light": Fare(0.0, 6000, 0, "Light: no refund when you cancel, changes cost 60 euros, cabin bag only."),
    "standard": Fare(0.5, 3000, 1, "Standard: half the fare back when you cancel, changes cost 30 euros, one checked bag."),
    "flex": Fare(1.0, 0, 2, "Flex: the whole fare back when you cancel, changes are free, two checked bags."),
}
