"""Entities of a schedule on a device of its own: its next run, whether it is enabled, and each of its runs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.event import EventEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..callers import async_user
from ..const import DOMAIN
from ..entity import bridge_device_info
from .engine.schedule import Schedule
from .engine.schedule_run import RunOutcome, RunRecord
from .runtime.schedule_notices import ENABLED
from .runtime.schedule_texts import async_schedule_texts, result_text
from .schedules import SIGNAL_NEXT_RUN, SIGNAL_RUN, SIGNAL_SCHEDULES, SchedulesManager

NEXT_RUN: Final = "schedule_next_run"
RUN: Final = "schedule_run"

type EntityClass = Callable[[SchedulesManager, Schedule, DeviceEntry], Entity]


@callback
def async_setup_schedule_entities(
    hass: HomeAssistant,
    entry: ConfigEntry,
    schedules: SchedulesManager,
    make: EntityClass,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one entity for each schedule, now and when a schedule is added."""
    known: set[str] = set()

    @callback
    def add_missing() -> None:
        known.intersection_update(schedules.schedules)
        for schedule_id, schedule in schedules.schedules.items():
            device = _async_device(hass, entry, schedule)
            if schedule_id not in known:
                known.add(schedule_id)
                async_add_entities([make(schedules, schedule, device)], config_subentry_id=schedule_id)

    add_missing()
    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_SCHEDULES, add_missing))


@callback
def _async_device(hass: HomeAssistant, entry: ConfigEntry, schedule: Schedule) -> DeviceEntry:
    """Return the device of a schedule, with its present name."""
    devices = dr.async_get(hass)
    bridge = devices.async_get_or_create(config_entry_id=entry.entry_id, **bridge_device_info(entry))
    return devices.async_get_or_create(
        config_entry_id=entry.entry_id,
        config_subentry_id=schedule.schedule_id,
        identifiers={(DOMAIN, f"{schedule.schedule_id}_schedule")},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer="IoT Bridge",
        name=schedule.name,
        via_device_id=bridge.id,
    )


class ScheduleEntity(Entity):
    """Base of the entities of a schedule."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _key: str

    def __init__(self, schedules: SchedulesManager, schedule: Schedule, device: DeviceEntry) -> None:
        """Add the entity to the device of the schedule."""
        self.device_entry = device
        self._schedules = schedules
        self._schedule_id = schedule.schedule_id
        self._attr_unique_id = f"{schedule.schedule_id}_{self._key}"
        self._attr_translation_key = self._key

    @property
    @override
    def available(self) -> bool:
        """Return whether the schedule is known and the schedules could be started."""
        return not self._schedules.is_failed and self._schedule_id in self._schedules.schedules

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to changes of the schedules."""
        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_SCHEDULES, self._async_changed))
        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_NEXT_RUN, self._async_changed))

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Allow renaming in place: nothing here is keyed by the entity id."""

    @callback
    def _async_changed(self) -> None:
        self.async_write_ha_state()


class NextRunSensor(ScheduleEntity, SensorEntity):
    """Sensor of the time of the next run; unknown while the schedule is disabled."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _key = NEXT_RUN

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time of the next run."""
        return self._schedules.next_run(self._schedule_id) if self.available else None


class ScheduleSwitch(ScheduleEntity, SwitchEntity):
    """Switch that enables a schedule; only administrators and automations may use it."""

    _attr_entity_category = EntityCategory.CONFIG
    _key = ENABLED

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the schedule is enabled."""
        return self._schedules.state(self._schedule_id).is_enabled if self.available else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Enable the schedule."""
        await self._async_set(is_enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Disable the schedule."""
        await self._async_set(is_enabled=False)

    async def _async_set(self, *, is_enabled: bool) -> None:
        user = await async_user(self.hass, self._context)
        if user is not None and not user.is_admin:
            raise Unauthorized(context=self._context)
        await self._schedules.async_set_enabled(self._schedule_id, is_enabled=is_enabled)


class RunEvent(ScheduleEntity, EventEntity):
    """Event entity of the runs of a schedule."""

    _attr_event_types = [outcome.value for outcome in RunOutcome]  # noqa: RUF012 - Home Assistant's own is no ClassVar
    _key = RUN

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the runs."""
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_RUN, self._async_ran))

    @callback
    def _async_ran(self, record: RunRecord) -> None:
        if record.schedule_id != self._schedule_id:
            return
        result = record.result
        attributes = {
            "planned": record.planned.isoformat(),
            "reason": result.reason and result.reason.value,
            "names": list(result.names),
            "hosts": list(result.hosts),
            "details": result.details,
            "message": result_text(result, async_schedule_texts(self.hass)),
        }
        self._trigger_event(result.outcome.value, attributes)
        self.async_write_ha_state()
