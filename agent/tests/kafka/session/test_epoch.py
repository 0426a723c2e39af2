"""Id of a session at the broker."""

from pathlib import Path

from conftest import Broker, Watcher
import pytest

from iotbridge_agent.kafka.session.epoch import session_epoch

from ..rig.tansu import Tansu
from ..running import records, running, settings_for


def test_an_id_lasts_as_long_as_its_session(tmp_path: Path) -> None:
    spool = tmp_path / "s.db"
    first = session_epoch(spool, is_resumed=False)
    assert session_epoch(spool, is_resumed=True) == session_epoch(spool, is_resumed=True) == first
    second = session_epoch(spool, is_resumed=False)
    assert second != first
    assert session_epoch(spool, is_resumed=True) == second


@pytest.mark.parametrize("content", [b"", b"\xff", b"0123456x", b"01234567\n"])
def test_a_file_that_is_damaged_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.db.session").write_bytes(content)
    epoch = session_epoch(tmp_path / "s.db", is_resumed=True)
    assert (tmp_path / "s.db.session").read_bytes() == epoch.encode()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert len(session_epoch(tmp_path / "none" / "s.db", is_resumed=False)) == 8
    assert "s.db.session cannot be written (No such file or directory)" in caplog.text


async def test_records_carry_an_id_over_a_restart(
    tmp_path: Path, broker: Broker, watcher: Watcher, tansu: Tansu
) -> None:
    tansu.create_topic("epochs", partitions=1)
    settings = settings_for(tmp_path, broker.url, tansu.address, "epochs")
    async with running(settings):
        watcher.publish("shop/7/stock", "1")
        await records(tansu.address, "epochs", 1)
    watcher.publish("shop/7/stock", "2")
    async with running(settings):
        stored = await records(tansu.address, "epochs", 2)
    first, second = ((record.header("mqtt-id") or b"").decode().split(":") for record in stored)
    assert first[0] == second[0]
    assert first[2] != second[2]
