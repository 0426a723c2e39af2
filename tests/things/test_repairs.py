"""Dialogs of the repairs: new fields and new devices."""

from typing import Any

from custom_components.iotbridge.things.model.message import DeviceMetadata
from custom_components.iotbridge.things.model.profile import Profile
from homeassistant.data_entry_flow import FlowResultType
from tests.things.wizard import WEATHER, Repair, Wizard, add_family, edit, names_of_channels, suggestions


async def test_new_fields_are_an_issue(wizard: Wizard, repair: Repair) -> None:
    await wizard.add("garden/weather", WEATHER, name="Weather")
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5, "battery": 80, "frobs": 3})
    await wizard.wait_only(10)
    result = await repair.open("new_fields")
    placeholders = {"name": "Weather", "name_plain": "Weather", "topic": "garden/weather"}
    assert result["description_placeholders"] == placeholders
    options = {option["value"]: option["label"] for option in result["data_schema"].schema["wanted"].config["options"]}
    assert options["pressure"] == "Pressure: 1013.5 hPa (pressure)"
    assert suggestions(result["data_schema"]) == {"wanted": ["pressure", "battery"]}
    done = await repair.submit(result, ["pressure", "frobs"])

    assert done["type"] is FlowResultType.CREATE_ENTRY
    data = wizard.subentry.data
    assert [(channel["path"], channel.get("enabled", True)) for channel in data["channels"]][-2:] == [
        (["pressure"], True), (["frobs"], True),
    ]  # fmt: skip
    assert data["dropped"] == ["battery"]
    assert repair.issues("new_fields") == []


async def test_new_devices_are_an_issue(wizard: Wizard, repair: Repair) -> None:
    await add_family(wizard)
    for name in ("c", "d"):
        await wizard.kit.receive(f"sensors/{name}/data", {"temperature": 20.5})
    await wizard.wait_only(10)
    result = await repair.open("new_devices")
    assert suggestions(result["data_schema"]) == {"wanted": ["c", "d"]}
    await repair.submit(result, ["d"])

    assert wizard.subentry.data["devices"].keys() == {"a", "b", "d"}
    assert wizard.subentry.data["ignored"] == ["c"]
    assert repair.issues("new_devices") == []


async def test_the_repair_of_a_removed_device_aborts(wizard: Wizard, repair: Repair) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5})
    await wizard.wait_only(10)
    entry = wizard.kit.hass.config_entries.async_entries("iotbridge")[0]
    result = await repair.open("new_fields")
    wizard.kit.hass.config_entries.async_remove_subentry(entry, wizard.subentry.subentry_id)
    gone = await repair.submit(result, [])

    assert (gone["type"], gone["reason"]) == (FlowResultType.ABORT, "gone")


async def test_the_repair_of_an_unloaded_entry_aborts(wizard: Wizard, repair: Repair) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5})
    await wizard.wait_only(10)
    result = await repair.open("new_fields")
    entry = wizard.kit.hass.config_entries.async_entries("iotbridge")[0]
    await wizard.kit.hass.config_entries.async_unload(entry.entry_id)
    gone = await repair.submit(result, [])

    assert gone["reason"] == "gone"


PARTIAL = {"temperature": 20.5}


async def test_a_repair_adds_and_drops_what_it_showed(wizard: Wizard, repair: Repair) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5, "battery": 80})
    await wizard.wait_only(10)
    form = await repair.open("new_fields")
    assert suggestions(form["data_schema"]) == {"wanted": ["pressure", "battery"]}
    await wizard.kit.receive("garden/weather", PARTIAL)
    await wizard.kit.receive("garden/weather", WEATHER | {"illuminance": 300})
    await repair.submit(form, ["pressure"])

    assert "pressure" in names_of_channels(wizard)
    assert wizard.subentry.data["dropped"] == ["battery"], "what came later was not shown"


async def test_a_repair_opened_after_a_partial_message_shows_what_is_new(wizard: Wizard, repair: Repair) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5})
    await wizard.wait_only(10)
    await wizard.kit.receive("garden/weather", PARTIAL)
    form = await repair.open("new_fields")

    assert suggestions(form["data_schema"]) == {"wanted": ["pressure"]}
    await repair.submit(form, ["pressure"])
    assert "pressure" in names_of_channels(wizard)


async def test_a_repair_gives_a_unique_name(wizard: Wizard, repair: Repair) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.edit("temperature", name="Pressure")
    await wizard.submit()
    await wizard.kit.hass.async_block_till_done()
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5})
    await wizard.wait_only(10)
    await repair.submit(await repair.open("new_fields"), ["pressure"])

    assert (names_of_channels(wizard)["temperature"], names_of_channels(wizard)["pressure"]) == (
        "Pressure",
        "Pressure (pressure)",
    )


async def test_a_repair_accepts_both_signs_for_micro(wizard: Wizard, repair: Repair) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pm25": 12})
    await wizard.wait_only(10)
    done = await repair.submit(await repair.open("new_fields"), ["pm25"])

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert "pm25" in names_of_channels(wizard)


async def test_invalid_other_channels_do_not_block_a_repair(wizard: Wizard, repair: Repair) -> None:
    await wizard.add("garden/weather", WEATHER)
    data: dict[str, Any] = Profile.from_dict(wizard.subentry.data).as_dict()
    data["channels"][0]["unit"] = "bogus"
    edit(wizard, Profile.from_dict(data))
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5})
    await wizard.wait_only(10)
    done = await repair.submit(await repair.open("new_fields"), ["pressure"])

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert "pressure" in names_of_channels(wizard)


async def test_a_repair_does_not_decide_about_later_devices(wizard: Wizard, repair: Repair) -> None:
    await add_family(wizard)
    await wizard.kit.receive("sensors/c/data", PARTIAL)
    await wizard.wait_only(10)
    form = await repair.open("new_devices")
    await wizard.kit.receive("sensors/d/data", PARTIAL)
    profile = Profile.from_dict(wizard.subentry.data)
    edit(wizard, Profile.from_dict(profile.as_dict() | {"devices": {"a": {}, "b": {}, "e": {"name": "E"}}}))
    done = await repair.submit(form, ["c"])

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert wizard.subentry.data["devices"].keys() == {"a", "b", "c", "e"}
    assert wizard.subentry.data["ignored"] == []
    assert Profile.from_dict(wizard.subentry.data).devices["e"] == DeviceMetadata(name="E")
