"""Lists of records, from the wizard to the states: values follow their records, not their positions."""

from collections.abc import Mapping
from dataclasses import replace
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_mqtt_message

from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.kit import Kit, learn
from tests.things.wizard import Repair, Wizard

FLAT = "gw/flat"
UPLINK = "v3/app@ttn/devices/tracker/up"


class Echo:
    """Broker that delivers to Home Assistant what it published itself."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.delivered = 0

    async def wait(self, seconds: int) -> None:
        """Advance the time, and deliver."""
        for _ in range(seconds):
            await self.kit.wait(1)
            calls = self.kit.mqtt.async_publish.call_args_list
            while self.delivered < len(calls):
                topic, payload = calls[self.delivered].args[:2]
                self.delivered += 1
                # To those who have subscribed already, a broker delivers a retained message as any other.
                async_fire_mqtt_message(self.kit.hass, topic, payload)
            await self.kit.hass.async_block_till_done()

    async def publish(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Deliver a message of the device, and what follows from it."""
        await self.kit.receive(topic, payload)
        await self.wait(2)

    def states(self) -> dict[str, str]:
        """Return the states of core's entities by name."""
        registry = er.async_get(self.kit.hass)
        return {
            entry.original_name or "": state.state
            for entry in registry.entities.values()
            if entry.platform == "mqtt" and (state := self.kit.hass.states.get(entry.entity_id))
        }


@pytest.fixture
def echo(kit: Kit) -> Echo:
    return Echo(kit)


def record(number: str, value: Any, kind: str) -> dict[str, Any]:
    return {"measurementId": number, "measurementValue": value, "type": kind}


def uplink(*records: dict[str, Any]) -> dict[str, Any]:
    return {
        "end_device_ids": {"device_id": "tracker", "dev_eui": "2CF7F1C000000001"},
        "received_at": "2026-11-20T12:52:50Z",
        "uplink_message": {"f_port": 5, "f_cnt": 9, "decoded_payload": {"err": 0, "messages": [list(records)]}},
    }


async def test_records_in_another_order_keep_their_entities(wizard: Wizard, echo: Echo) -> None:
    """Read a plain JSON document: https://github.com/angelnu/home_assistant_thethingsnetwork/issues/22."""
    temperature, light, battery = (
        record("4097", 21.3, "Air Temperature"), record("4199", 4, "Light"), record("3000", 87, "Battery"),
    )  # fmt: skip
    await wizard.add(FLAT, {"messages": [temperature, light, battery]})
    await echo.wait(15)
    assert echo.states() == {"Air temperature": "21.3", "Light": "4", "Battery": "87"}

    await echo.publish(
        FLAT, {"messages": [battery | {"measurementValue": 86}, temperature | {"measurementValue": 19.9}, light]}
    )
    assert echo.states() == {"Air temperature": "19.9", "Light": "4", "Battery": "86"}


async def test_records_of_an_uplink_keep_their_entities(wizard: Wizard, echo: Echo) -> None:
    """Read a codec's list in a list, whose records and their order depend on the event."""
    status = record("4200", [], "Event Status")
    learned = uplink(
        status, record("4097", "21.3", "Air Temperature"), record("4199", "4", "Light"), record("3000", 87, "Battery")
    )
    await wizard.add(UPLINK, learned)
    await echo.wait(15)
    assert echo.states() == {"Air temperature": "21.3", "Light": "4", "Battery": "87"}

    await echo.publish(
        UPLINK,
        uplink(
            status,
            record("3000", 86, "Battery"),
            record("4097", "19.9", "Air Temperature"),
            record("4199", "7", "Light"),
        ),
    )
    assert echo.states() == {"Air temperature": "19.9", "Light": "7", "Battery": "86"}

    await echo.publish(
        UPLINK,
        uplink(
            record("4197", "9.19", "Longitude"),
            record("4198", "45.46", "Latitude"),
            record("4097", "18.8", "Air Temperature"),
            record("3000", 85, "Battery"),
        ),
    )
    assert echo.states() == {"Air temperature": "18.8", "Light": "7", "Battery": "85"}


