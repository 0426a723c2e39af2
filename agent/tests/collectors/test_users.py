"""Number of logged-in people."""

from pathlib import Path
from types import SimpleNamespace

from collecting import values, write
import psutil
import pytest

from iotbridge_agent.collectors.users import Users


def test_each_person_counts_once(tmp_path: Path) -> None:
    folder = "run/systemd/sessions"
    write(
        tmp_path,
        {
            f"{folder}/1": "# This is private data.\nUID=1000\nCLASS=user\nSTATE=active\n",
            f"{folder}/2": "UID=1000\nCLASS=user\nSTATE=online\n",
            f"{folder}/3": "UID=1001\nCLASS=user-early\nSTATE=online\n",
            f"{folder}/4": "UID=1002\nCLASS=user\nSTATE=closing\n",
            f"{folder}/5": "UID=33\nCLASS=background\nSTATE=active\n",
            f"{folder}/c1": "UID=114\nCLASS=greeter\nSTATE=active\n",
            f"{folder}/1.ref": "",
            f"{folder}/6": "no assignment\n",
        },
    )
    (tmp_path / folder / "7").symlink_to("gone")
    assert values(Users(tmp_path / folder)) == {"user_count": 2}


def test_without_logind_each_person_counts_once_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged_in = [SimpleNamespace(name=name) for name in ("anna", "anna", "bob")]
    monkeypatch.setattr(psutil, "users", lambda: logged_in)
    assert values(Users(tmp_path / "sessions")) == {"user_count": 2}
