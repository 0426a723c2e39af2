"""Sessions in the files of logind."""

from pathlib import Path

from notice_stub import write_session

from iotbridge_agent.system.sessions import LoginSession, has_logind, read_sessions


def test_only_people_have_sessions(tmp_path: Path) -> None:
    write_session(tmp_path, 1, UID=1000, TTY="pts/3", LEADER=77)
    write_session(tmp_path, 2, UID=1000, TYPE="wayland", TTY="tty2", LEADER="x")
    write_session(tmp_path, 3, UID=114, CLASS="greeter")
    write_session(tmp_path, 4, UID=1001, CLASS="user-early", STATE="closing")
    write_session(tmp_path, 5, UID="many")
    (tmp_path / "1.ref").touch()
    (tmp_path / "6").symlink_to("gone")

    assert has_logind(tmp_path)
    assert sorted(read_sessions(tmp_path)) == [
        LoginSession(1000, "pts/3", 77, is_graphical=False),
        LoginSession(1000, "tty2", None, is_graphical=True),
    ]


def test_a_machine_without_logind(tmp_path: Path) -> None:
    assert not has_logind(tmp_path / "none")
