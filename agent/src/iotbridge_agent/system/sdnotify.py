"""Notifications to systemd about the service, if there is a notification socket."""

import os
import socket


def notify(**fields: str | int) -> None:
    """Send e.g. ``READY=1``; errors of a supervisor that went away are ignored."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = f"\0{path[1:]}" if path.startswith("@") else path
    text = "\n".join(f"{key}={value}" for key, value in fields.items())
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            sender.sendto(text.encode(), address)
    except OSError:
        return


def watchdog_s() -> float | None:
    """Return systemd's watchdog interval in seconds, or None without a watchdog."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 1_000_000 or None
