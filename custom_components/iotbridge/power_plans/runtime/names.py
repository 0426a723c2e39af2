"""Names of the steps of a plan."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..engine.plan import Plan, Step


@callback
def async_step_names(hass: HomeAssistant, plan: Plan) -> dict[str, str]:
    """Return the names of the steps by key: their own, or those of their devices."""
    return {step.key: step.name or _device_name(hass, step) or step.key for step in plan.steps}


@callback
def _device_name(hass: HomeAssistant, step: Step) -> str | None:
    device = dr.async_get(hass).async_get(step.device_id) if step.device_id else None
    return (device.name_by_user or device.name) if device else None
