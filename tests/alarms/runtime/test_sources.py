"""Templates, events and messages that reach their alarms."""

from collections.abc import Callable

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import AlarmKey, Timing
from custom_components.iotbridge.alarms.manager import AlarmsManager
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from tests.alarms.managed_home import ANNA, add, history, set_state
from tests.kit import Kit
from tests.rules import call, shown


async def test_alarms_of_a_template_an_event_and_a_message(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    template = add(hass, entry, Condition(kind=AlarmKind.TEMPLATE, template="{{ is_state('input.x', 'bad') }}"))
    event = add(
        hass,
        entry,
        Condition(kind=AlarmKind.EVENT, event_type="doorbell", event_data={"door": "back"}),
        timing=Timing(latching=True),
    )
    message = add(
        hass, entry, Condition(kind=AlarmKind.MESSAGE, topic="alert/#", contains="fire"), timing=Timing(latching=True)
    )
    await hass.async_block_till_done()

    await set_state(hass, "input.x", "bad")
    hass.bus.async_fire("doorbell", {"door": "front"})
    await kit.receive("alert/kitchen", "smoke")
    await hass.async_block_till_done()
    states = {rule_id: alarms().alarms(rule_id)[0].state for rule_id in (template, event, message)}
    assert states == {template: "unacknowledged", event: "normal", message: "normal"}

    hass.bus.async_fire("doorbell", {"door": "back"})
    await kit.receive("alert/kitchen", "fire!")
    await set_state(hass, "input.x", "good")
    await kit.wait(6)
    states = {rule_id: alarms().alarms(rule_id)[0].state for rule_id in (template, event, message)}
    assert states == {template: "normal", event: "returned_unacknowledged", message: "returned_unacknowledged"}


async def test_a_template_is_not_evaluated_while_home_assistant_starts(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, Condition(kind=AlarmKind.TEMPLATE, template="{{ is_state('input.x', 'bad') }}"))
    await set_state(hass, "input.x", "bad")
    alarms().async_acknowledge([AlarmKey(rule_id, "")], ANNA)
    await hass.config_entries.async_unload(entry.entry_id)
    hass.states.async_remove("input.x")

    hass.set_state(CoreState.starting)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert alarms().alarms(rule_id)[0].state == "acknowledged"
    await set_state(hass, "input.x", "bad")
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await kit.wait(31)

    assert await history(alarms()) == ["raised ", "acknowledged "]


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ states('input.x') == 'bad', 5 }}", "(False, 5)"),
        ("{{ states('input.x') }}", "unclear"),
        ("{{ 'on' if is_state('input.x', 'bad') }}", "''"),
        ("{{ [states('input.x')] }}", "['unclear']"),
        ("{{ state_attr('input.x', 'problem') }}", "None"),
    ],
)
async def test_a_template_that_is_neither_true_nor_false_changes_no_alarm(
    kit: Kit, entry: MockConfigEntry, template: str, result: str
) -> None:
    hass = kit.hass
    alternatives = f"{template}{{% else %}}{{{{ is_state('input.x', 'bad') }}}}{{% endif %}}"
    condition = Condition(kind=AlarmKind.TEMPLATE, template="{% if is_state('input.x', 'unclear') %}" + alternatives)
    rule_id = add(hass, entry, condition)
    await set_state(hass, "input.x", "good")
    assert await _alarm(kit) == ("normal", None)

    await set_state(hass, "input.x", "unclear")
    unclear = f"the template gives {result}, which is neither true nor false"
    assert await _alarm(kit) == ("normal", unclear)
    assert shown(kit, rule_id).state == "unknown"

    await set_state(hass, "input.x", "bad")
    await set_state(hass, "input.x", "unclear")
    assert await _alarm(kit) == ("unacknowledged", unclear)

    await set_state(hass, "input.x", "good")
    assert await _alarm(kit) == ("normal", None)


async def _alarm(kit: Kit) -> tuple[str, str | None]:
    """Return the state of the only alarm, and the reason for which it cannot be determined."""
    states = ["normal", "unacknowledged"]
    (alarm,) = (await call(kit, "list", answer=True, state=states))["alarms"]
    return alarm["state"], alarm["undetermined"]
