"""Voice intents of alarms, and the sentences of the guide for them."""

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
    """Register the intents."""
    assert await async_setup_component(kit.hass, "intent", {})
    await kit.hass.async_block_till_done()


def alarms(kit: Kit) -> AlarmsManager:
    manager: AlarmsManager = kit.hass.config_entries.async_entries("iotbridge")[0].runtime_data.alarms
    return manager


async def raise_alarms(kit: Kit, count: int = 1) -> None:
    """Raise alarms of some entities."""
    names = [f"sensor.s{index}" for index in range(count)]
    await add_rule(kit, *names)
    for index, name in enumerate(names):
        await set_state(kit, name, "90", friendly_name=f"Attic {index}")


async def handle(kit: Kit, intent_type: str, user: MockUser | None = None) -> str:
    """Handle an intent; return the spoken answer."""
    context = Context(user_id=user.id if user else None)
    response = await intent.async_handle(kit.hass, "test", intent_type, context=context)
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


async def test_a_long_list_names_only_the_first_five(kit: Kit) -> None:
    await raise_alarms(kit, 7)
    assert (
        await handle(kit, "IotBridgeListAlarms")
        == "Active alarms: 7. Attic 0, Attic 1, Attic 2, Attic 3, Attic 4 and 2 more."
    )


async def test_a_user_without_control_lists_but_does_not_acknowledge(kit: Kit, hass_read_only_user: MockUser) -> None:
    await raise_alarms(kit)
    assert await handle(kit, "IotBridgeListAlarms", hass_read_only_user) == "Active alarms: 1. Attic 0."
    assert await handle(kit, "IotBridgeAcknowledgeAlarms", hass_read_only_user) == "There are no alarms to acknowledge."
    assert [alarm.state for alarm in alarms(kit).alarms()] == ["unacknowledged"]


async def test_an_intent_fails_while_iot_bridge_is_not_loaded(kit: Kit) -> None:
    await kit.hass.config_entries.async_unload(kit.hass.config_entries.async_entries("iotbridge")[0].entry_id)
    with pytest.raises(intent.IntentHandleError, match="not running"):
        await handle(kit, "IotBridgeListAlarms")


@pytest.mark.parametrize("language", ["en", "it", "fr"])
def test_the_sentences_of_the_guide_match_the_intents(language: str) -> None:
    sentences = load_yaml_dict(str(SENTENCES / language / "iotbridge.yaml"))
    assert sentences["language"] == language
    assert sentences["intents"].keys() == {ours.AcknowledgeAlarms.intent_type, ours.ListAlarms.intent_type}
