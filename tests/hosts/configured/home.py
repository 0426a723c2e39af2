"""Household with a NAS that has no agent: an entity proves that it is on, and a script stops it."""

from collections.abc import Mapping
from typing import Any

from pytest_homeassistant_custom_component.common import async_mock_service

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from tests.kit import Kit

MAC = "a8:a1:59:00:00:09"
PROOF = "binary_sensor.nas_ping"
STOP = [{"action": "test.stop"}]
DATA: dict[str, Any] = {"macs": [MAC], "entity_id": PROOF, "stop_actions": STOP, "version": 1}


def add_host(hass: HomeAssistant, entry: ConfigEntry, title: str = "Backup NAS", **changes: Any) -> ConfigSubentry:
    """Add the subentry of a host."""
    subentry = ConfigSubentry(data={**DATA, **changes}, subentry_type="host", title=title, unique_id=None)  # type: ignore[arg-type]
    assert hass.config_entries.async_add_subentry(entry, subentry)
    return subentry


def uid(subentry: ConfigSubentry, kit: Kit) -> str:
    """Return the uid of a host without an agent, by its power state."""
    for host in kit.hass.config_entries.async_entries("iotbridge")[0].runtime_data.hosts.inventory:
        if host.subentry_id == subentry.subentry_id:
            return str(host.uid)
    raise AssertionError(subentry.title)


async def set_proof(kit: Kit, state: str) -> None:
    """Set the state of the entity that proves that the NAS is on."""
    kit.hass.states.async_set(PROOF, state)
    await kit.hass.async_block_till_done()


def stops(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the calls of the action that stops the NAS."""
    calls: list[ServiceCall] = async_mock_service(hass, "test", "stop")
    return calls


def attributes(kit: Kit, unique_id: str) -> Mapping[str, Any]:
    """Return the attributes of an entity of ours."""
    return kit.state(unique_id).attributes
