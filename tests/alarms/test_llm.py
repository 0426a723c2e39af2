"""Tools of alarms for language models."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from homeassistant.components.llm import async_get_tools
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers.llm import LLMContext, Tool, ToolInput

from ..assist import Assist
from ..kit import Kit
from ..rules import add_rule, set_state


def llm_context(user: MockUser | None = None) -> LLMContext:
    return LLMContext(
        platform="test",
        context=Context(user_id=user.id if user else None),
        language="en",
        assistant="conversation",
        device_id=None,
    )


async def tools(kit: Kit, api_id: str = "assist") -> dict[str, Tool]:
    """Return our tools by name."""
    offered = (await async_get_tools(kit.hass, llm_context(), api_id)).tools
    return {tool.name: tool for tool in offered if tool.integration == "iotbridge"}


async def call(kit: Kit, name: str, user: MockUser | None = None, **arguments: Any) -> Any:
    """Call a tool; return its data."""
    tool = (await tools(kit))[name]
    result = await tool.async_call(kit.hass, ToolInput(name, arguments), llm_context(user))
    await kit.hass.async_block_till_done()
    return getattr(result, "data", result)


@pytest.fixture
async def hot(kit: Kit, assist: Assist) -> None:
    """Raise an alarm in a household that is open for language models."""
    await assist.configure(voice_language_models=True)
    await add_rule(kit, "sensor.attic", name="Too hot")
    await set_state(kit, "sensor.attic", "90", friendly_name="Attic")


async def test_nothing_is_offered_unless_an_administrator_opened_it(kit: Kit, assist: Assist) -> None:
    await add_rule(kit, "sensor.attic", name="Too hot")
    assert await tools(kit) == {}
    await assist.configure(voice_language_models=True)
    offered = await tools(kit)
    assert {name: tool.annotations.read_only for name, tool in offered.items()} == {
        "iotbridge__host_status": True,
        "iotbridge__list_alarms": True,
        "iotbridge__acknowledge_alarms": False,
        "iotbridge__snooze_alarms": False,
    }
    assert all(tool.title and tool.description for tool in offered.values())
    assert await tools(kit, "homeassistant") == {}


async def test_alarms_are_listed_acknowledged_and_snoozed(kit: Kit, hot: None) -> None:
    attic = {"name": "Attic", "severity": "warning", "state": "unacknowledged"}
    assert await call(kit, "iotbridge__list_alarms") == {"alarms": [attic]}
    assert await call(kit, "iotbridge__acknowledge_alarms", rule="Too hot") == {"acknowledged": ["Attic"]}
    assert await call(kit, "iotbridge__acknowledge_alarms") == {"acknowledged": []}
    assert await call(kit, "iotbridge__snooze_alarms", minutes=10) == {"snoozed": ["Attic"]}
    assert await call(kit, "iotbridge__list_alarms") == {"alarms": []}


async def test_kept_tools_follow_a_reload_and_a_closed_door(kit: Kit, assist: Assist, hot: None) -> None:
    """Home Assistant keeps the tools of a conversation."""
    name = "iotbridge__acknowledge_alarms"
    kept = (await tools(kit))[name]
    await assist.configure(voice_language_models=False)
    with pytest.raises(HomeAssistantError) as raised:
        await kept.async_call(kit.hass, ToolInput(name, {}), llm_context())
    assert raised.value.translation_key == "closed_for_models"

    await assist.configure(voice_language_models=True)
    result = await kept.async_call(kit.hass, ToolInput(name, {}), llm_context())
    assert getattr(result, "data", result) == {"acknowledged": ["Attic"]}
    states = {alarm["state"] for alarm in (await call(kit, "iotbridge__list_alarms"))["alarms"]}
    assert states == {"acknowledged"}


async def test_the_user_of_the_model_needs_the_rights(kit: Kit, hot: None, hass_read_only_user: MockUser) -> None:
    assert len((await call(kit, "iotbridge__list_alarms", hass_read_only_user))["alarms"]) == 1
    assert await call(kit, "iotbridge__acknowledge_alarms", hass_read_only_user) == {"acknowledged": []}
    with pytest.raises(Unauthorized):
        await call(kit, "iotbridge__list_alarms", MockUser(id="gone"))
