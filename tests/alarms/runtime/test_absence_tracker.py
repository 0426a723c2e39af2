"""Entities that are absent for a moment, for a day, for good."""

from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, AlarmState
from custom_components.iotbridge.alarms.engine.rule import Selection
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery
from tests.alarms.home import alarms
from tests.kit import Kit
from tests.rules import add_rule, set_state

DAY_S = 24 * 3600
EVERYTHING_HOT = Selection(domains=("sensor",), device_classes=("temperature",))


async def changes(kit: Kit) -> list[str]:
    return [row["change"] for row in reversed(await alarms(kit).async_history(HistoryQuery()))]


async def raise_acknowledged(kit: Kit) -> AlarmKey:
    """Raise and acknowledge an alarm of an entity without a registry entry."""
    rule_id = await add_rule(kit, selection=EVERYTHING_HOT)
    await set_state(kit, "sensor.template", "90", device_class="temperature")
    await kit.wait(2)
    key = AlarmKey(rule_id, "sensor.template")
    alarms(kit).async_acknowledge([key], Actor("Anna"))
    return key


async def test_a_reloaded_entity_keeps_its_alarm(kit: Kit) -> None:
    key = await raise_acknowledged(kit)

    kit.hass.states.async_remove("sensor.template")
    await kit.wait(2)
    await set_state(kit, "sensor.template", "91", device_class="temperature")
    await kit.wait(2)

    assert alarms(kit).alarm(key).state is AlarmState.ACKNOWLEDGED  # type: ignore[union-attr]
    assert await changes(kit) == ["raised", "acknowledged"]
    await set_state(kit, "sensor.template", "20", device_class="temperature")
    assert (await changes(kit))[-1] == "cleared"


async def test_the_alarm_of_an_absent_entity_is_cleared_after_a_day(kit: Kit) -> None:
    key = await raise_acknowledged(kit)
    kit.hass.states.async_remove("sensor.template")
    await kit.wait(2)

    await kit.wait(DAY_S - 10)
    assert alarms(kit).alarm(key) is not None
    await kit.wait(DAY_S)

    assert alarms(kit).alarm(key) is None
    assert (await changes(kit))[-1] == "cleared"


async def test_a_normal_alarm_of_a_removed_entity_is_removed_at_once(kit: Kit) -> None:
    rule_id = await add_rule(kit, selection=EVERYTHING_HOT)
    await set_state(kit, "sensor.template", "20", device_class="temperature")
    await kit.wait(2)
    assert alarms(kit).alarm(AlarmKey(rule_id, "sensor.template")) is not None

    kit.hass.states.async_remove("sensor.template")
    await kit.wait(2)

    assert alarms(kit).alarms(rule_id) == []
