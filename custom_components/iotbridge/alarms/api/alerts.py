"""Action of administrators that shows alarm rules in Home Assistant's own Alerts, or takes them out."""

from collections.abc import Callable

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service

from ...const import DOMAIN
from ...errors import InvalidCallError
from ..manager import AlarmsManager
from ..runtime import core_alerts
from ..runtime.permissions import async_rule_entity
from .targets import async_resolve_target

ATTR_SHOW = "show"
SCHEMA = cv.make_entity_service_schema({vol.Optional(ATTR_SHOW, default=True): cv.boolean})


@callback
def async_setup_alerts_service(hass: HomeAssistant, manager: Callable[[], AlarmsManager]) -> None:
    """Register the action; ``manager`` returns that of the loaded entry or raises InvalidCallError."""

    async def show_in_alerts(call: ServiceCall) -> ServiceResponse:
        rules = manager().rules
        selected = {
            entity_id: rules[rule_id].severity
            for rule_id in sorted(async_resolve_target(hass, call.data).rules & rules.keys())
            if (entity_id := async_rule_entity(hass, rule_id))
        }
        if not selected:
            raise InvalidCallError("no_alarm_rule")
        try:
            if call.data[ATTR_SHOW]:
                changed = await core_alerts.async_update(hass, selected)
            else:
                changed = await core_alerts.async_update(hass, {}, selected)
        except core_alerts.UnknownAlertsError as error:
            raise InvalidCallError("alerts_unknown") from error
        return {"changed": list(changed)} if call.return_response else None

    async_register_admin_service(
        hass, DOMAIN, "show_in_alerts", show_in_alerts, SCHEMA, supports_response=SupportsResponse.OPTIONAL
    )
