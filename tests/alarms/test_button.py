"""Buttons that acknowledge all alarms, or those of one rule."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er

from ..kit import Kit
from ..rules import add_rule, call, set_state


async def test_a_press_acknowledges_all_alarms_for_the_user(
    kit: Kit, entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "95")
    await set_state(kit, "sensor.three", "20")
    await add_rule(kit, "sensor.one", "sensor.three")
    await add_rule(kit, "sensor.two", name="Other")
    button = kit.entity_id(f"{entry.entry_id}_acknowledge_all")

    await kit.hass.services.async_call(
        "button", "press", {"entity_id": button}, blocking=True, context=Context(user_id=hass_admin_user.id)
    )
    await kit.hass.async_block_till_done()

    alarms = (await call(kit, "list", answer=True))["alarms"]
    assert {alarm["entity_id"]: alarm["state"] for alarm in alarms} == {
        "sensor.one": "acknowledged",
        "sensor.two": "acknowledged",
    }
    assert {alarm["acknowledged_by"]["who"] for alarm in alarms} == {hass_admin_user.name}
    assert {alarm["acknowledged_by"]["where"] for alarm in alarms} == {"dashboard"}


async def test_a_press_acknowledges_only_what_the_user_may_control(
    kit: Kit, entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")
    button = kit.entity_id(f"{entry.entry_id}_acknowledge_all")
    guest = MockUser(id="guest", name="Guest").add_to_hass(kit.hass)
    rights = {entity_id: {POLICY_CONTROL: True} for entity_id in (button, "sensor.one")}
    guest.mock_policy({"entities": {"entity_ids": rights}})

    async def press(context: Context | None) -> dict[str, str]:
        await kit.hass.services.async_call("button", "press", {"entity_id": button}, blocking=True, context=context)
        await kit.hass.async_block_till_done()
        alarms = (await call(kit, "list", answer=True))["alarms"]
        return {alarm["entity_id"]: alarm["state"] for alarm in alarms}

    assert await press(Context(user_id=guest.id)) == {"sensor.one": "acknowledged", "sensor.two": "unacknowledged"}
    assert await press(None) == {"sensor.one": "acknowledged", "sensor.two": "acknowledged"}, "an automation"


async def enable_button(kit: Kit, entry: MockConfigEntry, rule_id: str) -> str:
    """Enable the button of a rule as a user does; return its id."""
    registry = er.async_get(kit.hass)
    entity_id = registry.async_get_entity_id("button", "iotbridge", f"{rule_id}_alarm")
    assert entity_id is not None
    entity = registry.async_get(entity_id)
    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION, "it is disabled by default"
    registry.async_update_entity(entity_id, disabled_by=None)
    assert await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()
    return entity_id


async def test_the_button_of_a_rule_acknowledges_its_alarms_only(kit: Kit, entry: MockConfigEntry) -> None:
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    await add_rule(kit, "sensor.one", name="Other")
    await set_state(kit, "sensor.one", "90")
    button = await enable_button(kit, entry, rule_id)
    state = kit.hass.states.get(button)
    assert state is not None
    assert state.attributes["friendly_name"] == "Alarms Acknowledge Hot"

    await kit.hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)
    await kit.hass.async_block_till_done()

    alarms = (await call(kit, "list", answer=True))["alarms"]
    assert {alarm["rule"]: alarm["state"] for alarm in alarms} == {"Hot": "acknowledged", "Other": "unacknowledged"}


async def test_the_button_of_a_rule_needs_the_right_to_control_the_entities(
    kit: Kit, entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")
    button = await enable_button(kit, entry, rule_id)
    guest = MockUser(id="guest", name="Guest").add_to_hass(kit.hass)
    rights = {entity_id: {POLICY_CONTROL: True} for entity_id in (button, "sensor.one")}
    guest.mock_policy({"entities": {"entity_ids": rights}})

    async def press() -> list[str]:
        await kit.hass.services.async_call(
            "button", "press", {"entity_id": button}, blocking=True, context=Context(user_id=guest.id)
        )
        await kit.hass.async_block_till_done()
        return [alarm["state"] for alarm in (await call(kit, "list", answer=True))["alarms"]]

    with pytest.raises(ServiceValidationError) as raised:
        await press()
    assert raised.value.translation_key == "alarm_not_permitted"
    assert raised.value.translation_placeholders == {"alarms": "two"}

    await set_state(kit, "sensor.two", "20")
    assert await press() == ["acknowledged"], "only alarms that need an acknowledgement count"
