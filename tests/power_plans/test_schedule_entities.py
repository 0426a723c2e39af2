"""Entities of schedules: on a device of their own; the switch is for administrators and automations."""

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from homeassistant.const import EntityCategory
from homeassistant.core import Context
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import entity_registry as er
from tests.kit import Kit

from .schedules import FakeSchedule, devices, the_entry


async def test_a_schedule_is_a_device_with_three_entities(rome: Kit) -> None:
    schedule = await FakeSchedule.add(rome, await rome.host())
    registry = er.async_get(rome.hass)
    entities = er.async_entries_for_config_entry(registry, the_entry(rome.hass).entry_id)
    own = {entity.entity_id: entity for entity in entities if entity.config_subentry_id == schedule.schedule_id}

    assert sorted(own) == ["event.night_run", "sensor.night_next_run", "switch.night_enabled"]
    # Assistants and areas leave it alone.
    assert own["switch.night_enabled"].entity_category is EntityCategory.CONFIG
    assert list(devices(rome.hass, the_entry(rome.hass)).values()) == ["Night"]


async def test_only_administrators_and_automations_turn_the_switch(
    rome: Kit, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    schedule = await FakeSchedule.add(rome, await rome.host())
    user = MockUser(name="Ben", groups=hass_admin_user.groups)
    user.add_to_hass(rome.hass)
    group = await rome.hass.auth.async_get_group("system-users")
    user.groups = [group] if group else []
    user.invalidate_cache()
    with pytest.raises(Unauthorized):
        await schedule.turn("off", context=Context(user_id=user.id))
    with pytest.raises(Unauthorized):
        await schedule.turn("off", context=Context(user_id=hass_read_only_user.id))
    assert rome.hass.states.is_state(schedule.switch, "on")
    await schedule.turn("off", context=Context(user_id=hass_admin_user.id))
    assert rome.hass.states.is_state(schedule.switch, "off")
    await schedule.turn("on")
    assert rome.hass.states.is_state(schedule.switch, "on")
