"""Alarms over a reload and an edited rule."""

from collections.abc import Callable

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.models import AlarmKey, Severity, Timing
from custom_components.iotbridge.alarms.manager import AlarmsManager
from homeassistant.core import HomeAssistant
from tests.alarms.managed_home import ANNA, add, history, set_state
from tests.kit import Kit
from tests.rules import HOT


async def test_a_hold_continues_after_a_reload(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    hass.states.async_set("sensor.one", "20")
    rule_id = add(hass, entry, HOT, "sensor.one", timing=Timing(hold_s=600))
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")
    await kit.wait(400)

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    await kit.wait(150)
    assert alarms().alarms(rule_id)[0].state == "normal"
    await kit.wait(60)

    assert alarms().alarms(rule_id)[0].state == "unacknowledged"


async def test_an_acknowledgement_survives_a_reload(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")
    assert alarms().async_acknowledge([AlarmKey(rule_id, "sensor.one")], ANNA) == [(rule_id, "sensor.one")]

    hass.states.async_remove("sensor.one")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()

    (alarm,) = alarms().alarms(rule_id)
    assert (alarm.state, alarm.acknowledged_by.name) == ("acknowledged", "Anna")
    await set_state(hass, "sensor.one", "91")
    assert await history(alarms()) == ["raised sensor.one", "acknowledged sensor.one"], "nothing is raised twice"
    await set_state(hass, "sensor.one", "20")
    assert (await history(alarms()))[-1] == "cleared sensor.one"


async def test_a_rule_uses_its_edited_severity(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    data = {**entry.subentries[rule_id].data, "severity": "critical"}

    hass.config_entries.async_update_subentry(entry, entry.subentries[rule_id], data=data)
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")

    assert alarms().count(Severity.CRITICAL, unacknowledged=True) == 1
