"""Selection of the entities that a rule watches, and its updates when the home changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockEntity,
    MockEntityPlatform,
    async_fire_time_changed_exact,
    mock_device_registry,
)

from custom_components.iotbridge.alarms.engine.rule import Selection
from custom_components.iotbridge.alarms.runtime.entity_selector import EntitySelector, async_matching
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)


@dataclass
class Home:
    """A house with a cellar and an attic, and what stands in them."""

    hass: HomeAssistant
    owner: MockConfigEntry

    def area(self, name: str, **more: Any) -> str:
        return ar.async_get(self.hass).async_create(name, **more).id

    def floor(self, name: str) -> str:
        return fr.async_get(self.hass).async_create(name).floor_id

    def label(self, name: str) -> str:
        return lr.async_get(self.hass).async_create(name).label_id

    def device(self, name: str, *, area: str | None = None, labels: set[str] | None = None) -> str:
        registry = dr.async_get(self.hass)
        device = registry.async_get_or_create(config_entry_id=self.owner.entry_id, identifiers={("demo", name)})
        registry.async_update_device(device.id, area_id=area, labels=labels or set())
        return device.id

    def part(self, parent: str, name: str) -> str:
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
        return set(async_matching(self.hass, Selection(**selection)))


@pytest.fixture
def house(hass: HomeAssistant) -> Home:
    """Return an empty house."""
    owner = MockConfigEntry(domain="demo")
    owner.add_to_hass(hass)
    return Home(hass, owner)


# ---------------------------------------------------------------- what matches


def test_those_that_are_named_there_or_not(house: Home) -> None:
    house.entity("sensor.attic", hidden_by=er.RegistryEntryHider.USER)

    assert house.matching(entities=("sensor.attic", "sensor.to_come")) == {"sensor.attic", "sensor.to_come"}
    assert house.matching(entities=("sensor.a", "sensor.b"), excluded=("sensor.b",)) == {"sensor.a"}


def test_nothing_is_selected_by_nothing(house: Home) -> None:
    house.entity("sensor.attic")
    house.hass.states.async_set("sensor.yaml", "5")

    assert house.matching() == house.matching(excluded=("sensor.attic",)) == set()


def test_the_area_of_an_entity_comes_before_that_of_its_device(house: Home) -> None:
    cellar, attic = house.area("Cellar"), house.area("Attic")
    pump = house.device("pump", area=cellar)
    house.entity("sensor.pressure", device_id=pump)
    house.entity("sensor.outlet", device_id=pump, area_id=attic)
    house.entity("sensor.lamp", area_id=cellar)
    house.entity("sensor.nowhere")

    assert house.matching(areas=(cellar,)) == {"sensor.pressure", "sensor.lamp"}
    assert house.matching(areas=(attic,)) == {"sensor.outlet"}
    assert house.matching(areas=(cellar, attic)) == {"sensor.pressure", "sensor.lamp", "sensor.outlet"}
    assert house.matching(areas=("gone",)) == set()


def test_a_part_of_a_device_is_where_the_device_is(house: Home) -> None:
    cellar, attic = house.area("Cellar"), house.area("Attic")
    important = house.label("Important")
    nas = house.device("nas", area=cellar, labels={important})
    house.entity("sensor.disk", device_id=(disk := house.part(nas, "disk")))
    house.entity("sensor.load", device_id=nas)

    both = {"sensor.disk", "sensor.load"}
    assert house.matching(areas=(cellar,)) == house.matching(devices=(nas,)) == both
    assert house.matching(labels=(important,)) == both
    assert house.matching(devices=(disk,)) == {"sensor.disk"}

    dr.async_get(house.hass).async_update_child_device(disk, area_id=attic)
    assert house.matching(areas=(cellar,)) == {"sensor.load"}
    assert house.matching(areas=(attic,)) == {"sensor.disk"}


def test_floors_and_labels_find_through_areas(house: Home) -> None:
    ground, wet = house.floor("Ground"), house.label("Wet")
    bath = house.area("Bath", floor_id=ground, labels={wet})
    house.entity("sensor.bath", device_id=house.device("boiler", area=bath))
    house.entity("sensor.pool", labels={wet})
    house.entity("sensor.tap", device_id=house.device("tap", labels={wet}))
    house.entity("sensor.hall", area_id=house.area("Hall", floor_id=ground))

    assert house.matching(floors=(ground,)) == {"sensor.bath", "sensor.hall"}
    assert house.matching(labels=(wet,)) == {"sensor.bath", "sensor.pool", "sensor.tap"}
    assert house.matching(floors=(ground,), labels=(wet,)) == {"sensor.bath"}


def test_what_they_are(house: Home) -> None:
    house.entity("sensor.warm", original_device_class="temperature")
    house.entity("sensor.made_warm", original_device_class="humidity", device_class="temperature")
    house.entity("sensor.late", platform="mqtt")
    house.entity("light.lamp", platform="mqtt", entity_category=EntityCategory.DIAGNOSTIC)
    house.hass.states.async_set("sensor.late", "5", {"device_class": "temperature"})
    house.hass.states.async_set("sensor.yaml", "5", {"device_class": "temperature"})

    warm = {"sensor.warm", "sensor.made_warm", "sensor.late", "sensor.yaml"}
    assert house.matching(device_classes=("temperature",)) == warm
    assert house.matching(device_classes=("humidity",)) == set()
    assert house.matching(integrations=("mqtt",)) == {"sensor.late", "light.lamp"}
    assert house.matching(domains=("light",)) == {"light.lamp"}
    assert house.matching(device_classes=("temperature",), integrations=("mqtt",)) == {"sensor.late"}
    assert house.matching(device_classes=("temperature",), excluded=("sensor.warm",)) == warm - {"sensor.warm"}


def test_all_lists_must_match_but_names_are_taken_as_they_are(house: Home) -> None:
    cellar = house.area("Cellar")
    house.entity("sensor.warm", area_id=cellar, original_device_class="temperature")
    house.entity("sensor.damp", area_id=cellar, original_device_class="humidity")
    house.entity("sensor.elsewhere", original_device_class="temperature")

    found = house.matching(areas=(cellar,), device_classes=("temperature",), domains=("sensor",), entities=("light.x",))

    assert found == {"sensor.warm", "light.x"}


def test_hidden_and_disabled_ones_do_not_match(house: Home) -> None:
    cellar = house.area("Cellar")
    house.entity("sensor.hidden", area_id=cellar, hidden_by=er.RegistryEntryHider.INTEGRATION)
    house.entity("sensor.disabled", area_id=cellar, disabled_by=er.RegistryEntryDisabler.USER)
    house.hass.states.async_set("sensor.hidden", "5")

    assert house.matching(areas=(cellar,)) == house.matching(domains=("sensor",)) == set()


def test_alarms_watch_no_alarms(house: Home) -> None:
    cellar = house.area("Cellar")
    house.entity("binary_sensor.fire", "iotbridge", area_id=cellar, translation_key="alarm")
    house.entity("sensor.alarms", "iotbridge", area_id=cellar, translation_key="alarms_active")
    house.entity("sensor.power", "iotbridge", area_id=cellar, translation_key="power_state")
    house.entity("sensor.other", "demo", area_id=cellar, translation_key="alarm")

    assert house.matching(areas=(cellar,)) == {"sensor.power", "sensor.other"}
    assert house.matching(integrations=("iotbridge",)) == {"sensor.power"}
    assert house.matching(entities=("binary_sensor.fire",)) == set()


async def test_an_entity_without_unique_id_belongs_to_its_integration(house: Home) -> None:
    platform = MockEntityPlatform(house.hass, domain="sensor", platform_name="rest")
    await platform.async_add_entities([MockEntity(entity_id="sensor.yaml", name="YAML")])

    assert house.matching(integrations=("rest",)) == {"sensor.yaml"}


def test_the_id_of_a_device_that_was_split_stands_for_its_parts(house: Home) -> None:
    parts = {
        name: dr.DeviceEntry(id=name, config_entry_id=house.owner.entry_id, composite_device_id="old")
        for name in ("one", "two")
    }
    mock_device_registry(house.hass, parts)
    house.entity("sensor.one", device_id="one")
    house.entity("sensor.two", device_id="two")

    assert house.matching(devices=("old",)) == {"sensor.one", "sensor.two"}
    assert house.matching(devices=("two",)) == {"sensor.two"}


# ---------------------------------------------------------------- following the home


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
