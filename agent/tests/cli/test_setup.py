"""Setup with a person's answers or a script's options, and a real broker that runs or does not."""

import argparse
from collections.abc import Iterator
import os
from pathlib import Path
import pty
import select
import subprocess
import sys

from conftest import Broker, free_port
import pytest

from iotbridge_agent.cli.command_line import _parser, main as cli_main
from iotbridge_agent.cli.service import InstallTarget
from iotbridge_agent.cli.setup import Console, SetupError, main
from iotbridge_agent.config import load_config
from iotbridge_agent.errors import ConfigError


class Person:
    """Person who answers questions in order; the input ends after the last answer."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.shown: list[str] = []

    def console(self, *, terminal: bool = True) -> Console:
        """Return the console of this person."""
        return Console(
            ask=self._answer, ask_secret=self._answer, write_line=self.shown.append, is_terminal=lambda: terminal
        )

    def _answer(self, question: str) -> str:
        self.shown.append(question)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)

    @property
    def screen(self) -> str:
        """Return the output so far."""
        return "\n".join(self.shown)


def arguments(*options: str) -> argparse.Namespace:
    return _parser().parse_args(["setup", *options])


def set_up(path: Path, person: Person, *options: str, target: InstallTarget | None = None) -> int:
    return main(path, arguments(*options), person.console(), target or InstallTarget(booted=path / "no systemd"))


def test_answers_become_a_configuration_after_the_broker_was_tried(tmp_path: Path, broker: Broker) -> None:
    path = tmp_path / "etc" / "agent.toml"
    person = Person(f"127.0.0.1:{broker.port}", "agent", "secret", "nas", "", "", "", "y", "y", "n", "y", "y")
    assert set_up(path, person) == 0
    config = load_config(path, environ={})
    assert config.broker.address == broker.url
    assert (config.broker.username, config.broker.password) == ("agent", "secret")
    assert (config.node_id, config.prefix, config.power) == ("nas", "iotbridge", ("shutdown", "reboot"))
    assert config.enabled_commands == ("wake", "notice")
    assert config.url is None
    assert "logged in as agent" in person.screen
    assert "sudo iotbridge-agent service install" in person.screen
    assert "secret" not in person.screen


def test_a_wrong_answer_is_explained_and_can_be_changed(tmp_path: Path, broker: Broker) -> None:
    path, port = tmp_path / "agent.toml", free_port()
    wrong = [f"127.0.0.1:{port}", "", "n1", "", "", "", "n", "n", "n", "n", "n"]
    again = ["what?", "a", broker.url, "", "", "", "", "", "", "", "", "", ""]
    person = Person(*wrong, *again)
    assert set_up(path, person) == 0
    assert f"Nothing listens on port {port}" in person.screen
    assert "-> Start the broker" in person.screen
    config = load_config(path, environ={})
    assert config.broker.port == broker.port
    assert config.node_id == "n1"
    assert not config.wake


def test_a_configuration_can_be_saved_for_a_broker_that_is_not_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    assert set_up(path, Person(f"127.0.0.1:{free_port()}", "", "n1", "", "", "", "", "", "", "", "", "s")) == 0
    assert load_config(path, environ={}).power == ()


def test_quitting_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    assert set_up(path, Person(f"127.0.0.1:{free_port()}", "", "n1", "", "", "", "", "", "", "", "", "q")) == 1
    assert not path.exists()


def test_an_answer_that_cannot_be_used_is_asked_for_again(tmp_path: Path, broker: Broker) -> None:
    path = tmp_path / "agent.toml"
    bad = [broker.url, "", "a/b", "", "", "", "", "", "", "", ""]
    person = Person(*bad, broker.url, "", "good", "", "", "", "maybe", "y", "", "", "", "")
    assert set_up(path, person) == 0
    assert "agent.node_id: expected letters" in person.screen
    assert load_config(path, environ={}).node_id == "good"


def test_the_broker_question_repeats_and_the_port_decides_encryption(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    person = Person("", "", "localhost:8883", "me", "", "", "n", "", "", "", "", "", "", "", "", "s")
    assert set_up(path, person) == 0
    assert "CA certificate file" in person.screen
    assert load_config(path, environ={}).broker.address == "mqtts://localhost:8883"


def test_given_options_are_the_defaults_and_a_dash_takes_one_away(tmp_path: Path, broker: Broker) -> None:
    path, secret = tmp_path / "agent.toml", tmp_path / "secret"
    secret.write_text("from file\n")
    options = ["--broker", broker.url, "--username", "u", "--password-file", str(secret), "--enable", "reboot"]
    assert set_up(path, Person(*[""] * 12), *options) == 0
    config = load_config(path, environ={})
    assert (config.broker.username, config.broker.password, config.power) == ("u", "from file", ("reboot",))
    path.unlink()
    assert set_up(path, Person("", "-", *[""] * 9), *options) == 0
    assert load_config(path, environ={}).broker.username is None


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "it_IT.UTF-8"}, "it"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "fr_CA.UTF-8"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_of_the_machine_is_proposed(
    tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "agent.toml"
    person = Person(broker.url, *[""] * 10)
    assert set_up(path, person) == 0
    assert f"(en, it, fr) [{language}]" in person.screen
    assert load_config(path, environ={}).language == language


def test_the_page_of_the_machine_is_asked_for_again_when_it_is_no_address(tmp_path: Path, broker: Broker) -> None:
    path = tmp_path / "agent.toml"
    first = [broker.url, "", "nas", "", "it", "nas.lan", *[""] * 5]
    person = Person(*first, *[""] * 5, "https://nas.lan:5001", *[""] * 5)
    assert set_up(path, person) == 0
    assert "agent.url: expected an address such as https://nas.lan:5001, found 'nas.lan'" in person.screen
    config = load_config(path, environ={})
    assert (config.language, config.url) == ("it", "https://nas.lan:5001")


@pytest.mark.parametrize(("answer", "replaced"), [("", False), ("n", False), ("y", True)])
def test_an_existing_file_is_replaced_only_on_request(
    tmp_path: Path, broker: Broker, answer: str, replaced: bool
) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("precious")
    assert set_up(path, Person(answer, broker.url, *[""] * 10)) == 0
    assert (path.read_text() != "precious") is replaced


@pytest.mark.parametrize(("answer", "installed"), [("", True), ("n", False)])
def test_on_systemd_root_is_offered_the_service(
    tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch, answer: str, installed: bool
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    target = InstallTarget(root=tmp_path / "stage", live=False, booted=tmp_path)
    person = Person(broker.url, *[""] * 10, answer)
    assert set_up(tmp_path / "agent.toml", person, target=target) == 0
    assert "Install the service" in person.screen
    assert (tmp_path / "stage/etc/systemd/system/iotbridge-agent.service").exists() is installed


def test_the_end_of_the_input_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="nothing was written"):
        set_up(tmp_path / "agent.toml", Person("127.0.0.1"))
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_the_options_for_scripts_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--yes"):
        main(tmp_path / "a", arguments(), Person().console(terminal=False))


def scripted(path: Path, *options: str) -> int:
    return cli_main(["--config", str(path), "setup", "--yes", *options])


def test_a_script_needs_no_answers(tmp_path: Path, broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    path, secret = tmp_path / "agent.toml", tmp_path / "secret"
    secret.write_text("x\n")
    path.write_text("old")
    path.chmod(0o600)
    options = [
        "--username",
        "u",
        "--password-file",
        str(secret),
        "--enable",
        "reboot",
        "--enable",
        "wake",
        "--node-id",
        "n",
        "--prefix",
        "p/q",
        "--language",
        "it",
        "--url",
        "https://nas.lan:5001",
    ]
    assert scripted(path, "--broker", broker.url, *options) == 0
    config = load_config(path, environ={})
    assert (config.node_id, config.prefix, config.power, config.wake) == ("n", "p/q", ("reboot",), True)
    assert (config.language, config.url) == ("it", "https://nas.lan:5001")
    assert "login" in capsys.readouterr().out


def test_a_script_fails_when_the_broker_does_not_answer_unless_told_not_to_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, url = tmp_path / "agent.toml", f"mqtt://127.0.0.1:{free_port()}"
    assert scripted(path, "--broker", url) == 1
    assert not path.exists()
    assert "--skip-test" in capsys.readouterr().err
    assert scripted(path, "--broker", url, "--skip-test") == 0
    assert path.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--broker: expected the address"),
        (("--broker", "http://x"), "broker.url: expected mqtt://"),
        (("--broker", "b", "--password-file", "/nowhere"), "--password-file: expected a file that can be read"),
        (("--broker", "b", "--password-file", "/dev/null"), "--password-file: expected a file that is not empty"),
        (("--broker", "b", "--ca-file", "/nowhere"), "broker.ca_file: expected a file that can be read"),
    ],
)
def test_invalid_options_of_a_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], message: str
) -> None:
    assert scripted(tmp_path / "agent.toml", *options) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def test_on_a_real_terminal_the_password_is_not_echoed(
    tmp_path: Path, broker: Broker, terminal: tuple[int, int]
) -> None:
    ours, theirs = terminal
    path = tmp_path / "agent.toml"
    argv = [sys.executable, "-m", "iotbridge_agent", "--config", str(path), "setup"]
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    screen = b""
    for question, answer in (
        (b"Broker", broker.url),
        (b"Broker user", "agent"),
        (b"Password: ", "top-secret"),
        (b"Name of", "nas"),
        (b"Topic prefix", ""),
        (b"Language", "fr"),
        (b"own page", "https://nas.lan:5001"),
        (b"shut down", "n"),
        (b"reboot", "y"),
        (b"suspend", "n"),
        (b"wake", "n"),
        (b"show notices", "n"),
    ):
        screen += read_until(ours, question)
        os.write(ours, answer.encode() + b"\n")
    screen += read_until(ours, b"service install")
    assert process.wait(15) == 0
    assert b"top-secret" not in screen
    config = load_config(path, environ={})
    assert config.broker.password == "top-secret"
    assert (config.language, config.url) == ("fr", "https://nas.lan:5001")


def read_until(terminal: int, expected: bytes) -> bytes:
    seen = b""
    while expected not in seen or not seen.rstrip().endswith((b":", b"]", b".")):
        ready, _, _ = select.select([terminal], [], [], 15)
        if not ready:
            pytest.fail(f"waited for {expected!r}, saw {seen!r}")
        seen += os.read(terminal, 4096)
    return seen
