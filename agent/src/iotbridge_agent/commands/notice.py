"""Notices to the people who are logged in.

The agent may not write on their screens. In the session of each person, systemd listens at an address and starts
``iotbridge-agent notice`` for a connection, with the rights of that person.
"""

import asyncio
import platform
import socket
import struct

from iotbridge_agent.commands.base import CommandError
from iotbridge_agent.protocol.messages import Notice, encode
from iotbridge_agent.system import sessions

ADDRESS = "\0iotbridge-notice-{uid}"
"""Abstract address: no file, and no folder that must be writable for all."""
SHOWN = b"shown\n"
TIMEOUT_S = 8.0
MAX_PEOPLE = 50

_PEER = struct.Struct("iII")


async def show(notice: Notice) -> tuple[int, int]:
    """Show a notice; return how many people are logged in, and how many of them see it. Raises CommandError."""
    if platform.system() != "Linux" or not sessions.has_logind():
        raise CommandError("error", "Notices can be shown on Linux with systemd only.")
    people = sorted({session.uid for session in sessions.read_sessions()})
    payload = encode({key: value for key, value in notice._asdict().items() if value is not None})
    seen = await asyncio.gather(*(_hand_over(uid, payload) for uid in people[:MAX_PEOPLE]))
    return len(people), sum(seen)


def peer_uid(connection: socket.socket) -> int:
    """Return the user at the other end of a connection, which the kernel knows."""
    _pid, uid, _gid = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)


async def _hand_over(uid: int, payload: bytes) -> bool:
    """Hand the notice over to the session of a person; return whether it was shown there."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(ADDRESS.format(uid=uid))
            try:
                if peer_uid(writer.get_extra_info("socket")) != uid:  # another user listens there
                    return False
                writer.write(payload)
                writer.write_eof()
                return await reader.read(len(SHOWN)) == SHOWN
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
