"""State of a rule: the most urgent state of its alarms."""

from collections.abc import Sequence
from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.models import Alarm, AlarmKey
from custom_components.iotbridge.alarms.engine.rule_state import rule_state

NORMAL: dict[str, Any] = {}
UNACKNOWLEDGED = {"active": True}
ACKNOWLEDGED = {"active": True, "acknowledged": True}
RETURNED = {"returned": True}
SNOOZED = {"active": True, "snoozed_until": 10.0}
SUPPRESSED = {"active": True, "suppressed_by": ("maintenance",)}
OUT_OF_SERVICE = {"active": True, "out_of_service": True}
INACTIVE_SNOOZED = {"snoozed_until": 10.0}
INACTIVE_SUPPRESSED = {"suppressed_by": ("maintenance",)}
INACTIVE_OUT_OF_SERVICE = {"out_of_service": True}


@pytest.mark.parametrize(
    ("alarms", "state"),
    [
        ([], "normal"),
        ([NORMAL, NORMAL], "normal"),
        ([ACKNOWLEDGED, RETURNED, UNACKNOWLEDGED, NORMAL], "unacknowledged"),
        ([ACKNOWLEDGED, RETURNED, SNOOZED], "returned_unacknowledged"),
        ([NORMAL, SNOOZED, ACKNOWLEDGED], "acknowledged"),
        ([OUT_OF_SERVICE, SUPPRESSED, SNOOZED, NORMAL], "snoozed"),
        ([OUT_OF_SERVICE, SUPPRESSED, NORMAL], "suppressed"),
        ([OUT_OF_SERVICE, NORMAL], "out_of_service"),
        ([NORMAL, INACTIVE_OUT_OF_SERVICE, INACTIVE_SNOOZED, INACTIVE_SUPPRESSED], "normal"),
        ([INACTIVE_SUPPRESSED, INACTIVE_SUPPRESSED], "suppressed"),
        ([INACTIVE_OUT_OF_SERVICE, INACTIVE_SUPPRESSED], "suppressed"),
        ([INACTIVE_SUPPRESSED, OUT_OF_SERVICE], "out_of_service"),
    ],
)
def test_the_most_urgent_state_counts(alarms: Sequence[dict[str, Any]], state: str) -> None:
    keyed = [Alarm(key=AlarmKey("rule", f"sensor.n{number}"), **fields) for number, fields in enumerate(alarms)]

    assert rule_state(keyed) == state
    assert rule_state(reversed(keyed)) == state
