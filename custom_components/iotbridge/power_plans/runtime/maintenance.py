"""Maintenance of the hosts that a run works on: tells the alarms what is expected, by Home Assistant's actions."""

from collections.abc import Callable, Coroutine
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ...const import DOMAIN, LOGGER
from ..engine.plan import Plan
from ..engine.run import PlanRun, StepState
from .store import PlanRecord

# A window ends by itself where Home Assistant does not return; it is renewed in good time while the run lasts.
WINDOW_S = 3600.0
RENEW_BEFORE_S = 900.0

# A host that fails is not among them: its alarms are raised.
_EXPECTED = frozenset({StepState.STOPPING, StepState.OFF, StepState.TO_START, StepState.STARTING})


class MaintenanceWindows:
    """Maintenance windows of the hosts of one plan, kept in its record."""

    def __init__(self, hass: HomeAssistant, record: PlanRecord, save: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start with the windows from before a restart; ``save`` writes the records of all plans."""
        self._hass = hass
        self._windows = record.windows
        self._save = save

    async def async_update(self, plan: Plan, run: PlanRun | None, context: Context, now: float) -> float | None:
        """Start, renew and end the windows by the present run, or by the last one; return when to call again.

        A host that a run left off is in maintenance until its last window ends.
        """
        before = dict(self._windows)
        try:
            return await self._async_update(plan, run, context, now)
        finally:
            if self._windows != before:
                await self._save()

    async def _async_update(self, plan: Plan, run: PlanRun | None, context: Context, now: float) -> float | None:
        hosts = {step.device_id for step in plan.steps if run and step.is_host and _is_expected(run, step.key)}
        for device_id in self._windows.keys() - hosts:
            _, window_ids = self._windows.pop(device_id)
            await async_end(self._hass, window_ids, context)
        if run is None or run.is_ended:
            self._windows.clear()
            return None
        for device_id in hosts:
            until, old = self._windows.get(device_id, (0.0, []))
            if until - now <= RENEW_BEFORE_S:
                self._windows[device_id] = (now + WINDOW_S, await self._async_begin(plan, device_id, context))
                await async_end(self._hass, old, context)
        return min((until - RENEW_BEFORE_S for until, _ in self._windows.values()), default=None)

    async def _async_begin(self, plan: Plan, device_id: str, context: Context) -> list[str]:
        data = {"device_id": [device_id], "duration": {"seconds": WINDOW_S}, "name": plan.name}
        try:
            response = await self._hass.services.async_call(
                DOMAIN, "maintenance_start", data, blocking=True, context=context, return_response=True
            )
        except HomeAssistantError as error:
            # No alarm watches the host.
            LOGGER.debug("No maintenance for a host of %s: %s", plan.name, error)
            return []
        return list(response["window_id"]) if response else []  # type: ignore[arg-type]


async def async_end(hass: HomeAssistant, window_ids: list[str], context: Context) -> None:
    """End maintenance windows."""
    if not window_ids:
        return
    try:
        data = {"window_id": window_ids}
        await hass.services.async_call(DOMAIN, "maintenance_end", data, blocking=True, context=context)
    except HomeAssistantError as error:
        LOGGER.debug("Could not end a maintenance window: %s", error)


def _is_expected(run: PlanRun, key: str) -> bool:
    return key in run.steps and run.steps[key].state in _EXPECTED
