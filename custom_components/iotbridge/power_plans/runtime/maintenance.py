"""Maintenance of the hosts that a run works on: tells the alarms what is expected, by Home Assistant's actions."""

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ...const import DOMAIN, LOGGER
from ..engine.plan import Plan
from ..engine.run import PlanRun, StepState

# A window ends by itself where Home Assistant does not return; it is renewed in good time while the run lasts.
WINDOW_S = 3600.0
RENEW_BEFORE_S = 900.0

# A host that fails is not among them: its alarms are raised.
_EXPECTED = frozenset({StepState.STOPPING, StepState.OFF, StepState.TO_START, StepState.STARTING})


class MaintenanceWindows:
    """Maintenance windows of the hosts of one plan."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without windows; those from before a restart end by themselves."""
        self._hass = hass
        self._windows: dict[str, tuple[float, list[str]]] = {}

    async def async_update(self, plan: Plan, run: PlanRun | None, context: Context, now: float) -> float | None:
        """Start, renew and end the windows by the present run, or by the last one; return when to call again.

        A host that a run left off is in maintenance until its last window ends.
        """
        hosts = {step.device_id for step in plan.steps if run and step.is_host and _is_expected(run, step.key)}
        for device_id in self._windows.keys() - hosts:
            _, window_ids = self._windows.pop(device_id)
            await self._async_end(window_ids, context)
        if run is None or run.is_ended:
            self._windows.clear()
            return None
        for device_id in hosts:
            until, old = self._windows.get(device_id, (0.0, []))
            if until - now <= RENEW_BEFORE_S:
                self._windows[device_id] = (now + WINDOW_S, await self._async_begin(plan, device_id, context))
                await self._async_end(old, context)
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

    async def _async_end(self, window_ids: list[str], context: Context) -> None:
        if not window_ids:
            return
        try:
            await self._hass.services.async_call(
                DOMAIN, "maintenance_end", {"window_id": window_ids}, blocking=True, context=context
            )
        except HomeAssistantError as error:
            LOGGER.debug("Could not end a maintenance window: %s", error)


def _is_expected(run: PlanRun, key: str) -> bool:
    return key in run.steps and run.steps[key].state in _EXPECTED
