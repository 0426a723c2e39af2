"""Counts of open alarms by severity. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping

from .models import WAITING, Alarm, AlarmKey, AlarmState, Severity


class Counts:
    """Counts of the alarms that are active or await acknowledgement, and of the unacknowledged ones among them.

    Snoozed and suppressed alarms and those out of service do not count.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Start with no alarm; ``on_change`` is called when a count has changed."""
        self._on_change = on_change
        self._counted: dict[AlarmKey, tuple[Severity, bool]] = {}
        self._counts: Counter[tuple[Severity, bool]] = Counter()

    def count(self, severity: Severity, *, unacknowledged: bool) -> int:
        """Return the number of open alarms of a severity, or only of the unacknowledged ones."""
        acknowledged = self._counts[severity, False]
        return self._counts[severity, True] + (0 if unacknowledged else acknowledged)

    def update(self, alarm: Alarm) -> None:
        """Count an alarm in its present state."""
        is_unacknowledged = alarm.state in WAITING
        is_counted = is_unacknowledged or alarm.state is AlarmState.ACKNOWLEDGED
        self._set(alarm.key, (alarm.severity, is_unacknowledged) if is_counted else None)

    def remove(self, key: AlarmKey) -> None:
        """Stop counting an alarm."""
        self._set(key, None)

    def move(self, keys: Mapping[AlarmKey, AlarmKey]) -> None:
        """Replace the keys of renamed alarms, all at once; the counts stay the same."""
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
            self._on_change()
