"""Hosts by voice, through Home Assistant's conversation agent."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.iotbridge.hosts.intents import PowerIntent
from custom_components.iotbridge.hosts.wake.waker import MAX_WAKES
from custom_components.iotbridge.sentences.speech import async_speech
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.core import Context
from homeassistant.helpers import device_registry as dr, entity_registry as er, intent

from ..assist import Answer, Assist
from ..kit import FakeHost, Kit, response_of
from ..wire import NETWORK, Wire, card
from .configured.home import add_host, set_proof, uid

QUESTION = "Please answer yes or no: reboot nas?"
MAC = "a8:a1:59:00:00:01"
CARDS = [card(MAC)]
NOT_ASKED = "There is no open question, so nothing was done."


@pytest.fixture
async def nas(kit: Kit, assist: Assist) -> FakeHost:
    """Return a host that is open for power commands by voice."""
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"], voice_power_hosts=[assist.device_id(nas)])
    return nas


def sent(host: FakeHost) -> list[dict[str, Any]]:
    """Return the power commands that were sent."""
    return [command for command in host.commands() if command["command"] != "status"]


async def answer_yes(assist: Assist, host: FakeHost, asked: Answer, text: str = "yes", **response: Any) -> str:
    """Answer a question, and respond to the command as the agent does."""
    asking = asyncio.create_task(assist.order(text, conversation_id=asked.conversation_id))
    while not sent(host) and not asking.done():
        await asyncio.to_thread(lambda: None)  # the agent recognizes sentences in a thread
    (command,) = sent(host)
    await host.respond(command, **{"status": "accepted"} | response)
    answer: Answer = await response_of(asking)
    return answer.text


async def test_a_power_command_is_sent_after_a_yes(assist: Assist, nas: FakeHost) -> None:
    asked = await assist.ask("reboot the nas")
    assert asked.text == QUESTION
    assert sent(nas) == []

    assert await answer_yes(assist, nas, asked) == "nas is rebooting."
    assert [command["command"] for command in sent(nas)] == ["reboot"]

    again = await assist.ask("yes", conversation_id=asked.conversation_id)
    assert again.text == NOT_ASKED
    assert len(sent(nas)) == 1


async def test_a_host_without_an_agent_can_only_be_shut_down(
    kit: Kit, assist: Assist, nas: FakeHost, entry: MockConfigEntry
) -> None:
    await set_proof(kit, "on")
    backup = add_host(kit.hass, entry, "cellar")
    await kit.hass.async_block_till_done()
    entity = er.async_get(kit.hass).async_get(kit.entity_id(f"{uid(backup, kit)}_power_state"))
    assert entity is not None
    await assist.configure(nas, voice_languages=["en"], voice_power_hosts=[entity.device_id])

    assert (await assist.ask("reboot the cellar")).text == "cellar has no agent, so it cannot be rebooted."
    assert (await assist.ask("shut down the cellar")).text == "Please answer yes or no: shut down cellar?"


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ({"status": "refused", "reason": "not_enabled", "message": "Not enabled."}, "nas refused: Not enabled."),
        ({"status": "failed", "reason": "error", "message": "No systemd."}, "nas refused: No systemd."),
    ],
)
async def test_a_refusal_of_the_host_is_spoken(
    assist: Assist, nas: FakeHost, response: dict[str, Any], answer: str
) -> None:
    asked = await assist.ask("shut down nas")
    assert await answer_yes(assist, nas, asked, "yes shut down the nas", **response) == answer


async def test_a_dry_run_is_not_told_as_if_it_had_happened(assist: Assist, nas: FakeHost) -> None:
    await nas.announce(dry_run=True)
    asked = await assist.ask("reboot nas")
    assert "dry run" in await answer_yes(assist, nas, asked)


@pytest.mark.parametrize("text", ["no", "what time is it", "how is nas", "don't reboot nas"])
async def test_any_other_message_closes_the_question(assist: Assist, nas: FakeHost, text: str) -> None:
    asked = await assist.ask("reboot nas")
    await assist.ask(text, conversation_id=asked.conversation_id)
    late = await assist.ask("yes", conversation_id=asked.conversation_id)
    assert late.text == NOT_ASKED
    assert sent(nas) == []


async def test_a_yes_counts_for_thirty_seconds(assist: Assist, nas: FakeHost) -> None:
    asked = await assist.ask("reboot nas")
    await assist.kit.wait(31)
    await nas.status()
    assert (await assist.ask("yes", conversation_id=asked.conversation_id)).text == NOT_ASKED
    assert sent(nas) == []


async def test_a_yes_in_another_conversation_or_about_another_host_does_not_count(
    kit: Kit, assist: Assist, nas: FakeHost
) -> None:
    other = await kit.host("pc")
    await assist.renewed()
    asked = await assist.ask("reboot nas")
    assert (await assist.ask("yes")).text == NOT_ASKED
    assert (await assist.ask("yes reboot the pc", conversation_id=asked.conversation_id)).text == NOT_ASKED
    assert sent(nas) == sent(other) == []


@pytest.mark.parametrize(
    ("language", "order", "answer"),
    [
        ("en", "reboot nas", "yes, shut down the nas"),
        ("en", "shut down nas", "yes, reboot the nas"),
        ("it", "riavvia il nas", "sì, spegni il nas"),
        ("fr", "redémarre le nas", "oui, éteins le nas"),
    ],
)
async def test_a_yes_to_another_command_does_not_count(
    assist: Assist, nas: FakeHost, language: str, order: str, answer: str
) -> None:
    await assist.configure(nas, voice_languages=["en", "it", "fr"])
    asked = await assist.ask(order, language)
    answered = await assist.ask(answer, language, asked.conversation_id)
    speech = await async_speech(assist.kit.hass, language)
    assert answered.text == speech.sentence("nothing_asked")
    assert sent(nas) == []


async def test_the_same_context_and_a_script_do_not_answer(assist: Assist, nas: FakeHost) -> None:
    """Cover an agent that continues its own turn, and all that it starts."""
    context = Context()
    asked = await assist.ask("reboot nas", context=context)
    for own in (context, Context(parent_id=context.id)):
        assert (await assist.ask("yes", conversation_id=asked.conversation_id, context=own)).text == NOT_ASKED
    assert sent(nas) == []


async def test_a_host_has_to_be_opened_and_able(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    pc = await kit.host("pc", commands=["ping", "status"])
    await assist.renewed()
    assert (await assist.ask("reboot the pc")).text.startswith("pc is not open for power commands by voice.")
    assert (await assist.ask("turn off the pc")).is_error, "this could be about a lamp"

    await nas.announce(commands=["ping", "reboot"])
    assert (await assist.ask("shut down nas")).text == "The agent of nas does not accept this command."
    await nas.availability("offline")
    assert (await assist.ask("reboot nas")).text == "nas is not online."
    assert sent(nas) == sent(pc) == []


async def test_a_user_needs_the_right_to_control(assist: Assist, nas: FakeHost, hass_read_only_user: MockUser) -> None:
    context = Context(user_id=hass_read_only_user.id)
    assert (await assist.ask("reboot nas", context=context)).text == "You are not allowed to do this."
    assert (await assist.ask("how is nas", context=context)).text.startswith("nas is on.")
    assert (await assist.ask("reboot nas", context=Context(user_id="gone"))).text == "You are not allowed to do this."

    member = MockUser(groups=[await assist.kit.hass.auth.async_get_group(GROUP_ID_USER)]).add_to_hass(assist.kit.hass)
    assert (await assist.ask("reboot nas", context=Context(user_id=member.id))).text == QUESTION
    assert sent(nas) == []


async def test_hosts_of_one_name_are_ambiguous(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    other = await kit.host("nas2")
    devices = dr.async_get(kit.hass)
    devices.async_update_device(assist.device_id(other), name_by_user="NAS")
    await assist.renewed()
    assert (
        await assist.ask("reboot nas")
    ).text == "Several hosts are named nas. Please give them different names first."
    devices.async_update_device(assist.device_id(other), name_by_user="Attic box")
    await assist.renewed()
    assert (await assist.ask("how is the attic box")).text.startswith("Attic box is on.")
    assert (await assist.ask("reboot nas")).text == QUESTION


async def test_the_state_of_a_host_has_its_most_important_readings(assist: Assist, nas: FakeHost) -> None:
    await nas.status(cpu_percent=12.4, memory_percent=45, disk_percent=20, disk_percent_data=83.2, updates_pending=2)
    expected = "nas is on. CPU 12 %, memory 45 %, fullest disk 83 %, pending updates: 2."
    assert (await assist.ask("how is nas")).text == expected
    await nas.announce(power="shutting_down")
    await nas.availability("offline")
    assert (await assist.ask("how is nas")).text == "nas is shutting down."


async def test_hosts_that_are_down_are_listed(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    assert (await assist.ask("which hosts are down")).text == "All hosts are on."
    pc = await kit.host("pc")
    await pc.availability("offline")
    assert (await assist.ask("which hosts are down")).text == "Not on: pc (lost)."


@pytest.fixture
async def asleep(nas: FakeHost) -> FakeHost:
    """Return the host while it is off."""
    await nas.announce(power="off", cards=CARDS)
    await nas.availability("offline")
    return nas


async def test_a_host_is_woken_without_a_question(kit: Kit, assist: Assist, asleep: FakeHost, wire: Wire) -> None:
    assert (await assist.ask("wake the nas")).text == "I am waking nas up."
    await kit.hass.async_block_till_done()
    assert wire.take() == [(MAC, NETWORK)]
    await asleep.announce(cards=CARDS)
    await asleep.availability("online")
    assert (await assist.ask("wake the nas")).text == "nas is on."
    await kit.hass.async_block_till_done()
    assert wire.take() == []


async def test_a_host_without_an_address_is_not_woken(assist: Assist, nas: FakeHost, wire: Wire) -> None:
    await nas.announce(power="off", mac=[])
    await nas.availability("offline")
    answer = await assist.ask("turn on the nas")
    assert answer.text == "I cannot wake nas: the address of its network card is not known."
    assert wire.sent == []


async def test_only_open_hosts_are_woken_by_those_who_may_control_them(
    kit: Kit, assist: Assist, asleep: FakeHost, wire: Wire, hass_read_only_user: MockUser
) -> None:
    context = Context(user_id=hass_read_only_user.id)
    assert (await assist.ask("wake the nas", context=context)).text == "You are not allowed to do this."
    pc = await kit.host("pc", cards=CARDS)
    await pc.announce(power="off", cards=CARDS)
    await pc.availability("offline")
    await assist.renewed()
    assert (await assist.ask("wake the pc")).text.startswith("pc is not open for power commands by voice.")
    assert (await assist.ask("turn on the pc")).is_error, "this could be about a lamp"
    await kit.hass.async_block_till_done()
    assert wire.sent == []


async def test_a_host_is_not_woken_again_and_again(kit: Kit, assist: Assist, asleep: FakeHost, wire: Wire) -> None:
    for _ in range(MAX_WAKES):
        assert (await assist.ask("wake the nas")).text == "I am waking nas up."
        await asleep.announce(cards=CARDS)
        await asleep.availability("online")
        await kit.hass.async_block_till_done(wait_background_tasks=True)
        await asleep.announce(power="off", cards=CARDS)
        await asleep.availability("offline")
    assert (await assist.ask("wake the nas")).text.startswith("nas was woken too often in the last minute.")


async def test_sentences_of_the_user_need_no_file_of_ours(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    """The example in the documentation."""
    await assist.configure(nas, voice_languages=[])
    guide = (Path(__file__).parents[2] / "docs" / "voice.md").read_text("utf-8")
    (example,) = (block for block in guide.split("```") if "IotBridgeAnswerYes:" in block)
    file = assist.file().with_name("mine.yaml")
    file.parent.mkdir(parents=True, exist_ok=True)
    content = example.removeprefix("yaml\n").replace("0123456789abcdef0123456789abcdef", assist.device_id(nas))
    file.write_text(content, "utf-8")
    await kit.hass.services.async_call("conversation", "reload", {}, blocking=True)

    asked = await assist.ask("send the nas to bed")
    assert asked.text == "Please answer yes or no: shut down nas?"
    assert await answer_yes(assist, nas, asked) == "nas is shutting down."


async def test_an_intent_without_a_conversation_asks_nothing(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    slots = {"host": {"value": assist.device_id(nas)}, "command": {"value": "reboot"}}
    response = await intent.async_handle(kit.hass, "test", PowerIntent.intent_type, slots)
    assert response.speech["plain"]["speech"].startswith("Power commands need a conversation")


async def test_iot_bridge_that_is_not_loaded_answers(assist: Assist, nas: FakeHost) -> None:
    await assist.kit.hass.config_entries.async_unload(assist.entry.entry_id)
    answer = await assist.ask("how is nas")
    assert (answer.text, answer.is_error) == ("IoT Bridge is not running.", False)
