"""Interface of the evaluators, one class for each way to evaluate an entity. Pure: the time is an argument."""

from collections.abc import Mapping
from typing import Any, Protocol

from ..models import Evaluation
from .snapshot import EntitySnapshot


class KindEvaluator(Protocol):
    """Evaluator of one entity by a condition, with the history that it needs.

    It never raises because of an entity's state; where it cannot decide, ``is_active`` is None.
    """

    def update(self, snapshot: EntitySnapshot | None, now: float) -> Evaluation:
        """Evaluate a snapshot, None for an entity that does not exist; a repeated report changes nothing."""

    def due(self, now: float) -> float | None:
        """Return when to evaluate without a new report, None when there is no need; it is later than now."""

    def evaluate(self, now: float) -> Evaluation:
        """Evaluate the last snapshot at a later time."""

    def shift(self, by_s: float) -> None:
        """Move all times when the clock is set: reports are as old as before."""

    def discount_outage(self, since: float, now: float) -> Evaluation:
        """Evaluate again after an outage of the connection, which does not count as missing reports."""

    def as_dict(self) -> dict[str, Any]:
        """Return the history for the store; empty when there is none."""

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore what ``as_dict`` returned before a restart."""
