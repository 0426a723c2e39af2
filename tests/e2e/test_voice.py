"""Voice in Assist: a real Home Assistant with its conversation agent, a real broker, real agents."""

from collections.abc import AsyncGenerator
from pathlib import Path
import shutil

from lab.alarms import add_rule, alarms, history, remove, subentries
from lab.browser import browsing
from lab.lab import Lab
from lab.voice import ask, open_voice, understood
from lab.waiting import until
from playwright.async_api import expect  # type: ignore[import-not-found, unused-ignore]
import pytest
import yaml  # type: ignore[import-untyped]

from .alarm import Gauge
from .host import Host, next_of

CASES = Path(__file__).parents[1] / "sentences" / "cases"
NAME = "Too hot to miss"


@pytest.fixture
async def hot(lab: Lab) -> AsyncGenerator[Gauge]:
    """Set up one alarm, and the sentences."""
    gauge = Gauge(lab, "voice")
    await gauge.discover()
    await gauge.publish(20.0)
    rule_id = await add_rule(lab.client, "above", NAME, condition={"above": 80}, entities=[gauge.entity_id])
    await open_voice(lab.client)
    await gauge.publish(90.0)
    yield gauge
    if rule_id in {row["subentry_id"] for row in await subentries(lab.client)}:
        await remove(lab.client, rule_id)


async def test_alarms_are_asked_for_and_acknowledged_by_voice(lab: Lab, hot: Gauge) -> None:
    name = (await lab.client.state(hot.entity_id))["attributes"]["friendly_name"]
    for question, language in (
        ("are there any alarms?", "en"),
        ("quali allarmi ci sono", "it"),
        ("quelles alarmes sont actives", "fr"),
    ):
        await understood(lab.client, question, name, language)

    assert name in (await ask(lab.client, "Acknowledge all the alarms"))[0]

    assert [alarm["state"] for alarm in await alarms(lab.client, NAME)] == ["acknowledged"]
    happened = await history(lab.client, NAME)
    assert [(row["change"], row["where"]) for row in happened][-1] == ("acknowledged", "voice")
    assert happened[-1]["who"]


async def test_a_host_is_rebooted_after_a_yes(lab: Lab, recording_host: Host) -> None:
    name = recording_host.node_id
    await open_voice(lab.client, await recording_host.device_id())
    await recording_host.wait_power("on")
    conversation_id = await understood(lab.client, f"reboot {name}", f"Please answer yes or no: reboot {name}?")
    assert (await ask(lab.client, "yes"))[0] == "There is no open question, so nothing was done."
    assert recording_host.executed == []

    answer, _ = await ask(lab.client, "yes", conversation_id=conversation_id)

    assert answer == f"{name} is rebooting."
    await until(lambda: _executed(recording_host), timeout_s=30, what="the reboot")
    assert recording_host.executed == ["reboot"]
    again, _ = await ask(lab.client, "yes", conversation_id=conversation_id)
    assert again == "There is no open question, so nothing was done."


async def _executed(host: Host) -> bool:
    return bool(host.executed)


async def test_nearly_right_sentences_do_nothing(lab: Lab, recording_host: Host) -> None:
    """The cases are about a host named nas; here its name is long, and the buttons of the host are exposed."""
    name = recording_host.node_id
    await open_voice(lab.client, await recording_host.device_id())
    await recording_host.wait_power("on")
    buttons = [await recording_host.entity_id(f"command_{command}") for command in ("reboot", "shutdown")]
    await lab.client.command(
        "homeassistant/expose_entity", assistants=["conversation"], entity_ids=buttons, should_expose=True
    )
    for button in buttons:
        await lab.client.wait_state(button, "unknown")
    for language, question, yes in (
        ("en", f"how is {name}", "yes"),
        ("fr", f"comment va {name}", "oui"),
        ("it", f"come sta {name}", "sì"),
    ):
        await understood(lab.client, question, name, language)
        for text in yaml.safe_load((CASES / f"{language}.yaml").read_text("utf-8"))["near_misses"]:
            _, conversation_id = await ask(lab.client, text.replace("nas", name), language)
            await ask(lab.client, yes, language, conversation_id)

    assert [(await lab.client.state(button))["state"] for button in buttons] == ["unknown", "unknown"]
    assert recording_host.executed == []


@pytest.fixture
async def satellite(lab: Lab) -> None:
    """Add the voice satellite that receives and answers by text, and let the preferred assistant use its speech."""
    if not await lab.client.entries("text_satellite"):
        assert (await lab.client.flow("text_satellite"))["type"] == "create_entry"
    pipelines = await lab.client.command("assist_pipeline/pipeline/list")
    (preferred,) = [row for row in pipelines["pipelines"] if row["id"] == pipelines["preferred_pipeline"]]
    speech = {
        "stt_engine": "stt.text_recognition",
        "stt_language": "en",
        "tts_engine": "tts.text_voice",
        "tts_language": "en",
    }
    settings = {key: value for key, value in preferred.items() if key != "id"} | speech
    await lab.client.command("assist_pipeline/pipeline/update", pipeline_id=preferred["id"], **settings)


async def test_a_satellite_asks_aloud(lab: Lab, recording_host: Host, satellite: None) -> None:
    name = recording_host.node_id
    await open_voice(lab.client, await recording_host.device_id())
    await recording_host.wait_power("on")
    await understood(lab.client, f"how is {name}", f"{name} is on.")
    question = {"kind": "question", "text": f"Please answer yes or no: reboot {name}?"}
    for answer, result in (("no", "All right, nothing was done."), ("yes", f"{name} is rebooting.")):
        assert recording_host.executed == []
        async with lab.client.events("text_satellite") as events:
            await lab.client.call("text_satellite.receive", {"text": f"reboot {name}", "answers": [answer]})
            spoken = [(await next_of(events))["data"] for _ in range(2)]
        assert spoken == [question, {"kind": "announcement", "text": result}]

    await until(lambda: _executed(recording_host), timeout_s=30, what="the reboot")
    assert recording_host.executed == ["reboot"]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")
async def test_the_dialog_of_assist_takes_typed_text(lab: Lab, host: Host) -> None:
    await open_voice(lab.client, await host.device_id())
    await host.wait_power("on")
    await understood(lab.client, f"how is {host.node_id}", f"{host.node_id} is on.")
    async with browsing(lab) as page:
        await page.goto(f"{lab.home_assistant.url}/home/overview?conversation=1")
        await page.get_by_text("How can I assist?").wait_for()
        field = page.get_by_role("textbox", name="Enter a request")
        for text, answer in (
            (f"reboot {host.node_id}", f"Please answer yes or no: reboot {host.node_id}?"),
            ("yes", "dry run"),
        ):
            await field.fill(text)
            await field.press("Enter")
            await expect(field).to_have_value("")  # it was sent
            await page.get_by_text(answer).first.wait_for()

    await host.wait_command_event("reboot", "accepted")
