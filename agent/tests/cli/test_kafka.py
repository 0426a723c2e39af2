"""Subcommand `kafka`: its command line."""

import argparse
from pathlib import Path
import subprocess
import sys

import pytest

from iotbridge_agent.cli import kafka
from iotbridge_agent.cli.command_line import main
from iotbridge_agent.errors import AgentError, ConfigError

CONFIG = """
[broker]
url = "mqtt://127.0.0.1:1"
[kafka]
bootstrap = ["127.0.0.1:1"]
[[route]]
filter = "shop/+/stock"
topic = "stock-updates"
key = "{2}"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "stock.toml"
    path.write_text(CONFIG)
    return path


def test_explain_prints_the_record_or_why_there_is_none(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["kafka", "explain", "--config", str(config), "--retain", "--user", "unit=pcs=1"]
    assert main([*arguments, "shop/7/stock", "41"]) == 0
    shown = capsys.readouterr().out
    for line in ("Kafka topic    stock-updates", "key            7", "2 bytes", "mqtt-retain = true", "unit = pcs=1"):
        assert line in shown
    assert main(["--config", str(config), "kafka", "explain", "shop/7"]) == 1
    assert "no_route" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["shop/+/stock"], "TOPIC: expected the topic of a message"), (["a", "--user", "x"], "expected NAME=VALUE")],
)
def test_explain_names_a_wrong_argument(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    assert main(["kafka", "explain", "--config", str(config), *arguments]) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["kafka-connect", "redpanda-connect", "emqx"])
def test_export_prints_the_configuration_and_what_it_leaves_out(
    config: Path, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    assert main(["kafka", "export", "--config", str(config), engine]) == 0
    shown = capsys.readouterr()
    assert ("stock-updates" in shown.out) is (engine != "kafka-connect")
    assert all(line.startswith("not expressed: ") for line in shown.err.splitlines())
    assert "not expressed: [spool]" in shown.err


def test_the_only_configuration_in_the_folder_is_the_default(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has none"):
        kafka.config_path(None, tmp_path)
    (tmp_path / "a.toml").touch()
    assert kafka.config_path(None, tmp_path) == tmp_path / "a.toml"
    (tmp_path / "b.toml").touch()
    with pytest.raises(ConfigError, match=r"has a\.toml, b\.toml"):
        kafka.config_path(None, tmp_path)
    assert kafka.config_path(tmp_path / "b.toml", tmp_path) == tmp_path / "b.toml"


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9"])
def test_the_doctor_listens_for_a_while(config: Path, capsys: pytest.CaptureFixture[str], seconds: str) -> None:
    assert main(["kafka", "doctor", "--config", str(config), f"--listen={seconds}"]) == 2
    assert "--listen: expected seconds" in capsys.readouterr().err


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka.require_packages()
    monkeypatch.setattr(kafka, "find_spec", lambda _: None)
    with pytest.raises(AgentError, match=r"install iotbridge-agent\[kafka\]"):
        kafka.require_packages()


def test_the_agent_imports_nothing_of_the_connector() -> None:
    code = (
        "import sys, iotbridge_agent.agent; from iotbridge_agent.cli import command_line; command_line._parser();"
        "print([n for n in sys.modules if n.startswith(('iotbridge_agent.kafka', 'confluent_kafka', 'mqtt5'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert shown == "[]\n"


def test_a_command_is_required() -> None:
    parser = argparse.ArgumentParser()
    kafka.add_commands(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([])
