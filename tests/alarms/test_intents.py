"""Voice intents of alarms, handled as by the conversation agent."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery
from homeassistant.core import Context
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component

from ..kit import Kit
from ..rules import add_rule, set_state


@pytest.fixture(autouse=True)
async def _intents(kit: Kit) -> None:
    """Register the intents."""
    assert await async_setup_component(kit.hass, "intent", {})
    await kit.hass.async_block_till_done()


def alarms(kit: Kit) -> AlarmsManager:
    manager: AlarmsManager = kit.hass.config_entries.async_entries("iotbridge")[0].runtime_data.alarms
    return manager


async def raise_alarms(kit: Kit, count: int = 1) -> str:
    """Raise alarms of some entities; return the id of their rule."""
    names = [f"sensor.s{index}" for index in range(count)]
    rule_id = await add_rule(kit, *names)
    for index, name in enumerate(names):
        await set_state(kit, name, "90", friendly_name=f"Attic {index}")
    return rule_id


async def handle(
    kit: Kit, intent_type: str, user: MockUser | None = None, *, language: str = "en", **slots: Any
) -> str:
    """Handle an intent; return the spoken answer."""
    context = Context(user_id=user.id if user else None)
    values = {name: {"value": value} for name, value in slots.items()}
    response = await intent.async_handle(kit.hass, "test", intent_type, values, context=context, language=language)
    await kit.hass.async_block_till_done()
    return str(response.speech["plain"]["speech"])


async def test_active_alarms_are_listed_and_acknowledged(kit: Kit, hass_admin_user: MockUser) -> None:
    assert await handle(kit, "IotBridgeListAlarms") == "There are no active alarms."
    await raise_alarms(kit, 2)
    assert await handle(kit, "IotBridgeListAlarms") == "Active alarms: 2. Attic 0, Attic 1."

    assert await handle(kit, "IotBridgeAcknowledgeAlarms", hass_admin_user) == "Acknowledged: Attic 0, Attic 1."
    assert await handle(kit, "IotBridgeAcknowledgeAlarms", hass_admin_user) == "There are no alarms to acknowledge."
    assert await handle(kit, "IotBridgeListAlarms") == "Active alarms: 2. Attic 0, Attic 1."
    (last, *_) = await alarms(kit).async_history(HistoryQuery())
    assert (last["change"], last["who"], last["where"]) == ("acknowledged", hass_admin_user.name, "voice")


async def test_alarms_of_one_rule_are_acknowledged(kit: Kit) -> None:
    rule_id = await raise_alarms(kit)
    await add_rule(kit, "sensor.cellar", name="Cellar")
    await set_state(kit, "sensor.cellar", "90", friendly_name="Cellar")
    assert await handle(kit, "IotBridgeAcknowledgeAlarms", rule=rule_id) == "Acknowledged: Attic 0."
    assert await handle(kit, "IotBridgeAcknowledgeAlarms", rule="gone") == "There are no alarms to acknowledge."
    assert await handle(kit, "IotBridgeAcknowledgeAlarms", rule=f"{rule_id},gone") == (
        "There are no alarms to acknowledge."
    )
    assert await handle(kit, "IotBridgeAcknowledgeAlarms") == "Acknowledged: Cellar."


@pytest.mark.parametrize(
    ("slots", "seconds", "answer"),
    [
        ({}, 3600, "Snoozed for 1 h: Attic 0."),
        ({"minutes": 30}, 1800, "Snoozed for 30 min: Attic 0."),
        ({"hours": 2}, 7200, "Snoozed for 2 h: Attic 0."),
    ],
)
async def test_alarms_are_snoozed(kit: Kit, slots: dict[str, Any], seconds: float, answer: str) -> None:
    await raise_alarms(kit)
    assert await handle(kit, "IotBridgeSnoozeAlarms", **slots) == answer
    assert [alarm.state for alarm in alarms(kit).alarms()] == ["snoozed"]
    assert await handle(kit, "IotBridgeSnoozeAlarms") == "There are no alarms to snooze."

    await kit.wait(seconds - 5)
    assert [alarm.state for alarm in alarms(kit).alarms()] == ["snoozed"]
    await kit.wait(10)
    assert [alarm.state for alarm in alarms(kit).alarms()] == ["unacknowledged"]


async def test_a_long_list_names_only_the_first_five(kit: Kit) -> None:
    await raise_alarms(kit, 7)
    assert (
        await handle(kit, "IotBridgeListAlarms")
        == "Active alarms: 7. Attic 0, Attic 1, Attic 2, Attic 3, Attic 4 and 2 more."
    )


async def test_a_user_without_control_lists_but_does_not_change(kit: Kit, hass_read_only_user: MockUser) -> None:
    await raise_alarms(kit)
    assert await handle(kit, "IotBridgeListAlarms", hass_read_only_user) == "Active alarms: 1. Attic 0."
    assert await handle(kit, "IotBridgeAcknowledgeAlarms", hass_read_only_user) == "There are no alarms to acknowledge."
    assert await handle(kit, "IotBridgeSnoozeAlarms", hass_read_only_user) == "There are no alarms to snooze."
    assert [alarm.state for alarm in alarms(kit).alarms()] == ["unacknowledged"]


async def test_the_answer_has_the_language_of_the_sentence(kit: Kit) -> None:
    assert await handle(kit, "IotBridgeListAlarms", language="it") == "Non ci sono allarmi attivi."
    assert await handle(kit, "IotBridgeListAlarms", language="fr") == "Il n'y a aucune alarme active."
    assert await handle(kit, "IotBridgeListAlarms", language="nl") == "There are no active alarms."


async def test_refusals_are_spoken(kit: Kit) -> None:
    """An error would not be heard."""
    assert await handle(kit, "IotBridgeListAlarms", MockUser(id="gone")) == "You are not allowed to do this."
    await kit.hass.config_entries.async_unload(kit.hass.config_entries.async_entries("iotbridge")[0].entry_id)
    assert await handle(kit, "IotBridgeListAlarms") == "IoT Bridge is not running."
