"""States of entities that reach their alarms."""

from collections.abc import Callable

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.manager import AlarmsManager
from homeassistant.core import HomeAssistant
from tests.alarms.managed_home import add, set_state
from tests.kit import Kit
from tests.rules import HOT


@pytest.mark.parametrize("state", ["unavailable", "unknown", "warm"])
async def test_a_state_that_is_no_number_neither_raises_nor_clears(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager], state: str
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", state)
    assert alarms().alarms(rule_id)[0].state == "normal"

    await set_state(hass, "sensor.one", "90")
    await set_state(hass, "sensor.one", state)

    assert alarms().alarms(rule_id)[0].state == "unacknowledged"


async def test_two_rules_over_one_entity_are_both_evaluated(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    high = add(hass, entry, HOT, "sensor.one")
    low = add(hass, entry, Condition(kind=AlarmKind.BELOW, below=5), "sensor.one")
    await hass.async_block_till_done()

    await set_state(hass, "sensor.one", "90")
    assert [alarms().alarms(rule_id)[0].active for rule_id in (high, low)] == [True, False]
    await set_state(hass, "sensor.one", "1")

    assert [alarms().alarms(rule_id)[0].active for rule_id in (high, low)] == [False, True]


async def test_a_report_of_the_same_value_is_a_sign_of_life(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, Condition(kind=AlarmKind.NO_DATA, silent_s=600), "sensor.one")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "20")
    for _ in range(4):
        await kit.wait(500)
        await set_state(hass, "sensor.one", "20")
    assert not alarms().alarms(rule_id)[0].active

    await kit.wait(601)
    await kit.wait(3)  # its cause may be found meanwhile

    assert alarms().alarms(rule_id)[0].active
