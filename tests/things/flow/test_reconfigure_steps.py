"""Reconfiguration of a learned device, and the dialogs of its repairs."""

import sys
from typing import Any

import pytest

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.components.repairs.issue_handler import RepairsFlowManager
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.kit import Kit

from .wizard import WEATHER, Wizard, suggestions

FAMILY = "sensors/+/data"


async def add_family(wizard: Wizard, **answers: Any) -> None:
    await wizard.start("topic")
    await wizard.submit(topic=FAMILY)
    for name in ("a", "b"):
        await wizard.kit.receive(f"sensors/{name}/data", {"temperature": 20.5})
    await wizard.wait(3)
    await wizard.submit()
    await wizard.submit(**({"name": "Rooms"} | answers))
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY
    await wizard.kit.hass.async_block_till_done()


# ---------------------------------------------------------------- channels


async def test_channels_are_shown_with_their_values_of_now(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"temperature": 19.25})
    await wizard.change("channels")

    assert wizard.channels["temperature"]["now"] == "19.25 °C · Temperature · temperature"
    assert wizard.said["topic"] == "garden/weather"


async def test_the_value_of_now_is_what_the_users_own_channel_makes_of_it(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", WEATHER)
    await wizard.submit(channels=[wizard.channels["temperature"] | {"scale": 0.1}])
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.change("channels")

    assert wizard.channels["temperature"]["now"].startswith("2.15 °C")


async def test_what_appeared_since_is_marked_and_can_be_added_or_dropped(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5, "battery": 80})
    await wizard.change()
    assert wizard.said == {"topic": "garden/weather", "news": "New fields: 2."}
    await wizard.choose("channels")
    assert list(wizard.channels)[-2:] == ["pressure", "battery"]
    assert wizard.channels["pressure"]["now"].startswith("new · 1013.5")
    await wizard.submit(channels=[item for key, item in wizard.channels.items() if key != "battery"])

    assert wizard.step == "reconfigure_successful"
    data = wizard.subentry.data
    assert [channel["path"] for channel in data["channels"]][-1] == ["pressure"]
    assert data["dropped"] == ["battery"]
    await wizard.kit.hass.async_block_till_done()
    await wizard.change()
    assert wizard.said["news"] == ""


