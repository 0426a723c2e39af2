"""Hosts of plans and schedules, found through the registries."""

import pytest

from custom_components.iotbridge.power_plans.runtime.hosts import (
    async_can_start_services,
    async_host,
    async_hosts,
    async_power,
)
from homeassistant.helpers import entity_registry as er
from tests.kit import Kit
from tests.power_plans.schedules import device_of

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def test_a_host_is_found_by_its_device(kit: Kit) -> None:
    nas, desk = device_of(kit, await kit.host("nas")), device_of(kit, await kit.host("desk"))
    host = async_host(kit.hass, nas)

    assert host is not None
    assert (host.name, host.uid, async_power(kit.hass, host)) == ("nas", "iotbridge_nas", "on")
    assert [found.device_id for found in async_hosts(kit.hass)] == [desk, nas]
    assert async_host(kit.hass, "no device") is None
    assert async_power(kit.hass, None) is None


async def test_services_are_started_where_the_agent_has_a_button_for_it(kit: Kit) -> None:
    nas = device_of(kit, await kit.host("nas"))
    assert not async_can_start_services(kit.hass, nas)
    er.async_get(kit.hass).async_get_or_create("button", "mqtt", "iotbridge_nas_command_start_services")

    assert async_can_start_services(kit.hass, nas)
    assert not async_can_start_services(kit.hass, "no device")
