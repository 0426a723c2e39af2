"""Proof that a machine is off: the time at which its host counts as off."""

import pytest

from custom_components.iotbridge.hosts.configured.shutdown_proof import (
    SHUTDOWN_GRACE_S,
    SHUTDOWN_LIMIT_S,
    ShutdownProof,
    is_shut_down,
)


@pytest.mark.parametrize(
    ("readings", "off_after_s"),
    [
        ([], SHUTDOWN_LIMIT_S),  # nothing is known
        ([True], SHUTDOWN_LIMIT_S),
        ([True, False], 0.0),
        ([True, False, True], SHUTDOWN_LIMIT_S),
        ([True, None], SHUTDOWN_LIMIT_S),
        ([True, None, False], 0.0),
        ([False], SHUTDOWN_GRACE_S),
        ([None, False], SHUTDOWN_GRACE_S),
    ],
)
def test_when_a_machine_is_off(readings: list[bool | None], off_after_s: float) -> None:
    proof = ShutdownProof()
    for is_running in readings:
        proof.update(is_running)

    assert is_shut_down(proof, off_after_s + 0.1)
    if off_after_s:
        assert not is_shut_down(proof, off_after_s - 0.1)


def test_without_a_proof_a_fixed_time_counts() -> None:
    assert not is_shut_down(None, SHUTDOWN_GRACE_S - 0.1)
    assert is_shut_down(None, SHUTDOWN_GRACE_S + 0.1)
