"""Alarms of a rule, and commands that change them."""

from collections.abc import Callable

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.models import AlarmKey, Severity
from custom_components.iotbridge.alarms.manager import AlarmsManager
from homeassistant.core import HomeAssistant
from tests.alarms.managed_home import ANNA, add, history, set_state
from tests.kit import Kit
from tests.rules import HOT


async def test_a_rule_has_one_alarm_per_entity(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    hass.states.async_set("sensor.one", "20")
    rule_id = add(hass, entry, HOT, "sensor.one", "sensor.two")
    await hass.async_block_till_done()

    await set_state(hass, "sensor.one", "81")
    await set_state(hass, "sensor.two", "20")

    states = {alarm.key.subject: alarm.state for alarm in alarms().alarms(rule_id)}
    assert states == {"sensor.one": "unacknowledged", "sensor.two": "normal"}
    assert alarms().count(Severity.WARNING, unacknowledged=True) == 1

    await set_state(hass, "sensor.one", "79")
    assert alarms().count(Severity.WARNING, unacknowledged=True) == 1, "inside the hysteresis"
    await set_state(hass, "sensor.one", "77")
    assert alarms().count(Severity.WARNING, unacknowledged=True) == 0
    assert await history(alarms()) == ["raised sensor.one", "cleared sensor.one"]


async def test_a_snooze_ends_at_its_time(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")
    key = AlarmKey(rule_id, "sensor.one")
    alarms().async_snooze([key], alarms().processor.now() + 3600, ANNA)
    assert alarms().alarm(key).state == "snoozed"  # type: ignore[union-attr]

    await kit.wait(3599)
    assert alarms().alarm(key).state == "snoozed"  # type: ignore[union-attr]
    await kit.wait(2)

    assert alarms().alarm(key).state == "unacknowledged"  # type: ignore[union-attr]
