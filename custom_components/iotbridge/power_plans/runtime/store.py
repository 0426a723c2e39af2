"""Store of the power plans: the run of each plan, its reports, and what it stopped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ...const import DOMAIN, LOGGER
from ...parsing import parse_or_log
from ..engine.run import PlanRun

VERSION = 1
KEY = f"{DOMAIN}.power_plans"
MAX_REPORTS = 20


@dataclass(slots=True, kw_only=True)
class PlanRecord:
    """Memory of a plan: what has to outlive a restart."""

    run: PlanRun | None = None
    reports: list[PlanRun] = field(default_factory=list)
    """Runs that ended, the newest first."""
    stopped_by_plan: frozenset[str] = frozenset()
    """Keys of the steps that ended runs stopped and that are not on again."""
    is_enabled: bool = True
    is_cut_handled: bool = False
    """True if a run has begun because of the present power cut; it may have been aborted."""
    windows: dict[str, tuple[float, list[str]]] = field(default_factory=dict)
    """Maintenance windows of hosts by their devices: when they end, and their ids."""
    notified_run: str = ""
    """Id of the last run of which people were told that it waits."""

    def as_dict(self) -> dict[str, Any]:
        """Return the record with JSON types."""
        return {
            "run": self.run.as_dict() if self.run else None,
            "reports": [report.as_dict() for report in self.reports],
            "stopped_by_plan": sorted(self.stopped_by_plan),
            "is_enabled": self.is_enabled,
            "is_cut_handled": self.is_cut_handled,
            "windows": {device_id: [until, ids] for device_id, (until, ids) in self.windows.items()},
            "notified_run": self.notified_run,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PlanRecord:
        """Read stored data; leave out what cannot be read, so that a plan is ready for the next power cut."""
        run, windows = data.get("run"), data.get("windows", {})
        reports = (parse_or_log("A report", partial(PlanRun.from_dict, report)) for report in data.get("reports", ()))
        return cls(
            run=run and parse_or_log("The run of a power plan", partial(PlanRun.from_dict, run)),
            reports=[report for report in reports if report],
            stopped_by_plan=frozenset(data.get("stopped_by_plan", ())),
            is_enabled=data.get("is_enabled", True) is True,
            is_cut_handled=data.get("is_cut_handled", False) is True,
            windows={device_id: (float(until), list(ids)) for device_id, (until, ids) in windows.items()},
            notified_run=str(data.get("notified_run", "")),
        )

    def end(self, run: PlanRun) -> None:
        """Keep a run that ended as a report, and what it stopped."""
        self.run = None
        self.reports = [run, *self.reports][:MAX_REPORTS]
        kept = (self.stopped_by_plan - frozenset(run.steps)) | (self.stopped_by_plan & _untouched(run))
        self.stopped_by_plan = kept | run.stopped_by_plan


class PlanStore:
    """File with the records of all plans."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start empty; ``async_load`` reads the file."""
        self.records: dict[str, PlanRecord] = {}
        self._store: Store[dict[str, Any]] = Store(hass, VERSION, KEY, private=True, atomic_writes=True)

    async def async_load(self) -> None:
        """Load the records."""
        data = await self._store.async_load() or {}
        for plan_id, record in data.get("plans", {}).items():
            if parsed := parse_or_log("The memory of a power plan", partial(PlanRecord.from_dict, record)):
                self.records[plan_id] = parsed

    async def async_save(self) -> None:
        """Write the records; an order is given only afterwards.

        A disk that cannot be written does not stop a plan: the power may be failing.
        """
        try:
            await self._store.async_save({"plans": {key: record.as_dict() for key, record in self.records.items()}})
        except OSError:
            LOGGER.exception("Could not save the runs of the power plans; they go on")

    async def async_remove(self) -> None:
        """Remove the file."""
        await self._store.async_remove()


def _untouched(run: PlanRun) -> frozenset[str]:
    """Return the steps that a run found off and left off."""
    return frozenset(key for key, step in run.steps.items() if step.state == "was_off")