async def test_a_record_that_is_gone_changes_no_other_one(wizard: Wizard, echo: Echo) -> None:
    disks = [{"name": name, "temp": temp} for name, temp in (("sda", 40), ("sdb", 45))]
    await wizard.add("nas/disks", {"disks": disks})
    await echo.wait(15)
    await echo.publish("nas/disks", {"disks": [{"name": "sdb", "temp": 46}]})

    assert echo.states() == {"Sda temperature": "40", "Sdb temperature": "46"}


@pytest.mark.parametrize(
    ("member", "value", "reader"), [("version", "1.2.0", "Home Assistant"), ("temp", 41, "IoT Bridge")]
)
async def test_home_assistant_reads_a_device_itself_unless_a_record_is_enabled(
    wizard: Wizard, member: str, value: Any, reader: str
) -> None:
    await wizard.learn_from("nas", {"temperature": 21, "parts": [{"name": "sda", member: value}]})

    assert (wizard.result["description_placeholders"] or {})["reader"] == reader


async def test_the_wizard_says_which_records_are_known_by_position_only(wizard: Wizard) -> None:
    await wizard.learn_from("pack/cells", {"cells": [{"voltage": 3.31}, {"voltage": 3.32}], "soc": 81})
    summary = json.dumps(wizard.result["description_placeholders"])

    assert "The entries of the list cells have no identity" in summary


async def test_the_wizard_says_nothing_about_records_with_an_identity(wizard: Wizard) -> None:
    await wizard.learn_from("meter", {"phases": [{"phase": "L1", "voltage": 231}, {"phase": "L2", "voltage": 229}]})

    assert (wizard.result["description_placeholders"] or {})["problems"] == "-"


TEMPERATURE, LIGHT, BATTERY = (
    record("4097", 21.3, "Air Temperature"), record("4199", 4, "Light"), record("3000", 87, "Battery"),
)  # fmt: skip
REORDERED = {"messages": [BATTERY | {"measurementValue": 86}, TEMPERATURE | {"measurementValue": 19.9}, LIGHT]}


def by_position(index: int, name: str, device_class: str, unit: str) -> Channel:
    """Return a channel that was saved by the position of its record."""
    path = ("messages", index, "measurementValue")
    return Channel(name=name, path=path, unit=unit, device_class=device_class, state_class="measurement")


SAVED = Profile(
    topic=FLAT,
    depth=0,
    channels=(
        by_position(0, "Air temperature", "temperature", "°C"),
        by_position(1, "Brightness", "illuminance", "lx"),
        by_position(2, "Battery", "battery", "%"),
    ),
    devices={FLAT: DeviceMetadata(name="Tracker")},
    dropped=frozenset({"messages[0].type"}),
    exact=True,
)


def entities(hass: HomeAssistant) -> dict[str, str]:
    """Return the entity ids of core's entities by unique id."""
    entries = er.async_get(hass).entities.values()
    return {entry.unique_id: entry.entity_id for entry in entries if entry.platform == "mqtt"}


async def learn_by_position(hass: HomeAssistant, entry: MockConfigEntry, echo: Echo) -> None:
    message = json.dumps({"messages": [TEMPERATURE, LIGHT, BATTERY]}).encode()
    learn(hass, entry, SAVED, Sample(FLAT, message))
    await echo.wait(15)


async def test_a_profile_by_position_goes_on(hass: HomeAssistant, entry: MockConfigEntry, echo: Echo) -> None:
    await learn_by_position(hass, entry, echo)
    await echo.publish(FLAT, {"messages": [TEMPERATURE | {"measurementValue": 22}, LIGHT, BATTERY]})

    assert echo.states() == {"Air temperature": "22", "Brightness": "4", "Battery": "87"}


