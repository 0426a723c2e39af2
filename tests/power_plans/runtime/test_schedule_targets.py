"""Hosts of targets: through devices, areas and labels, whatever else is there."""

from custom_components.iotbridge.power_plans.runtime.hosts import async_hosts
from custom_components.iotbridge.power_plans.runtime.schedule_targets import async_target_hosts
from homeassistant.helpers import area_registry as ar, device_registry as dr
from tests.kit import Kit

from ..schedules import FakeSchedule, device_of


async def test_hosts_are_found_among_everything_else(rome: Kit) -> None:
    nas, pc = await rome.host(), await rome.host("pc")
    await FakeSchedule.add(rome, nas)
    area = ar.async_get(rome.hass).async_create("Cellar")
    devices = dr.async_get(rome.hass)
    for device in (device_of(rome, pc), device_of(rome, nas)):
        devices.async_update_device(device, area_id=area.id, name_by_user=f"The {devices.async_get(device).name}")  # type: ignore[union-attr]

    assert [host.name for host in async_hosts(rome.hass)] == ["The nas", "The pc"]
    assert [host.name for host in async_target_hosts(rome.hass, {"area_id": [area.id]})] == ["The nas", "The pc"]
    assert [host.uid for host in async_target_hosts(rome.hass, {"device_id": [device_of(rome, pc), "gone"]})] == [
        pc.uid
    ]
    assert async_target_hosts(rome.hass, {}) == []
