"""The only door to the issue registry: what a user can repair."""

import hashlib

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN

HELP_URL = "https://github.com/iot-bridge/iot-bridge/blob/main/docs/hosts.md"

BROKER_GONE = "broker_gone"
DISCOVERY_OFF = "discovery_off"
NODE_ID_CONFLICT = "node_id_conflict"
PROTOCOL_NEWER = "protocol_newer"
CLOCK_DIFFERS = "clock_differs"
NO_DEVICE = "no_device"

SEVERITIES = {
    BROKER_GONE: ir.IssueSeverity.ERROR,
    NODE_ID_CONFLICT: ir.IssueSeverity.ERROR,
}


class Issues:
    """The open issues of the config entry; raising one twice or clearing one that is not there is free."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with none: they are cleared when the entry is unloaded."""
        self._hass = hass
        self._open: set[tuple[str, str]] = set()

    @callback
    def async_set(self, kind: str, subject: str, is_open: bool, **placeholders: str) -> None:
        """Open or close the issue of one kind about one subject."""
        if is_open == ((kind, subject) in self._open):
            return
        if not is_open:
            self._async_close(kind, subject)
            return
        self._open.add((kind, subject))
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(kind, subject),
            is_fixable=False,
            severity=SEVERITIES.get(kind, ir.IssueSeverity.WARNING),
            translation_key=kind,
            translation_placeholders=placeholders,
            learn_more_url=f"{HELP_URL}#{kind.replace('_', '-')}",
        )

    @callback
    def async_clear(self, subject: str | None = None) -> None:
        """Close everything about one subject, or everything."""
        for kind, about in list(self._open):
            if subject in (None, about):
                self._async_close(kind, about)

    @callback
    def _async_close(self, kind: str, subject: str) -> None:
        self._open.discard((kind, subject))
        ir.async_delete_issue(self._hass, DOMAIN, _issue_id(kind, subject))


def _issue_id(kind: str, subject: str) -> str:
    """Return an id that does not name its subject: issue ids are part of every diagnostics download."""
    return f"{kind}_{hashlib.sha256(subject.encode()).hexdigest()[:8]}" if subject else kind
