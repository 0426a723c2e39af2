"""Starts that fail half way, and settings of other versions: what can run runs, and the rest is a repair."""

import asyncio
from collections.abc import Callable
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.iotbridge import config_flow, migration
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Rule, Selection
from custom_components.iotbridge.alarms.manager import AlarmsManager, store_path
from custom_components.iotbridge.hosts.manager import HostsManager
from custom_components.iotbridge.subentries import async_migrate
from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import DeviceMetadata
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryDataWithId, SubentryFlowContext
from homeassistant.core import HomeAssistant, State
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir

from .kit import FakeHost, Kit
from .rules import HOT

# Core's mqtt looks at its connection every second.
pytestmark = [pytest.mark.usefixtures("freezer"), pytest.mark.parametrize("expected_lingering_timers", [True])]

TEMPERATURE = Channel(name="Temperature", path=("temperature",), state_class="measurement")


def thing(topic: str = "attic/weather") -> dict[str, Any]:
    profile = Profile(
        topic=topic, depth=0, channels=(TEMPERATURE,), devices={topic: DeviceMetadata(name="Attic")}, exact=True
    )
    return profile.as_dict()


def rule(*groups: str) -> dict[str, Any]:
    steps = (EscalationStep(after_s=0, groups=groups),) if groups else ()
    made = Rule(
        rule_id="",
        name="Hot",
        severity=Severity.WARNING,
        condition=HOT,
        selection=Selection(entities=("sensor.hot",)),
        plan=EscalationPolicy(steps=steps),
    )
    return made.as_dict()


GROUP = {"targets": [{"kind": "mobile_app", "action": "notify.mobile_app_anna"}], "fallback": []}
WINDOW = {"days": ["mon"], "start": "02:00:00", "duration_s": 3600, "selection": {}, "rules": ["x"]}


def entry_with(hass: HomeAssistant, *subentries: tuple[str, str, dict[str, Any]], **more: Any) -> MockConfigEntry:
    data = [
        ConfigSubentryDataWithId(data=data, subentry_id=title, subentry_type=kind, title=title, unique_id=None)
        for kind, title, data in subentries
    ]
    entry = MockConfigEntry(domain="iotbridge", title="IoT Bridge", unique_id="iotbridge", subentries_data=data, **more)
    entry.add_to_hass(hass)
    return entry


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def repairs(hass: HomeAssistant) -> dict[str, list[str]]:
    """Return the kinds of open repairs, and what they name."""
    found: dict[str, list[str]] = {}
    for issue in ir.async_get(hass).issues.values():
        found.setdefault(issue.translation_key or "", []).append((issue.translation_placeholders or {}).get("name", ""))
    return {kind: sorted(names) for kind, names in found.items()}


def refused(caplog: pytest.LogCaptureFixture) -> int:
    """Return how many platforms Home Assistant refused to set up."""
    return sum("already been setup" in str(record.exc_info) for record in caplog.records)


def nobody_was_startled(caplog: pytest.LogCaptureFixture) -> bool:
    return not [record for record in caplog.records if record.levelno >= logging.ERROR and record.exc_info]


