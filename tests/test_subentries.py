"""Subentries of other versions and damaged ones: each opens an issue, and the rest runs."""

import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.iotbridge import migration
from custom_components.iotbridge.subentries import async_migrate
from custom_components.iotbridge.things.model.mapping import thing_uid
from homeassistant.config_entries import ConfigEntryState, SubentryFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.entries import GROUP, WINDOW, entry_with, repairs, rule, set_up, thing
from tests.kit import Kit

# Core's mqtt checks its connection every second.
pytestmark = [pytest.mark.usefixtures("freezer"), pytest.mark.parametrize("expected_lingering_timers", [True])]


def nobody_was_startled(caplog: pytest.LogCaptureFixture) -> bool:
    return not [record for record in caplog.records if record.levelno >= logging.ERROR and record.exc_info]


def newer(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "version": 99}


@pytest.mark.parametrize(
    ("kind", "data", "repair"),
    [
        ("device", newer(thing("cellar/weather")), "thing_unreadable"),
        ("device", {**thing("cellar/weather"), "channels": [{"path": [], "mood": "good"}]}, "thing_unreadable"),
        ("device", {}, "thing_unreadable"),
        ("alarm", newer(rule()), "alarm_unreadable"),
        ("alarm", {"condition": {}}, "alarm_unreadable"),
        ("alarm", {**rule(), "condition": {"kind": "above", "above": "80"}}, "alarm_unreadable"),
        ("alarm", {**rule(), "condition": {"kind": "state", "states": [1]}}, "alarm_unreadable"),
        ("alarm", {**rule(), "timing": {"hold_s": "10"}}, "alarm_unreadable"),
        ("alarm", {**rule(), "escalation": {"steps": [{"after_s": None, "groups": []}]}}, "alarm_unreadable"),
        ("window", newer(WINDOW), "alarm_unreadable"),
        ("window", {**WINDOW, "start": ""}, "alarm_unreadable"),
        ("window", {**WINDOW, "days": ["monday"]}, "alarm_unreadable"),
        ("window", {**WINDOW, "duration_s": "3600"}, "alarm_unreadable"),
        ("notifier", newer(GROUP), "alarm_unreadable"),
        ("notifier", {}, "alarm_unreadable"),
        ("notifier", {"targets": [{"kind": "pigeon"}]}, "alarm_unreadable"),
        ("notifier", {"targets": ["notify.anna"]}, "alarm_unreadable"),
    ],
)
async def test_an_unreadable_subentry_is_one_issue_and_the_rest_runs(
    hass: HomeAssistant, mqtt: Any, freezer: Any, caplog: Any, kind: str, data: dict[str, Any], repair: str
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    entry = entry_with(
        hass,
        (kind, "Odd", data),
        ("device", "Attic", thing()),
        ("notifier", "Anna", GROUP),
        ("alarm", "Hot", rule("Odd", "Anna")),
    )

    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert repairs(hass) == {repair: ["Odd"]}
    assert caplog.text.count("Cannot read Odd") == 1
    kit = Kit(hass, mqtt, freezer)
    await kit.receive("attic/weather", '{"temperature": 21.5}')
    await kit.wait(3)
    assert kit.published("homeassistant/device/" + _uid("attic/weather") + "/config")
    hass.states.async_set("sensor.hot", "90")
    for _ in range(3):
        await kit.wait(1)
    assert [call.data["title"].partition(":")[0] for call in notifications] == ["Warning"]
    assert nobody_was_startled(caplog)

    flows = hass.config_entries.subentries
    context = SubentryFlowContext(source="reconfigure", subentry_id="Odd")
    result = await flows.async_init((entry.entry_id, kind), context=context)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unreadable")
    assert hass.config_entries.async_remove_subentry(entry, "Odd")
    await hass.async_block_till_done()
    assert repairs(hass) == {}
    for _ in range(5):
        await kit.wait(1)


def _uid(topic: str) -> str:
    return thing_uid(topic, topic)


async def test_an_older_subentry_is_migrated(hass: HomeAssistant, mqtt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data from before versions existed, with a current format two versions newer."""
    old = {key: value for key, value in thing().items() if key != "version"}
    filter_ = old.pop("topic")
    steps = (
        lambda data: {**data, "filter": data["topic_filter"]},
        lambda data: {**{key: value for key, value in data.items() if key != "filter"}, "topic": data["filter"]},
    )
    monkeypatch.setitem(migration.STEPS, "device", steps)
    entry = entry_with(
        hass,
        ("device", "First", {**old, "topic_filter": filter_}),
        ("device", "Second", {**old, "filter": "cellar/weather", "version": 2}),
        ("device", "Odd", {"version": 1}),
    )

    await set_up(hass, entry)

    data = {title: dict(entry.subentries[title].data) for title in entry.subentries}
    assert (data["First"]["topic"], data["First"]["version"]) == ("attic/weather", 3)
    assert (data["Second"]["topic"], data["Second"]["version"]) == ("cellar/weather", 3)
    assert data["Odd"] == {"version": 1}, "it stays what it is"
    assert repairs(hass) == {"thing_unreadable": ["Odd"]}
    before = entry.modified_at
    async_migrate(hass, entry)
    assert entry.modified_at == before, "and once only"
