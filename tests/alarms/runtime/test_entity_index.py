"""Entities that belong to a place, a label, a device or a kind."""

from pytest_homeassistant_custom_component.common import MockEntity, MockEntityPlatform, mock_device_registry

from homeassistant.const import EntityCategory
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.alarms.runtime.house import House


def test_named_entities_match_whether_they_exist_or_not(house: House) -> None:
    house.entity("sensor.attic", hidden_by=er.RegistryEntryHider.USER)

    assert house.matching(entities=("sensor.attic", "sensor.to_come")) == {"sensor.attic", "sensor.to_come"}
    assert house.matching(entities=("sensor.a", "sensor.b"), excluded=("sensor.b",)) == {"sensor.a"}


def test_an_empty_selection_matches_nothing(house: House) -> None:
    house.entity("sensor.attic")
    house.hass.states.async_set("sensor.yaml", "5")

    assert house.matching() == house.matching(excluded=("sensor.attic",)) == set()


def test_the_area_of_an_entity_precedes_that_of_its_device(house: House) -> None:
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


def test_a_child_device_inherits_area_and_labels(house: House) -> None:
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


def test_floors_and_labels_include_their_areas(house: House) -> None:
    ground, wet = house.floor("Ground"), house.label("Wet")
    bath = house.area("Bath", floor_id=ground, labels={wet})
    house.entity("sensor.bath", device_id=house.device("boiler", area=bath))
    house.entity("sensor.pool", labels={wet})
    house.entity("sensor.tap", device_id=house.device("tap", labels={wet}))
    house.entity("sensor.hall", area_id=house.area("Hall", floor_id=ground))

    assert house.matching(floors=(ground,)) == {"sensor.bath", "sensor.hall"}
    assert house.matching(labels=(wet,)) == {"sensor.bath", "sensor.pool", "sensor.tap"}
    assert house.matching(floors=(ground,), labels=(wet,)) == {"sensor.bath"}


def test_entities_match_by_device_class_integration_and_domain(house: House) -> None:
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


def test_lists_are_intersected_and_named_entities_added(house: House) -> None:
    cellar = house.area("Cellar")
    house.entity("sensor.warm", area_id=cellar, original_device_class="temperature")
    house.entity("sensor.damp", area_id=cellar, original_device_class="humidity")
    house.entity("sensor.elsewhere", original_device_class="temperature")

    matching = house.matching(
        areas=(cellar,), device_classes=("temperature",), domains=("sensor",), entities=("light.x",)
    )

    assert matching == {"sensor.warm", "light.x"}


def test_hidden_and_disabled_entities_do_not_match(house: House) -> None:
    cellar = house.area("Cellar")
    house.entity("sensor.hidden", area_id=cellar, hidden_by=er.RegistryEntryHider.INTEGRATION)
    house.entity("sensor.disabled", area_id=cellar, disabled_by=er.RegistryEntryDisabler.USER)
    house.hass.states.async_set("sensor.hidden", "5")

    assert house.matching(areas=(cellar,)) == house.matching(domains=("sensor",)) == set()


def test_the_sensor_of_how_a_device_is_read_matches_by_its_own_label_only(house: House) -> None:
    cellar, wet, checked = house.area("Cellar"), house.label("wet"), house.label("checked")
    device = house.device("meter", labels={wet})
    house.entity("sensor.flow", "mqtt", device_id=device, area_id=cellar)
    house.entity(
        "sensor.messages",
        "iotbridge",
        device_id=device,
        area_id=cellar,
        labels={checked},
        translation_key="reading_status",
        original_device_class="enum",
    )

    for by in ({"devices": (device,)}, {"areas": (cellar,)}, {"labels": (wet,)}, {"domains": ("sensor",)}):
        assert house.matching(**by) == {"sensor.flow"}
    assert house.matching(integrations=("iotbridge",)) == house.matching(device_classes=("enum",)) == set()
    assert house.matching(labels=(checked,)) == house.matching(entities=("sensor.messages",)) == {"sensor.messages"}


def test_entities_of_alarms_do_not_match(house: House) -> None:
    cellar = house.area("Cellar")
    house.entity("binary_sensor.fire", "iotbridge", area_id=cellar, translation_key="alarm")
    house.entity("sensor.alarms", "iotbridge", area_id=cellar, translation_key="alarms_active")
    house.entity("sensor.power", "iotbridge", area_id=cellar, translation_key="power_state")
    house.entity("sensor.other", "demo", area_id=cellar, translation_key="alarm")

    assert house.matching(areas=(cellar,)) == {"sensor.power", "sensor.other"}
    assert house.matching(integrations=("iotbridge",)) == {"sensor.power"}
    assert house.matching(entities=("binary_sensor.fire",)) == set()


async def test_an_unregistered_entity_matches_its_integration(house: House) -> None:
    platform = MockEntityPlatform(house.hass, domain="sensor", platform_name="rest")
    await platform.async_add_entities([MockEntity(entity_id="sensor.yaml", name="YAML")])

    assert house.matching(integrations=("rest",)) == {"sensor.yaml"}


def test_the_id_of_a_split_device_matches_its_parts(house: House) -> None:
    parts = {
        name: dr.DeviceEntry(id=name, config_entry_id=house.owner.entry_id, composite_device_id="old")
        for name in ("one", "two")
    }
    mock_device_registry(house.hass, parts)
    house.entity("sensor.one", device_id="one")
    house.entity("sensor.two", device_id="two")

    assert house.matching(devices=("old",)) == {"sensor.one", "sensor.two"}
    assert house.matching(devices=("two",)) == {"sensor.two"}
