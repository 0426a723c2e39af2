"""A notice over the broker to a real agent in dry run, and on the terminal of a person."""

from collections.abc import Iterator
import os
from pathlib import Path

from conftest import Broker, StartAgent, Watcher
from notice_stub import SessionSocket, Terminal, write_session
import pytest


@pytest.fixture
def sessions(tmp_path: Path) -> dict[str, str]:
    """Return the folder of sessions and the address of their sockets."""
    folder = tmp_path / "sessions"
    folder.mkdir()
    return {"sessions": str(folder), "notice_address": f"iotbridge-test-{os.getpid()}-{{uid}}"}


@pytest.fixture
def terminal(sessions: dict[str, str]) -> Iterator[Terminal]:
    """Log this user in on a terminal, whose session listens."""
    folder, terminal = Path(sessions["sessions"]), Terminal()
    write_session(folder, 1, TTY=terminal.name)
    session = SessionSocket(folder, "\0" + sessions["notice_address"].format(uid=os.getuid()))
    yield terminal
    session.close()
    terminal.close()


def test_a_notice_arrives_on_the_terminal(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, sessions: dict[str, str], terminal: Terminal
) -> None:
    agent = start_agent(broker.url, commands={"notice": True}, agent={"dry_run": True}, fake=sessions)
    assert watcher.wait("announce").json()["commands"] == ["ping", "status", "notice"]

    args = {"text": "È tardi: 22:30", "title": "Notte"}
    watcher.publish(agent.command_topic, {"command": "notice", "id": "n1", "args": args})
    assert watcher.response("n1", "done")["data"] == {"people": 1, "reached": 1}
    assert "): È tardi: 22:30\r" in terminal.read(1)

    hostile = {"text": "\x1b]0;owned\x07"}
    watcher.publish(agent.command_topic, {"command": "notice", "id": "n2", "args": hostile})
    assert watcher.response("n2", "refused")["reason"] == "invalid_args"
    assert terminal.read() == ""
    assert "owned" not in agent.log


def test_nobody_is_logged_in(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, sessions: dict[str, str]
) -> None:
    agent = start_agent(broker.url, commands={"notice": True}, fake=sessions)
    watcher.wait("announce")
    watcher.publish(agent.command_topic, {"command": "notice", "id": "n1", "args": {"text": "Bye"}})
    response = watcher.response("n1", "done")
    assert (response["message"], response["data"]) == ("Nobody is logged in.", {"people": 0, "reached": 0})


def test_an_agent_that_shows_no_notices_refuses_them(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url)
    assert "notice" not in watcher.wait("announce").json()["commands"]
    watcher.publish(agent.command_topic, {"command": "notice", "id": "n1", "args": {"text": "Bye"}})
    assert watcher.response("n1", "refused")["reason"] == "not_enabled"
