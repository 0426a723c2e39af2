"""Filters to which the session at the broker is subscribed, kept in a file beside the spool.

The broker keeps the subscriptions of a session. Those of an earlier configuration have to be ended, or their messages
would go on coming, some of them twice.
"""

from collections.abc import Iterable
from contextlib import suppress
import json
import logging
from pathlib import Path

_LOG = logging.getLogger(__name__)


def read_filters(spool: Path) -> set[str]:
    """Return the filters of the file; none if there is no such file, or it cannot be read."""
    filters = None
    with suppress(OSError, ValueError):
        filters = json.loads(_path(spool).read_text(encoding="utf-8"))
    return {text for text in filters if isinstance(text, str)} if isinstance(filters, list) else set()


def write_filters(spool: Path, filters: Iterable[str]) -> None:
    """Replace the file; log why that is not possible."""
    path = _path(spool)
    temporary = path.with_name(f"{path.name}.new")
    try:
        temporary.write_text(json.dumps(sorted(filters)), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        _LOG.warning("%s cannot be written (%s): filters that you remove stay subscribed.", path, error.strerror)


def _path(spool: Path) -> Path:
    return spool.with_name(f"{spool.name}.filters")
