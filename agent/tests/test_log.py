"""Log output for its readers."""

import os
from pathlib import Path
import subprocess
import sys

PROGRAM = """
import logging
from iotbridge_agent.log import set_up_log
set_up_log(verbose=False)
logging.debug("not told")
logging.info("fine")
logging.warning("first\\nsecond")
logging.error("bad")
"""


def logged(file: Path, journal_stream: str = "") -> str:
    """Return the program's log in a file, with ``journal_stream`` as systemd's variable."""
    with file.open("w") as stderr:
        status = os.fstat(stderr.fileno())
        environ = os.environ | {"JOURNAL_STREAM": journal_stream.format(status=status)}
        subprocess.run([sys.executable, "-c", PROGRAM], stderr=stderr, check=True, env=environ)
    return file.read_text()


def test_every_line_of_a_journal_begins_with_its_priority(tmp_path: Path) -> None:
    text = logged(tmp_path / "log", "{status.st_dev}:{status.st_ino}")
    assert text.splitlines() == ["<6>fine", "<4>first", "<4>second", "<3>bad"]


def test_a_file_has_the_level_as_a_word(tmp_path: Path) -> None:
    expected = ["INFO fine", "WARNING first", "second", "ERROR bad"]
    assert logged(tmp_path / "log").splitlines() == expected
    # A service whose output was redirected: the inherited variable identifies another file.
    assert logged(tmp_path / "log", "1:1").splitlines() == expected
