"""Logbook entries of alarms."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Change, Severity
from homeassistant.core import Context, Event
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_translations, async_setup as async_setup_translations

from ..kit import Kit
from ..rules import add_rule, call, rule_entity, set_state


@pytest.fixture
def logbook(kit: Kit) -> list[Event]:
    """Return the entries that are written into the logbook from now on."""
    entries: list[Event] = async_capture_events(kit.hass, "logbook_entry")
    return entries


def lines(logbook: list[Event]) -> list[str]:
    return [f"{event.data['name']} {event.data['message']}" for event in logbook]


async def test_every_transition_is_logged_with_actor_and_comment(
    kit: Kit, logbook: list[Event], hass_admin_user: MockUser
) -> None:
    await add_rule(kit, "sensor.one", severity=Severity.CRITICAL)
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    context = Context(user_id=hass_admin_user.id)
    await call(kit, "acknowledge", entity_id="sensor.one", context=context, comment="On my way")
    await call(kit, "unacknowledge", entity_id="sensor.one", context=context, comment="No time")
    await call(kit, "snooze", entity_id="sensor.one", duration=60, context=context)
    await call(kit, "unsnooze", entity_id="sensor.one")
    await call(kit, "out_of_service", entity_id="sensor.one")
    await call(kit, "in_service", entity_id="sensor.one")
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")

    entries = lines(logbook)
    assert entries[0].startswith("Boiler alarm Hot was raised (Critical): ")
    assert "90" in entries[0]
    assert entries[1] == f"Boiler alarm Hot was acknowledged by {hass_admin_user.name}: On my way"
    assert entries[2] == f"Boiler the acknowledgement of alarm Hot was taken back by {hass_admin_user.name}: No time"
    assert entries[3].startswith(f"Boiler alarm Hot was snoozed by {hass_admin_user.name}")
    assert [line.partition(":")[0] for line in entries[4:]] == [
        "Boiler alarm Hot is no longer snoozed",
        "Boiler alarm Hot was taken out of service",
        "Boiler alarm Hot was returned to service",
        "Boiler alarm Hot cleared",
    ]
    assert {event.data["entity_id"] for event in logbook} == {"sensor.one"}
    assert {event.data["domain"] for event in logbook} == {"iotbridge"}


async def test_suppression_is_logged_with_its_reason_for_active_alarms_only(kit: Kit, logbook: list[Event]) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    await set_state(kit, "sensor.two", "20")
    logbook.clear()

    await call(kit, "maintenance_start", entity_id=["sensor.one", "sensor.two"], duration=600)

    assert lines(logbook) == ["Boiler alarm Hot was suppressed: maintenance window"], "the other alarm is inactive"


async def test_alarms_of_a_lost_device_are_suppressed_in_one_line(kit: Kit, logbook: list[Event]) -> None:
    names = [f"sensor.part_{number}" for number in range(30)]
    await add_rule(kit, *names, parents=("sensor.mains",))
    cause = await add_rule(kit, "sensor.mains", name="No power", condition=Condition(kind=AlarmKind.BELOW, below=1))
    for name in names:
        await set_state(kit, name, "90")
    logbook.clear()

    await set_state(kit, "sensor.mains", "0", friendly_name="Mains")
    await kit.wait(2)

    assert lines(logbook) == [
        "Mains alarm No power was raised (Warning): 0 < 1",
        "Mains 30 alarms were suppressed: caused by alarm No power",
    ]
    assert [event.data["entity_id"] for event in logbook] == ["sensor.mains"] * 2
    logbook.clear()
    kit.hass.config_entries.async_remove_subentry(kit.hass.config_entries.async_entries("iotbridge")[0], cause)
    await kit.wait(80)
    assert lines(logbook)[1] == "Alarms 30 alarms are no longer suppressed: caused by another alarm"


@pytest.mark.parametrize(
    ("action", "fields", "line"),
    [
        ("maintenance_start", {"name": "Painting"}, "Painting 2 alarms were suppressed: maintenance window"),
        ("suppress", {"comment": "Painting"}, "Alarms 2 alarms were suppressed: Painting"),
    ],
)
async def test_suppression_of_many_alarms_by_an_action_is_one_line(
    kit: Kit, logbook: list[Event], action: str, fields: dict[str, Any], line: str
) -> None:
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    for name in ("sensor.one", "sensor.two"):
        await set_state(kit, name, "90")
    logbook.clear()
    if action == "maintenance_start":
        fields = {**fields, "duration": 600}

    await call(kit, action, entity_id=["sensor.one", "sensor.two"], **fields)

    entity = er.async_get(kit.hass).async_get(rule_entity(kit, rule_id))
    assert entity is not None
    assert lines(logbook) == [line]
    assert logbook[0].data["device_id"] == entity.device_id is not None, "about no entity of many"


async def test_suppression_of_a_normal_alarm_by_a_person_is_logged(kit: Kit, logbook: list[Event]) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "20")

    await call(kit, "suppress", entity_id="sensor.one", comment="Painting")

    assert lines(logbook) == ["one alarm Hot was suppressed: Painting"]


async def test_a_rule_without_entities_is_logged_on_its_device(kit: Kit, logbook: list[Event]) -> None:
    rule_id = await add_rule(
        kit, condition=Condition(kind=AlarmKind.TEMPLATE, template="{{ states('sensor.x') == 'y' }}")
    )
    await set_state(kit, "sensor.x", "y")

    entity = er.async_get(kit.hass).async_get(rule_entity(kit, rule_id))
    assert entity is not None
    (event,) = logbook
    assert event.data["device_id"] == entity.device_id is not None
    assert "entity_id" not in event.data
    assert lines(logbook) == ["Hot alarm Hot was raised (Warning)"]


async def test_the_end_has_its_value(kit: Kit, logbook: list[Event]) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler", unit_of_measurement="°C")

    await set_state(kit, "sensor.one", "20", friendly_name="Boiler", unit_of_measurement="°C")

    assert lines(logbook) == ["Boiler alarm Hot was raised (Warning): 90 °C > 80 °C", "Boiler alarm Hot cleared: 20 °C"]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("it", "Boiler è scattato l'allarme Hot (Avviso)"),
        ("fr", "Boiler l'alarme Hot s'est déclenchée (Avertissement)"),
        ("de", "Boiler alarm Hot was raised (Warning)"),
    ],
)
async def test_entries_are_in_the_language_of_the_home(
    kit: Kit, logbook: list[Event], language: str, line: str
) -> None:
    async_setup_translations(kit.hass)  # as Home Assistant does at its start
    await kit.hass.config.async_update(language=language)
    await kit.hass.async_block_till_done()
    await add_rule(kit, "sensor.one")

    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")

    assert lines(logbook)[0].startswith(line)


def test_every_change_has_a_translation(logbook_texts: dict[str, str]) -> None:
    assert {change.value for change in Change} <= logbook_texts.keys()


@pytest.fixture
async def logbook_texts(kit: Kit) -> dict[str, str]:
    """Return the translations of the logbook."""
    words = await async_get_translations(kit.hass, "en", "selector", {"iotbridge"})
    head = "component.iotbridge.selector.alarm_logbook.options."
    return {key.removeprefix(head): text for key, text in words.items() if key.startswith(head)}
