"""States of the data path: each change, and what causes it."""

from typing import Any

import pytest

from iotbridge_agent.kafka.states import PATIENCE_S, SHORT_PATIENCE_S, ConnectorState, Situation, next_state

GOOD = Situation(is_held=False, is_answering=True, age_s=0.01, is_half_full=False, is_drained=True, is_full=False)
LATE = PATIENCE_S + 0.1
LIVE, SPOOLING, CATCHING_UP, PAUSED = ConnectorState


@pytest.mark.parametrize(
    ("state", "facts", "expected"),
    [
        (LIVE, {}, LIVE),
        (LIVE, {"is_answering": False}, LIVE),
        (LIVE, {"age_s": LATE}, SPOOLING),
        (LIVE, {"age_s": SHORT_PATIENCE_S + 0.1}, LIVE),
        (LIVE, {"age_s": SHORT_PATIENCE_S + 0.1, "is_half_full": True}, SPOOLING),
        (LIVE, {"is_half_full": True}, LIVE),
        (LIVE, {"is_held": True}, SPOOLING),
        (LIVE, {"is_drained": False}, CATCHING_UP),
        (SPOOLING, {"is_answering": False, "age_s": LATE, "is_drained": False}, SPOOLING),
        (SPOOLING, {"is_held": True}, SPOOLING),
        (SPOOLING, {"is_answering": False, "is_full": True, "is_drained": False}, PAUSED),
        (SPOOLING, {"is_drained": False, "age_s": LATE}, CATCHING_UP),
        (SPOOLING, {}, LIVE),
        (CATCHING_UP, {"is_drained": False}, CATCHING_UP),
        (CATCHING_UP, {"is_drained": False, "is_answering": False}, SPOOLING),
        (CATCHING_UP, {}, LIVE),
        (PAUSED, {"is_full": True, "is_drained": False}, PAUSED),
        (PAUSED, {"is_full": True}, LIVE),
        (PAUSED, {"is_drained": False}, CATCHING_UP),
    ],
)
def test_next_state(state: ConnectorState, facts: dict[str, Any], expected: ConnectorState) -> None:
    assert next_state(state, GOOD._replace(**facts)) is expected
