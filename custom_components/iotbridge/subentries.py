"""Subentries of the config entry: brought to the version of this release, and read one by one."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback

from . import migration
from .const import LOGGER
from .issues import Issues

# What reading data can raise that are of another version, or were damaged.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)


@callback
def async_migrate(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Bring every subentry to the version of this release.

    Not only when the entry's own version changes: after a downgrade and back, older ones are among the new. One that
    cannot be brought there stays as it is; whoever reads it says so in a repair.
    """
    for subentry in list(entry.subentries.values()):
        if subentry.subentry_type not in migration.STEPS:
            continue
        try:
            data = migration.migrated(subentry.subentry_type, subentry.data)
        except UNREADABLE:
            LOGGER.exception("%s could not be brought to the version of this release", subentry.title)
            continue
        if data != subentry.data:
            hass.config_entries.async_update_subentry(entry, subentry, data=dict(data))


def read[T](subentry: ConfigSubentry, reader: Callable[[Mapping[str, Any]], T]) -> T | None:
    """Return what a subentry says; None, and a line in the log, where this release cannot read it."""
    try:
        migration.check(subentry.subentry_type, subentry.data)
        return reader(subentry.data)
    except UNREADABLE as error:
        LOGGER.error("%s cannot be read: %r", subentry.title, error)
        return None


class Reader:
    """Reads subentries, with one repair of a kind for each that cannot be read."""

    def __init__(self, issues: Issues, kind: str) -> None:
        """``kind`` is the kind of the repair."""
        self._issues = issues
        self._kind = kind
        # What was found wrong, so that it is logged once and not with every change of anything.
        self._unread: dict[str, Mapping[str, Any]] = {}

    @callback
    def async_read[T](self, subentry: ConfigSubentry, reader: Callable[[Mapping[str, Any]], T]) -> T | None:
        """Return what a subentry says; None where it cannot be read."""
        if self._unread.get(subentry.subentry_id) == subentry.data:
            return None
        value = read(subentry, reader)
        if value is None:
            self.async_refuse(subentry)
        else:
            self._unread.pop(subentry.subentry_id, None)
            self._issues.async_set(self._kind, subentry.subentry_id, False)
        return value

    @callback
    def async_refuse(self, subentry: ConfigSubentry) -> None:
        """Take a subentry for unreadable until its data change."""
        self._unread[subentry.subentry_id] = subentry.data
        self._issues.async_set(self._kind, subentry.subentry_id, True, name=subentry.title)

    @callback
    def async_read_all[T](
        self, entry: ConfigEntry, subentry_type: str, reader: Callable[[str, str, Mapping[str, Any]], T]
    ) -> dict[str, T]:
        """Return what the subentries of a type say, by id; ``reader`` takes id, title and data of one."""
        found = {}
        for subentry_id, subentry in entry.subentries.items():
            if subentry.subentry_type != subentry_type:
                continue
            value = self.async_read(subentry, partial(reader, subentry_id, subentry.title))
            if value is not None:
                found[subentry_id] = value
        return found

    def is_read(self, subentry_id: str) -> bool:
        """Return whether a subentry could be read."""
        return subentry_id not in self._unread

    @callback
    def async_keep(self, subentries: Mapping[str, ConfigSubentry]) -> None:
        """Forget what was wrong with subentries that are not there any more."""
        for subentry_id in self._unread.keys() - subentries.keys():
            del self._unread[subentry_id]
            self._issues.async_set(self._kind, subentry_id, False)
