"""Alarms in Home Assistant's logbook, for the watched entity and for the entity of the rule."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ...kit import Kit
from ...rules import add_rule, call, rule_entity, set_state


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: object, enable_custom_integrations: None) -> None:
    """Run the recorder in memory before the fixtures of every test."""


async def test_transitions_are_listed_for_the_entity_and_for_the_rule(
    kit: Kit, hass_ws_client: WebSocketGenerator
) -> None:
    kit.hass.config.components.add("frontend")  # the pages themselves are not needed
    assert await async_setup_component(kit.hass, "logbook", {})
    rule_id = await add_rule(kit, "binary_sensor.door", "sensor.one")
    await kit.hass.async_block_till_done()
    began = dt_util.utcnow() - timedelta(seconds=1)
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    await call(kit, "acknowledge", entity_id="sensor.one", comment="On my way")
    await async_wait_recording_done(kit.hass)
    await kit.wait(1)
    client = await hass_ws_client(kit.hass)

    async def logbook_of(*entities: str) -> list[dict[str, Any]]:
        command = {"type": "logbook/get_events", "start_time": began.isoformat(), "entity_ids": list(entities)}
        await client.send_json_auto_id(command)
        answer = await client.receive_json()
        assert answer["success"], answer
        found: list[dict[str, Any]] = answer["result"]
        return found

    messages = [entry["message"] for entry in await logbook_of("sensor.one") if "message" in entry]
    assert messages[0].startswith("alarm Hot was raised (Warning): ")
    assert messages[1:] == ["alarm Hot was acknowledged: On my way"]
    event = rule_entity(kit, rule_id, "event")
    assert [entry["attributes"]["event_type"] for entry in await logbook_of(event) if "attributes" in entry] == [
        "raised",
        "acknowledged",
    ]
