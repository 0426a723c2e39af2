"""Repair issues; the only module that uses the issue registry."""

import hashlib

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .markdown import escaped

HELP_URL = "https://github.com/owner.invalid/iot-bridge/blob/main/docs"

HOSTS_NOT_STARTED = "hosts_not_started"
THINGS_NOT_STARTED = "things_not_started"
ALARMS_NOT_STARTED = "alarms_not_started"
POWER_PLANS_NOT_STARTED = "power_plans_not_started"
PLAN_UNREADABLE = "plan_unreadable"
SCHEDULE_UNREADABLE = "schedule_unreadable"
PLAN_OWNER_GONE = "plan_owner_gone"
SCHEDULE_OWNER_GONE = "schedule_owner_gone"
PLAN_REFERENCE_GONE = "plan_reference_gone"
ENTRY_NEWER = "entry_newer"
BROKER_GONE = "broker_gone"
DISCOVERY_OFF = "discovery_off"
NODE_ID_CONFLICT = "node_id_conflict"
PROTOCOL_NEWER = "protocol_newer"
CLOCK_DIFFERS = "clock_differs"
NO_DEVICE = "no_device"
STALE_HOST = "stale_host"
HOST_FLOODING = "host_flooding"
TOO_MANY_HOSTS = "too_many_hosts"
WAKE_NOT_ARMED = "wake_not_armed"
HOST_UNREADABLE = "host_unreadable"
NEW_DEVICES = "new_devices"
NEW_FIELDS = "new_fields"
RECORDS_BY_POSITION = "records_by_position"
THING_FLOODING = "thing_flooding"
THING_REFUSED = "thing_refused"
THINGS_WITHOUT_OWNER = "things_without_owner"
LIBRARY_MISSING = "library_missing"
THING_UNREADABLE = "thing_unreadable"
NOTIFIER_FAILING = "notifier_failing"
ALARM_UNREADABLE = "alarm_unreadable"
ALARM_TELLS_NOBODY = "alarm_tells_nobody"
REFERENCE_GONE = "reference_gone"
ALARMS_NEWER = "alarms_newer"
ALARMS_NOT_WRITTEN = "alarms_not_written"
ALARMS_DAMAGED = "alarms_damaged"
SENTENCES_NOT_STARTED = "sentences_not_started"
SENTENCES_CHANGED = "sentences_changed"
SENTENCES_NOT_WRITTEN = "sentences_not_written"
SENTENCES_BROKEN = "sentences_broken"

# Placeholders used in titles, which the frontend shows as plain text.
IN_TITLES = ("devices", "host", "library", "name", "node_id")

OF_THINGS = {
    LIBRARY_MISSING,
    NEW_DEVICES,
    NEW_FIELDS,
    RECORDS_BY_POSITION,
    THING_FLOODING,
    THING_REFUSED,
    THING_UNREADABLE,
    THINGS_NOT_STARTED,
    THINGS_WITHOUT_OWNER,
}
OF_ALARMS = {
    ALARM_TELLS_NOBODY,
    ALARM_UNREADABLE,
    ALARMS_DAMAGED,
    ALARMS_NEWER,
    ALARMS_NOT_STARTED,
    ALARMS_NOT_WRITTEN,
    NOTIFIER_FAILING,
    REFERENCE_GONE,
}
OF_POWER_PLANS = {
    PLAN_OWNER_GONE,
    PLAN_REFERENCE_GONE,
    PLAN_UNREADABLE,
    POWER_PLANS_NOT_STARTED,
    SCHEDULE_OWNER_GONE,
    SCHEDULE_UNREADABLE,
}
OF_VOICE = {SENTENCES_BROKEN, SENTENCES_CHANGED, SENTENCES_NOT_STARTED, SENTENCES_NOT_WRITTEN}
# Issues that have a repair flow in repairs.py.
FIXABLE = {ALARMS_DAMAGED, NEW_DEVICES, NEW_FIELDS, RECORDS_BY_POSITION, STALE_HOST, THINGS_WITHOUT_OWNER}

