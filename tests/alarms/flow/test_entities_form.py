"""Form of the entities of a rule."""

from homeassistant.helpers import area_registry as ar, entity_registry as er
from tests.alarms.flow.rule_dialog import ATTIC, complete, form, rule, save
from tests.dialog import Dialog
from tests.kit import Kit


async def test_the_matching_entities_are_counted(dialog: Dialog) -> None:
    area = ar.async_get(dialog.hass).async_create("Attic room")
    registry = er.async_get(dialog.hass)
    for number in range(7):
        entry = registry.async_get_or_create("sensor", "demo", str(number), original_device_class="temperature")
        registry.async_update_entity(entry.entity_id, area_id=area.id)
    await dialog.start("above")
    assert dialog.text.endswith("Selected so far: 0")
    await dialog.submit(all={"areas": [area.id], "device_classes": ["temperature"], "excluded": ["sensor.demo_3"]})
    await dialog.submit(above=30)
    assert dialog.text.startswith("Matches right now: 6 (sensor.demo_0, sensor.demo_1, sensor.demo_2, sensor.demo_4")
    assert dialog.text.endswith(" …)")
    assert dialog.suggested["name"] == "Temperature too high"
    await dialog.submit()
    await dialog.submit()
    await dialog.tried()
    await save(dialog)

    selection = rule(dialog).selection
    assert (selection.areas, selection.device_classes) == ((area.id,), ("temperature",))
    assert (selection.entities, selection.excluded) == ((), ("sensor.demo_3",))


async def test_domains_integrations_and_device_classes_have_labels(dialog: Dialog) -> None:
    await dialog.start("unavailable")
    assert dialog.result["data_schema"] is not None
    part = dialog.result["data_schema"].schema["all"].schema.schema
    labels = {
        name: {option["value"]: option["label"] for option in part[name].config["options"]}
        for name in ("domains", "integrations", "device_classes")
    }

    assert labels["domains"]["lock"] == "Lock"
    assert labels["integrations"]["iotbridge"] == "IoT Bridge"
    assert labels["device_classes"]["temperature"] == "Temperature"


async def test_an_empty_selection_has_an_error(dialog: Dialog) -> None:
    await dialog.start("unavailable")
    await dialog.submit(all={"excluded": [ATTIC]})

    assert (dialog.step, dialog.errors) == ("entities", {"base": "no_entities"})
    assert dialog.suggested["all"] == {"excluded": [ATTIC]}
    await dialog.submit(entities=[ATTIC, "lock.door"])
    assert dialog.suggested["name"] == "Entities unavailable"


async def test_an_empty_selection_of_hosts_means_all_hosts(dialog: Dialog, kit: Kit) -> None:
    await kit.host("nas")
    await kit.host("pc")
    made = await complete(dialog, "host_lost")

    assert made.name == "Host lost: any host"
    assert made.selection.entities == ()
    assert made.selection.integrations == ("iotbridge",)
    await dialog.change(dialog.made[0].subentry_id)
    assert dialog.placeholders["entities"].startswith("2 (")
    assert "availability" in dialog.placeholders["entities"].lower()
    await dialog.choose("hosts")
    assert "domains" not in str(dialog.result["data_schema"])


async def test_other_enumerations_of_iot_bridge_are_no_hosts(dialog: Dialog, kit: Kit) -> None:
    await kit.host("nas")
    er.async_get(kit.hass).async_get_or_create(
        "sensor",
        "iotbridge",
        "attic_reading_status",
        config_entry=dialog.entry,
        original_device_class="enum",
        translation_key="reading_status",
    )
    await dialog.start("host_lost")
    _, entities = form(dialog)["entities"]
    assert entities.config["include_entities"] == ["sensor.nas_power_state"]
    await dialog.submit()

    assert dialog.text == "Matches right now: 1 (nas Availability)"
