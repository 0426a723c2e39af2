"""Guides: they contain every anchor that the integration links to, and their examples are valid automations."""

import json
from pathlib import Path
import re
from typing import Any

from hassil.intents import Intents
from hassil.recognize import recognize
from hassil.util import merge_dict
import pytest
import yaml  # type: ignore[import-untyped]

from custom_components.iotbridge import issues
from custom_components.iotbridge.sentences.document import document
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

from .kit import Kit

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TEXTS = json.loads((ROOT / "custom_components/iotbridge/translations/en.json").read_text("utf-8"))
GUIDES = ("hosts", "things", "alarms", "voice", "power-plans")
HOSTS, THINGS, ALARMS, VOICE, POWER_PLANS = ((DOCS / f"{name}.md").read_text(encoding="utf-8") for name in GUIDES)


def examples(guide: str) -> list[dict[str, Any]]:
    found = [parse_yaml(block) for block in re.findall(r"^```yaml\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)]
    return [example for example in found if isinstance(example, dict)]


def anchors(text: str, level: str = "#+") -> list[str]:
    return [heading.lower().replace(" ", "-") for heading in re.findall(rf"^{level} (.+)$", text, re.MULTILINE)]


def section_of_repairs(guide: str) -> str:
    _, _, section = guide.partition("\n## Repairs\n")
    return section.partition("\n## ")[0]


def repairs(guide: str) -> set[str]:
    return set(anchors(section_of_repairs(guide), "###"))


def test_every_repair_has_its_section() -> None:
    kinds = {value for name, value in vars(issues).items() if name.isupper() and isinstance(value, str)}
    kinds -= {"iotbridge", issues.HELP_URL}
    elsewhere = issues.OF_THINGS | issues.OF_ALARMS | issues.OF_VOICE | issues.OF_POWER_PLANS
    assert kinds > elsewhere
    assert {kind.replace("_", "-") for kind in issues.OF_THINGS} == repairs(THINGS)
    assert {kind.replace("_", "-") for kind in issues.OF_ALARMS} == repairs(ALARMS)
    assert {kind.replace("_", "-") for kind in issues.OF_VOICE} == repairs(VOICE)
    assert {kind.replace("_", "-") for kind in issues.OF_POWER_PLANS} == repairs(POWER_PLANS)
    assert {kind.replace("_", "-") for kind in kinds - elsewhere} == repairs(HOSTS)


@pytest.mark.parametrize("guide", [HOSTS, THINGS, ALARMS, VOICE, POWER_PLANS], ids=GUIDES)
def test_every_repair_begins_with_the_title_that_users_see(guide: str) -> None:
    titles = {kind: re.sub(r"{\w+}", "…", texts["title"]) for kind, texts in TEXTS["issues"].items()}
    sections = re.findall(r"^### (.+)\n\n(.+(?:\n.+)*)", section_of_repairs(guide), re.MULTILINE)
    assert sections
    for heading, text in sections:
        assert " ".join(text.split()).startswith(f"*{titles[heading.lower().replace(' ', '_')]}.* ")


@pytest.mark.parametrize("guide", [HOSTS, THINGS, ALARMS, VOICE, POWER_PLANS], ids=GUIDES)
def test_every_heading_of_a_guide_has_its_own_anchor(guide: str) -> None:
    found = anchors(re.sub(r"^```.*?^```$", "", guide, flags=re.MULTILINE | re.DOTALL))
    assert len(found) == len(set(found))


@pytest.mark.parametrize("example", examples(HOSTS), ids=",".join)
async def test_every_example_is_an_automation(kit: Kit, example: dict[str, Any]) -> None:
    await kit.host()
    automation = {"alias": "guide", "triggers": [{"trigger": "event", "event_type": "test"}], **example}
    assert await async_setup_component(kit.hass, "automation", {"automation": automation})
    await kit.hass.async_block_till_done()
    state = kit.hass.states.get("automation.guide")
    assert state is not None
    assert state.state == "on"
    await kit.hass.services.async_call("automation", "turn_off", {"entity_id": "automation.guide"}, blocking=True)


@pytest.mark.parametrize("example", examples(ALARMS), ids=",".join)
async def test_every_example_of_the_guide_to_alarms_is_an_automation(kit: Kit, example: dict[str, Any]) -> None:
    assert await async_setup_component(kit.hass, "automation", {"automation": {"alias": "guide", **example}})
    await kit.hass.async_block_till_done()
    state = kit.hass.states.get("automation.guide")
    assert state is not None
    assert state.state == "on"
    await kit.hass.services.async_call("automation", "turn_off", {"entity_id": "automation.guide"}, blocking=True)


@pytest.mark.parametrize("example", examples(THINGS), ids=",".join)
async def test_every_action_of_the_guide_to_things_answers(kit: Kit, example: dict[str, Any]) -> None:
    domain, _, name = example["action"].partition(".")
    answer = await kit.hass.services.async_call(domain, name, example["data"], blocking=True, return_response=True)
    assert answer
    assert answer["devices"]
    assert answer["unknown"] == []


@pytest.mark.parametrize("example", examples(VOICE), ids="sentences".format)
def test_every_example_of_the_guide_to_voice_is_a_sentence_file(example: dict[str, Any]) -> None:
    merged = yaml.safe_load(document("en", {"host": [("nas", "x")], "switchable": [], "alarm": []}))
    merge_dict(merged, example)
    result = recognize("send nas to bed", Intents.from_dict(merged))
    assert result is not None
    assert result.intent.name in merged["intents"]
