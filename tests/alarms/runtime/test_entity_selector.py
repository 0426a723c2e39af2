"""Tracking of the entities that rules select while the home changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed_exact,
)

from custom_components.iotbridge.alarms.engine.rule import Selection
from custom_components.iotbridge.alarms.runtime.entity_selector import EntitySelector
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from tests.alarms.runtime.house import House


@dataclass
class Tracker:
    """Tracker of selector in a house."""

    house: House
    freezer: FrozenDateTimeFactory
    selector: EntitySelector

    def track(self, **selection: Any) -> list[set[str]]:
        """Return the sets of entities that the listener gets, after the present one."""
        updates: list[set[str]] = []
        now, _ = self.selector.async_track(Selection(**selection), lambda matching: updates.append(set(matching)))
        updates.append(set(now))
        return updates

    async def wait(self, seconds: float = 1.1) -> None:
        await self.house.hass.async_block_till_done()
        self.freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed_exact(self.house.hass)
        await self.house.hass.async_block_till_done()


@pytest.fixture
def tracker(house: House, freezer: FrozenDateTimeFactory) -> Iterator[Tracker]:
    """Start tracking changes of the house."""
    selector = EntitySelector(house.hass)
    selector.async_start()
    yield Tracker(house, freezer, selector)
    selector.async_stop()


async def test_added_renamed_hidden_and_removed_entities_are_tracked(tracker: Tracker) -> None:
    house, registry = tracker.house, er.async_get(tracker.house.hass)
    cellar = house.area("Cellar")
    updates = tracker.track(areas=(cellar,))

    house.entity("sensor.a", area_id=cellar)
    house.entity("sensor.b", area_id=cellar)
    await tracker.wait()
    registry.async_update_entity("sensor.a", new_entity_id="sensor.c")
    await tracker.wait()
    registry.async_update_entity("sensor.c", hidden_by=er.RegistryEntryHider.USER)
    await tracker.wait()
    registry.async_remove("sensor.b")
    await tracker.wait()

    assert updates == [set(), {"sensor.a", "sensor.b"}, {"sensor.b", "sensor.c"}, {"sensor.b"}, set()]


async def test_changes_of_devices_areas_floors_and_labels_are_tracked(tracker: Tracker) -> None:
    house, hass = tracker.house, tracker.house.hass
    ground, wet, bath = house.floor("Ground"), house.label("Wet"), house.area("Bath")
    boiler = house.device("boiler")
    house.entity("sensor.boiler", device_id=boiler)
    await tracker.wait()
    on_floor, in_area = tracker.track(floors=(ground,)), tracker.track(areas=(bath,))
    labelled = tracker.track(labels=(wet,))

    dr.async_get(hass).async_update_device(boiler, area_id=bath)
    await tracker.wait()
    ar.async_get(hass).async_update(bath, floor_id=ground, labels={wet})
    await tracker.wait()
    fr.async_get(hass).async_delete(ground)
    await tracker.wait()
    lr.async_get(hass).async_delete(wet)
    await tracker.wait()
    dr.async_get(hass).async_remove_device(boiler)
    await tracker.wait()

    assert in_area == [set(), {"sensor.boiler"}, set()]
    assert on_floor == labelled == [set(), {"sensor.boiler"}, set()]


async def test_unregistered_entities_are_tracked(tracker: Tracker) -> None:
    states = tracker.house.hass.states
    updates = tracker.track(device_classes=("temperature",))

    states.async_set("sensor.yaml", "5", {"device_class": "temperature"})
    await tracker.wait()
    states.async_set("sensor.yaml", "6", {"device_class": "temperature"})
    await tracker.wait()
    states.async_remove("sensor.yaml")
    await tracker.wait()

    assert updates == [set(), {"sensor.yaml"}, set()]


async def test_a_registered_entity_matches_without_a_state(tracker: Tracker) -> None:
    house = tracker.house
    house.entity("sensor.warm", original_device_class="temperature")
    await tracker.wait()
    updates = tracker.track(device_classes=("temperature",))

    house.hass.states.async_set("sensor.warm", "5")
    await tracker.wait()
    house.hass.states.async_remove("sensor.warm")
    await tracker.wait()

    assert updates == [{"sensor.warm"}]


async def test_changes_are_collected_for_a_second(tracker: Tracker) -> None:
    house = tracker.house
    updates = tracker.track(domains=("sensor",))
    for number in range(50):
        house.entity(f"sensor.s{number}")
    await tracker.wait(0.5)
    assert len(updates) == 1

    house.entity("sensor.last")
    await tracker.wait(0.6)

    assert [len(found) for found in updates] == [0, 51]


async def test_unrelated_changes_do_not_call_the_listener(tracker: Tracker) -> None:
    house = tracker.house
    house.entity("sensor.a")
    await tracker.wait()
    updates = tracker.track(domains=("sensor",))

    house.entity("light.b")
    er.async_get(house.hass).async_update_entity("sensor.a", name="Attic")
    house.device("pump")
    await tracker.wait()

    assert updates == [{"sensor.a"}]


async def test_a_selection_added_between_changes_includes_the_first(tracker: Tracker) -> None:
    house = tracker.house
    tracker.track(domains=("sensor",))
    house.entity("sensor.a")
    await house.hass.async_block_till_done()
    updates = tracker.track(domains=("sensor",))
    house.entity("sensor.b")
    await tracker.wait()

    assert updates == [{"sensor.a"}, {"sensor.a", "sensor.b"}]


async def test_an_ended_listener_is_not_called(tracker: Tracker) -> None:
    updates: list[frozenset[str]] = []
    _, end_first = tracker.selector.async_track(Selection(domains=("sensor",)), lambda _: end_second())
    _, end_second = tracker.selector.async_track(Selection(domains=("sensor",)), updates.append)

    tracker.house.entity("sensor.a")
    await tracker.wait()
    end_first()
    end_first()

    assert updates == []


async def test_no_listener_is_called_after_the_stop(tracker: Tracker) -> None:
    updates = tracker.track(domains=("sensor",))
    tracker.house.entity("sensor.a")
    await tracker.house.hass.async_block_till_done()

    tracker.selector.async_stop()
    tracker.house.entity("sensor.b")
    await tracker.wait()

    assert updates == [set()]
