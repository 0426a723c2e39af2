"""Store of hosts that have announced themselves."""

from typing import Any

import pytest

from custom_components.iotbridge.hosts import announce_store
from custom_components.iotbridge.hosts.announce_store import AnnouncedHosts
from custom_components.iotbridge.protocol.topics import HostKey
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant

NAS, PI, PC, TV = (HostKey("iotbridge", name) for name in ("nas", "pi", "pc", "tv"))


async def write(hass: HomeAssistant) -> None:
    """Write the pending changes."""
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()


async def test_hosts_are_known_after_a_restart(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    hosts = AnnouncedHosts(hass)
    for key in (NAS, PI):
        hosts.add(key)
    hosts.discard(PI)
    await write(hass)

    again = AnnouncedHosts(hass)
    await again.async_load()

    assert NAS in again
    assert PI not in again


async def test_the_least_recently_seen_host_is_evicted(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announce_store, "MAX_KEPT", 2)
    hosts = AnnouncedHosts(hass)
    for key in (NAS, PI, NAS, PC):
        hosts.add(key)

    assert [key in hosts for key in (NAS, PI, PC)] == [True, False, True]
    await write(hass)


async def test_a_host_that_is_needed_stays(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announce_store, "MAX_KEPT", 2)
    hosts = AnnouncedHosts(hass, lambda key: key == NAS)
    for key in (NAS, PI, PC, TV):
        hosts.add(key)

    assert [key in hosts for key in (NAS, PI, PC, TV)] == [True, False, False, True]
    await write(hass)


async def test_removing_it_deletes_the_file(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    hosts = AnnouncedHosts(hass)
    hosts.add(NAS)
    await write(hass)
    assert hass_storage[announce_store.KEY]["data"] == {"announced": [["iotbridge", "nas"]]}

    await hosts.async_remove()

    assert announce_store.KEY not in hass_storage
