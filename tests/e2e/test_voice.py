"""Voice sentences from the guide, in Assist."""

from collections.abc import AsyncGenerator
import shutil

from lab.alarms import add_rule, alarms, history, remove, subentries
from lab.lab import Lab
from lab.processes import ROOT
import pytest

from .alarm import Gauge

SENTENCES = ROOT / "docs" / "custom_sentences"
NAME = "Too hot to miss"


@pytest.fixture
async def hot(lab: Lab) -> AsyncGenerator[Gauge]:
    """Set up one alarm, and the sentences of the guide."""
    for language in ("en", "it", "fr"):
        folder = lab.home_assistant.folder / "custom_sentences" / language
        shutil.copytree(SENTENCES / language, folder, dirs_exist_ok=True)
        await lab.client.call("conversation.reload", {"language": language})
    gauge = Gauge(lab, "voice")
    await gauge.discover()
    await gauge.publish(20.0)
    rule_id = await add_rule(lab.client, "above", NAME, condition={"above": 80}, entities=[gauge.entity_id])
    await gauge.publish(90.0)
    yield gauge
    if rule_id in {row["subentry_id"] for row in await subentries(lab.client)}:
        await remove(lab.client, rule_id)


async def ask(lab: Lab, text: str, language: str = "en") -> str:
    """Send a sentence to Assist; return the answer."""
    data = {"text": text, "language": language}
    answer = await lab.client.call("conversation.process", data, response=True)
    return str(answer["response"]["speech"]["plain"]["speech"])


async def test_alarms_are_asked_for_and_acknowledged_by_voice(lab: Lab, hot: Gauge) -> None:
    name = (await lab.client.state(hot.entity_id))["attributes"]["friendly_name"]
    for question, language in (
        ("are there any alarms?", "en"),
        ("quali allarmi ci sono", "it"),
        ("quelles alarmes sont actives", "fr"),
    ):
        assert name in await ask(lab, question, language)

    assert name in await ask(lab, "Acknowledge all the alarms")

    assert [alarm["state"] for alarm in await alarms(lab.client, NAME)] == ["acknowledged"]
    happened = await history(lab.client, NAME)
    assert [(row["change"], row["where"]) for row in happened][-1] == ("acknowledged", "voice")
    assert happened[-1]["who"]
