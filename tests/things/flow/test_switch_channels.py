"""Switches: each device of a family is told on its own topic, or it is no switch."""

from typing import Any

import pytest

from homeassistant.data_entry_flow import FlowResultType

from .wizard import Wizard

POWER = {"POWER": "ON", "UptimeSec": 3}


def commands(wizard: Wizard) -> dict[str, list[str | None]]:
    """Return the command topics that core was told, by device."""
    told: dict[str, list[str | None]] = {}
    for call in wizard.kit.mqtt.async_publish.call_args_list:
        if call.args[0].startswith("homeassistant/device/") and call.args[1]:
            (config,) = wizard.kit.published(call.args[0])[-1:]
            components = config["components"].values()
            told[config["device"]["name"]] = [one.get("command_topic") for one in components]
    return told


@pytest.mark.parametrize(
    ("topic", "messages", "pattern", "told"),
    [
        (
            "shellies/+/relay/0",
            {"shellies/a/relay/0": "on", "shellies/b/relay/0": "off"},
            "shellies/+/relay/0/command",
            ["shellies/a/relay/0/command", "shellies/b/relay/0/command"],
        ),
        (
            "shellies/+/relay/0",
            {"shellies/shellies/relay/0": "on", "shellies/relay/relay/0": "off"},
            "shellies/+/relay/0/command",
            ["shellies/relay/relay/0/command", "shellies/shellies/relay/0/command"],
        ),
        (
            "stat/+/RESULT",
            {"stat/a/RESULT": {"POWER": "ON"}, "stat/b/RESULT": {"POWER": "OFF"}},
            "cmnd/+/POWER",
            ["cmnd/a/POWER", "cmnd/b/POWER"],
        ),
        (
            "+/tele/STATE",
            {"a/tele/STATE": POWER, "b/tele/STATE": POWER},
            "+/cmnd/POWER",
            ["a/cmnd/POWER", "b/cmnd/POWER"],
        ),
    ],
)
async def test_each_device_of_a_family_has_its_own_command_topic(
    wizard: Wizard, topic: str, messages: dict[str, Any], pattern: str, told: list[str]
) -> None:
    await wizard.hear_all(topic, messages)
    (shown,) = [item["command_topic"] for item in wizard.channels.values() if item["platform"] == "switch"]
    assert shown == pattern
    await wizard.submit()
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY
    await wizard.wait_only(5)

    published = commands(wizard).values()
    assert sorted(topic for topics in published for topic in topics if topic is not None) == told


async def test_where_devices_are_told_cannot_be_written_they_are_only_seen(wizard: Wizard) -> None:
    rpc = {"method": "NotifyStatus", "params": {"switch:0": {"output": True}}}
    await wizard.start("topic")
    await wizard.submit(topic="gate/events/rpc")
    for source in ("one", "two"):
        await wizard.kit.receive("gate/events/rpc", {"src": source, **rpc})
    await wizard.wait(3)
    if wizard.step == "split":
        await wizard.submit()
    (item,) = [item for key, item in wizard.channels.items() if key.endswith("output")]

    assert (item["platform"], "command_topic" in item) == ("binary_sensor", False)
    await wizard.submit(channels=[item | {"platform": "switch", "command_topic": "gate/command/switch:0"}])
    assert wizard.errors == {"channels": "command_topic_shared"}


async def test_one_command_topic_for_all_devices_is_refused(wizard: Wizard) -> None:
    await wizard.hear_all("shellies/+/relay/0", {"shellies/a/relay/0": "on", "shellies/b/relay/0": "off"})
    (item,) = wizard.channels.values()
    await wizard.submit(channels=[item | {"command_topic": "shellies/a/relay/0/command"}])
    assert wizard.errors == {"channels": "command_topic_family"}
    await wizard.submit(channels=[item | {"command_topic": "shellies/+/+/command"}])
    assert wizard.errors == {"channels": "command_topic_plus"}
    await wizard.submit(channels=[item])

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_kept_profile_does_not_switch_the_device_that_it_was_made_of(wizard: Wizard, tmp_path: Any) -> None:
    wizard.kit.hass.config.config_dir = str(tmp_path)
    await wizard.hear("cellar/one", {"pump": "on", "power": 3})
    pump = wizard.channels["pump"] | {"platform": "switch", "command_topic": "cellar/one/set", "enabled": True}
    pump.pop("device_class", None)
    await wizard.submit(channels=[pump, wizard.channels["power"]], name="Pump")
    await wizard.change("export")
    assert "cellar/one" not in wizard.suggested["profile"]
    await wizard.submit(keep=True)
    await wizard.hear("cellar/two", {"pump": "on", "power": 3})

    assert "**Pump**" in wizard.said["understood"]
    assert wizard.channels["pump"]["platform"] == "binary_sensor"
