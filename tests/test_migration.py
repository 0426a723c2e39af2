"""Data of other versions: older ones are migrated, newer ones are left unchanged."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge import config_flow, migration
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from tests.entries import entry_with, repairs, set_up, thing

# Core's mqtt checks its connection every second.
pytestmark = [pytest.mark.usefixtures("freezer"), pytest.mark.parametrize("expected_lingering_timers", [True])]


@pytest.fixture
def two_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the current format of devices two versions newer: each step marks the data."""

    def step(number: int) -> Callable[[Any], Any]:
        return lambda data: {**data, "steps": [*data.get("steps", []), number]}

    monkeypatch.setitem(migration.STEPS, "device", (step(1), step(2)))


@pytest.mark.parametrize(
    ("version", "steps"), [({}, [1, 2]), ({"version": 1}, [1, 2]), ({"version": 2}, [2]), ({"version": 0}, [1, 2])]
)
def test_data_are_migrated_from_their_version(two_steps: None, version: dict[str, int], steps: list[int]) -> None:
    assert migration.migrated("device", {"topic": "a", **version}) == {"topic": "a", "version": 3, "steps": steps}


@pytest.mark.parametrize("version", [3, 4, "new"])
def test_data_of_this_version_and_later_ones_stay_as_they_are(two_steps: None, version: object) -> None:
    data = {"topic": "a", "version": version}

    assert migration.migrated("device", data) is data


def test_only_data_of_this_version_pass_the_check(two_steps: None) -> None:
    migration.check("device", migration.marked("device", {"topic": "a"}))
    for data in ({}, {"version": 2}, {"version": 4}):
        with pytest.raises(migration.VersionError, match="newest known: 3"):
            migration.check("device", data)


def test_everything_that_is_configured_has_its_steps(entry: MockConfigEntry) -> None:
    kinds = config_flow.IotBridgeConfigFlow.async_get_supported_subentry_types(entry)
    assert migration.STEPS.keys() == {migration.ENTRY, *kinds}


async def test_a_rule_of_the_first_public_commit_runs(hass: HomeAssistant, mqtt: Any) -> None:
    """Run the rule as commit 876ec5b wrote it, without a version."""
    path = Path(__file__).parent / "alarms" / "runtime" / "formats" / "rule_876ec5b.json"
    written = json.loads(path.read_text("utf-8"))
    written["data"]["message"] = "why: {{ name }} {{ why }}, {% if why %}because{% endif %}"
    entry = entry_with(hass, ("alarm", "Too hot", written["data"]))

    await set_up(hass, entry)

    (rule,) = entry.runtime_data.alarms.rules.values()
    assert rule.instructions == 'Open the window; say "what_to_do": now.'
    assert [(step.after_s, step.groups) for step in rule.escalation.steps] == [(0, ("family",)), (600, ("neighbours",))]
    assert rule.escalation.repeat_s == 900
    assert rule.message == "why: {{ name }} {{ reason }}, {% if reason %}because{% endif %}"
    assert entry.subentries["Too hot"].data["version"] == migration.version_of(migration.ALARM)


async def test_a_notifier_group_of_the_first_public_commit_knows_the_kind_of_news(
    hass: HomeAssistant, mqtt: Any
) -> None:
    unchanged = {"text": "news", "others": "{{ states('sensor.news') ~ trigger.news }}"}
    action = {"kind": "action", "action": "script.news", "data": {"loud": ["{{ news == 'raised' }}"], **unchanged}}
    entry = entry_with(hass, ("notifier", "Siren", {"targets": [action], "fallback": [], "break_through": False}))

    await set_up(hass, entry)

    (target,) = entry.subentries["Siren"].data["targets"]
    assert target == {**action, "data": {"loud": ["{{ kind == 'raised' }}"], **unchanged}}


async def test_an_older_entry_is_migrated(hass: HomeAssistant, mqtt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    step: Callable[[Any], Any] = lambda options: {"response_timeout": options["timeout"]}  # noqa: E731
    monkeypatch.setitem(migration.STEPS, "entry", (step,))
    monkeypatch.setattr(config_flow.IotBridgeConfigFlow, "MINOR_VERSION", 2)
    entry = entry_with(hass, options={"timeout": 7})

    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert (entry.minor_version, dict(entry.options)) == (2, {"response_timeout": 7})


async def test_an_entry_of_a_later_minor_version_runs(hass: HomeAssistant, mqtt: Any) -> None:
    entry = entry_with(hass, ("device", "Attic", thing()), minor_version=99)

    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert (entry.minor_version, repairs(hass)) == (99, {})


async def test_an_entry_of_a_later_version_is_refused_with_a_sentence(hass: HomeAssistant, mqtt: Any) -> None:
    entry = entry_with(hass, ("device", "Attic", thing()), version=2)

    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert repairs(hass).keys() == {"entry_newer"}
    assert dict(entry.subentries["Attic"].data) == thing()
