"""Blueprints: Home Assistant accepts them, and they work as described."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_mock_service
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.iotbridge.alarms.engine.models import Severity
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.importer import fetch_blueprint_from_url
from homeassistant.components.blueprint.models import Blueprint, BlueprintInputs
from homeassistant.core import ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

from .kit import Kit
from .rules import add_rule, rule_entity, set_state

REPOSITORY = Path(__file__).parent.parent
ADDRESS: str = json.loads((REPOSITORY / "custom_components/iotbridge/manifest.json").read_text("utf-8"))[
    "documentation"
]
PAGE = f"{ADDRESS}/blob/main/"
FILES = sorted((REPOSITORY / "blueprints").rglob("*.yaml"))
BLUEPRINTS = {path: path.read_text("utf-8") for path in FILES}


async def automate(kit: Kit, name: str, **inputs: Any) -> None:
    """Create an automation from a blueprint, like its dialog."""
    data = parse_yaml(next(text for path, text in BLUEPRINTS.items() if path.stem == name))
    assert isinstance(data, dict)
    blueprint = Blueprint(data, expected_domain="automation", schema=AUTOMATION_BLUEPRINT_SCHEMA)
    assert blueprint.validate() is None
    automation_inputs = BlueprintInputs(blueprint, {"use_blueprint": {"path": name, "input": inputs}, "alias": "test"})
    automation_inputs.validate()
    assert await async_setup_component(kit.hass, "automation", {"automation": automation_inputs.async_substitute()})
    await kit.hass.async_block_till_done()
    automation = kit.hass.states.get("automation.test")
    assert automation is not None
    assert automation.state == "on"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_home_assistant_imports_it(kit: Kit, aioclient_mock: AiohttpClientMocker, path: Path) -> None:
    place = path.relative_to(REPOSITORY).as_posix()
    raw = f"{ADDRESS.replace('github.com', 'raw.githubusercontent.com')}/main/{place}"
    text = BLUEPRINTS[path]
    aioclient_mock.get(raw, text=text)

    imported = await fetch_blueprint_from_url(kit.hass, PAGE + place)

    assert imported.suggested_filename == f"{ADDRESS.split('/')[3]}/{path.stem}"
    assert imported.blueprint.metadata["source_url"] == PAGE + place
    assert f"source_url: {PAGE}{place}\n" in text
    assert imported.blueprint.validate() is None


def test_there_are_two() -> None:
    assert [path.stem for path in FILES] == ["act_on_alarm", "announce_alarm"]


# ---------------------------------------------------------------- announce


@pytest.fixture
def spoken(kit: Kit) -> list[ServiceCall]:
    """Return what the speakers are given."""
    calls: list[ServiceCall] = async_mock_service(kit.hass, "tts", "speak")
    return calls


async def announce(kit: Kit, now: str = "2026-11-23 12:00:00+00:00", **inputs: Any) -> None:
    await kit.hass.config.async_set_time_zone("UTC")
    kit.freezer.move_to(now)
    await automate(kit, "announce_alarm", speakers=["media_player.kitchen"], voice="tts.piper", **inputs)


async def test_an_alarm_is_announced(kit: Kit, spoken: list[ServiceCall]) -> None:
    await announce(kit)
    await add_rule(kit, "sensor.one", instructions="Open the valve.")

    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")

    (call,) = spoken
    assert call.data["message"] == "Hot: Boiler. Open the valve."
    assert call.data["media_player_entity_id"] == ["media_player.kitchen"]
    assert call.data["entity_id"] == ["tts.piper"]


async def test_its_clearing_is_announced_if_configured(kit: Kit, spoken: list[ServiceCall]) -> None:
    await announce(kit, announce_cleared=True)
    await add_rule(kit, "sensor.one")

    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")

    assert [call.data["message"] for call in spoken] == ["Hot: Boiler.", "Hot has cleared: Boiler."]


async def test_at_night_only_what_is_critical_is_announced(kit: Kit, spoken: list[ServiceCall]) -> None:
    await announce(kit, now="2026-11-23 02:00:00+00:00", announce_cleared=True)
    await add_rule(kit, "sensor.one")
    await add_rule(kit, "sensor.two", severity=Severity.CRITICAL, name="Very hot")

    for value in ("90", "20"):
        await set_state(kit, "sensor.one", value)
        await set_state(kit, "sensor.two", value)

    assert [call.data["message"] for call in spoken] == ["Very hot: two."]


async def test_only_the_severities_that_were_chosen(kit: Kit, spoken: list[ServiceCall]) -> None:
    await announce(kit, severities=["critical"], alarms={"entity_id": ["sensor.one", "sensor.two"]})
    await add_rule(kit, "sensor.one")
    await add_rule(kit, "sensor.two", "sensor.three", severity=Severity.CRITICAL, name="Very hot")

    for name in ("sensor.one", "sensor.two", "sensor.three"):
        await set_state(kit, name, "90")

    assert [call.data["message"] for call in spoken] == ["Very hot: two."]


# ---------------------------------------------------------------- act


async def test_something_is_done_and_undone(kit: Kit) -> None:
    raised, over = async_capture_events(kit.hass, "close"), async_capture_events(kit.hass, "open")
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    await add_rule(kit, "sensor.three", name="Other")
    await automate(
        kit,
        "act_on_alarm",
        rules=[rule_entity(kit, rule_id)],
        when_raised=[{"event": "close", "event_data": {"name": "{{ trigger.alarm }}"}}],
        when_cleared=[{"event": "open"}],
    )

    await set_state(kit, "sensor.three", "90")
    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")
    await set_state(kit, "sensor.one", "20")
    assert [event.data["name"] for event in raised] == ["one", "two"]
    assert over == [], "one of them is still active"
    await set_state(kit, "sensor.two", "20")

    assert len(over) == 1


async def test_nothing_is_done_in_maintenance(kit: Kit, entry: MockConfigEntry) -> None:
    raised = async_capture_events(kit.hass, "close")
    await add_rule(kit, "sensor.one")
    await automate(kit, "act_on_alarm", when_raised=[{"event": "close"}])
    switch = kit.entity_id(f"{entry.entry_id}_maintenance")
    await set_state(kit, "sensor.one", "90")
    assert len(raised) == 1
    await kit.hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)

    await set_state(kit, "sensor.one", "20")
    await set_state(kit, "sensor.one", "90")

    assert len(raised) == 1
