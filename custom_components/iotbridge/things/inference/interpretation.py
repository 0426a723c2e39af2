"""Interpretation of a number: its quantity, its unit and its scale, or its role if it is not a reading. Pure."""

from dataclasses import dataclass

from ..vocabulary.names.nouns import NOUNS
from ..vocabulary.quantities import QUANTITIES, Quantity
from ..vocabulary.vendors.conventions import Convention
from .candidates.candidate import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """Quantity, unit and scale of a number; ``quantity`` is None if it is unknown.

    ``known``: its words are known, only its unit is not; ``certain``: its unit is stated; ``role``: "identity", "time",
    "setting" or "internal" if it is not a reading; ``name``: its whole name, if it is known; ``phrase``: the words of
    the key that name the quantity.
    """

    quantity: str | None = None
    unit: str | None = None
    scale: float = 1.0
    certain: bool = False
    role: str | None = None
    name: str | None = None
    known: bool = False
    phrase: str | None = None

    @property
    def row(self) -> Quantity:
        """Return the row of the quantity; an empty one if it is unknown."""
        return QUANTITIES[self.quantity] if self.quantity else Quantity()

    @property
    def noun(self) -> str | None:
        """Return the noun of the quantity, which is added to a name that does not contain it."""
        return None if self.quantity == "solar" else NOUNS.get(self.quantity or "", self.quantity)

    @property
    def title(self) -> str | None:
        """Return the title that replaces the phrase in a name."""
        return self.row.title or (self.noun if self.phrase is not None and len(self.phrase) == 1 else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Facts shared by all values of a device."""

    topic: str
    keys: frozenset[str]
    units: dict[str, Candidate]
    imperial: bool
    media: str | None
    alone: bool
    watt_hours: bool = False
    conventions: tuple[Convention, ...] = ()
