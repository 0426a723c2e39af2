"""Turns of conversations: messages of persons, and those that an action sends."""

import asyncio
from typing import Any

import pytest

from homeassistant.core import Context

from ...assist import Answer, Assist, power_commands, without_command
from ...kit import FakeHost, Kit

NOT_ASKED = "There is no open question, so nothing was done."


@pytest.fixture
async def nas(kit: Kit, assist: Assist) -> FakeHost:
    """Return a host that is open for power commands by voice."""
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"], voice_power_hosts=[assist.device_id(nas)], response_timeout=1)
    return nas


async def process(kit: Kit, text: str, asked: Answer, context: Context) -> str:
    """Send a message by the action, as scripts and automations do; return the answer."""
    data = {"text": text, "language": "en", "conversation_id": asked.conversation_id}
    calling = kit.hass.services.async_call(
        "conversation", "process", data, blocking=True, return_response=True, context=context
    )
    answer: Any = await without_command(kit, calling)
    return str(answer["response"]["speech"]["plain"]["speech"])


@pytest.mark.parametrize("is_in_automation", [False, True])
async def test_a_yes_of_an_action_does_not_count(
    kit: Kit, assist: Assist, nas: FakeHost, *, is_in_automation: bool
) -> None:
    """A script has the context of its caller, and an automation at a fixed time has neither user nor parent."""
    user = None if is_in_automation else await kit.hass.auth.async_create_user("Anna", group_ids=["system-admin"])
    user_id = user.id if user else None
    asked = await assist.ask("reboot the nas", context=Context(user_id=user_id))
    assert await process(kit, "yes", asked, Context(user_id=user_id)) == NOT_ASKED


async def test_a_yes_of_a_person_counts_beside_actions(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    asked = await assist.ask("reboot the nas")
    other = await assist.ask("how is the nas")
    await process(kit, "yes", other, Context())
    asking = asyncio.create_task(assist.order("yes", conversation_id=asked.conversation_id))
    while not power_commands(kit) and not asking.done():
        await asyncio.to_thread(lambda: None)
    (command,) = (command for command in nas.commands() if command["command"] == "reboot")
    await nas.respond(command, "accepted")
    assert (await asking).text == "nas is rebooting."
