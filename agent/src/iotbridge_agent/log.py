"""Logging of the agent: with the time on a terminal, with priorities in a journal, plain in a file."""

import logging
import os
import sys

# sd-daemon(3): a line that begins with <4> is a warning.
PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}


class JournalFormatter(logging.Formatter):
    """Formatter that puts the priority before each line, an entry of its own; time and name are the journal's."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines."""
        prefix = f"<{PRIORITIES.get(record.levelno, 5)}>"
        return "\n".join(prefix + line for line in super().format(record).splitlines())


def set_up_log(*, verbose: bool) -> None:
    """Write the log to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])


def _formatter() -> logging.Formatter:
    if _is_journal():
        return JournalFormatter()
    if sys.stderr.isatty():
        return logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
    return logging.Formatter("%(levelname)s %(message)s")


def _is_journal() -> bool:
    # systemd identifies its pipe: a program whose output was redirected afterwards still inherits the variable.
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
