"""Id of a session at the broker, kept in a file beside the spool: it makes packet ids of all times different."""

from contextlib import suppress
import logging
from pathlib import Path
import re
import secrets

_EPOCH = re.compile(r"[0-9a-f]{8}")
_LOG = logging.getLogger(__name__)


def session_epoch(spool: Path, *, is_resumed: bool) -> str:
    """Return the id of the session: the one of the file where the broker resumed it, else a new one."""
    path = spool.with_name(f"{spool.name}.session")
    if is_resumed:
        with suppress(OSError, UnicodeDecodeError):
            text = path.read_text(encoding="ascii")
            if _EPOCH.fullmatch(text):
                return text
    epoch = secrets.token_hex(4)
    temporary = path.with_name(f"{path.name}.new")
    try:
        temporary.write_text(epoch, encoding="ascii")
        temporary.replace(path)
    except OSError as error:
        _LOG.warning("%s cannot be written (%s): after a restart, mqtt-id is another one.", path, error.strerror)
    return epoch
