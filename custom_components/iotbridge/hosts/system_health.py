"""Lines of hosts under System information."""

import re
from typing import Any

from .inventory import PowerState
from .manager import HostsManager


def hosts_system_health(hosts: HostsManager) -> dict[str, Any]:
    """Return the connection, the numbers of hosts, and the newest version among their agents."""
    versions = [host.announce.agent for host in hosts.inventory if host.announce]
    return {
        "broker_connected": hosts.is_connected,
        "hosts_total": len(hosts.inventory),
        "hosts_online": hosts.count(PowerState.ON),
        "hosts_lost": hosts.count(PowerState.LOST),
        "messages_rejected": hosts.rejected.total(),
        "agent_version": max(versions, key=_numbers, default="-"),
        "prefixes": ", ".join(hosts.prefixes),
    }


def _numbers(version: str) -> list[int]:
    """Return the numbers in a version, which other agents may format in any way."""
    return [int(number) for number in re.findall(r"[0-9]+", version)]
