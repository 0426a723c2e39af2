"""Alarms by voice: which of them a command of a user is about."""

from pytest_homeassistant_custom_component.common import MockUser

from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.alarms.voice import async_acknowledge, async_list, async_rule_names, async_snooze
from homeassistant.auth.permissions.types import PolicyType

from ..kit import Kit
from ..rules import add_rule, set_state

ONLY_ATTIC: PolicyType = {"entities": {"entity_ids": {"sensor.attic": True}}}


def manager(kit: Kit) -> AlarmsManager:
    alarms: AlarmsManager = kit.hass.config_entries.async_entries("iotbridge")[0].runtime_data.alarms
    return alarms


async def raise_two(kit: Kit) -> tuple[str, str]:
    """Raise an alarm in the attic and a worse one in the cellar; return the ids of their rules."""
    attic = await add_rule(kit, "sensor.attic", name="Attic too hot")
    cellar = await add_rule(kit, "sensor.cellar", name="Cellar too hot", severity=Severity.CRITICAL)
    for name in ("attic", "cellar"):
        await set_state(kit, f"sensor.{name}", "90", friendly_name=name.title())
    return attic, cellar


async def test_the_worst_comes_first(kit: Kit) -> None:
    await raise_two(kit)
    assert [name for name, _ in async_list(kit.hass, manager(kit), None)] == ["Cellar", "Attic"]


async def test_a_user_is_answered_about_what_they_may_access(kit: Kit) -> None:
    await raise_two(kit)
    user = MockUser()
    user.mock_policy(ONLY_ATTIC)
    assert [name for name, _ in async_list(kit.hass, manager(kit), user)] == ["Attic"]
    assert async_acknowledge(kit.hass, manager(kit), user) == ["Attic"]
    assert async_snooze(kit.hass, manager(kit), user, 10) == ["Attic"]
    assert [name for name, _ in async_list(kit.hass, manager(kit), None)] == ["Cellar"]


async def test_rules_are_named_and_selected_by_their_ids(kit: Kit) -> None:
    attic, cellar = await raise_two(kit)
    assert set(async_rule_names(manager(kit))["alarm"]) == {("Attic too hot", attic), ("Cellar too hot", cellar)}
    assert async_acknowledge(kit.hass, manager(kit), None, attic) == ["Attic"]
    assert async_snooze(kit.hass, manager(kit), None, 10, f"{attic},{cellar}") == ["Cellar", "Attic"]
