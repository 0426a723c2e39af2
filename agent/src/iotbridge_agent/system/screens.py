"""Screens of this process's user: the terminals of the user's sessions, and the notifications of the desktop."""

import html
import os
import re
import stat
import termios
import time

from iotbridge_agent.protocol.messages import Notice
from iotbridge_agent.system.dbus import Connection, DBusError, single
from iotbridge_agent.system.dbus_encoding import Value
from iotbridge_agent.system.sessions import read_sessions

TITLE = "Home Assistant"
MAX_TERMINALS = 20
NOTIFICATIONS = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications")
NOTIFY_TYPES = ("s", "u", "s", "s", "s", "as", "a{sv}", "i")
CRITICAL, FOREVER = 2, 0
"""Urgency and duration with which a notification stays until it is read."""

_TERMINAL = re.compile(r"(pts/|tty[A-Za-z]*)[0-9]+")
_IUTF8 = 0o40000
"""Flag of a terminal whose text is UTF-8; Python's termios does not have it."""


def show_on_screens(notice: Notice) -> bool:
    """Show the notice on each screen of this user; return whether there was one."""
    sessions = [session for session in read_sessions() if session.uid == os.getuid()]
    terminals = {session.terminal or _terminal_of(session.leader) for session in sessions if not session.is_graphical}
    shown = [_write(name, notice) for name in sorted(terminals)[:MAX_TERMINALS] if _TERMINAL.fullmatch(name)]
    if any(session.is_graphical for session in sessions):
        shown.append(_notify(notice))
    return any(shown)


def _terminal_of(leader: int | None) -> str:
    """Return the terminal of a session of SSH, which opens it after logind made the session."""
    import psutil  # noqa: PLC0415 - needed for these sessions only

    try:
        process = psutil.Process(leader or 0)
        for member in (process, *process.children(recursive=True)):
            if terminal := member.terminal():
                return str(terminal).removeprefix("/dev/")
    except psutil.Error:
        pass
    return ""


def _write(name: str, notice: Notice) -> bool:
    """Write to a terminal that is this user's and takes messages (`mesg y`), without ever waiting for it."""
    try:
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC
        terminal = os.open(f"/dev/{name}", flags)
    except OSError:
        return False
    try:
        status = os.fstat(terminal)
        if not stat.S_ISCHR(status.st_mode) or status.st_uid != os.getuid() or not status.st_mode & stat.S_IWGRP:
            return False
        # Elsewhere, bytes of UTF-8 can be control characters.
        encoding = "utf-8" if termios.tcgetattr(terminal)[0] & _IUTF8 else "ascii"
        text = f"\a\r\n{notice.title or TITLE} ({time.strftime('%H:%M')}): {notice.text}\r\n".encode(
            encoding, "replace"
        )
        return os.write(terminal, text) == len(text)
    except (OSError, termios.error):  # stopped with Ctrl-S, or gone
        return False
    finally:
        os.close(terminal)


def _notify(notice: Notice) -> bool:
    """Show the notice on the desktop."""
    try:
        with Connection(bus="session") as bus:
            abilities = single(bus.call(*NOTIFICATIONS, "GetCapabilities"), list)
            body = html.escape(notice.text, quote=False) if "body-markup" in abilities else notice.text
            hints = {"urgency": ("y", CRITICAL)}
            notification: tuple[Value, ...] = (TITLE, 0, "", notice.title or TITLE, body, [], hints, FOREVER)
            bus.call(*NOTIFICATIONS, "Notify", NOTIFY_TYPES, *notification)
    except DBusError:
        return False
    return True
