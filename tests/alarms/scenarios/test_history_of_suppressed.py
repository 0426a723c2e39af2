"""History of suppressed alarms, and its retention."""

from collections.abc import Callable
from contextlib import closing
import sqlite3

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, Transition
from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.alarms.runtime.events import SIGNAL_ALARM, AlarmEvent
from custom_components.iotbridge.alarms.runtime.store import KEEP_S, HistoryQuery, store_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ...kit import Kit
from ...rules import HOT
from ..managed_home import add, history, set_state

ANNA = Actor("Anna", "phone")


@pytest.fixture
def alarms(kit: Kit, entry: MockConfigEntry) -> Callable[[], AlarmsManager]:
    """Return a function that returns the running manager, which a reload replaces."""
    return lambda: entry.runtime_data.alarms


def transitions(hass: HomeAssistant) -> list[Transition]:
    """Return the transitions that are events from now on."""
    events: list[Transition] = []

    @callback
    def record(event: AlarmEvent) -> None:
        if event.transition:
            events.append(event.transition)

    async_dispatcher_connect(hass, SIGNAL_ALARM, record)
    return events


async def test_suppression_of_inactive_alarms_is_not_recorded(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    """Ten short outages of a hub with twenty children would be four hundred rows about inactive alarms."""
    rule_id, children = add_hub(hass, entry, 20)
    await hass.async_block_till_done()
    for name in ("sensor.hub", *children):
        await set_state(hass, name, "5")
    published = transitions(hass)

    for _ in range(10):
        for name in (*children, "sensor.hub"):
            await set_state(hass, name, "unavailable")
        child = alarms().alarm(AlarmKey(rule_id, children[0]))
        assert (child.state, child.active) == ("suppressed", False)  # type: ignore[union-attr]
        assert child.suppressed_by[0].startswith("parent:")  # type: ignore[union-attr]
        await kit.wait(1)
        for name in (*children, "sensor.hub"):
            await set_state(hass, name, "5")
        assert alarms().alarm(AlarmKey(rule_id, children[0])).state == "normal"  # type: ignore[union-attr]
        await kit.wait(60)

    assert (await history(alarms()), published) == ([], [])


async def test_an_alarm_raised_while_suppressed_is_recorded_with_its_reason(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id, (leaf,) = add_hub(hass, entry, 1)
    await hass.async_block_till_done()
    for name in ("sensor.hub", leaf):
        await set_state(hass, name, "5")

    published = transitions(hass)

    for name in (leaf, "sensor.hub"):
        await set_state(hass, name, "unavailable")
    await kit.wait(3)
    assert [transition.key.subject for transition in published] == ["sensor.hub"], "only the root cause is published"
    assert sorted(await history(alarms())) == ["raised sensor.hub", f"suppressed {leaf}"]
    (row,) = await alarms().async_history(HistoryQuery(subjects=[leaf]))
    assert row["detail"] == f"parent:{rule_id}/sensor.hub"
    assert row["episode"] == 1

    await set_state(hass, "sensor.hub", "5")
    await kit.wait(80)  # the grace period of the suppressed alarms is a little more than a minute
    assert (await history(alarms()))[2:] == ["cleared sensor.hub", f"unsuppressed {leaf}", f"raised {leaf}"]


async def test_suppression_of_active_alarms_is_recorded(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one", "sensor.two")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")
    await set_state(hass, "sensor.two", "20")

    alarms().suppressor.async_set_maintenance(True, ANNA)
    await hass.async_block_till_done()
    assert {alarm.state for alarm in alarms().alarms(rule_id)} == {"suppressed"}
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert {alarm.state for alarm in alarms().alarms(rule_id)} == {"suppressed"}, "also after a restart"
    alarms().suppressor.async_set_maintenance(False, ANNA)
    await hass.async_block_till_done()

    changes = await history(alarms())
    assert changes == ["raised sensor.one", "suppressed sensor.one", "unsuppressed sensor.one"]
    assert {alarm.state for alarm in alarms().alarms(rule_id)} == {"unacknowledged", "normal"}


async def test_old_history_is_purged_soon_after_a_start(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    """Delete history older than a year soon after a start: a daily restart must not prevent it."""
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")
    assert await hass.config_entries.async_unload(entry.entry_id)
    with closing(sqlite3.connect(store_path(hass))) as connection, connection:
        connection.execute("UPDATE history SET at = at - ?", (KEEP_S + 60,))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert len(await alarms().async_history(HistoryQuery(rules=[rule_id]))) == 1, "not during the start"

    await kit.wait(601)

    assert await alarms().async_history(HistoryQuery(rules=[rule_id])) == []


def add_hub(hass: HomeAssistant, entry: MockConfigEntry, count: int) -> tuple[str, list[str]]:
    """Add a hub and a number of devices behind it, each with an entity, and a rule for unavailable entities."""
    registry, devices = er.async_get(hass), dr.async_get(hass)
    owner = MockConfigEntry(domain="test")
    owner.add_to_hass(hass)
    hub = devices.async_get_or_create(config_entry_id=owner.entry_id, identifiers={("test", "hub")})
    registry.async_get_or_create("sensor", "test", "hub", suggested_object_id="hub", device_id=hub.id)
    names = []
    for number in range(count):
        leaf = devices.async_get_or_create(
            config_entry_id=owner.entry_id, identifiers={("test", f"leaf {number}")}, via_device_id=hub.id
        )
        name = f"leaf_{number:02}"
        registry.async_get_or_create("sensor", "test", name, suggested_object_id=name, device_id=leaf.id)
        names.append(f"sensor.{name}")
    return add(hass, entry, Condition(kind=AlarmKind.UNAVAILABLE), "sensor.hub", *names, name="Gone"), names
