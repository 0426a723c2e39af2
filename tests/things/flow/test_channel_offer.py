"""All values of a message are offered: in the wizard and in Reconfigure."""

from typing import Any

import pytest

from custom_components.iotbridge.things.model.profile import RECEIVED
from homeassistant.data_entry_flow import FlowResultType
from tests.things.wizard import Wizard, names_of_channels, saved

DOOR = {"lock_state": "unlocked", "last_unlock_user": 0, "last_unlock_source": "keypad", "battery": 80}
LEARNED_CODE = {"RfReceived": {"Sync": 13520, "Low": 480, "High": 1380, "Data": "28A321", "RfKey": 2}}
UNKNOWN_CODE = {"RfReceived": {"Sync": 9450, "Low": 310, "High": 950, "Data": "B1E1E7", "RfKey": "None"}}


@pytest.mark.parametrize(
    ("topic", "payload", "keys"),
    [
        ("locks/door", DOOR, ["last_unlock_user", "last_unlock_source"]),
        ("tele/rfb/RESULT", LEARNED_CODE, ["RfReceived.RfKey", "RfReceived.Data"]),
        ("tele/rfb/RESULT", UNKNOWN_CODE, ["RfReceived.Data"]),
        (
            "ws/data2",
            {"rain_hour": 0.2, "rain_day": 3.2, "rain_month": 130.4, "rain_year": 614.4},
            ["rain_month", "rain_year"],
        ),
        ("ws/data", {"temp_c": -4.6, "rain": 614.4, "rain_h": 0, "rain_d": 0, "rain_w": 76.4}, ["rain_h", "rain_d"]),
        (
            "inv/state",
            {"pv_input_power_w": "00312", "battery_voltage": "052.70", "heat_sink_temp": "0041", "load_percent": "012"},
            ["load_percent"],
        ),
        ("tele/ir/RESULT", {"IrReceived": {"Protocol": "NEC", "Bits": 32, "Data": "0x00FF"}}, ["IrReceived.Protocol"]),
        ("door/reader", {"Wiegand": {"UID": 4302741608, "Size": 34}}, ["Wiegand.UID"]),
    ],
)
async def test_every_value_can_be_chosen_in_the_wizard_and_later(
    wizard: Wizard, topic: str, payload: dict[str, Any], keys: list[str]
) -> None:
    await wizard.learn_from(topic, payload)
    if wizard.step.startswith("system_"):
        await wizard.choose("go_on")
    assert wizard.channels.keys() >= set(keys)
    await wizard.submit()
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY
    await wizard.kit.hass.async_block_till_done()

    await wizard.kit.receive(topic, payload)
    await wizard.change("channels")
    assert wizard.channels.keys() >= set(keys)
    await wizard.submit(channels=keys)
    assert {".".join(channel["path"]) for channel in saved(wizard)} == set(keys)


async def test_what_is_not_chosen_makes_no_entity(wizard: Wizard) -> None:
    await wizard.learn_from("locks/door", DOOR)
    await wizard.submit()

    assert names_of_channels(wizard) == {"lock_state": "Lock state", "battery": "Battery"}
    assert len(wizard.subentry.data["channels"]) == 2


async def test_a_chosen_value_is_shown_with_its_unit(wizard: Wizard) -> None:
    await wizard.learn_from("ws/data", {"temperature": 21.5, "rain_day": 3.2, "rain_month": 130.4})
    assert wizard.channels["rain_month"] == "Rain month: 130.4 mm · Precipitation · rain_month"
    await wizard.submit(channels=[*wizard.selected, "rain_month"])

    (channel,) = [channel for channel in saved(wizard) if channel["path"] == ["rain_month"]]
    assert (channel["unit"], channel["device_class"]) == ("mm", "precipitation")


async def test_a_received_code_is_proposed_as_an_event(wizard: Wizard) -> None:
    await wizard.learn_from("radio/bridge", UNKNOWN_CODE)
    assert wizard.channels["RfReceived.Data"] == "Rf received: B1E1E7 · Event · RfReceived.Data"
    assert wizard.selected == ["RfReceived.Data", "RfReceived.RfKey"]
    await wizard.submit()

    assert [(channel["platform"], channel["event_types"]) for channel in saved(wizard)] == [
        ("event", [RECEIVED, "B1E1E7"]),
        ("event", [RECEIVED]),
    ]


async def test_a_chosen_value_with_a_name_that_is_taken_gets_another_one(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", {"temperature_c": 21.5, "temperature_f": 70.7})

    assert wizard.channels["temperature_c"].startswith("Temperature: ")
    assert wizard.channels["temperature_f"].startswith("Temperature (temperature_f): ")
