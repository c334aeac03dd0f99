"""The arguments that the tools share, described so that a model, a form and the offline responder understand them alike."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

Reference = Annotated[
    str,
    Field(pattern=r"^[A-Z][0-9][A-Z]{2}[0-9][A-Z]$", description="The booking's reference, e.g. K7QX2M", examples=["K7QX2M"]),
]
FlightNumber = Annotated[
    str, Field(pattern=r"^KIT[0-9]{3}$", description="The flight's number, e.g. KIT482", examples=["KIT482"])
]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A day, e.g. 2026-05-08", examples=["2026-05-08"])]
AnyDay = Annotated[
    str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="A day, e.g. 2026-05-08; without it the next flight")
]
Airport = Literal["AMS", "ATH", "BER", "CPH", "DUB", "LIS", "MAD", "OSL", "PRG", "WAW"]
BagTag = Annotated[
    str, Field(pattern=r"^KT[0-9]{6}$", description="The tag on the bag's sticker, e.g. KT204417", examples=["KT204417"])
]
Payment = Annotated[
    str, Field(pattern=r"^PAY-[0-9]{5}$", description="The payment's number, e.g. PAY-70112", examples=["PAY-70112"])
]
Euros = Annotated[float, Field(gt=0, le=2000, description="An amount in euros, e.g. 412.60")]
Fare = Literal["light", "standard", "flex"]


def cents(amount: float) -> int:
    """Euros as whole cents."""
    return round(amount * 100)
