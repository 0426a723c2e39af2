"""Command line as used by a person and by a service: real processes, exit codes, streams."""

import json
import os
from pathlib import Path
import pty
import signal
import subprocess
import sys

from conftest import Broker, Watcher
import pytest

from iotbridge_agent import __version__
from iotbridge_agent.cli.command_line import main
from iotbridge_agent.errors import AgentError

Result = subprocess.CompletedProcess[str]
ENVIRON = {key: value for key, value in os.environ.items() if not key.startswith("IOTBRIDGE")}


def cli(*arguments: object, **environ: str) -> Result:
    argv = [sys.executable, "-m", "iotbridge_agent", *map(str, arguments)]
    return subprocess.run(
        argv, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL, env=ENVIRON | environ
    )


def write_config(folder: Path, url: str = "mqtt://127.0.0.1:1", more: str = "") -> Path:
    path = folder / "agent.toml"
    state = json.dumps(str(folder / "state"))
    path.write_text(f'[broker]\nurl = "{url}"\n[agent]\nnode_id = "t1"\nstate_dir = {state}\n{more}\n')
    path.chmod(0o600)
    return path


def test_version_and_help() -> None:
    assert cli("--version").stdout == f"iotbridge-agent {__version__}\n"
    shown = cli("--help")
    assert shown.returncode == 0
    for word in ("setup", "run", "doctor", "service", "discovery", "exit codes", "IOTBRIDGE_CONFIG"):
        assert word in shown.stdout


@pytest.mark.parametrize("arguments", [(), ("fly",), ("service",), ("setup", "--enable", "explode"), ("run", "--what")])
def test_a_wrong_command_line_ends_with_2(arguments: tuple[str, ...]) -> None:
    result = cli(*arguments)
    assert result.returncode == 2
    assert "usage:" in result.stderr


@pytest.mark.parametrize(
    "command", [("run",), ("doctor",), ("discovery",), ("service", "install"), ("service", "install", "--print")]
)
def test_a_bad_configuration_is_one_line_with_file_key_and_expectation(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    path = write_config(tmp_path, more='interval_s = "often"')
    result = cli("--config", path, *command)
    assert result.returncode == 2
    assert result.stdout == ""
    expected = f"{path}: agent.interval_s: expected a number from 5 to 3600, found 'often'"
    assert result.stderr == f"iotbridge-agent: {expected}\n"


def test_invalid_toml_and_a_missing_file_are_one_line_too(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text("[broker\nurl=")
    broken, missing = cli("--config", tmp_path / "agent.toml", "run"), cli("--config", tmp_path / "no.toml", "run")
    for result, text in ((broken, "is not TOML"), (missing, "Run `iotbridge-agent setup`")):
        assert result.returncode == 2
        assert text in result.stderr
        assert result.stderr.count("\n") == 1


def test_the_environment_names_the_configuration(tmp_path: Path) -> None:
    path = write_config(tmp_path, url="http://x")
    assert f"{path}: broker.url: expected mqtt://" in cli("run", IOTBRIDGE_CONFIG=str(path)).stderr


def test_discovery_prints_what_home_assistant_gets(tmp_path: Path) -> None:
    result = cli("--config", write_config(tmp_path), "discovery")
    message = json.loads(result.stdout)
    assert result.returncode == 0
    assert message["device"]["identifiers"] == ["iotbridge_t1"]
    assert message["origin"]["name"]
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_comes_online_and_ends_cleanly(
    tmp_path: Path, broker: Broker, watcher: Watcher, number: signal.Signals
) -> None:
    path = write_config(tmp_path, url=broker.url, more="[commands]\nreboot = true")
    argv = [sys.executable, "-m", "iotbridge_agent", "--config", str(path), "run", "--dry-run"]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=ENVIRON)
    watcher.wait("availability", lambda message: message.payload == b"online")
    assert watcher.wait("announce").json()["dry_run"] is True
    process.send_signal(number)
    _, output = process.communicate(timeout=15)
    assert process.returncode == 0
    assert watcher.wait("availability", lambda message: message.payload == b"offline")
    assert "Traceback" not in output
    assert "\033" not in output
    assert output.startswith("INFO ")


def test_in_process_errors_become_exit_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(write_config(tmp_path))

    def fails(*_: object) -> int:
        raise AgentError("it\nfailed")

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("iotbridge_agent.cli.doctor.main", fails)
    assert main(["--config", path, "doctor"]) == 1
    assert capsys.readouterr().err == "iotbridge-agent: it failed\n"
    monkeypatch.setattr("iotbridge_agent.cli.doctor.main", interrupted)
    assert main(["--config", path, "doctor"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_a_closed_output_is_not_a_crash(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "iotbridge_agent", "--config", str(write_config(tmp_path)), "doctor"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRON) as process:
        assert process.stdout
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr
        assert process.stderr.read() == ""
        assert process.wait(15) == 1


def test_service_stages_prints_and_removes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, root = str(write_config(tmp_path, more="[commands]\nreboot = true")), tmp_path / "stage"
    unit = root / "etc/systemd/system/iotbridge-agent.service"
    assert main(["--config", path, "service", "install", "--root", str(root)]) == 0
    assert f"--config {path} run" in unit.read_text()
    assert main(["--config", path, "service", "install", "--print"]) == 0
    assert "login1.reboot" in capsys.readouterr().out
    assert main(["service", "remove", "--root", str(root), "--purge"]) == 0
    assert not unit.exists()


def test_forget_removes_the_host_from_home_assistant(tmp_path: Path, broker: Broker, watcher: Watcher) -> None:
    path = write_config(tmp_path, url=broker.url)
    topics = (
        "iotbridge/device/t1/announce",
        "iotbridge/device/t1/availability",
        "homeassistant/device/iotbridge_t1/config",
    )
    for topic in topics:
        watcher.publish(topic, "left behind", retain=True)
    arguments = ["--config", str(path), "service", "remove", "--root", str(tmp_path / "stage"), "--forget"]
    assert main(arguments) == 0
    late = Watcher(broker.port)
    watcher.publish("iotbridge/end", "of the story")
    late.wait("end")
    assert [message.topic for message in late.messages] == ["iotbridge/end"]
    late.close()


def test_discovery_in_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(write_config(tmp_path)), "discovery"]) == 0
    assert json.loads(capsys.readouterr().out)["device"]


@pytest.mark.parametrize(("no_color", "colourful"), [("", True), ("1", False)])
def test_colour_is_used_on_terminals_that_support_it(tmp_path: Path, no_color: str, colourful: bool) -> None:
    argv = [sys.executable, "-m", "iotbridge_agent", "--config", str(write_config(tmp_path)), "doctor"]
    ours, theirs = pty.openpty()
    environ = ENVIRON | {"TERM": "xterm", "NO_COLOR": no_color}
    with subprocess.Popen(argv, stdout=theirs, stderr=theirs, stdin=theirs, env=environ):
        os.close(theirs)
        shown = b""
        while chunk := read(ours):
            shown += chunk
    os.close(ours)
    assert b"broker port" in shown
    assert (b"\033[31mbad" in shown) is colourful


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # raised by Linux when the other side has closed
        return b""
