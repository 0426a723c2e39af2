"""Questions on a voice satellite: core's actions, stood in for by an entity that answers by text."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.iotbridge.hosts.voice.satellites import CAN_ANNOUNCE, CAN_ASK
from homeassistant.core import Context, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError

from ...assist import Assist, without_command
from ...kit import FakeHost, Kit

SATELLITE = "assist_satellite.kitchen"


class Satellite:
    """Satellite that answers each question with a text, and keeps what it was asked and what it announced."""

    def __init__(self, kit: Kit, features: int = CAN_ASK | CAN_ANNOUNCE) -> None:
        self.kit = kit
        self.answer = "yes"
        self.calls: list[tuple[str, Any]] = []
        self.features = features
        self.set_state("processing")
        kit.hass.services.async_register(
            "assist_satellite", "ask_question", self.ask_question, supports_response=SupportsResponse.ONLY
        )
        kit.hass.services.async_register("assist_satellite", "announce", self.announce)

    def set_state(self, state: str) -> None:
        """Set its state; it is idle once it has finished a sentence."""
        self.kit.hass.states.async_set(SATELLITE, state, {"supported_features": self.features})

    async def ask_question(self, call: ServiceCall) -> Any:
        """Answer, as core's action does."""
        self.calls.append((call.service, call.data["question"]))
        if not self.answer:
            raise HomeAssistantError("No answer")
        return {"id": None, "sentence": self.answer, "slots": {}}

    async def announce(self, call: ServiceCall) -> None:
        """Announce a text."""
        self.calls.append((call.service, call.data["message"]))

    async def until(self, count: int) -> None:
        """Wait until it was called so often."""
        while len(self.calls) < count:
            await asyncio.to_thread(lambda: None)


@pytest.fixture
async def nas(kit: Kit, assist: Assist) -> FakeHost:
    """Return a host that is open for power commands by voice."""
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"], voice_power_hosts=[assist.device_id(nas)])
    return nas


def sent(host: FakeHost) -> list[dict[str, Any]]:
    return [command for command in host.commands() if command["command"] != "status"]


async def test_it_asks_when_it_has_finished_and_announces_the_result(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    satellite = Satellite(kit)
    answer = await assist.ask("reboot the nas", satellite_id=SATELLITE)
    assert (answer.text, satellite.calls) == ("", []), "asking now would cancel this very sentence"

    satellite.set_state("idle")
    await satellite.until(1)
    while not sent(nas):
        await asyncio.to_thread(lambda: None)
    await nas.respond(sent(nas)[0], "accepted")
    await satellite.until(2)
    assert satellite.calls == [
        ("ask_question", "Please answer yes or no: reboot nas?"),
        ("announce", "nas is rebooting."),
    ]


@pytest.mark.parametrize("answer", ["no", "", "yes but later", "what?"])
async def test_anything_but_yes_does_nothing(kit: Kit, assist: Assist, nas: FakeHost, answer: str) -> None:
    satellite = Satellite(kit)
    satellite.answer = answer
    await assist.ask("shut down nas", satellite_id=SATELLITE)
    satellite.set_state("idle")
    await without_command(kit, satellite.until(2))
    assert satellite.calls[1] == ("announce", "All right, nothing was done.")
    assert sent(nas) == []


async def test_a_satellite_that_stays_busy_is_not_asked(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    satellite = Satellite(kit)
    await assist.ask("reboot nas", satellite_id=SATELLITE)
    await kit.wait(16)
    await satellite.until(1)
    assert satellite.calls == [("announce", "All right, nothing was done.")]
    assert sent(nas) == []


async def test_a_signed_in_user_is_asked_in_the_conversation(
    kit: Kit, assist: Assist, nas: FakeHost, hass_admin_user: MockUser
) -> None:
    satellite = Satellite(kit)
    satellite.set_state("idle")
    answer = await assist.ask("reboot nas", satellite_id=SATELLITE, context=Context(user_id=hass_admin_user.id))
    assert answer.text == "Please answer yes or no: reboot nas?"
    await kit.hass.async_block_till_done(wait_background_tasks=True)
    assert satellite.calls == []


async def test_one_that_cannot_ask_takes_the_yes_of_the_next_sentence(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    satellite = Satellite(kit, CAN_ANNOUNCE)
    context = Context()
    asked = await assist.ask("reboot nas", satellite_id=SATELLITE, context=context)
    assert asked.text == "Please answer yes or no: reboot nas?"
    confirming = asyncio.create_task(assist.order("yes", conversation_id=asked.conversation_id, satellite_id=SATELLITE))
    while not sent(nas):
        await asyncio.to_thread(lambda: None)
    await nas.respond(sent(nas)[0], "accepted")
    assert (await confirming).text == "nas is rebooting."
    assert satellite.calls == []
