"""The guide has what the integration sends its users there for, and its examples are automations."""

from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.iotbridge import issues
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

from .kit import Kit

GUIDE = (Path(__file__).parents[1] / "docs" / "hosts.md").read_text(encoding="utf-8")
EXAMPLES = [parse_yaml(block) for block in re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)]


def test_every_repair_has_its_section() -> None:
    kinds = {value for name, value in vars(issues).items() if name.isupper() and isinstance(value, str)}
    kinds -= {"iotbridge", issues.HELP_URL}
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^### (.+)$", GUIDE, re.MULTILINE)}
    assert kinds
    assert {kind.replace("_", "-") for kind in kinds} == headings


@pytest.mark.parametrize("example", EXAMPLES, ids=",".join)
async def test_every_example_is_an_automation(kit: Kit, example: dict[str, Any]) -> None:
    await kit.host()
    automation = {"alias": "guide", "triggers": [{"trigger": "event", "event_type": "test"}], **example}
    assert await async_setup_component(kit.hass, "automation", {"automation": automation})
    await kit.hass.async_block_till_done()
    state = kit.hass.states.get("automation.guide")
    assert state is not None
    assert state.state == "on"
    await kit.hass.services.async_call("automation", "turn_off", {"entity_id": "automation.guide"}, blocking=True)
