"""Subentries of the config entry: migrates them to the version of this release and parses them one by one."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback

from . import migration
from .const import LOGGER
from .issues import Issues

# Exceptions that parsing raises for data of another version, or damaged data.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)


@callback
def async_migrate(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Migrate every subentry to the version of this release.

    Not only when the entry's own version changes: after a downgrade and an upgrade, older ones are among the newer
    ones. A subentry that cannot be migrated stays unchanged; its reader opens a repair.
    """
    for subentry in list(entry.subentries.values()):
        if subentry.subentry_type not in migration.STEPS:
            continue
        try:
            data = migration.migrated(subentry.subentry_type, subentry.data)
        except UNREADABLE:
            LOGGER.exception("Could not migrate %s to the version of this release", subentry.title)
            continue
        if data != subentry.data:
            hass.config_entries.async_update_subentry(entry, subentry, data=dict(data))


def read[T](subentry: ConfigSubentry, reader: Callable[[Mapping[str, Any]], T]) -> T | None:
    """Return the parsed data of a subentry; log an error and return None if this release cannot read it."""
    try:
        migration.check(subentry.subentry_type, subentry.data)
        return reader(subentry.data)
    except UNREADABLE as error:
        LOGGER.error("Cannot read %s: %r", subentry.title, error)
        return None


class Reader:
    """Parser of subentries; opens a repair for each one that cannot be read."""

    def __init__(self, issues: Issues, kind: str) -> None:
        """``kind`` is the kind of the issue."""
        self._issues = issues
        self._kind = kind
        # Unreadable data, so that each is logged once and not at every change of the entry.
        self._unreadable: dict[str, Mapping[str, Any]] = {}

    @callback
    def async_read[T](self, subentry: ConfigSubentry, reader: Callable[[Mapping[str, Any]], T]) -> T | None:
        """Return the parsed data of a subentry; None if it cannot be read."""
        if self._unreadable.get(subentry.subentry_id) == subentry.data:
            return None
        value = read(subentry, reader)
        if value is None:
            self.async_mark_unreadable(subentry)
        else:
            self._unreadable.pop(subentry.subentry_id, None)
            self._issues.async_set(self._kind, subentry.subentry_id, False)
        return value

    @callback
    def async_mark_unreadable(self, subentry: ConfigSubentry) -> None:
        """Treat a subentry as unreadable until its data change."""
        self._unreadable[subentry.subentry_id] = subentry.data
        self._issues.async_set(self._kind, subentry.subentry_id, True, name=subentry.title)

    @callback
    def async_read_all[T](
        self, entry: ConfigEntry, subentry_type: str, reader: Callable[[str, str, Mapping[str, Any]], T]
    ) -> dict[str, T]:
        """Return the parsed data of all subentries of a type, by id; ``reader`` takes id, title and data."""
        values = {}
        for subentry_id, subentry in entry.subentries.items():
            if subentry.subentry_type != subentry_type:
                continue
            value = self.async_read(subentry, partial(reader, subentry_id, subentry.title))
            if value is not None:
                values[subentry_id] = value
        return values

    def is_read(self, subentry_id: str) -> bool:
        """Return whether a subentry could be read."""
        return subentry_id not in self._unreadable

    @callback
    def async_keep(self, subentries: Mapping[str, ConfigSubentry]) -> None:
        """Close the issues of subentries that do not exist any more."""
        for subentry_id in self._unreadable.keys() - subentries.keys():
            del self._unreadable[subentry_id]
            self._issues.async_set(self._kind, subentry_id, False)
