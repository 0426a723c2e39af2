"""Screens of hosts: texts for the people who are logged in there."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er

from ..automation import connection
from ..kit import FakeHost, Kit, settle

OFFERED = ["ping", "status", "notice"]


async def send(kit: Kit, message: str, user: MockUser | None = None, **more: Any) -> asyncio.Task[Any]:
    """Start to send a message to the screen; it is waiting for the response when this returns."""
    data = {"entity_id": kit.entity_id("iotbridge_nas_notice"), "message": message, **more}
    context = Context(user_id=user.id if user else None)
    task = asyncio.create_task(
        kit.hass.services.async_call("notify", "send_message", data, blocking=True, context=context)
    )
    await settle()
    return task


async def shown(host: FakeHost, **data: int) -> None:
    """Answer the last notice."""
    await host.respond(host.commands()[-1], "done", data=data)


async def test_a_text_is_shown_with_its_title(kit: Kit) -> None:
    host = await kit.host(commands=OFFERED)
    task = await send(kit, "The backup runs.", title="Backup")
    (command,) = host.commands()
    assert (command["command"], command["args"]) == ("notice", {"text": "The backup runs.", "title": "Backup"})
    await shown(host, people=1, reached=1)
    await task
    assert kit.state("iotbridge_nas_command").attributes["command"] == "notice"


@pytest.mark.parametrize(
    ("message", "title", "args"),
    [
        ("one\ntwo \x1b[2J\u202e", None, {"text": "one two [2J"}),
        ("x" * 300, "y" * 100, {"text": "x" * 199 + "…", "title": "y" * 59 + "…"}),
        ("word " * 60, "\n", {"text": ("word " * 40)[:199].rstrip() + "…"}),
        ("é" * 200, "t" * 60, {"text": "é" * 200, "title": "t" * 60}),
    ],
)
async def test_texts_become_plain_and_short(kit: Kit, message: str, title: str | None, args: dict[str, str]) -> None:
    host = await kit.host(commands=OFFERED)
    task = await send(kit, message, **({"title": title} if title else {}))
    assert host.commands()[0]["args"] == args
    await shown(host, people=0, reached=0)
    await task


async def test_a_text_of_nothing_is_an_error(kit: Kit) -> None:
    host = await kit.host(commands=OFFERED)
    task = await send(kit, " \n\x07")
    with pytest.raises(ServiceValidationError) as error:
        await task
    assert error.value.translation_key == "invalid_notice"
    assert host.commands() == []


async def test_a_failure_is_told(kit: Kit) -> None:
    host = await kit.host(commands=OFFERED)
    task = await send(kit, "Bye")
    await host.respond(host.commands()[0], "failed", reason="error", message="None of the people sees the notice.")
    with pytest.raises(HomeAssistantError) as error:
        await task
    assert error.value.translation_key == "command_refused"


async def test_a_host_gets_its_screen_once_its_agent_offers_one(kit: Kit) -> None:
    host = await kit.host()
    registry = er.async_get(kit.hass)
    assert registry.async_get_entity_id("notify", "iotbridge", "iotbridge_nas_notice") is None

    await host.announce(commands=OFFERED)
    assert kit.state("iotbridge_nas_notice").state == "unknown"
    assert kit.state("iotbridge_nas_notice").name == "nas Screen"
    await host.announce()
    assert kit.state("iotbridge_nas_notice").state == "unavailable"


async def test_it_is_available_while_the_host_can_be_asked(kit: Kit) -> None:
    host = await kit.host(commands=OFFERED)
    await connection(kit, is_connected=False)
    assert kit.state("iotbridge_nas_notice").state == "unavailable"
    await connection(kit, is_connected=True)
    assert kit.state("iotbridge_nas_notice").state == "unknown"
    await host.availability("offline")
    assert kit.state("iotbridge_nas_notice").state == "unavailable"


async def test_only_those_who_may_control_the_host_use_it(kit: Kit, hass_read_only_user: MockUser) -> None:
    host = await kit.host(commands=OFFERED)
    screen = kit.entity_id("iotbridge_nas_notice")
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {screen: True}}})
    task = await send(kit, "Bye", hass_read_only_user)
    assert host.commands() == []
    with pytest.raises(Unauthorized):
        await task

    hass_read_only_user.mock_policy({"entities": True})
    task = await send(kit, "Bye", hass_read_only_user)
    await shown(host, people=1, reached=1)
    await task
