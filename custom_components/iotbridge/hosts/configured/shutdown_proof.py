"""Proof that a machine is off after its agent has signed off to shut it down: pure.

An agent ends early in a shutdown. Without a proof its host counts as off after a fixed time; with one, when the machine
is gone.
"""

from dataclasses import dataclass

# A shutdown takes a while before the host is off.
SHUTDOWN_GRACE_S = 90.0
# Time after which systemd itself forces a shutdown. If the machine still answers, another one has its address.
SHUTDOWN_LIMIT_S = 1800.0


@dataclass(slots=True)
class ShutdownProof:
    """Readings of a machine since its agent signed off: it answers, it does not answer, or nothing is known yet."""

    is_running: bool | None = None
    was_running: bool = False

    def update(self, is_running: bool | None) -> None:
        """Record whether the machine runs."""
        self.is_running = is_running
        self.was_running |= is_running is True


def is_shut_down(proof: ShutdownProof | None, since_s: float) -> bool:
    """Return whether a host is off, some seconds after its agent signed off.

    Silence from the beginning proves nothing: a firewall may never have let a question through.
    """
    if proof is None or (proof.is_running is False and not proof.was_running):
        return since_s > SHUTDOWN_GRACE_S
    return proof.is_running is False or since_s > SHUTDOWN_LIMIT_S
