"""Run of a schedule that has ended: its outcome, kept for the calendar and told by the event entity. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class RunOutcome(StrEnum):
    """Outcomes of a run; also the types of the event."""

    RAN = "ran"
    SKIPPED = "skipped"
    MISSED = "missed"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    FAILED = "failed"


class RunReason(StrEnum):
    """Reasons why a run did not do everything."""

    CONDITION = "condition"
    USERS = "users"
    UNNEEDED = "unneeded"
    NO_HOSTS = "no_hosts"
    STILL_RUNNING = "still_running"
    INTERRUPTED = "interrupted"
    BY_PERSON = "by_person"
    OWNER_GONE = "owner_gone"
    HOSTS = "hosts"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """Outcome of a run: ``names`` are those concerned (hosts, a condition, a person), ``details`` the error.

    ``hosts`` are those that did what the schedule is for.
    """

    outcome: RunOutcome
    reason: RunReason | None = None
    names: tuple[str, ...] = ()
    details: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Result of the run of a schedule that was planned for a time, and when it ended."""

    schedule_id: str
    planned: datetime
    ended: datetime
    result: RunResult

    def as_dict(self) -> dict[str, Any]:
        """Return the record for the store."""
        result = self.result
        return {
            "schedule_id": self.schedule_id,
            "planned": self.planned.isoformat(),
            "ended": self.ended.isoformat(),
            "outcome": result.outcome.value,
            "reason": result.reason and result.reason.value,
            "names": list(result.names),
            "details": result.details,
            "hosts": list(result.hosts),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RunRecord:
        """Read what ``as_dict`` wrote."""
        result = RunResult(
            outcome=RunOutcome(data["outcome"]),
            reason=RunReason(data["reason"]) if data["reason"] else None,
            names=tuple(data["names"]),
            details=data["details"],
            hosts=tuple(data["hosts"]),
        )
        planned, ended = (datetime.fromisoformat(data[key]) for key in ("planned", "ended"))
        return cls(data["schedule_id"], planned, ended, result)
