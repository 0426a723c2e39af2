"""Lists of records, from the wizard to the states: values follow their records, not their positions."""

from collections.abc import Mapping
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message

from homeassistant.helpers import entity_registry as er
from tests.kit import Kit
from tests.things.wizard import Wizard

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
                topic, payload, _qos, retain = calls[self.delivered].args[:4]
                self.delivered += 1
                async_fire_mqtt_message(self.kit.hass, topic, payload, retain=retain)
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


async def test_the_wizard_says_which_records_are_known_by_position_only(wizard: Wizard) -> None:
    await wizard.learn_from("pack/cells", {"cells": [{"voltage": 3.31}, {"voltage": 3.32}], "soc": 81})
    summary = json.dumps(wizard.result["description_placeholders"])

    assert "The entries of the list cells have no identity" in summary


async def test_the_wizard_says_nothing_about_records_with_an_identity(wizard: Wizard) -> None:
    await wizard.learn_from("meter", {"phases": [{"phase": "L1", "voltage": 231}, {"phase": "L2", "voltage": 229}]})

    assert (wizard.result["description_placeholders"] or {})["problems"] == "-"
