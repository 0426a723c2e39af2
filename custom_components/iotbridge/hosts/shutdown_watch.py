"""Watch of a machine whose agent has signed off to shut it down: pure.

An agent ends early in a shutdown. Without a watch its host counts as off after a fixed time; with one, when the machine
is seen to be gone.
"""

from dataclasses import dataclass

# A shutdown takes a while before the host is off.
SHUTDOWN_GRACE_S = 90.0
# Time after which systemd itself forces a shutdown. A machine that seems to run longer has another one at its address.
SHUTDOWN_LIMIT_S = 1800.0


@dataclass(slots=True)
class ShutdownWatch:
    """What is seen of a machine since its agent signed off; it answers, does not answer, or nothing is known yet."""

    is_running: bool | None = None
    was_running: bool = False

    def see(self, is_running: bool | None) -> None:
        """Record whether the machine runs."""
        self.is_running = is_running
        self.was_running |= is_running is True


def is_shut_down(watch: ShutdownWatch | None, since_s: float) -> bool:
    """Return whether a host is off, some seconds after its agent signed off.

    Silence from the beginning proves nothing: a firewall may never have let a question through.
    """
    if watch is None or (watch.is_running is False and not watch.was_running):
        return since_s > SHUTDOWN_GRACE_S
    return watch.is_running is False or since_s > SHUTDOWN_LIMIT_S
