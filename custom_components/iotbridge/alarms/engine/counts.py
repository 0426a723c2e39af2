"""Counts of open alarms by severity. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping

from .models import WAITING, Alarm, AlarmKey, AlarmState, Severity


class Counts:
    """Counts of the alarms that are active or await acknowledgement, and of the unacknowledged ones among them.

    Snoozed and suppressed alarms and those out of service do not count.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        """Begin with none; ``changed`` is called when a count has changed."""
        self._changed = changed
        self._counted: dict[AlarmKey, tuple[Severity, bool]] = {}
        self._counts: Counter[tuple[Severity, bool]] = Counter()

    def count(self, severity: Severity, *, unacknowledged: bool) -> int:
        """Return the number of open alarms of a severity, or only of the unacknowledged ones."""
        known = self._counts[severity, False]
        return self._counts[severity, True] + (0 if unacknowledged else known)

    def take(self, alarm: Alarm) -> None:
        """Count an alarm as it is now."""
        is_open = alarm.state in WAITING
        is_counted = is_open or alarm.state is AlarmState.ACKNOWLEDGED
        self._set(alarm.key, (alarm.severity, is_open) if is_counted else None)

    def forget(self, key: AlarmKey) -> None:
        """Count an alarm no more."""
        self._set(key, None)

    def move(self, keys: Mapping[AlarmKey, AlarmKey]) -> None:
        """Follow alarms whose keys changed, all at once: no count is another for that."""
        counted = {after: self._counted.pop(before) for before, after in keys.items() if before in self._counted}
        self._counted |= counted

    def _set(self, key: AlarmKey, counted: tuple[Severity, bool] | None) -> None:
        before = self._counted.pop(key, None)
        if counted is not None:
            self._counted[key] = counted
            self._counts[counted] += 1
        if before is not None:
            self._counts[before] -= 1
        if before != counted:
            self._changed()
