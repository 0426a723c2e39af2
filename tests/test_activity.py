"""Activity of Home Assistant: one line for each thing that happened, by the real recorder and logbook."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .automation import connection, start_anew
from .kit import Kit
from .logbook import Logbook, open_logbook, texts
from .rules import add_rule, call, rule_entity, set_state

NAMES = ("Attic", "Boiler", "Cellar")
ENTITIES = [f"sensor.{name.lower()}" for name in NAMES]


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: object, enable_custom_integrations: None) -> None:
    """Run the recorder in memory before the fixtures of every test."""


@pytest.fixture
def logbook_config() -> dict[str, Any]:
    """Return the logbook's configuration."""
    return {}


@pytest.fixture
async def logbook(kit: Kit, hass_ws_client: WebSocketGenerator, logbook_config: dict[str, Any]) -> Logbook:
    """Return the reader of Activity."""
    return await open_logbook(kit, hass_ws_client, logbook_config)


async def report(kit: Kit, value: str) -> None:
    """Report the temperature of all entities."""
    for name, entity_id in zip(NAMES, ENTITIES, strict=True):
        await set_state(kit, entity_id, value, friendly_name=name, unit_of_measurement="°C")
    await kit.wait(3)


async def add_rules(kit: Kit, logbook: Logbook) -> list[str]:
    """Add a rule for each entity; all entities have had an alarm and an event before. Return the rules' ids."""
    await report(kit, "20")
    rule_ids = [
        await add_rule(kit, entity_id, name=f"{name} hot") for name, entity_id in zip(NAMES, ENTITIES, strict=True)
    ]
    for value in ("90", "20"):
        await report(kit, value)
    await logbook.begin()
    return rule_ids


def raised(*names: str) -> list[str]:
    return [f"{name} alarm {name} hot was raised (Warning): 90 °C > 80 °C" for name in names]


