"""State of the agent on a real disk."""

import json
from pathlib import Path
import time

import pytest

from iotbridge_agent.errors import ConfigError
from iotbridge_agent.state import MAX_IDS, StateError, load_state, lock


def test_comes_back_after_a_restart(tmp_path: Path) -> None:
    state = load_state(tmp_path / "new" / "folder")
    state.remember("a")
    state.components = {"cpu": {"owner": "cpu", "config": {"platform": "sensor"}}}
    state.save()
    again = load_state(tmp_path / "new" / "folder")
    assert (again.instance, list(again.seen_ids), again.components) == (state.instance, ["a"], state.components)
    assert (state.is_new, again.is_new) == (True, False)


def test_every_installation_is_another_instance(tmp_path: Path) -> None:
    assert load_state(tmp_path / "a").instance != load_state(tmp_path / "b").instance


def test_forgets_the_oldest_ids(tmp_path: Path) -> None:
    state = load_state(tmp_path)
    for number in range(MAX_IDS + 3):
        state.remember(str(number))
    assert len(state.seen_ids) == MAX_IDS
    assert "2" not in state.seen_ids
    assert "3" in state.seen_ids


def test_keeps_an_id_as_long_as_its_command_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = load_state(tmp_path)
    now = time.time()
    state.remember("reboot", now + 3600)
    for number in range(2 * MAX_IDS):
        state.remember(str(number))
    state.save()
    assert "reboot" in load_state(tmp_path).seen_ids
    monkeypatch.setattr(time, "time", lambda: now + 3601)
    state.remember("another")
    assert "reboot" not in state.seen_ids
    assert len(state.seen_ids) == MAX_IDS


def test_reads_ids_that_were_written_without_their_time(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"instance":"x","seen_ids":["a","b"],"components":{}}')
    assert list(load_state(tmp_path).seen_ids) == ["a", "b"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"instance":1,"seen_ids":[],"components":{}}',
        b'{"instance":"x","seen_ids":[1],"components":{}}',
        b'{"instance":"x","seen_ids":{"a":"soon"},"components":{}}',
        b'{"instance":"x","seen_ids":[],"components":[]}',
        b'{"instance":"x","seen_ids":[],"components":{"cpu":1}}',
        b'{"instance":"x","seen_ids":[],"components":{"cpu":{"owner":"cpu","config":{}}}}',
        b'{"instance":"x","seen_ids":[],"components":{"cpu":{"owner":"cpu","config":{"platform":"sensor"},"removed_at":"x"}}}',
    ],
)
def test_a_damaged_file_is_set_aside(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state.json").write_bytes(content)
    state = load_state(tmp_path)
    assert state.components == {}
    assert state.is_new
    assert (tmp_path / "state.corrupt").read_bytes() == content
    assert "damaged" in caplog.text
    state.save()
    assert json.loads((tmp_path / "state.json").read_text())["instance"] == state.instance


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state.json").mkdir()
    state = load_state(tmp_path)
    assert "cannot be read" in caplog.text
    with pytest.raises(StateError, match=r"state\.json cannot be written"):
        state.save()


def test_only_one_agent_per_folder(tmp_path: Path) -> None:
    first = lock(tmp_path)
    assert first
    with pytest.raises(ConfigError, match="another agent runs"):
        lock(tmp_path)
    first.close()
    second = lock(tmp_path)
    assert second
    second.close()


def test_no_lock_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert lock(tmp_path / "file") is None
