"""Roles of hosts that are known: the machines of Home Assistant, of its MQTT broker and of its NUT server."""

from collections.abc import Callable, Collection
from ipaddress import ip_address

from homeassistant.components.network.util import async_load_adapters
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.helpers.hassio import is_hassio

from ...const import MQTT_DOMAIN
from ..engine.plan import Role
from .hosts import HostDevice, async_hosts

NUT_DOMAIN = "nut"
# Key of the address in the data of core's mqtt.
CONF_BROKER = "broker"

type AddressOf = Callable[[str], str | None]
"""Address of the host of a device, as it announced it; None if it is not known."""


async def async_known_roles(hass: HomeAssistant, address_of: AddressOf) -> dict[Role, str]:
    """Return the device of the host with each role, of those roles for which exactly one host is found."""
    hosts = HostAddresses(hass, address_of, await _async_own_addresses())
    found = {
        Role.UPS_MONITOR: hosts.at(_configured(hass, NUT_DOMAIN, CONF_HOST)),
        # An agent that reaches the broker by a loopback address is on its machine.
        Role.BROKER: hosts.at(_configured(hass, MQTT_DOMAIN, CONF_BROKER)) or hosts.on_loopback,
        Role.HOME_ASSISTANT: hosts.own,
    }
    return {role: next(iter(devices)) for role, devices in found.items() if len(devices) == 1}


class HostAddresses:
    """Hosts by their addresses and names."""

    def __init__(self, hass: HomeAssistant, address_of: AddressOf, own_addresses: Collection[str]) -> None:
        """Read the hosts and their addresses."""
        self._hass = hass
        self._hosts = async_hosts(hass)
        self._addresses = {host.device_id: address_of(host.device_id) or "" for host in self._hosts}
        self._own_addresses = own_addresses

    @property
    def own(self) -> set[str]:
        """Return the hosts that are Home Assistant's own machine."""
        return self._select(lambda host: host.is_own_machine) or self._with_address(self._own_addresses)

    @property
    def on_loopback(self) -> set[str]:
        """Return the hosts that announced a loopback address."""
        return self._select(lambda host: _is_loopback(self._addresses[host.device_id]))

    def at(self, names: Collection[str]) -> set[str]:
        """Return the hosts that have one of these names or addresses."""
        return set().union(*map(self._at, names))

    def _at(self, name: str) -> set[str]:
        # Apps of Home Assistant's own operating system have a name of one word, such as core-mosquitto.
        if _is_loopback(name) or name in self._own_addresses:
            return self.own
        named = self._select(lambda host: host.name.casefold() == name.partition(".")[0].casefold())
        if named or _is_address(name):
            return named or self._with_address([name])
        return self.own if "." not in name and is_hassio(self._hass) else set()

    def _with_address(self, addresses: Collection[str]) -> set[str]:
        return self._select(lambda host: self._addresses[host.device_id] in addresses)

    def _select(self, is_selected: Callable[[HostDevice], bool]) -> set[str]:
        return {host.device_id for host in self._hosts if is_selected(host)}


def _configured(hass: HomeAssistant, domain: str, key: str) -> list[str]:
    """Return the addresses in the config entries of an integration."""
    entries = hass.config_entries.async_entries(domain, include_ignore=False, include_disabled=False)
    return [address for entry in entries if isinstance(address := entry.data.get(key), str)]


async def _async_own_addresses() -> set[str]:
    adapters = await async_load_adapters()
    addresses = [ip["address"] for adapter in adapters for ip in (*adapter["ipv4"], *adapter["ipv6"])]
    return {address for address in addresses if not _is_loopback(address)}


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return name.casefold() == "localhost" or (_is_address(name) and ip_address(name).is_loopback)