async def test_three_alarms_are_a_line_each_for_each_thing_that_happens(
    kit: Kit, logbook: Logbook, entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    await add_rules(kit, logbook)

    await report(kit, "90")
    assert texts(await logbook.lines()) == raised(*NAMES)

    await logbook.begin()
    data = {"entity_id": kit.entity_id(f"{entry.entry_id}_acknowledge_all")}
    await kit.hass.services.async_call(
        "button", "press", data, blocking=True, context=Context(user_id=hass_admin_user.id)
    )
    await report(kit, "20")

    by = hass_admin_user.name
    assert texts(await logbook.lines()) == [
        *(f"{name} alarm {name} hot was acknowledged by {by}: 90 °C > 80 °C" for name in NAMES),
        *(f"{name} alarm {name} hot cleared: 20 °C" for name in NAMES),
    ]


async def test_a_rule_without_entities_is_one_line(kit: Kit, logbook: Logbook) -> None:
    template = Condition(kind=AlarmKind.TEMPLATE, template="{{ is_state('input_boolean.x', 'on') }}")
    await set_state(kit, "input_boolean.x", "off")
    await add_rule(kit, name="Wrong", condition=template)
    kit.hass.states.async_remove("input_boolean.x")
    await logbook.begin()

    await set_state(kit, "input_boolean.x", "on")

    assert texts(await logbook.lines()) == ["Wrong alarm Wrong was raised (Warning)"]


async def test_pages_of_entities_show_their_changes_as_ever(kit: Kit, logbook: Logbook) -> None:
    first, *_ = await add_rules(kit, logbook)
    problem, event = rule_entity(kit, first), rule_entity(kit, first, "event")

    await report(kit, "90")

    assert texts(await logbook.lines([problem])) == [problem]
    assert texts(await logbook.lines([event])) == [event]


async def test_the_page_of_a_device_has_the_alarms_of_its_measurements(kit: Kit, logbook: Logbook) -> None:
    host = await kit.host()
    rule_id = await add_rule(kit, "sensor.nas_cpu_usage", name="Busy")
    device = kit.device(host.uid)
    assert device is not None
    await logbook.begin()

    await host.status(cpu_percent=99)

    lines = await logbook.lines(["sensor.nas_power_state"], device_ids=[device.id])
    assert texts(lines) == ["nas CPU usage alarm Busy was raised (Warning): 99 > 80"]
    assert rule_entity(kit, rule_id) not in texts(await logbook.lines())


async def test_renamed_entities_and_new_rules_are_left_out_too(kit: Kit, logbook: Logbook) -> None:
    first, *_ = await add_rules(kit, logbook)
    er.async_get(kit.hass).async_update_entity(rule_entity(kit, first), new_entity_id="binary_sensor.renamed")
    await kit.wait(2)
    await logbook.begin()

    await report(kit, "90")

    assert texts(await logbook.lines()) == raised(*NAMES)


async def test_the_filter_survives_a_reload_and_ends_with_the_integration(
    kit: Kit, logbook: Logbook, entry: MockConfigEntry
) -> None:
    await add_rules(kit, logbook)
    await start_anew(kit)
    await logbook.begin()
    await report(kit, "90")
    assert texts(await logbook.lines()) == raised(*NAMES)

    assert await kit.hass.config_entries.async_unload(entry.entry_id)

    lines = texts(await logbook.lines())
    assert len([line for line in lines if line.startswith("binary_sensor.alarms_")]) >= len(NAMES)


async def test_a_logbook_of_another_shape_is_left_alone(kit: Kit, entry: MockConfigEntry) -> None:
    """The logbook has no interface for the filter, so a later version may keep it elsewhere."""
    changed = SimpleNamespace(filters=None)
    kit.hass.data["logbook"] = changed
    kit.hass.config.components.add("logbook")

    await start_anew(kit)
    await add_rule(kit, ENTITIES[0])
    await kit.wait(2)

    assert entry.state is ConfigEntryState.LOADED
    assert vars(changed) == {"filters": None}


@pytest.mark.parametrize("logbook_config", [{"logbook": {"exclude": {"entities": ENTITIES[:1]}}}])
async def test_what_the_user_excludes_stays_excluded(kit: Kit, logbook: Logbook) -> None:
    await add_rules(kit, logbook)

    await report(kit, "90")

    assert texts(await logbook.lines()) == raised(*NAMES[1:])


async def test_the_live_page_shows_the_same_lines(
    kit: Kit, logbook: Logbook, hass_ws_client: WebSocketGenerator
) -> None:
    await add_rules(kit, logbook)
    client = await hass_ws_client(kit.hass)
    await client.send_json_auto_id({"type": "logbook/event_stream", "start_time": dt_util.utcnow().isoformat()})
    assert (await client.receive_json())["success"]
    while (await client.receive_json())["event"].get("partial"):
        pass
    await kit.wait(1)

    await report(kit, "90")

    lines: list[dict[str, Any]] = []
    while len(lines) < len(NAMES):
        lines += (await asyncio.wait_for(client.receive_json(), 10))["event"]["events"]
    assert texts(lines) == raised(*NAMES)


async def test_a_dry_run_is_one_sentence_and_the_return_of_the_broker_is_no_event(
    kit: Kit, logbook: Logbook, hass_admin_user: MockUser
) -> None:
    host = await kit.host(dry_run=True)
    command = {"command": "reboot", "id": "1"}
    await kit.receive(host.topic("command"), command)
    await host.respond(command, "refused")
    await logbook.begin()

    await kit.receive(host.topic("command"), command | {"id": "2"})
    for status in ("accepted", "done"):
        await host.respond(command | {"id": "2"}, status)
        await kit.wait(1)
    assert texts(await logbook.lines()) == ["nas Reboot of nas: accepted, dry run"]

    await logbook.begin()
    for is_connected in (False, True):
        await connection(kit, is_connected=is_connected)
    lines = await logbook.lines()
    event = kit.entity_id("iotbridge_nas_command")
    assert event not in texts(lines)
    assert await logbook.lines([event]) == []


async def test_maintenance_of_an_alarm_is_its_own_line(kit: Kit, logbook: Logbook) -> None:
    await add_rules(kit, logbook)
    await report(kit, "90")
    await logbook.begin()

    await call(kit, "maintenance_start", entity_id=ENTITIES[0], duration=600)

    assert texts(await logbook.lines()) == ["Attic alarm Attic hot was suppressed: maintenance window"]
