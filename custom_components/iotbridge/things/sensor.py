"""Sensor of each learned device: how its messages are read. It lists the device under its subentry."""

from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity

from .. import mqtt_client
from ..const import DOMAIN
from ..protocol.topics import THING_UID_PREFIX
from .manager import ThingsManager
from .runtime.device import ThingDevice
from .runtime.reading_status import SIGNAL_DEVICE_ADDED, ReadingStatus, signal_of_status

KEY = "reading_status"


@callback
def async_setup_thing_sensors(
    hass: HomeAssistant, entry: ConfigEntry, things: ThingsManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the reading status of each device once core's mqtt has created the device."""
    added = _AddedSensors(hass, entry, things, async_add_entities)
    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_DEVICE_ADDED, added.async_thing_changed))
    entry.async_on_unload(hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, added.async_registry_changed))


class _AddedSensors:
    """Sensors that were added, by the uids of their devices; a sensor is removed with its device."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        things: ThingsManager,
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        """Start without sensors."""
        self._hass = hass
        self._entry = entry
        self._things = things
        self._async_add_entities = async_add_entities
        self._device_ids: dict[str, str] = {}

    @callback
    def async_thing_changed(self, subentry_id: str, identity: str) -> None:
        """Add the sensor of a device of a thing."""
        if (thing := self._things.things.get(subentry_id)) and (device := thing.devices.get(identity)):
            self._async_add(subentry_id, device)

    @callback
    def async_registry_changed(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        """Add the sensor of a device that core's mqtt created, or remove that of a removed one."""
        device_id = event.data["device_id"]
        if event.data["action"] == "remove":
            for uid in [uid for uid, known_id in self._device_ids.items() if known_id == device_id]:
                # The registries are still notifying the entities that their device is gone.
                self._hass.loop.call_soon(self._async_remove, uid)
            return
        for uid in mqtt_client.async_device_identifiers(self._hass, device_id):
            if uid.startswith(THING_UID_PREFIX) and (found := self._things.device(uid)):
                self._async_add(*found)

    @callback
    def _async_add(self, subentry_id: str, device: ThingDevice) -> None:
        uid = device.uid
        registered = mqtt_client.async_device(self._hass, uid)
        if registered is None or uid in self._device_ids or subentry_id not in self._entry.subentries:
            return

        @callback
        def removed() -> None:
            self._device_ids.pop(uid, None)

        self._device_ids[uid] = registered.id
        sensor = ReadingStatusSensor(self._things, subentry_id, device, registered)
        sensor.async_on_remove(removed)
        self._async_add_entities([sensor], config_subentry_id=subentry_id)

    @callback
    def _async_remove(self, uid: str) -> None:
        registry = er.async_get(self._hass)
        if entity_id := registry.async_get_entity_id("sensor", DOMAIN, f"{uid}_{KEY}"):
            registry.async_remove(entity_id)


class ReadingStatusSensor(RestoreEntity, SensorEntity):
    """Sensor of the reading status, on the device that core's mqtt created."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_has_entity_name = True
    _attr_options = [status.value for status in ReadingStatus]  # noqa: RUF012 - Home Assistant's own is no ClassVar
    _attr_should_poll = False
    _attr_translation_key = KEY

    def __init__(
        self, things: ThingsManager, subentry_id: str, device: ThingDevice, registered: dr.DeviceEntry
    ) -> None:
        """Attach the sensor to the device; identifiers in a device_info would create a second one."""
        self.device_entry = registered
        self._things = things
        self._subentry_id = subentry_id
        self._identity = device.identity
        self._attr_unique_id = f"{device.uid}_{KEY}"

    @override
    async def async_added_to_hass(self) -> None:
        """Restore the status, which is not known before the device sends, and subscribe to changes."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_state()) and last.state in set(ReadingStatus):
            self._attr_native_value = last.state
        signal = signal_of_status(self._subentry_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._async_status_changed))
        self._async_update_status()

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Allow renaming in place: nothing here is keyed by the entity id."""

    @callback
    def _async_status_changed(self) -> None:
        if self._async_update_status():
            self.async_write_ha_state()

    @callback
    def _async_update_status(self) -> bool:
        """Update the status; return whether it changed."""
        status = self._things.reading_status(self._subentry_id, self._identity)
        if status is None or status == self._attr_native_value:
            return False
        self._attr_native_value = status
        return True