async def test_without_the_file_of_the_alarms_all_runs(
    hass: HomeAssistant, mqtt: Any, entry: MockConfigEntry, freezer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    path = store_path(hass)
    await hass.async_add_executor_job(lambda: path.mkdir(parents=True))

    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()

    assert entry.state is ConfigEntryState.LOADED
    assert refused(caplog) == 0
    assert repairs(hass).keys() == {"alarms_not_written"}
    host: FakeHost = await Kit(hass, mqtt, freezer).host()
    assert host.power == "on"


async def test_one_part_that_cannot_start_costs_no_other(
    hass: HomeAssistant, mqtt: Any, entry: MockConfigEntry, freezer: Any, hass_storage: dict[str, Any]
) -> None:
    hass_storage["iotbridge.things"] = {"version": 1, "minor_version": 1, "key": "iotbridge.things", "data": [1]}

    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert repairs(hass).keys() == {"things_not_started"}
    host: FakeHost = await Kit(hass, mqtt, freezer).host()
    assert host.power == "on"
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert repairs(hass) == {}
    hass_storage["iotbridge.things"]["data"] = {}
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert repairs(hass) == {}


async def test_alarms_that_cannot_start_watch_nothing_and_show_nothing(
    hass: HomeAssistant, mqtt: Any, freezer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = async_mock_service(hass, "notify", "mobile_app_anna")
    entry = entry_with(hass, ("notifier", "Anna", GROUP), ("alarm", "Hot", rule("Anna")))
    with monkeypatch.context() as patched:
        # The last thing that begins.
        patched.setattr(AlarmsManager, "_async_take_up_restored", _fail)
        await set_up(hass, entry)

    assert repairs(hass).keys() == {"alarms_not_started"}
    shown = {entity_id: state.state for entity_id, state in _states(hass).items() if "alarm" in entity_id}
    assert len(shown) >= 6
    assert set(shown.values()) == {"unavailable"}
    assert _states(hass)["switch.iot_bridge_maintenance"].state == "unavailable"
    hass.states.async_set("sensor.hot", "90")
    kit = Kit(hass, mqtt, freezer)
    for _ in range(3):
        await kit.wait(1)
    assert told == []
    host: FakeHost = await kit.host()
    assert host.power == "on"

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    for _ in range(3):
        await kit.wait(1)
    assert repairs(hass) == {}
    assert _states(hass)["sensor.iot_bridge_active_warning_alarms"].state == "1"
    assert len(told) == 1


async def test_hosts_that_cannot_start_show_nothing(
    hass: HomeAssistant, mqtt: Any, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HostsManager, "async_start", _fail)

    await set_up(hass, entry)

    assert repairs(hass).keys() == {"hosts_not_started"}
    states = {entity_id: state.state for entity_id, state in _states(hass).items()}
    counts = ("hosts_online", "hosts_lost", "messages_rejected")
    assert {states[f"sensor.iot_bridge_{count}"] for count in counts} == {"unavailable"}
    assert states["binary_sensor.iot_bridge_broker_connected"] == "on"
    assert states["switch.iot_bridge_maintenance"] == "off"


async def _fail(_self: object) -> None:
    raise RuntimeError("a fault of ours")


def _states(hass: HomeAssistant) -> dict[str, State]:
    return {state.entity_id: state for state in hass.states.async_all()}


async def test_a_start_that_is_cut_off_leaves_no_platform_behind(
    hass: HomeAssistant, mqtt: Any, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def cut_off(*_arguments: Any, **_more: Any) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr("homeassistant.components.mqtt.async_subscribe", cut_off)
        await set_up(hass, entry)
    assert str(entry.state) == "ConfigEntryState.SETUP_ERROR"
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()

    assert entry.state is ConfigEntryState.LOADED
    assert refused(caplog) == 0
    maintenance = next(iter(hass.states.async_entity_ids("switch")))
    await hass.services.async_call("switch", "turn_on", {"entity_id": maintenance}, blocking=True)
    await hass.async_block_till_done()
    assert hass.states.is_state(maintenance, "on")


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
        ("alarm", {**rule(), "plan": {"steps": [{"after_s": None, "groups": []}]}}, "alarm_unreadable"),
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
async def test_what_cannot_be_read_is_one_repair_and_the_rest_runs(
    hass: HomeAssistant, mqtt: Any, freezer: Any, caplog: Any, kind: str, data: dict[str, Any], repair: str
) -> None:
    told = async_mock_service(hass, "notify", "mobile_app_anna")
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
    assert [call.data["title"].partition(":")[0] for call in told] == ["Warning"]
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


# ------------------------------------------------------------------ versions


def test_everything_that_is_configured_has_its_steps(entry: MockConfigEntry) -> None:
    kinds = config_flow.IotBridgeConfigFlow.async_get_supported_subentry_types(entry)
    assert migration.STEPS.keys() == {migration.ENTRY, *kinds}


async def test_an_older_subentry_is_brought_to_this_version(
    hass: HomeAssistant, mqtt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written before there were versions, the format of the next release is two steps away."""
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


async def test_an_older_entry_is_brought_to_this_version(
    hass: HomeAssistant, mqtt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
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
