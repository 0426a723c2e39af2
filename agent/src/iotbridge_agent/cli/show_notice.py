"""Subcommand `notice`: shows one notice of the agent to this user; systemd starts it with the connection as input."""

import os
import socket
import sys

from iotbridge_agent.cli.service import NAME
from iotbridge_agent.commands.notice import SHOWN, peer_uid
from iotbridge_agent.errors import AgentError
from iotbridge_agent.protocol.fields import json_object
from iotbridge_agent.protocol.messages import Notice, parse_notice
from iotbridge_agent.system.screens import show_on_screens

PATIENCE_S = 5.0
MAX_MESSAGE = 4096


class NoticeError(AgentError):
    """Notice that was not shown."""


def show_notice() -> None:
    """Show the notice of the connection, and confirm it if there was a screen; raises AgentError."""
    try:
        with socket.socket(fileno=os.dup(sys.stdin.fileno())) as connection:
            connection.settimeout(PATIENCE_S)
            if show_on_screens(_receive(connection)):
                connection.sendall(SHOWN)
    except OSError as error:
        raise NoticeError(f"Expected a connection of the agent, which systemd hands over: {error}.") from error


def _receive(connection: socket.socket) -> Notice:
    """Return the notice if the agent sent it: every program on this machine can connect."""
    if (sender := peer_uid(connection)) not in _trusted():
        raise NoticeError(f"The notice of user {sender} was not shown: that is not the agent.")
    data = b""
    while len(data) <= MAX_MESSAGE and (part := connection.recv(MAX_MESSAGE)):
        data += part
    return parse_notice(json_object(data[:MAX_MESSAGE]))


def _trusted() -> set[int]:
    """Return the users whose notices are shown: root, this one, and that of the service."""
    import pwd  # noqa: PLC0415 - Windows has none

    try:
        return {0, os.getuid(), pwd.getpwnam(NAME).pw_uid}
    except KeyError:
        return {0, os.getuid()}
