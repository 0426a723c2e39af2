"""Quality scale of Home Assistant: every rule has an answer, and the answers are verified."""

from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.iotbridge.things.decoders.cbor import REQUIREMENT
from homeassistant.util.yaml import load_yaml_dict

REPOSITORY = Path(__file__).parent.parent
ROOT = REPOSITORY / "custom_components" / "iotbridge"

BRONZE = """action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
    dependency-transparency docs-actions docs-conditions docs-high-level-description docs-installation-instructions
    docs-removal-instructions docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data
    test-before-configure test-before-setup unique-config-entry"""
SILVER = """action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
    entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage"""
GOLD = """devices diagnostics discovery discovery-update-info docs-data-update docs-examples docs-known-limitations
    docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices entity-category
    entity-device-class entity-disabled-by-default entity-translations exception-translations icon-translations
    reconfiguration-flow repair-issues stale-devices"""
PLATINUM = "async-dependency inject-websession strict-typing"

RULES: dict[str, Any] = load_yaml_dict(str(ROOT / "quality_scale.yaml"))["rules"]


def status(rule: str) -> str:
    answer = RULES[rule]
    return str(answer if isinstance(answer, str) else answer["status"])


def comment(rule: str) -> str:
    answer = RULES[rule]
    return "" if isinstance(answer, str) else str(answer.get("comment", ""))


def test_every_rule_has_an_answer_in_the_order_of_the_scale() -> None:
    assert list(RULES) == [*BRONZE.split(), *SILVER.split(), *GOLD.split(), *PLATINUM.split()]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_done_or_exempt_for_a_reason(rule: str) -> None:
    assert status(rule) in ("done", "exempt")
    assert status(rule) == "done" or comment(rule)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.startswith("docs-")])
def test_what_is_documented_can_be_found(rule: str) -> None:
    pages = re.findall(r"[\w/]+\.md", comment(rule))
    headings = {
        heading
        for page in pages
        for heading in re.findall(r"^#+ (.+)$", (REPOSITORY / page).read_text("utf-8"), re.MULTILINE)
    }

    assert pages
    assert set(re.findall(r'"([^"]+)"', comment(rule))) <= headings


def test_no_platform_limits_its_updates() -> None:
    for name in ("event.py", "sensor.py"):
        assert "PARALLEL_UPDATES = 0" in (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("rule", ["dependency-transparency", "async-dependency"])
def test_the_library_that_is_installed_when_it_is_needed_is_accounted_for(rule: str) -> None:
    assert REQUIREMENT.partition("==")[0] in comment(rule)
