"""Repairs of hosts: issues that their own messages open, and a flow that removes a host that is gone."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from .. import issues as ir
from ..const import DOMAIN
from ..issues import STALE_HOST, filled
from ..protocol.messages import PROTOCOL_VERSION
from .inventory import Host


@callback
def async_check_issues(issues: ir.Issues, host: Host) -> None:
    """Open and close the issues of a host."""
    name = {"host": host.name, "node_id": host.key.node_id}
    protocol = host.announce.protocol if host.announce else 0
    offset = host.clock_offset_s
    issues.async_set(ir.NODE_ID_CONFLICT, str(host.key), host.has_conflict, **name)
    issues.async_set(ir.PROTOCOL_NEWER, str(host.key), protocol > PROTOCOL_VERSION, **name, protocol=str(protocol))
    issues.async_set(ir.CLOCK_DIFFERS, str(host.key), offset is not None, **name, seconds=f"{abs(offset or 0):.0f}")


class ForgetHost(RepairsFlow):
    """Repair flow that removes a host that is offline and has no device."""

    def __init__(self, _entry_id: str, topic: str) -> None:
        """``topic`` is the topic above the host's messages."""
        self._topic = topic

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the confirmation; data passed to the first step are no confirmation."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask for confirmation, and clear the retained messages of the host."""
        entries: list[ConfigEntry[Any]] = self.hass.config_entries.async_loaded_entries(DOMAIN)
        hosts = entries[0].runtime_data.hosts.inventory if entries else ()
        host = next((host for host in hosts if str(host.key) == self._topic), None)
        if host is None or host.is_online or host.has_device:
            return self.async_abort(reason="gone")
        if user_input is None:
            return self.async_show_form(step_id="confirm", description_placeholders=filled(host=host.name))
        entries[0].runtime_data.device_links.async_forget(host)
        return self.async_create_entry(data={})


HOST_REPAIRS: dict[str, Callable[[str, str], RepairsFlow]] = {STALE_HOST: ForgetHost}
