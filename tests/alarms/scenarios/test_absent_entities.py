"""Rules over a changing home: entities that are absent for a moment, subentries that cannot be read."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, AlarmState
from custom_components.iotbridge.alarms.engine.rule import Selection
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery
from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers import issue_registry as ir

from ...kit import Kit
from ...rules import HOT, add_rule, call, set_state
from ..home import alarms

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


async def test_an_unreadable_rule_has_a_repair_and_does_not_stop_others(kit: Kit, entry: MockConfigEntry) -> None:
    newer = ConfigSubentry(
        data={"severity": "warning", "condition": {"kind": "from_the_future"}},  # type: ignore[arg-type]
        subentry_type="alarm", title="Tomorrow", unique_id=None,
    )  # fmt: skip
    kit.hass.config_entries.async_add_subentry(entry, newer)
    window = ConfigSubentry(data={"days": 7}, subentry_type="window", title="Odd", unique_id=None)  # type: ignore[arg-type]
    kit.hass.config_entries.async_add_subentry(entry, window)
    rule_id = await add_rule(kit, "sensor.one")

    await set_state(kit, "sensor.one", "90")

    assert alarms(kit).alarm(AlarmKey(rule_id, "sensor.one")).state is AlarmState.UNACKNOWLEDGED  # type: ignore[union-attr]
    issues = ir.async_get(kit.hass).issues.values()
    names = {issue.translation_placeholders["name"] for issue in issues if issue.translation_placeholders}
    assert names == {"Tomorrow", "Odd"}

    kit.hass.config_entries.async_remove_subentry(entry, newer.subentry_id)
    kit.hass.config_entries.async_remove_subentry(entry, window.subentry_id)
    await kit.hass.async_block_till_done()
    assert not ir.async_get(kit.hass).issues


async def test_maintenance_of_all_entities_suppresses_every_alarm(kit: Kit) -> None:
    await add_rule(kit, "sensor.one", condition=HOT)
    await add_rule(
        kit, condition=Condition(kind=AlarmKind.TEMPLATE, template="{{ is_state('input.x', 'bad') }}"), name="T"
    )
    await set_state(kit, "sensor.one", "20")

    await call(kit, "maintenance_start", entity_id="all", duration={"hours": 1}, answer=True)
    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "input.x", "bad")

    assert {alarm.state for alarm in alarms(kit).alarms()} == {AlarmState.SUPPRESSED}
    await kit.wait(3600)
    await kit.wait(61)
    assert {alarm.state for alarm in alarms(kit).alarms()} == {AlarmState.UNACKNOWLEDGED}