async def test_a_repair_lets_entities_follow_their_records(
    hass: HomeAssistant, entry: MockConfigEntry, echo: Echo, wizard: Wizard, repair: Repair
) -> None:
    await learn_by_position(hass, entry, echo)
    registry = er.async_get(hass)
    battery = next(entry.entity_id for entry in registry.entities.values() if entry.original_name == "Battery")
    registry.async_update_entity(battery, new_entity_id="sensor.my_battery")
    before = entities(hass)
    await echo.publish(FLAT, REORDERED)
    await echo.wait(70)
    assert echo.states() == {"Air temperature": "86", "Brightness": "19.9", "Battery": "4"}
    assert repair.issues("new_fields") == [], "the records are known, by position"

    form = await repair.open("records_by_position")
    chooser = form["data_schema"].schema["wanted"]
    assert [option["label"] for option in chooser.config["options"]] == [
        "Air temperature: messages[0].measurementValue (86 °C) → messages.4097 (19.9 °C)",
        "Brightness: messages[1].measurementValue (19.9 lx) → messages.4199 (4 lx)",
        "Battery: messages[2].measurementValue (4 %) → messages.3000 (86 %)",
    ]
    await repair.submit(form, [option["value"] for option in chooser.config["options"]])
    await echo.wait(15)
    assert echo.states() == {"Air temperature": "19.9", "Brightness": "4", "Battery": "86"}
    assert entities(hass) == before
    assert "sensor.my_battery" in before.values()
    assert [channel["path"] for channel in wizard.subentry.data["channels"]] == [
        ["messages", "4097"], ["messages", "4199"], ["messages", "3000"],
    ]  # fmt: skip

    await echo.publish(FLAT, {"messages": [LIGHT | {"measurementValue": 9}, BATTERY, TEMPERATURE]})
    await echo.wait(70)
    assert echo.states() == {"Air temperature": "21.3", "Brightness": "9", "Battery": "87"}
    assert repair.issues("records_by_position") == repair.issues("new_fields") == []


async def relocate(hass: HomeAssistant, entry: MockConfigEntry, echo: Echo, repair: Repair, keys: list[str]) -> None:
    """Learn by position, receive the records in another order, and let these channels follow them."""
    await learn_by_position(hass, entry, echo)
    await echo.publish(FLAT, REORDERED)
    await echo.wait(70)
    form = await repair.open("records_by_position")
    await repair.submit(form, keys)
    await echo.wait(15)


async def test_relocated_entities_survive_a_reload_without_a_message(
    hass: HomeAssistant, entry: MockConfigEntry, echo: Echo, repair: Repair
) -> None:
    await relocate(hass, entry, echo, repair, [channel.key for channel in SAVED.channels])
    before = entities(hass)
    await hass.config_entries.async_reload(entry.entry_id)
    await echo.wait(15)

    assert entities(hass) == before
    assert echo.states() == {"Air temperature": "19.9", "Brightness": "4", "Battery": "86"}


async def test_an_entity_that_is_not_selected_stays_at_its_position(
    hass: HomeAssistant, entry: MockConfigEntry, echo: Echo, repair: Repair
) -> None:
    await relocate(hass, entry, echo, repair, ["messages[0].measurementValue"])

    assert echo.states() == {"Air temperature": "19.9", "Brightness": "19.9", "Battery": "4"}


async def test_a_silent_device_of_a_wildcard_keeps_its_entities(
    hass: HomeAssistant, entry: MockConfigEntry, echo: Echo, repair: Repair
) -> None:
    """Relocate channels of a device that has sent nothing since the restart."""
    devices = {name: DeviceMetadata(name=name) for name in ("one", "two")}
    profile = replace(SAVED, topic="gw/+", depth=2, devices=devices)
    message = json.dumps({"messages": [TEMPERATURE, LIGHT, BATTERY]}).encode()
    learn(hass, entry, profile, *(Sample(f"gw/{name}", message) for name in devices))
    await echo.wait(15)
    before = entities(hass)
    assert len(before) == 6
    await hass.config_entries.async_reload(entry.entry_id)
    await echo.publish("gw/one", REORDERED)
    await echo.wait(70)
    form = await repair.open("records_by_position")
    await repair.submit(form, [channel.key for channel in SAVED.channels])
    await echo.wait(15)

    assert entities(hass) == before
    silent = hass.states.get("sensor.two_air_temperature")
    assert silent is not None
    assert silent.state == "21.3"
