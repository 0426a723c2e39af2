"""Starts that fail: the other parts run, and there is an issue for the failed one."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.alarms.runtime.store import store_path
from custom_components.iotbridge.hosts.manager import HostsManager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import ServiceValidationError
from tests.entries import GROUP, entry_with, repairs, rule, set_up
from tests.kit import FakeHost, Kit

# Core's mqtt checks its connection every second.
pytestmark = [pytest.mark.usefixtures("freezer"), pytest.mark.parametrize("expected_lingering_timers", [True])]


def refused(caplog: pytest.LogCaptureFixture) -> int:
    """Return the number of platforms that Home Assistant refused to set up."""
    return sum("already been setup" in str(record.exc_info) for record in caplog.records)


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


async def test_a_part_that_cannot_start_does_not_stop_the_others(
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


async def test_alarms_that_cannot_start_evaluate_nothing_and_are_unavailable(
    hass: HomeAssistant, mqtt: Any, freezer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    entry = entry_with(hass, ("notifier", "Anna", GROUP), ("alarm", "Hot", rule("Anna")))
    with monkeypatch.context() as patched:
        # The last step of the start.
        patched.setattr(AlarmsManager, "_async_start_restored", _fail)
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
    assert notifications == []
    with pytest.raises(ServiceValidationError) as refusal:
        await hass.services.async_call("iotbridge", "list", {}, blocking=True, return_response=True)
    assert refusal.value.translation_key == "alarms_not_started"
    host: FakeHost = await kit.host()
    assert host.power == "on"

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    for _ in range(3):
        await kit.wait(1)
    assert repairs(hass) == {}
    assert _states(hass)["sensor.iot_bridge_active_alarms"].state == "1"
    assert len(notifications) == 1


async def test_hosts_that_cannot_start_are_unavailable(
    hass: HomeAssistant, mqtt: Any, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HostsManager, "async_start", _fail)

    await set_up(hass, entry)

    assert repairs(hass).keys() == {"hosts_not_started"}
    states = {entity_id: state.state for entity_id, state in _states(hass).items()}
    counts = ("hosts_online", "hosts_lost")
    assert {states[f"sensor.iot_bridge_{count}"] for count in counts} == {"unavailable"}
    assert states["binary_sensor.iot_bridge_broker_connected"] == "on"
    assert states["switch.iot_bridge_maintenance"] == "off"
    with pytest.raises(ServiceValidationError) as refusal:
        await hass.services.async_call(
            "iotbridge", "send_command", {"command": "ping", "device_id": "x"}, blocking=True, return_response=True
        )
    assert refusal.value.translation_key == "hosts_not_started"


async def _fail(_self: object) -> None:
    raise RuntimeError("a fault of ours")


def _states(hass: HomeAssistant) -> dict[str, State]:
    return {state.entity_id: state for state in hass.states.async_all()}


async def test_a_cancelled_start_leaves_no_platform_behind(
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
