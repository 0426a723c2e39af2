"""Clean log: for any message and any change by the user, core keeps the last good value and logs no warning."""

import json
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.iotbridge.things.model.message import Sample
from custom_components.iotbridge.things.model.profile import Channel
from homeassistant.core import HomeAssistant

from ...broker import Broker, state, until
from ...kit import learn
from ..attic import DOOR, MODE, PLACE, SAMPLE, TEMPERATURE, TOPIC, config, has_state, listening, profile

pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])

POWER = Channel(name="Power", path=("power",), unit="W", device_class="power", state_class="measurement", scale=0.1)
INNER = Channel(name="Inner", path=("inner", "t"), state_class="measurement")
ITEMS = Channel(name="Items", path=("items",))


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the warnings of Home Assistant about a message or a template."""
    loggers = ("homeassistant.components.mqtt", "homeassistant.helpers.template", "homeassistant.components.sensor")
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name.startswith(loggers)
    ]


async def test_a_message_that_core_cannot_use_changes_nothing(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    good = {"temperature": 21.5, "power": 150, "inner": {"t": 5}, "door": "open", "items": "two"}
    async with listening(broker, "homeassistant/device/+/config") as seen:
        wanted = profile(TEMPERATURE, POWER, INNER, DOOR, ITEMS, MODE)
        learn(home, entry, wanted, Sample(TOPIC, json.dumps({**good, "mode": "start"}).encode()))
        await until(has_state(home, "sensor.attic_mode", "start"))
        await until(lambda: config(seen)["components"]["sensor_temperature"]["state_topic"] == TOPIC)
    await home.config_entries.async_unload(entry.entry_id)
    expected = {"temperature": "21.5", "power": "15.0", "inner": "5", "items": "two"}

    async with broker.client() as thing:
        await thing.publish(TOPIC, json.dumps({**good, "mode": "go"}))
        await until(has_state(home, "sensor.attic_mode", "go"))
        caplog.clear()
        for number, odd in enumerate(("warm", "23 °C", "", {"x": 1}, [1], ...)):
            message: dict[str, Any] = {key: odd for key in ("temperature", "power", "inner") if odd is not ...}
            await thing.publish(TOPIC, json.dumps({**message, "mode": f"odd {number}"}))
            await until(has_state(home, "sensor.attic_mode", f"odd {number}"))
            assert {key: state(home, f"sensor.attic_{key}") for key in expected} == expected
            assert state(home, "binary_sensor.attic_door") == "on"
        await thing.publish(TOPIC, json.dumps({"temperature": None, "power": None, "mode": "null"}))
        await until(has_state(home, "sensor.attic_mode", "null"))
        assert {state(home, f"sensor.attic_{key}") for key in ("temperature", "power")} == {"unknown"}

    assert complaints(caplog) == []


async def test_a_dropped_channel_is_removed_without_a_warning(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    door = Channel(
        **{
            **DOOR.as_dict(),
            "path": DOOR.path,
            "platform": "switch",
            "device_class": None,
            "command_topic": "attic/set",
        }
    )
    wanted = profile(TEMPERATURE, door, MODE, PLACE, exact=False)
    sample = Sample(TOPIC, json.dumps({**json.loads(SAMPLE.payload), "lat": 1.5, "lon": 2.5}).encode())
    subentry = learn(home, entry, wanted, sample)
    await until(has_state(home, "switch.attic_door", "on"))
    await until(has_state(home, "sensor.attic_temperature", "21.5"))
    await until(has_state(home, "sensor.attic_mode", "eco"))
    changes = async_capture_events(home, "state_changed")
    caplog.clear()

    home.config_entries.async_update_subentry(entry, subentry, data=profile(INNER, exact=False).as_dict())
    async with broker.client() as thing:
        for number in range(20):
            await thing.publish(TOPIC, json.dumps({"inner": {"t": number}}))
        await until(has_state(home, "sensor.attic_inner", "19"))
        await until(lambda: state(home, "sensor.attic_temperature") is None)

    assert [state(home, f"{gone}") for gone in ("switch.attic_door", "sensor.attic_mode")] == [None, None]
    assert "" not in {event.data["new_state"].state for event in changes if event.data["new_state"]}
    assert complaints(caplog) == []
