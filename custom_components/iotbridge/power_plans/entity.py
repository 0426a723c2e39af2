"""Base class of the entities of a power plan, and its device."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN
from ..entity import bridge_device_info
from .engine.plan import Plan
from .manager import PowerPlansManager
from .runtime.events import SIGNAL_PLANS, signal_of_plan


class IotBridgePlanEntity(Entity):
    """Base of the entities of a plan, on a device of its own, which is removed with its subentry."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, power_plans: PowerPlansManager, plan: Plan, key: str, bridge_id: str) -> None:
        """Add the entity to the device of the plan, which is connected via the bridge."""
        self._power_plans = power_plans
        self._plan_id = plan.plan_id
        self._attr_unique_id = f"{plan.plan_id}_{key}"
        self._attr_translation_key = key
        self._attr_device_info = DeviceInfo(
            identifiers={plan_identifier(plan.plan_id)},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer="IoT Bridge",
            model="Power plan",
            name=plan.name,
            via_device_id=bridge_id,
        )

    @property
    @override
    def available(self) -> bool:
        """Return whether the plan can run."""
        return not self._power_plans.is_failed and self._plan_id in self._power_plans.runners

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the plan."""
        signal = signal_of_plan(self._plan_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._async_plan_changed))
        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_PLANS, self._async_plan_changed))

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Allow renaming in place: nothing here is keyed by the entity id."""

    @callback
    def _async_plan_changed(self) -> None:
        self.async_write_ha_state()


@callback
def async_track_plans(
    hass: HomeAssistant,
    entry: ConfigEntry,
    power_plans: PowerPlansManager,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[Plan, str], Iterable[Entity]],
) -> CALLBACK_TYPE:
    """Add the entities of each plan, now and when a plan is created; return a callback that ends that.

    ``make`` takes a plan and the device of the bridge.
    """
    known: set[str] = set()

    @callback
    def add_missing() -> None:
        plans = power_plans.plans
        known.intersection_update(plans)
        for plan_id in plans.keys() - known:
            known.add(plan_id)
            async_add_entities(make(plans[plan_id], _async_bridge(hass, entry)), config_subentry_id=plan_id)
        for plan in plans.values():
            _async_rename_device(hass, entry, plan)

    add_missing()
    return async_dispatcher_connect(hass, SIGNAL_PLANS, add_missing)


def plan_identifier(plan_id: str) -> tuple[str, str]:
    """Return the identifier of the device of a plan."""
    return (DOMAIN, f"{plan_id}_plan")


@callback
def _async_bridge(hass: HomeAssistant, entry: ConfigEntry) -> str:
    devices = dr.async_get(hass)
    return devices.async_get_or_create(config_entry_id=entry.entry_id, **bridge_device_info(entry)).id


@callback
def _async_rename_device(hass: HomeAssistant, entry: ConfigEntry, plan: Plan) -> None:
    """Give the device the name of the plan; one that the user gave stays."""
    devices = dr.async_get(hass)
    device = devices.async_get_device_by_identifier(plan_identifier(plan.plan_id), entry.entry_id)
    if device and device.name != plan.name:
        devices.async_update_device(device.id, name=plan.name)
