"""House whose registry entries tests add one by one."""

from dataclasses import dataclass
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.rule import Selection
from custom_components.iotbridge.alarms.runtime.entity_selector import async_matching
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)


@dataclass
class House:
    """House with registry entries."""

    hass: HomeAssistant
    owner: MockConfigEntry

    def area(self, name: str, **more: Any) -> str:
        """Create an area."""
        return ar.async_get(self.hass).async_create(name, **more).id

    def floor(self, name: str) -> str:
        """Create a floor."""
        return fr.async_get(self.hass).async_create(name).floor_id

    def label(self, name: str) -> str:
        """Create a label."""
        return lr.async_get(self.hass).async_create(name).label_id

    def device(self, name: str, *, area: str | None = None, labels: set[str] | None = None) -> str:
        """Register a device."""
        registry = dr.async_get(self.hass)
        device = registry.async_get_or_create(config_entry_id=self.owner.entry_id, identifiers={("demo", name)})
        registry.async_update_device(device.id, area_id=area, labels=labels or set())
        return device.id

    def part(self, parent: str, name: str) -> str:
        """Register a part of a device."""
        registry = dr.async_get(self.hass)
        return registry.async_get_or_create_child(
            config_entry_id=self.owner.entry_id, identifiers={("demo", name)}, parent_device_id=parent, name=name
        ).id

    def entity(self, entity_id: str, platform: str = "demo", **more: Any) -> str:
        """Register an entity; it has no state."""
        domain, _, name = entity_id.partition(".")
        changes = {key: more.pop(key) for key in ("area_id", "labels", "device_class") if key in more}
        registry = er.async_get(self.hass)
        entry = registry.async_get_or_create(
            domain, platform, name, suggested_object_id=name, original_name=name, config_entry=self.owner, **more
        )
        assert entry.entity_id == entity_id
        registry.async_update_entity(entity_id, **changes)
        return entity_id

    def matching(self, **selection: Any) -> set[str]:
        """Return the entities of a selection."""
        return set(async_matching(self.hass, Selection(**selection)))
