"""Selections of rules that follow the home as it changes."""

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
from tests.alarms.runtime.house import Home


@dataclass
class Follower:
    """Rules that follow the house."""

    house: Home
    freezer: FrozenDateTimeFactory
    selections: EntitySelector

    def follow(self, **selection: Any) -> list[set[str]]:
        """Return the sets a rule has had, the first now."""
        heard: list[set[str]] = []
        now, _ = self.selections.async_track(Selection(**selection), lambda found: heard.append(set(found)))
        heard.append(set(now))
        return heard

    async def wait(self, seconds: float = 1.1) -> None:
        await self.house.hass.async_block_till_done()
        self.freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed_exact(self.house.hass)
        await self.house.hass.async_block_till_done()


@pytest.fixture
def follower(house: Home, freezer: FrozenDateTimeFactory) -> Iterator[Follower]:
    """Return what follows the house from now on."""
    selections = EntitySelector(house.hass)
    selections.async_start()
    yield Follower(house, freezer, selections)
    selections.async_stop()


async def test_a_rule_follows_entities_as_they_come_change_and_go(follower: Follower) -> None:
    house, registry = follower.house, er.async_get(follower.house.hass)
    cellar = house.area("Cellar")
    heard = follower.follow(areas=(cellar,))

    house.entity("sensor.a", area_id=cellar)
    house.entity("sensor.b", area_id=cellar)
    await follower.wait()
    registry.async_update_entity("sensor.a", new_entity_id="sensor.c")
    await follower.wait()
    registry.async_update_entity("sensor.c", hidden_by=er.RegistryEntryHider.USER)
    await follower.wait()
    registry.async_remove("sensor.b")
    await follower.wait()

    assert heard == [set(), {"sensor.a", "sensor.b"}, {"sensor.b", "sensor.c"}, {"sensor.b"}, set()]


async def test_a_rule_follows_devices_areas_floors_and_labels(follower: Follower) -> None:
    house, hass = follower.house, follower.house.hass
    ground, wet, bath = house.floor("Ground"), house.label("Wet"), house.area("Bath")
    boiler = house.device("boiler")
    house.entity("sensor.boiler", device_id=boiler)
    await follower.wait()
    on_floor, in_area = follower.follow(floors=(ground,)), follower.follow(areas=(bath,))
    labelled = follower.follow(labels=(wet,))

    dr.async_get(hass).async_update_device(boiler, area_id=bath)
    await follower.wait()
    ar.async_get(hass).async_update(bath, floor_id=ground, labels={wet})
    await follower.wait()
    fr.async_get(hass).async_delete(ground)
    await follower.wait()
    lr.async_get(hass).async_delete(wet)
    await follower.wait()
    dr.async_get(hass).async_remove_device(boiler)
    await follower.wait()

    assert in_area == [set(), {"sensor.boiler"}, set()]
    assert on_floor == labelled == [set(), {"sensor.boiler"}, set()]


async def test_a_rule_follows_entities_that_are_not_registered(follower: Follower) -> None:
    states = follower.house.hass.states
    heard = follower.follow(device_classes=("temperature",))

    states.async_set("sensor.yaml", "5", {"device_class": "temperature"})
    await follower.wait()
    states.async_set("sensor.yaml", "6", {"device_class": "temperature"})
    await follower.wait()
    states.async_remove("sensor.yaml")
    await follower.wait()

    assert heard == [set(), {"sensor.yaml"}, set()]


async def test_a_registered_entity_stays_without_a_state(follower: Follower) -> None:
    house = follower.house
    house.entity("sensor.warm", original_device_class="temperature")
    await follower.wait()
    heard = follower.follow(device_classes=("temperature",))

    house.hass.states.async_set("sensor.warm", "5")
    await follower.wait()
    house.hass.states.async_remove("sensor.warm")
    await follower.wait()

    assert heard == [{"sensor.warm"}]


async def test_changes_are_told_together_after_a_second(follower: Follower) -> None:
    house = follower.house
    heard = follower.follow(domains=("sensor",))
    for number in range(50):
        house.entity(f"sensor.s{number}")
    await follower.wait(0.5)
    assert len(heard) == 1

    house.entity("sensor.last")
    await follower.wait(0.6)

    assert [len(found) for found in heard] == [0, 51]


async def test_a_rule_is_told_of_nothing_that_does_not_concern_it(follower: Follower) -> None:
    house = follower.house
    house.entity("sensor.a")
    await follower.wait()
    heard = follower.follow(domains=("sensor",))

    house.entity("light.b")
    er.async_get(house.hass).async_update_entity("sensor.a", name="Attic")
    house.device("pump")
    await follower.wait()

    assert heard == [{"sensor.a"}]


async def test_a_rule_that_comes_between_two_changes_knows_the_first(follower: Follower) -> None:
    house = follower.house
    follower.follow(domains=("sensor",))
    house.entity("sensor.a")
    await house.hass.async_block_till_done()
    heard = follower.follow(domains=("sensor",))
    house.entity("sensor.b")
    await follower.wait()

    assert heard == [{"sensor.a"}, {"sensor.a", "sensor.b"}]


async def test_a_rule_that_has_gone_is_told_nothing(follower: Follower) -> None:
    heard: list[frozenset[str]] = []
    _, end_first = follower.selections.async_track(Selection(domains=("sensor",)), lambda _: end_second())
    _, end_second = follower.selections.async_track(Selection(domains=("sensor",)), heard.append)

    follower.house.entity("sensor.a")
    await follower.wait()
    end_first()
    end_first()

    assert heard == []


async def test_nothing_is_told_after_the_end(follower: Follower) -> None:
    heard = follower.follow(domains=("sensor",))
    follower.house.entity("sensor.a")
    await follower.house.hass.async_block_till_done()

    follower.selections.async_stop()
    follower.house.entity("sensor.b")
    await follower.wait()

    assert heard == [set()]
