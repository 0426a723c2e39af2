"""Files that setup writes: readable by the agent and no other user."""

from pathlib import Path

from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest

from iotbridge_agent.cli.config_writer import Answers, WriteError, to_config, write
from iotbridge_agent.config import load_config
from iotbridge_agent.errors import ConfigError

FULL = Answers(
    url="mqtt://broker.lan",
    username="agent",
    password='p"ä\\ss',
    node_id="nas",
    prefix="home/lab",
    commands=("shutdown", "suspend"),
)


def test_the_written_configuration_has_the_answers(tmp_path: Path) -> None:
    path = tmp_path / "new" / "agent.toml"
    write(path, FULL)
    config = load_config(path, environ={})
    assert config == to_config(FULL)
    assert config.broker.password == 'p"ä\\ss'
    assert config.power == ("shutdown", "suspend")
    assert 'p"ä' not in path.read_text()


def test_both_files_are_private_and_nothing_else_is_left(tmp_path: Path) -> None:
    write(tmp_path / "agent.toml", FULL)
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "agent.toml": 0o600,
        "password": 0o600,
    }


def test_only_what_was_answered_is_written(tmp_path: Path) -> None:
    write(tmp_path / "agent.toml", Answers(url="mqtt://b"))
    assert (tmp_path / "agent.toml").read_text().splitlines()[1:] == ["", "[broker]", 'url = "mqtt://b"']
    assert [path.name for path in tmp_path.iterdir()] == ["agent.toml"]


def test_a_replaced_file_keeps_its_mode_without_write_access(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    for before, after in ((0o640, 0o640), (0o666, 0o640)):
        path.touch()
        path.chmod(before)
        write(path, FULL)
        assert path.stat().st_mode & 0o777 == after


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="file"):
        write(tmp_path / "file" / "agent.toml", FULL)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").mkdir()
    with pytest.raises(WriteError, match="cannot be written"):
        write(tmp_path / "agent.toml", Answers(url="mqtt://b"))
    assert [path.name for path in tmp_path.iterdir()] == ["agent.toml"]


def test_invalid_answers_are_named_by_key() -> None:
    with pytest.raises(ConfigError, match=r"setup: agent\.node_id: expected letters"):
        to_config(Answers(url="mqtt://b", node_id="a/b"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@example("\x7f")
@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_user_name_is_preserved(tmp_path: Path, name: str) -> None:
    write(tmp_path / "agent.toml", Answers(url="mqtt://b", username=name))
    assert load_config(tmp_path / "agent.toml", environ={}).broker.username == name
