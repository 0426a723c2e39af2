"""The only door to the issue registry: what a user can repair."""

import hashlib

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .markdown import escaped

HELP_URL = "https://github.com/owner.invalid/iot-bridge/blob/main/docs"

BROKER_GONE = "broker_gone"
DISCOVERY_OFF = "discovery_off"
NODE_ID_CONFLICT = "node_id_conflict"
PROTOCOL_NEWER = "protocol_newer"
CLOCK_DIFFERS = "clock_differs"
NO_DEVICE = "no_device"
STALE_HOST = "stale_host"
HOST_FLOODING = "host_flooding"
NEW_DEVICES = "new_devices"
NEW_FIELDS = "new_fields"
THING_FLOODING = "thing_flooding"
THINGS_WITHOUT_OWNER = "things_without_owner"
LIBRARY_MISSING = "library_missing"
NOTIFIER_FAILING = "notifier_failing"
ALARM_UNREADABLE = "alarm_unreadable"
ALARM_TELLS_NOBODY = "alarm_tells_nobody"
REFERENCE_GONE = "reference_gone"
ALARMS_NOT_WRITTEN = "alarms_not_written"

OF_THINGS = {NEW_DEVICES, NEW_FIELDS, THING_FLOODING, LIBRARY_MISSING, THINGS_WITHOUT_OWNER}
OF_ALARMS = {ALARM_TELLS_NOBODY, REFERENCE_GONE, NOTIFIER_FAILING, ALARM_UNREADABLE, ALARMS_NOT_WRITTEN}
# What repairs.py can mend with the user's help.
FIXABLE = {NEW_DEVICES, NEW_FIELDS, STALE_HOST, THINGS_WITHOUT_OWNER}

SEVERITIES = {
    BROKER_GONE: ir.IssueSeverity.ERROR,
    NODE_ID_CONFLICT: ir.IssueSeverity.ERROR,
    ALARMS_NOT_WRITTEN: ir.IssueSeverity.ERROR,
    ALARM_UNREADABLE: ir.IssueSeverity.ERROR,
    NOTIFIER_FAILING: ir.IssueSeverity.ERROR,
}


class Issues:
    """The open issues of the config entry; raising one twice or clearing one that is not there is free."""

    def __init__(self, hass: HomeAssistant, entry_id: str = "") -> None:
        """Start with none: they are cleared when the entry is unloaded. What is fixable is about a subentry of it."""
        self._hass = hass
        self._entry_id = entry_id
        self._open: dict[tuple[str, str], tuple[str, ...]] = {}

    @callback
    def async_set(self, kind: str, subject: str, is_open: bool, **placeholders: str) -> None:
        """Open or close the issue of one kind about one subject; other placeholders make it tell something new."""
        told = tuple(placeholders.values())
        if self._open.get((kind, subject)) == (told if is_open else None):
            return
        if not is_open:
            self._async_close(kind, subject)
            return
        self._open[kind, subject] = told
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(kind, subject),
            is_fixable=kind in FIXABLE,
            data={"entry_id": self._entry_id, "subentry_id": subject} if kind in FIXABLE else None,
            severity=SEVERITIES.get(kind, ir.IssueSeverity.WARNING),
            translation_key=kind,
            # The frontend shows descriptions as markdown, and a device may call itself a link.
            translation_placeholders={key: escaped(text) for key, text in placeholders.items()},
            learn_more_url=f"{HELP_URL}/{_page(kind)}.md#{kind.replace('_', '-')}",
        )

    @callback
    def async_clear(self, subject: str | None = None) -> None:
        """Close everything about one subject, or everything."""
        for kind, about in list(self._open):
            if subject in (None, about):
                self._async_close(kind, about)

    @callback
    def _async_close(self, kind: str, subject: str) -> None:
        self._open.pop((kind, subject), None)
        ir.async_delete_issue(self._hass, DOMAIN, _issue_id(kind, subject))


def _page(kind: str) -> str:
    """Return the page of the guide that tells what to do."""
    if kind in OF_ALARMS:
        return "alarms"
    return "things" if kind in OF_THINGS else "hosts"


def _issue_id(kind: str, subject: str) -> str:
    """Return an id that does not name its subject: issue ids are part of every diagnostics download."""
    return f"{kind}_{hashlib.sha256(subject.encode()).hexdigest()[:8]}" if subject else kind
