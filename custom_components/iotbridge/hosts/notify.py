"""Screen of a host: shows a text to the people who are logged in there."""

from typing import override

from homeassistant.components.notify import NotifyEntity
from homeassistant.components.notify.const import NotifyEntityFeature
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..protocol.messages import MAX_NOTICE, MAX_NOTICE_TITLE, NOTICE, plain_text
from .device_links import DeviceLinks
from .entity import IotBridgeHostEntity, async_add_when_ready
from .inventory import Host
from .manager import HostsManager
from .services import async_show_notice


@callback
def async_setup_host_screens(
    entry: ConfigEntry,
    manager: HostsManager,
    device_links: DeviceLinks,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the screen of each host once its device exists and its agent offers to show notices."""
    async_add_when_ready(
        entry,
        manager,
        device_links,
        async_add_entities,
        _has_screen,
        lambda host, device: Screen(manager, host, device, NOTICE),
    )


class Screen(IotBridgeHostEntity, NotifyEntity):
    """Terminals and desktops of the people who are logged in to a host."""

    _attr_supported_features = NotifyEntityFeature.TITLE

    @property
    @override
    def available(self) -> bool:
        """Return whether the agent can be asked now."""
        return super().available and self._manager.is_reachable(self._host) and _has_screen(self._host)

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Show a text, cut off where it is too long; raise an error if no one who is logged in sees it."""
        args = {"text": plain_text(message, MAX_NOTICE)}
        if title and (title := plain_text(title, MAX_NOTICE_TITLE)):
            args["title"] = title
        await async_show_notice(self._manager, self._host, args, self._context)


def _has_screen(host: Host) -> bool:
    return host.announce is not None and NOTICE in host.announce.commands
