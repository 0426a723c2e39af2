"""Forms while the device keeps sending: the state when the form was shown is used for the answer."""

from typing import Any

import pytest

from custom_components.iotbridge.things.model.profile import Profile
from tests.things.wizard import WEATHER, Repair, Wizard, add_family, edit, names_of_channels

PARTIAL = {"temperature": 20.5}


async def forget(wizard: Wizard) -> None:
    """Clear Home Assistant's cached messages, so that only the form has them."""
    entry = wizard.kit.hass.config_entries.async_entries("iotbridge")[0]
    await wizard.kit.hass.config_entries.async_reload(entry.entry_id)
    await wizard.kit.hass.async_block_till_done()


async def test_a_new_field_is_added_although_it_is_no_longer_sent(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5})
    await wizard.change("channels")
    await forget(wizard)
    await wizard.kit.receive("garden/weather", PARTIAL)
    await wizard.submit()

    assert wizard.step == "reconfigure_successful"
    assert names_of_channels(wizard)["pressure"] == "Pressure"
    assert wizard.subentry.data["dropped"] == []


async def drop(wizard: Wizard, key: str) -> None:
    """Drop a field as a repair does."""
    data: dict[str, Any] = Profile.from_dict(wizard.subentry.data).as_dict()
    data["channels"] = [channel for channel in data["channels"] if channel["path"] != [key]]
    edit(wizard, Profile.from_dict(data | {"dropped": [key]}))
    await wizard.kit.hass.async_block_till_done()


async def test_a_dropped_field_is_restored_although_it_is_no_longer_sent(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await drop(wizard, "humidity")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.change("channels")
    await forget(wizard)
    await wizard.submit(channels=[*wizard.selected, "humidity"])

    assert wizard.step == "reconfigure_successful"
    assert names_of_channels(wizard)["humidity"] == "Humidity"
    assert wizard.subentry.data["dropped"] == []


async def test_an_invalid_answer_can_be_corrected_although_the_field_is_no_longer_sent(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5})
    await wizard.change("channels")
    await forget(wizard)
    await wizard.edit("pressure", unit="m")
    assert wizard.errors == {"unit": "unit_invalid"}
    await wizard.submit(unit="hPa")
    await wizard.submit()

    assert names_of_channels(wizard)["pressure"] == "Pressure"


async def test_a_restored_field_has_a_name_of_its_own(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(channels=["temperature"])
    await drop(wizard, "humidity")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.change("channels")
    await wizard.edit("temperature", name="humidity")
    await wizard.submit(channels=[*wizard.selected, "humidity"])
    assert wizard.errors == {"channels": "name_twice"}
    await wizard.edit("temperature", name="Air")
    await wizard.submit(channels=[*wizard.selected, "humidity"])

    assert names_of_channels(wizard) == {"temperature": "Air", "humidity": "Humidity"}


async def test_a_form_does_not_change_hidden_channels(wizard: Wizard) -> None:
    await add_family(wizard)
    await wizard.change("channels")
    profile = Profile.from_dict(wizard.subentry.data)
    edit(wizard, Profile.from_dict(profile.as_dict() | {"devices": {"a": {}, "b": {}, "c": {}}, "dropped": ["x"]}))
    await wizard.submit()
    assert wizard.subentry.data["devices"].keys() == {"a", "b", "c"}
    assert wizard.subentry.data["dropped"] == ["x"]

    await wizard.change("settings")
    profile = Profile.from_dict(wizard.subentry.data)
    edit(wizard, Profile.from_dict(profile.as_dict() | {"devices": {"a": {}, "b": {}, "d": {}}, "ignored": ["e"]}))
    await wizard.submit(devices=["a"])
    data = wizard.subentry.data
    assert (data["devices"].keys(), data["ignored"]) == ({"a", "d"}, ["b", "c", "e"])


async def test_event_types_that_joined_while_the_form_was_open_stay(wizard: Wizard) -> None:
    await wizard.add("garden/button", {"action": "single", "battery": 80})
    await wizard.change("channels")
    data: dict[str, Any] = Profile.from_dict(wizard.subentry.data).as_dict()
    data["channels"][0]["event_types"] = ["single", "quintuple"]
    edit(wizard, Profile.from_dict(data))
    await wizard.submit()

    assert wizard.subentry.data["channels"][0]["event_types"] == ["single", "quintuple"]


@pytest.mark.parametrize("by_repair", [True, False])
async def test_a_new_field_that_core_cannot_read_is_decoded_by_us(
    wizard: Wizard, repair: Repair, *, by_repair: bool
) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": "1013,5 hPa"})
    await wizard.wait_only(10)
    if by_repair:
        await repair.submit(await repair.open("new_fields"), ["pressure"])
    else:
        await wizard.change("channels")
        await wizard.submit()

    await wizard.change("channels")
    assert wizard.channels["pressure"].startswith("Pressure: 1013.5 hPa")
    assert wizard.placeholders["reader"] == "IoT Bridge"


async def test_a_wildcard_over_a_device_that_was_learned_meanwhile_is_refused(wizard: Wizard) -> None:
    other = Wizard(wizard.kit)
    await wizard.learn_from_all("garden/+", {"garden/bed": {"moisture": 20}, "garden/pond": {"moisture": 99}})
    assert wizard.step == "device"
    await other.add("garden/weather", WEATHER)
    await wizard.submit()

    assert (wizard.step, wizard.errors) == ("device", {"base": "topic_wider"})
    assert wizard.placeholders["device"] == other.subentry.title
    assert len(wizard.kit.hass.config_entries.async_entries("iotbridge")[0].subentries) == 1