async def test_channels_are_renamed_dropped_and_taken_back(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.change("channels")
    assert "taken_back" not in wizard.result["data_schema"].schema  # type: ignore[union-attr]
    items = wizard.channels
    del items["humidity"]
    items["temperature"]["name"] = "Air"
    await wizard.submit(channels=list(items.values()))
    assert wizard.subentry.data["dropped"] == ["humidity"]
    assert wizard.subentry.data["channels"][0]["name"] == "Air"
    await wizard.kit.hass.async_block_till_done()

    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.change("channels")
    assert wizard.options("taken_back") == {"humidity": "Humidity (humidity)"}
    await wizard.submit(taken_back=["humidity"])

    assert wizard.subentry.data["dropped"] == []
    assert wizard.subentry.data["channels"][-1]["name"] == "Humidity"


async def test_a_switch_is_shown_with_its_commands(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", WEATHER)
    switch = wizard.channels["door"] | {"platform": "switch", "command_topic": "garden/door/set", "command_on": "open"}
    del switch["device_class"]
    await wizard.submit(channels=[switch])
    await wizard.change("channels")

    assert wizard.channels["door"].items() >= {
        "platform": "switch", "on": "open", "off": "closed", "command_topic": "garden/door/set", "command_on": "open",
        "command_off": "OFF",
    }.items()  # fmt: skip


async def test_a_device_that_was_silent_since_can_be_changed(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    entry = wizard.kit.hass.config_entries.async_entries("iotbridge")[0]
    await wizard.kit.hass.config_entries.async_reload(entry.entry_id)
    await wizard.change("channels")

    assert wizard.channels["temperature"]["now"] == "no value yet · Temperature · temperature"
    await wizard.submit()
    assert wizard.step == "reconfigure_successful"


async def test_a_message_that_became_unreadable_does_no_harm(wizard: Wizard) -> None:
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

    assert wizard.channels["temperature"]["now"].startswith("no value yet")


async def test_a_channel_changed_wrongly_is_said(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.change("channels")
    items = wizard.channels
    items["temperature"]["unit"] = "bar"
    await wizard.submit(channels=list(items.values()))

    assert wizard.errors == {"channels": "unit_invalid"}
    assert wizard.said["channel"] == "Temperature"


async def test_two_channels_of_one_place_are_one_too_many(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.change("channels")
    items = list(wizard.channels.values())
    await wizard.submit(channels=[*items, items[0] | {"name": "Again"}])

    assert wizard.errors == {"channels": "channel_twice"}


# ---------------------------------------------------------------- settings


async def test_name_maker_and_times_can_be_changed(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER, name="Weather", model="W1")
    await wizard.change("settings")
    assert wizard.suggested == {"name": "Weather", "model": "W1", "availability": {"expiry": "learn"}}
    await wizard.submit(
        name="Station",
        manufacturer="Acme",
        model=None,
        availability={"topic": "garden/here", "online": "1", "offline": "0", "expiry": "after", "seconds": 90},
    )

    assert wizard.step == "reconfigure_successful"
    assert wizard.subentry.title == "Station"
    assert wizard.subentry.data["devices"] == {"garden/weather": {"name": "Station", "manufacturer": "Acme"}}
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
    [({"name": " "}, "name_missing"), ({"availability": {"expiry": "after"}}, "no_seconds")],
)
async def test_a_wrong_setting_is_said(wizard: Wizard, answers: dict[str, Any], error: str) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.change("settings")
    await wizard.submit(**answers)

    assert wizard.errors == {"base": error}


async def test_devices_of_a_family_come_and_go(wizard: Wizard) -> None:
    await add_family(wizard, devices=["a"])
    await wizard.kit.receive("sensors/c/data", {"temperature": 20.5})
    await wizard.change()
    assert wizard.said["news"] == "New devices: 1."
    await wizard.choose("settings")
    assert wizard.options("devices").keys() == {"a", "b", "c"}
    assert wizard.suggested["devices"] == ["a"]
    await wizard.submit(name="All rooms", devices=["b", "c"], joining="add", manufacturer="Acme")

    data = wizard.subentry.data
    assert (data["devices"].keys(), data["ignored"], data["joining"]) == ({"b", "c"}, ["a"], "add")
    assert all(about["manufacturer"] == "Acme" for about in data["devices"].values())
    assert "All rooms" not in [about.get("name") for about in data["devices"].values()]


async def test_a_family_keeps_a_device(wizard: Wizard) -> None:
    await add_family(wizard)
    await wizard.change("settings")
    await wizard.submit(devices=[])

    assert wizard.errors == {"base": "no_devices"}


# ---------------------------------------------------------------- repairs


class Repair:
    """The dialog of an issue."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit

    async def open(self, kind: str) -> dict[str, Any]:
        """Open the dialog of the only issue of a kind."""
        assert await async_setup_component(self.kit.hass, REPAIRS, {})
        await self.kit.hass.async_block_till_done()
        (issue,) = self.issues(kind)
        assert issue.is_fixable
        return await self.open_issue(issue.issue_id)

    async def open_issue(self, issue_id: str) -> dict[str, Any]:
        """Open the dialog of an issue."""
        self.manager: RepairsFlowManager = self.kit.hass.data[REPAIRS]["flow_manager"]
        result = await self.manager.async_init("iotbridge", context={"issue_id": issue_id})
        return dict(result)

    async def submit(self, result: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
        """Answer."""
        answered = await self.manager.async_configure(result["flow_id"], {"wanted": wanted})
        await self.kit.hass.async_block_till_done()
        return dict(answered)

    def issues(self, kind: str) -> list[ir.IssueEntry]:
        """Return the open issues of a kind."""
        issues = ir.async_get(self.kit.hass).issues.values()
        return [issue for issue in issues if issue.domain == "iotbridge" and issue.translation_key == kind]


@pytest.fixture
def repair(kit: Kit) -> Repair:
    return Repair(kit)


async def test_new_fields_are_a_repair(wizard: Wizard, repair: Repair) -> None:
    await wizard.add("garden/weather", WEATHER, name="Weather")
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5, "battery": 80, "frobs": 3})
    await wizard.wait_only(10)
    result = await repair.open("new_fields")
    said = {"name": "Weather", "name_plain": "Weather", "topic": "garden/weather"}
    assert result["description_placeholders"] == said
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


async def test_new_devices_are_a_repair(wizard: Wizard, repair: Repair) -> None:
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


async def test_the_repair_of_a_device_that_is_gone_says_so(wizard: Wizard, repair: Repair) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5})
    await wizard.wait_only(10)
    entry = wizard.kit.hass.config_entries.async_entries("iotbridge")[0]
    result = await repair.open("new_fields")
    wizard.kit.hass.config_entries.async_remove_subentry(entry, wizard.subentry.subentry_id)
    gone = await repair.submit(result, [])

    assert (gone["type"], gone["reason"]) == (FlowResultType.ABORT, "gone")


async def test_the_repair_of_an_entry_that_does_not_run_says_so(wizard: Wizard, repair: Repair) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.receive("garden/weather", WEATHER | {"pressure": 1013.5})
    await wizard.wait_only(10)
    result = await repair.open("new_fields")
    entry = wizard.kit.hass.config_entries.async_entries("iotbridge")[0]
    await wizard.kit.hass.config_entries.async_unload(entry.entry_id)
    gone = await repair.submit(result, [])

    assert gone["reason"] == "gone"
