"""Records of runs: stored and read again."""

from datetime import UTC, datetime

import pytest

from custom_components.iotbridge.power_plans.engine.schedule_run import RunOutcome, RunReason, RunRecord, RunResult

AT = datetime(2026, 11, 30, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "result",
    [
        RunResult(outcome=RunOutcome.RAN, hosts=("nas", "pc")),
        RunResult(outcome=RunOutcome.FAILED, reason=RunReason.HOSTS, names=("pc",), details="pc: not permitted"),
    ],
)
def test_a_record_is_stored_and_read(result: RunResult) -> None:
    record = RunRecord("night", AT, AT, result)

    assert RunRecord.from_dict(record.as_dict()) == record


def test_an_outcome_of_another_version_is_refused() -> None:
    data = RunRecord("night", AT, AT, RunResult(outcome=RunOutcome.RAN)).as_dict()

    with pytest.raises(ValueError, match="exploded"):
        RunRecord.from_dict({**data, "outcome": "exploded"})
