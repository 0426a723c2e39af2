"""Rules over a changing home: entities that are absent for a moment, subentries that cannot be read."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import AlarmKey, AlarmState
from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers import issue_registry as ir

from ...kit import Kit
from ...rules import HOT, add_rule, call, set_state
from ..home import alarms


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
