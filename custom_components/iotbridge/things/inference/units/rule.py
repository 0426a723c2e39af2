"""Rule for the unit of a number. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from ..interpretation import Context
from ..rule_table import TableRule
from .conditions import Case


class UnitDecision(Enum):
    """Decision of a rule that is not a unit; KEPT keeps the stated one."""

    KEPT = auto()
    INTERNAL = auto()
    SETTING = auto()
    AS_TEMPERATURE = auto()


class MessageUnit(NamedTuple):
    """Unit that a message states once for all its values of a quantity; else the one of its system of units."""

    quantity: str
    imperial: str | None = None
    metric: str | None = None

    def of(self, context: Context) -> str | None:
        """Return the unit in a message."""
        unit = context.units.get(self.quantity)
        return unit.stated_unit if unit else self.imperial if context.imperial else self.metric


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRule(TableRule[Case, str | MessageUnit | UnitDecision | None]):
    """Unit of a number under conditions; None if it is unknown.

    The number ``becomes`` another quantity, and is multiplied by ``scale``.
    """

    becomes: str | None = None
    scale: float | Callable[[Case], float] = 1.0
