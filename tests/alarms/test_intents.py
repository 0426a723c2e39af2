"""Alarms by voice: the intents, and the sentences of the guide that lead to them."""

from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.iotbridge.alarms import intents as ours
from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery
from homeassistant.core import Context
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict

from ..kit import Kit
from ..rules import add_rule, set_state

SENTENCES = Path(__file__).parents[2] / "docs" / "custom_sentences"


@pytest.fixture(autouse=True)
async def _intents(kit: Kit) -> None:
    """Have the intents registered."""
    assert await async_setup_component(kit.hass, "intent", {})
    await kit.hass.async_block_till_done()


def alarms(kit: Kit) -> AlarmsManager:
    manager: AlarmsManager = kit.hass.config_entries.async_entries("iotbridge")[0].runtime_data.alarms
    return manager


async def hot(kit: Kit, count: int = 1) -> None:
    """Have some alarms."""
    names = [f"sensor.s{number}" for number in range(count)]
    await add_rule(kit, *names)
    for number, name in enumerate(names):
        await set_state(kit, name, "90", friendly_name=f"Attic {number}")


async def say(kit: Kit, what: str, user: MockUser | None = None) -> str:
    """Let somebody speak; return the answer."""
    context = Context(user_id=user.id if user else None)
    response = await intent.async_handle(kit.hass, "test", what, context=context)
    await kit.hass.async_block_till_done()
    return str(response.speech["plain"]["speech"])


async def test_alarms_are_told_and_acknowledged(kit: Kit, hass_admin_user: MockUser) -> None:
    assert await say(kit, "IotBridgeListAlarms") == "There are no active alarms."
    await hot(kit, 2)
    assert await say(kit, "IotBridgeListAlarms") == "Active alarms: 2. Attic 0, Attic 1."

    assert await say(kit, "IotBridgeAcknowledgeAlarms", hass_admin_user) == "Acknowledged: Attic 0, Attic 1."
    assert await say(kit, "IotBridgeAcknowledgeAlarms", hass_admin_user) == "There are no alarms to acknowledge."
    assert await say(kit, "IotBridgeListAlarms") == "Active alarms: 2. Attic 0, Attic 1."
    (last, *_) = await alarms(kit).async_history(HistoryQuery())
    assert (last["change"], last["who"], last["where"]) == ("acknowledged", hass_admin_user.name, "voice")


async def test_many_are_not_all_named(kit: Kit) -> None:
    await hot(kit, 7)
    assert (
        await say(kit, "IotBridgeListAlarms")
        == "Active alarms: 7. Attic 0, Attic 1, Attic 2, Attic 3, Attic 4 and 2 more."
    )


async def test_who_may_not_control_acknowledges_nothing(kit: Kit, hass_read_only_user: MockUser) -> None:
    await hot(kit)
    assert await say(kit, "IotBridgeListAlarms", hass_read_only_user) == "Active alarms: 1. Attic 0."
    assert await say(kit, "IotBridgeAcknowledgeAlarms", hass_read_only_user) == "There are no alarms to acknowledge."
    assert [alarm.state for alarm in alarms(kit).alarms()] == ["unacknowledged"]


async def test_without_the_integration_it_says_so(kit: Kit) -> None:
    await kit.hass.config_entries.async_unload(kit.hass.config_entries.async_entries("iotbridge")[0].entry_id)
    with pytest.raises(intent.IntentHandleError, match="not running"):
        await say(kit, "IotBridgeListAlarms")


@pytest.mark.parametrize("language", ["en", "it", "fr"])
def test_the_sentences_of_the_guide_are_for_our_intents(language: str) -> None:
    given = load_yaml_dict(str(SENTENCES / language / "iotbridge.yaml"))
    assert given["language"] == language
    assert given["intents"].keys() == {ours.AcknowledgeAlarms.intent_type, ours.ListAlarms.intent_type}
