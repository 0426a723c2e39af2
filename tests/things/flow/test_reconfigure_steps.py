"""Reconfiguration of a learned device."""

import sys
from typing import Any

import pytest

from tests.things.wizard import WEATHER, Wizard, add_family, names_of_channels


async def test_channels_are_shown_with_their_current_values(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"temperature": 19.25})
    await wizard.change("channels")

    assert wizard.channels["temperature"] == "Temperature: 19.25 °C · Temperature · temperature"
    assert wizard.placeholders["topic"] == "garden/weather"


async def test_new_fields_are_marked_and_can_be_added_or_dropped(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5, "battery": 80})
    await wizard.change()
    assert wizard.text.startswith("Learned from `garden/weather`.\n\n- Device page: [")
    assert "\n- New channels: 2\n" in wizard.text
    await wizard.choose("channels")
    assert list(wizard.channels)[-2:] == ["pressure", "battery"]
    assert wizard.channels["pressure"].startswith("Pressure: new · 1013.5")
    await wizard.submit(channels=[key for key in wizard.selected if key != "battery"])

    assert wizard.step == "reconfigure_successful"
    assert list(names_of_channels(wizard)) == ["temperature", "humidity", "door", "pressure"]
    await wizard.kit.hass.async_block_till_done()
    await wizard.change()
    assert (wizard.placeholders["fields"], wizard.placeholders["devices"]) == ("0", "0")


async def test_channels_are_renamed_and_no_longer_selected_and_selected_again(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.change("channels")
    await wizard.edit("temperature", name="Air")
    assert wizard.step == "channels"
    assert wizard.channels["temperature"].startswith("Air: ")
    await wizard.submit(channels=[key for key in wizard.selected if key != "humidity"])
    assert names_of_channels(wizard) == {"temperature": "Air", "door": "Door"}
    await wizard.kit.hass.async_block_till_done()

    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.change("channels")
    assert wizard.channels["humidity"] == "Humidity: 44 % · Humidity · humidity"
    assert "humidity" not in wizard.selected
    await wizard.submit(channels=[*wizard.selected, "humidity"])

    assert names_of_channels(wizard)["humidity"] == "Humidity"


async def test_a_channel_that_is_neither_selected_nor_sent_any_more_is_gone(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    entry = wizard.kit.hass.config_entries.async_entries("iotbridge")[0]
    await wizard.kit.hass.config_entries.async_reload(entry.entry_id)
    await wizard.kit.hass.async_block_till_done()
    await wizard.kit.receive("garden/weather", {"temperature": 20.5})
    await wizard.change("channels")
    await wizard.submit(channels=["temperature"])

    assert [channel["path"] for channel in wizard.subentry.data["channels"]] == [["temperature"]]
    assert wizard.subentry.data["dropped"] == ["door", "humidity", "loops"]


async def test_a_device_that_was_silent_since_can_be_changed(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    entry = wizard.kit.hass.config_entries.async_entries("iotbridge")[0]
    await wizard.kit.hass.config_entries.async_reload(entry.entry_id)
    await wizard.change("channels")

    assert wizard.channels["temperature"] == "Temperature: no value yet · Temperature · temperature"
    await wizard.submit()
    assert wizard.step == "reconfigure_successful"


async def test_an_unreadable_message_is_harmless(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", b"\x00\xff\xfe\x01")
    await wizard.change("channels")

    assert "temperature" in wizard.channels


async def test_without_the_library_for_its_messages_a_device_can_be_changed(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wizard.add("garden/weather", bytes.fromhex("a16b74656d706572617475726515"))
    monkeypatch.setitem(sys.modules, "cbor2", None)
    monkeypatch.setattr("homeassistant.util.package.is_installed", lambda _requirement: False)
    monkeypatch.setattr("homeassistant.util.package.install_package", lambda *_args, **_more: False)
    await wizard.change("channels")

    assert wizard.channels["temperature"].startswith("Temperature: no value yet")


async def test_an_invalid_channel_is_an_error(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.change("channels")
    await wizard.edit("temperature", unit="bar")

    assert wizard.errors == {"unit": "unit_invalid"}
    assert wizard.placeholders["channel"] == "Temperature"


async def test_name_maker_and_times_can_be_changed(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER, name="Weather", model="W1")
    await wizard.change("settings")
    assert wizard.suggested == {"name": "Weather", "model": "W1", "availability": {"expiry": "learn"}}
    await wizard.submit(
        name="Station",
        manufacturer="Acme",
        model=None,
        configuration_url="http://192.168.1.20",
        availability={"topic": "garden/here", "online": "1", "offline": "0", "expiry": "after", "seconds": 90},
    )

    assert wizard.step == "reconfigure_successful"
    assert wizard.subentry.title == "Station"
    about = {"name": "Station", "manufacturer": "Acme", "configuration_url": "http://192.168.1.20"}
    assert wizard.subentry.data["devices"] == {"garden/weather": about}
    await wizard.change("settings")
    assert wizard.suggested["availability"] == {
        "topic": "garden/here", "online": "1", "offline": "0", "expiry": "after", "seconds": 90,
    }  # fmt: skip
    await wizard.submit(availability={"expiry": "never"})
    assert wizard.subentry.data["expire_after_s"] == 0
    await wizard.change("settings")
    assert wizard.suggested["availability"] == {"expiry": "never"}


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"name": " "}, "name_missing"),
        ({"configuration_url": "nas.lan"}, "page_invalid"),
        ({"availability": {"expiry": "after"}}, "no_seconds"),
    ],
)
async def test_an_invalid_setting_is_an_error(wizard: Wizard, answers: dict[str, Any], error: str) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.change("settings")
    await wizard.submit(**answers)

    assert wizard.errors == {"base": error}


async def test_devices_of_a_filter_are_added_and_removed(wizard: Wizard) -> None:
    await add_family(wizard, devices=["a"])
    await wizard.kit.receive("sensors/c/data", {"temperature": 20.5})
    await wizard.change()
    assert wizard.text.endswith("New devices: 1")
    await wizard.choose("settings")
    assert wizard.options("devices").keys() == {"a", "b", "c"}
    assert wizard.suggested["devices"] == ["a"]
    await wizard.submit(name="All rooms", devices=["b", "c"], joining="add", manufacturer="Acme")

    data = wizard.subentry.data
    assert (data["devices"].keys(), data["ignored"], data["joining"]) == ({"b", "c"}, ["a"], "add")
    assert all(metadata["manufacturer"] == "Acme" for metadata in data["devices"].values())
    assert "All rooms" not in [metadata.get("name") for metadata in data["devices"].values()]


async def test_at_least_one_device_is_required(wizard: Wizard) -> None:
    await add_family(wizard)
    await wizard.change("settings")
    await wizard.submit(devices=[])

    assert wizard.errors == {"base": "no_devices"}
