"""Sentences through Home Assistant's conversation agent: many that work, and as many that must change nothing.

The household has two hosts of nearly equal names, only one of which is open for power commands, and their buttons are
exposed to the agent. In English, its second recognizer is behind the sentences.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from custom_components.iotbridge.sentences.speech import async_speech
from homeassistant.helpers import entity_registry as er

from ...assist import LANGUAGES, Assist
from ...kit import FakeHost, Kit
from ...rules import add_rule, set_state
from ...wire import NETWORK, Wire, card

CARDS = {"nas": [card("a8:a1:59:00:00:01")], "nas-2": [card("a8:a1:59:00:00:02")]}
NEAR_MISSES = ("near_misses", "wake_near_misses")
CASES = Path(__file__).parents[1] / "cases"


def cases(language: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = yaml.safe_load((CASES / f"{language}.yaml").read_text("utf-8"))
    return found


def sent(hosts: list[FakeHost]) -> list[str]:
    """Return the commands that were sent; IoT Bridge itself asks an agent for its status."""
    names = [command["command"] for host in hosts for command in host.commands()]
    return [name for name in names if name != "status"]


@pytest.fixture
async def hosts(kit: Kit, assist: Assist, wire: Wire) -> list[FakeHost]:
    """Return the two hosts, with the switch of their power; the second is lost."""
    for name in CARDS:
        er.async_get(kit.hass).async_get_or_create(
            "switch", "iotbridge", f"iotbridge_{name}_power", config_entry=assist.entry
        )
    nas, other = [await kit.host(name, cards=cards) for name, cards in CARDS.items()]
    await add_rule(kit, "sensor.attic", name="Too hot")
    await set_state(kit, "sensor.attic", "90", friendly_name="Attic")
    await assist.configure(
        nas, other, voice_languages=LANGUAGES, voice_power_hosts=[assist.device_id(nas)], voice_language_models=False
    )
    assert [kit.state(f"iotbridge_{name}_power").state for name in CARDS] == ["on", "on"]
    await other.availability("offline")
    assist.expose("iotbridge_nas_reboot", "iotbridge_nas-2_reboot")
    await assist.renewed()
    return [nas, other]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_sentences_work_and_send_nothing_by_themselves(
    assist: Assist, hosts: list[FakeHost], language: str
) -> None:
    speech = await async_speech(assist.kit.hass, language)
    answers = {
        "reboot": {speech.sentence("ask_reboot", host="nas")},
        "shutdown": {speech.sentence("ask_shutdown", host="nas")},
        "hosts": {speech.sentence("hosts_down", names=f"nas-2 ({speech.sentence('is_lost')})")},
        "alarms": {speech.sentence("active_alarms", count=1, names="Attic")},
        "acknowledge": {speech.sentence("acknowledged", names="Attic"), speech.sentence("none_to_acknowledge")},
    }
    sentences = cases(language)
    assert sum(len(group) for name, group in sentences.items() if name not in NEAR_MISSES) >= 40
    wrong: dict[str, Any] = {}
    for group in ("reboot", "shutdown", "status", "hosts", "alarms", "acknowledge", "snooze"):
        for sentence in sentences[group]:
            answer = await assist.ask(sentence, language)
            match group:
                case "status":
                    is_right = answer.text.startswith(
                        speech.sentence("state_of", host="nas", state=speech.sentence("is_on"))
                    )
                case "snooze":
                    is_right = "Attic" in answer.text or answer.text == speech.sentence("none_to_snooze")
                case _:
                    is_right = answer.text in answers[group]
            if not is_right:
                wrong[sentence] = answer.text

    assert wrong == {}
    assert sent(hosts) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_sentences_wake_one_host_and_near_misses_none(
    assist: Assist, hosts: list[FakeHost], wire: Wire, language: str
) -> None:
    for host in hosts:
        await host.announce(power="off", cards=CARDS[host.node_id])
        await host.availability("offline")
    buttons, sentences = assist.buttons(), cases(language)
    speech = await async_speech(assist.kit.hass, language)
    for sentence in sentences["wake_near_misses"]:
        await assist.ask(sentence, language)
    assert (wire.take(), sent(hosts), assist.buttons()) == ([], [], buttons)

    answers = {sentence: (await assist.ask(sentence, language)).text for sentence in sentences["wake"]}
    assert answers == dict.fromkeys(sentences["wake"], speech.sentence("waking", host="nas"))
    await assist.kit.hass.async_block_till_done()
    assert wire.take() == [("a8:a1:59:00:00:01", NETWORK)]
    assert sent(hosts) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_near_misses_press_nothing(assist: Assist, hosts: list[FakeHost], language: str) -> None:
    buttons, near_misses = assist.buttons(), cases(language)["near_misses"]
    assert {"button.nas_reboot", "button.nas_2_reboot"} <= buttons.keys()
    assert len(near_misses) >= 40
    yes = {"en": "yes", "fr": "oui", "it": "sì"}[language]
    changed = {}
    for sentence in near_misses:
        answer = await assist.ask(sentence, language)
        await assist.ask(yes, language, answer.conversation_id)
        if sent(hosts) or assist.buttons() != buttons:
            changed[sentence] = (answer.text, sent(hosts))
            break

    assert changed == {}
