"""Reasons for which alarms are suppressed: maintenance, a window, a root cause, flapping, a person. Pure."""

from collections.abc import Iterable

from .flapping import FLAPPING
from .root_cause import PARENT

MAINTENANCE = "maintenance"
BY_HAND = "by_hand"
# Followed by the id of the window.
WINDOW = "window:"

_PERSISTENT = frozenset({FLAPPING, BY_HAND})


def recomputed(reasons: Iterable[str]) -> frozenset[str]:
    """Return the reasons that follow from the state of the home, not those that flapping or a person sets and ends."""
    return frozenset(reason for reason in reasons if reason not in _PERSISTENT)


def parent_of(reasons: Iterable[str]) -> str | None:
    """Return the reason that names a root cause."""
    return next((reason for reason in reasons if reason.startswith(PARENT)), None)