SEVERITIES = {
    HOSTS_NOT_STARTED: ir.IssueSeverity.ERROR,
    THINGS_NOT_STARTED: ir.IssueSeverity.ERROR,
    ALARMS_NOT_STARTED: ir.IssueSeverity.ERROR,
    POWER_PLANS_NOT_STARTED: ir.IssueSeverity.ERROR,
    PLAN_OWNER_GONE: ir.IssueSeverity.ERROR,
    PLAN_REFERENCE_GONE: ir.IssueSeverity.ERROR,
    PLAN_UNREADABLE: ir.IssueSeverity.ERROR,
    SCHEDULE_OWNER_GONE: ir.IssueSeverity.ERROR,
    SCHEDULE_UNREADABLE: ir.IssueSeverity.ERROR,
    ENTRY_NEWER: ir.IssueSeverity.ERROR,
    BROKER_GONE: ir.IssueSeverity.ERROR,
    NODE_ID_CONFLICT: ir.IssueSeverity.ERROR,
    ALARMS_DAMAGED: ir.IssueSeverity.ERROR,
    ALARMS_NEWER: ir.IssueSeverity.ERROR,
    ALARMS_NOT_WRITTEN: ir.IssueSeverity.ERROR,
    ALARM_UNREADABLE: ir.IssueSeverity.ERROR,
    NOTIFIER_FAILING: ir.IssueSeverity.ERROR,
    SENTENCES_BROKEN: ir.IssueSeverity.ERROR,
    HOST_UNREADABLE: ir.IssueSeverity.ERROR,
    THING_REFUSED: ir.IssueSeverity.ERROR,
    THING_UNREADABLE: ir.IssueSeverity.ERROR,
}


class Issues:
    """Open issues of the config entry; opening one twice or closing a closed one costs nothing."""

    def __init__(self, hass: HomeAssistant, entry_id: str = "") -> None:
        """Start without issues: they are cleared when the entry is unloaded. A fixable issue belongs to a subentry."""
        self._hass = hass
        self._entry_id = entry_id
        self._open: dict[tuple[str, str], tuple[str, ...]] = {}

    @callback
    def async_set(self, kind: str, subject: str, is_open: bool, **placeholders: str) -> None:
        """Open or close the issue of one kind about one subject; changed placeholders update an open one."""
        texts = tuple(placeholders.values())
        if self._open.get((kind, subject)) == (texts if is_open else None):
            return
        if not is_open:
            self._async_close(kind, subject)
            return
        self._open[kind, subject] = texts
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(kind, subject),
            is_fixable=kind in FIXABLE,
            data={"entry_id": self._entry_id, "subentry_id": subject} if kind in FIXABLE else None,
            severity=SEVERITIES.get(kind, ir.IssueSeverity.WARNING),
            translation_key=kind,
            translation_placeholders=filled(**placeholders),
            learn_more_url=f"{HELP_URL}/{_page(kind)}.md#{kind.replace('_', '-')}",
        )

    @callback
    def async_clear(self, subject: str | None = None) -> None:
        """Close all issues of one subject, or all issues."""
        for kind, about in list(self._open):
            if subject in (None, about):
                self._async_close(kind, about)

    @callback
    def _async_close(self, kind: str, subject: str) -> None:
        self._open.pop((kind, subject), None)
        ir.async_delete_issue(self._hass, DOMAIN, _issue_id(kind, subject))


def filled(**placeholders: str) -> dict[str, str]:
    """Return placeholders escaped for markdown, which the frontend renders: a device name may contain a link.

    Titles are shown as plain text; for them there is ``name_plain`` beside ``name``.
    """
    plain = {f"{key}_plain": " ".join(text.split()) for key, text in placeholders.items() if key in IN_TITLES}
    return {key: escaped(text) for key, text in placeholders.items()} | plain


@callback
def async_placeholders(hass: HomeAssistant, issue_id: str) -> dict[str, str]:
    """Return the placeholders of an open issue; an empty dict for a closed one."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    return dict((issue and issue.translation_placeholders) or {})


def _page(kind: str) -> str:
    """Return the page of the guide that describes the repair."""
    if kind in OF_ALARMS:
        return "alarms"
    if kind in OF_VOICE:
        return "voice"
    if kind in OF_POWER_PLANS:
        return "power-plans"
    return "things" if kind in OF_THINGS else "hosts"


def _issue_id(kind: str, subject: str) -> str:
    """Return an issue id with a hash of the subject: issue ids are part of every diagnostics download."""
    return f"{kind}_{hashlib.sha256(subject.encode()).hexdigest()[:8]}" if subject else kind
