"""Condition of hosts: a host is online."""

from typing import override

from homeassistant.core import State
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .entity import POWER_STATE, SENSORS, entities_of_hosts
from .inventory import PowerState

ONLINE: set[str | bool] = {PowerState.ON}


class HostIsOnlineCondition(EntityStateConditionBase):
    """Condition that any or all of the hosts are on; a host that is going down is not."""

    _domain_specs = SENSORS
    _states = ONLINE

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return entities_of_hosts(self._hass, super().entity_filter(entities), POWER_STATE)

    @override
    def _should_include(self, _state: State) -> bool:
        """Include hosts of unknown state: else "all are online" would be true of none while the broker is away."""
        return True


HOST_CONDITIONS: dict[str, type[Condition]] = {"is_host_online": HostIsOnlineCondition}
