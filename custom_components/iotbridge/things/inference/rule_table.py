"""Tables of rules: the first whose conditions all hold decides, and each shows a real message that needs it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..model.message import Value

type Condition[Subject] = Callable[[Subject], bool]


class Reads(NamedTuple):
    """Reading that an example must give."""

    value: Value
    unit: str | None = None
    device_class: str | None = None
    platform: str = "sensor"
    enabled: bool = True


class Example(NamedTuple):
    """Message that needs a rule: an excerpt of a real one, whose first value is the one that the rule decides.

    ``gives`` None: no reading. ``source`` names a sample of ``tests/things``, or the collection and the product.
    ``beside`` are other topics of the device, with their payloads.
    """

    payload: Any
    gives: Reads | None
    source: str
    topic: str = "things/one"
    beside: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class TableRule[Subject, Result]:
    """Row of a table: its result where all conditions hold, and a message that needs it."""

    gives: Result
    when: tuple[Condition[Subject], ...] = field(kw_only=True)
    example: Example = field(kw_only=True)


@dataclass(slots=True)
class Table[Subject, Row: TableRule[Any, Any]]:
    """Rules in the order of their precedence."""

    rows: tuple[Row, ...]

    def first(self, subject: Subject) -> Row | None:
        """Return the first rule that holds for a subject; None where none does."""
        for row in self.rows:
            for condition in row.when:
                if not condition(subject):
                    break
            else:
                return row
        return None


def no[Subject](condition: Condition[Subject]) -> Condition[Subject]:
    """Return the opposite of a condition."""
    return lambda subject: not condition(subject)


def either[Subject](*conditions: Condition[Subject]) -> Condition[Subject]:
    """Return the condition that one of several holds."""

    def holds(subject: Subject) -> bool:
        for condition in conditions:  # noqa: SIM110 - asked for each value; a loop is twice as fast
            if condition(subject):
                return True
        return False

    return holds
