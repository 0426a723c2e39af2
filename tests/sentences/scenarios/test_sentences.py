"""Sentences through Home Assistant's conversation agent: many that work, and as many that must change nothing.

The household has two hosts of nearly equal names, only one of which is open for power commands, and their buttons are
exposed to the agent. In English, its second recognizer is behind the sentences.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from custom_components.iotbridge.sentences.speech import async_speech

from ...assist import LANGUAGES, Assist
from ...kit import FakeHost, Kit
from ...rules import add_rule, set_state

CASES = Path(__file__).parents[1] / "cases"


def cases(language: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = yaml.safe_load((CASES / f"{language}.yaml").read_text("utf-8"))
    return found


def sent(hosts: list[FakeHost]) -> list[str]:
    """Return the commands that were sent; IoT Bridge itself asks an agent for its status."""
    names = [command["command"] for host in hosts for command in host.commands()]
    return [name for name in names if name != "status"]


@pytest.fixture
async def hosts(kit: Kit, assist: Assist) -> list[FakeHost]:
    """Return the two hosts; the second is lost."""
    nas, other = await kit.host("nas"), await kit.host("nas-2")
    await add_rule(kit, "sensor.attic", name="Too hot")
    await set_state(kit, "sensor.attic", "90", friendly_name="Attic")
    await assist.configure(
        nas, other, voice_languages=LANGUAGES, voice_power_hosts=[assist.device_id(nas)], voice_language_models=False
    )
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
    assert sum(map(len, sentences.values())) - len(sentences["near_misses"]) >= 40
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
