"""Proposals for new devices, with and without a profile."""

from typing import Any

from tests.things.wizard import WEATHER, Wizard


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


async def test_a_name_left_empty_is_the_proposed_one(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", WEATHER)
    await wizard.submit(name=" ", manufacturer=" ")

    assert wizard.subentry.title == "garden weather"
    assert wizard.subentry.data["devices"] == {"garden/weather": {"name": "garden weather"}}
