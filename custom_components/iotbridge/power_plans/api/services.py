"""Actions of power plans: run and abort a plan."""

from collections.abc import Callable
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import config_validation as cv

from ...callers import async_user
from ...const import DOMAIN
from ..engine.run import Direction
from ..manager import PowerPlansManager
from .documents import async_dry_run, async_report, async_run_document
from .targets import async_plan_id

ATTR_DIRECTION = "direction"
ATTR_DRY_RUN = "dry_run"
ATTR_PLAN = "plan"
ATTR_WAIT = "wait"

RUN_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_PLAN): cv.string,
        vol.Optional(ATTR_DIRECTION, default=Direction.OFF.value): vol.All(vol.Coerce(Direction)),
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
        vol.Optional(ATTR_WAIT, default=False): cv.boolean,
    }
)
ABORT_SCHEMA = vol.Schema({vol.Required(ATTR_PLAN): cv.string})


@callback
def async_setup_plan_services(hass: HomeAssistant, manager: Callable[[], PowerPlansManager]) -> None:
    """Register the actions; ``manager`` returns that of the loaded entry or raises InvalidCallError."""

    async def run(call: ServiceCall) -> ServiceResponse:
        response = await async_run_plan(hass, manager(), call)
        return response if call.return_response else None

    async def abort(call: ServiceCall) -> ServiceResponse:
        response = await async_abort_plan(hass, manager(), call)
        return response if call.return_response else None

    optional = SupportsResponse.OPTIONAL
    hass.services.async_register(DOMAIN, "run_plan", run, RUN_SCHEMA, supports_response=optional)
    hass.services.async_register(DOMAIN, "abort_plan", abort, ABORT_SCHEMA, supports_response=optional)


async def async_run_plan(hass: HomeAssistant, manager: PowerPlansManager, call: ServiceCall) -> dict[str, Any]:
    """Begin a run, or say what it would do; return its timeline, and with ``wait`` its report.

    Raises InvalidCallError, and Unauthorized for a user who is no admin.
    """
    await _check_permission(hass, call)
    plan_id, direction = async_plan_id(hass, manager, call.data[ATTR_PLAN]), call.data[ATTR_DIRECTION]
    if call.data[ATTR_DRY_RUN]:
        return async_dry_run(hass, manager, plan_id, direction)
    run = await manager.async_begin(plan_id, direction, call.context)
    if not call.data[ATTR_WAIT]:
        return async_run_document(hass, manager, plan_id, run)
    if not run.is_ended:
        run = await manager.runners[plan_id].async_wait()
    return async_run_document(hass, manager, plan_id, run)


async def async_abort_plan(hass: HomeAssistant, manager: PowerPlansManager, call: ServiceCall) -> dict[str, Any]:
    """Begin nothing further in the run of a plan; return the report so far."""
    await _check_permission(hass, call)
    plan_id = async_plan_id(hass, manager, call.data[ATTR_PLAN])
    return async_report(hass, manager, plan_id, await manager.async_abort(plan_id, call.context))


async def _check_permission(hass: HomeAssistant, call: ServiceCall) -> None:
    """Raise Unauthorized unless the caller is an admin or an automation, whose author had the permission."""
    user = await async_user(hass, call.context)
    if user is not None and not user.is_admin:
        raise Unauthorized(context=call.context)
