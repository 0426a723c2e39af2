"""Spool on a real disk: order, bounds, versions, damage, a full disk, a killed process."""

from collections.abc import Iterator
from contextlib import closing, suppress
import os
from pathlib import Path
import resource
import signal
import sqlite3
import subprocess
import sys

import pytest

from iotbridge_agent.kafka.letters import MAX_VALUE, Letter
from iotbridge_agent.kafka.record import MqttMessage, Record, Rejection, RejectReason
from iotbridge_agent.kafka.spool import PEEK_BYTES, Spool
from iotbridge_agent.kafka.spool_file import NEWEST, SpoolError, SpoolFull

MB = 1024 * 1024
# A child that appends batches of 50 until it is killed, and prints the number of each one that is committed.
APPENDER = """
import sys
from pathlib import Path
from iotbridge_agent.kafka.record import Record
from iotbridge_agent.kafka.spool import Spool

spool = Spool(Path(sys.argv[1]), 100_000_000)
spool.open()
for batch in range(100_000):
    spool.append([Record("t", b"key", f"{batch}:{number}".encode(), [], 1) for number in range(50)])
    sys.stdout.write(f"{batch}\\n")
    sys.stdout.flush()
"""


def record(number: int, size: int = 0) -> Record:
    return Record("t", b"k", b"%d" % number + bytes(size), [("mqtt-topic", b"a/b")], 1000 + number)


def letter(number: int, *, target: str = "t", size: int = 0, reason: str = "refused") -> Letter:
    value = b"%d" % number + bytes(size)
    return Letter("a/b", target, b"k", value, [("h", b"\xff")], reason, "Kafka refuses it.", 1000 + number, len(value))


def no_route(_message: MqttMessage, _time_ms: int) -> Rejection:
    return Rejection(RejectReason.NO_ROUTE, "No route matches.")


def values(spool: Spool) -> list[bytes]:
    """Return the values of all records, read in steps of different sizes."""
    after, found = 0, []
    while batch := spool.peek(3 + after % 1000, after):
        found += [stored.value for _, stored in batch]
        after = batch[-1][0]
    return found


def fill(spool: Spool) -> int:
    """Append records until there is no room, and return how many were accepted."""
    accepted = 0
    try:
        while accepted < 100_000:
            spool.append([record(accepted + number, 1000) for number in range(20)])
            accepted += 20
    except SpoolFull:
        return accepted
    raise AssertionError


def occupy(path: Path) -> None:
    """Write to a file until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "state" / "stock.db", 10 * MB)) as opened:
        opened.open()
        yield opened


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, check=False)
    if mount.returncode:
        pytest.skip("file systems cannot be mounted here; the limit of a process stands in for a full disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_keeps_records_in_order_over_a_restart(spool: Spool) -> None:
    records = [record(number) for number in range(10)]
    assert spool.append(records[:4]) == 4
    assert spool.append(records[4:]) == 10
    spool.close()
    spool.open()
    assert [stored for _, stored in spool.peek(100)] == records
    assert (spool.count, spool.oldest_ms) == (10, 1000)
    fourth = spool.peek(4)[-1][0]
    assert [stored for _, stored in spool.peek(2, fourth)] == records[4:6]
    spool.delete_up_to(fourth)
    assert (spool.count, spool.oldest_ms) == (6, 1004)
    assert [stored for _, stored in spool.peek(100)] == records[4:]


def test_an_empty_spool_has_no_size_and_no_age(spool: Spool) -> None:
    assert (spool.count, spool.bytes, spool.oldest_ms, spool.letter_count, spool.peek(5)) == (0, 0, None, 0, [])
    spool.append([record(number, 1000) for number in range(1000)])
    assert 1 * MB < spool.bytes < 1.5 * MB
    spool.delete_up_to(spool.peek(1000)[-1][0])
    assert (spool.count, spool.bytes, spool.oldest_ms) == (0, 0, None)


def test_a_number_is_never_assigned_twice(spool: Spool) -> None:
    spool.append([record(1)])
    last = spool.peek(1)[0][0]
    spool.delete_up_to(last)
    spool.close()
    spool.open()
    spool.append([record(2)])
    assert [stored for _, stored in spool.peek(5, last)] == [record(2)]


def test_a_reading_is_bounded_by_bytes(spool: Spool) -> None:
    spool.append([record(number, 900_000) for number in range(8)])
    assert len(spool.peek(100)) == PEEK_BYTES // 900_000 + 1


def test_other_users_cannot_read_the_file(spool: Spool, tmp_path: Path) -> None:
    spool.append([record(1)])
    files = list((tmp_path / "state").iterdir())
    assert {path.name for path in files} >= {"stock.db", "stock.db-wal"}
    assert {path.stat().st_mode & 0o077 for path in files if not path.name.endswith(".lock")} == {0}


def test_a_full_spool_takes_nothing_of_a_batch_and_still_takes_letters(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "spool.db", 1 * MB)) as spool:
        spool.open()
        accepted = fill(spool)
        with pytest.raises(SpoolFull, match=r"spool\.db is full \(1 MB\)"):
            spool.append([record(number, 1000) for number in range(50)])
        assert 600 < accepted < 1000
        assert values(spool) == [record(number, 1000).value for number in range(accepted)]
        assert spool.add_letters([letter(1, size=10_000)]) == 0
        spool.delete_up_to(spool.peek(accepted // 2)[-1][0])
        spool.append([record(accepted, 1000)])
        assert spool.count == accepted - accepted // 2 + 1
        spool.close()
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1 * MB


def test_a_batch_that_can_never_fit_is_refused(spool: Spool) -> None:
    with pytest.raises(SpoolFull):
        spool.append([record(1, 20 * MB)])
    assert spool.count == 0


def test_a_full_disk_loses_nothing_and_is_drained(small_disk: Path) -> None:
    with closing(Spool(small_disk / "spool.db", 1000 * MB)) as spool:
        spool.open()
        for _ in range(3):
            accepted = fill(spool)
            assert accepted > 500
            spool.close()
            spool.open()
            assert values(spool) == [record(number, 1000).value for number in range(accepted)]
            spool.delete_up_to(spool.peek(accepted)[-1][0])
            while batch := spool.peek(100):
                spool.delete_up_to(batch[-1][0])
            assert spool.bytes == 0


def test_a_nearly_full_disk_has_room_for_deleting(small_disk: Path) -> None:
    with closing(Spool(small_disk / "spool.db", 1000 * MB)) as spool:
        spool.open()
        accepted = fill(spool)
        spool.close()
        spool.open()
        other = small_disk / "other"
        occupy(other)
        os.truncate(other, other.stat().st_size - 250_000)
        spool.delete_up_to(spool.peek(accepted)[-1][0])
        assert spool.count == 0


def test_a_disk_filled_by_others_is_told_and_recovers(small_disk: Path) -> None:
    with closing(Spool(small_disk / "spool.db", 1000 * MB)) as spool:
        spool.open()
        spool.append([record(number, 1000) for number in range(500)])
        other = small_disk / "other"
        occupy(other)
        with pytest.raises(SpoolFull, match=r"disk of the spool .* is full"):
            spool.append([record(500)])
        with pytest.raises(SpoolFull):
            spool.add_letters([letter(1)])
        assert values(spool) == [record(number, 1000).value for number in range(500)]
        other.unlink()
        spool.append([record(500, 1000)])
        assert values(spool) == [record(number, 1000).value for number in range(501)]


def test_a_write_that_fails_half_way_leaves_nothing(spool: Spool) -> None:
    spool.append([record(1)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        with pytest.raises(SpoolFull, match="no room left"):
            spool.append([record(number, 1000) for number in range(1000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert values(spool) == [b"1"]
    spool.append([record(2)])
    assert values(spool) == [b"1", b"2"]


def test_a_killed_process_loses_no_committed_batch(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    for minimum in (3, 8, 20):
        path.unlink(missing_ok=True)
        with subprocess.Popen([sys.executable, "-c", APPENDER, str(path)], stdout=subprocess.PIPE) as child:
            assert child.stdout
            committed = 0
            for line in child.stdout:
                committed = int(line) + 1
                if committed == minimum:
                    child.send_signal(signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL
        with closing(Spool(path, 100 * MB)) as spool:
            spool.open()
            stored = values(spool)
            assert len(stored) % 50 == 0
            assert committed * 50 <= len(stored) <= (committed + 1) * 50
            assert stored == [f"{number // 50}:{number % 50}".encode() for number in range(len(stored))]
            spool.delete_up_to(spool.peek(10_000)[-1][0])


def test_an_older_file_is_read_and_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "CREATE TABLE records (seq INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key BLOB NOT NULL, "
            "value BLOB NOT NULL, headers TEXT NOT NULL, timestamp_ms INTEGER NOT NULL);"
            "INSERT INTO records(topic, key, value, headers, timestamp_ms) VALUES ('t', x'6b', x'31', '[]', 5);"
            "PRAGMA user_version = 1; PRAGMA application_id = 1229935682"
        )
    with closing(Spool(path, MB)) as spool:
        spool.open()
        assert [stored for _, stored in spool.peek(5)] == [Record("t", b"k", b"1", [], 5)]
        spool.add_letters([letter(1)])
        assert spool.letter_count == 1


def test_a_newer_file_is_refused_and_stays_as_it_is(spool: Spool, tmp_path: Path) -> None:
    spool.append([record(1)])
    spool.close()
    path = tmp_path / "state" / "stock.db"
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {NEWEST + 1}")
    sentence = f"version {NEWEST + 1}, and this program knows versions up to {NEWEST}: start the newer program again"
    with pytest.raises(SpoolError, match=sentence):
        spool.open()
    assert path.exists()


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE things (name TEXT)")
    with closing(Spool(path, MB)) as spool, pytest.raises(SpoolError, match="database of another program"):
        spool.open()


def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with closing(Spool(tmp_path / "file" / "spool.db", MB)) as spool, pytest.raises(SpoolError, match="has no place"):
        spool.open()
    with pytest.raises(SpoolError, match="is closed"):
        spool.peek(1)


@pytest.mark.parametrize("damage", ["garbage", "header"])
def test_a_damaged_file_is_set_aside_at_the_start(spool: Spool, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    spool.append([record(1)])
    spool.close()
    content = spool.path.read_bytes()
    spool.path.write_bytes(b"no database" * 1000 if damage == "garbage" else content[:5] + b"X" * 200 + content[205:])
    broken = spool.path.read_bytes()
    spool.open()
    (aside,) = spool.path.parent.glob("stock.db.damaged-*")
    assert aside.read_bytes() == broken
    assert f"kept as {aside}" in caplog.text
    assert "Nothing of it could be read" in caplog.text or "0 records" in caplog.text
    spool.append([record(2)])
    assert values(spool) == [b"2"]


def test_damage_that_shows_while_running_loses_only_what_cannot_be_read(
    spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    records = [record(number, 1000) for number in range(2000)]
    spool.append(records)
    spool.add_letters([letter(1), letter(2)])
    spool.delete_up_to(spool.peek(100)[-1][0])
    spool.close()
    with spool.path.open("r+b") as file:
        for page in range(300, 310):
            file.seek(page * 4096)
            if file.read(1) == b"\x0d":  # a page of rows
                file.write(b"\xff" * 4095)
    spool.open()
    sent = spool.peek(10)
    assert [stored for _, stored in sent] == records[100:110]
    after = sent[-1][0]
    found = []
    while batch := spool.peek(300, after):
        found += [stored for _, stored in batch]
        after = batch[-1][0]
    assert 1700 < len({stored.value for stored in found}) < 1900
    # What was sent already comes once more, and then all others, in order.
    place = found.index(records[100])
    assert [stored.timestamp_ms for stored in found[place:]] == sorted(stored.timestamp_ms for stored in found[place:])
    assert found[-1] == records[-1]
    assert [stored for _, stored in spool.letters(5)] == [letter(1), letter(2)]
    assert spool.count == len(found) - place
    assert spool.append([record(1)]) == after + 1
    (aside,) = spool.path.parent.glob("stock.db.damaged-*[0-9]")
    assert f"kept as {aside}" in caplog.text
    assert f"{spool.count - 1} records and 2 dead letters of it could be read" in caplog.text


def test_two_damaged_files_in_one_second_are_both_kept(spool: Spool) -> None:
    for _ in range(3):
        spool.close()
        spool.path.write_bytes(b"no database" * 1000)
        spool.open()
    assert len(list(spool.path.parent.glob("stock.db.damaged-*"))) == 3


def test_a_second_connector_is_refused(spool: Spool) -> None:
    with closing(Spool(spool.path, MB)) as second, pytest.raises(SpoolError, match="Another connector uses the spool"):
        second.open()
    spool.append([record(1)])


def test_another_process_works_on_letters_meanwhile(spool: Spool) -> None:
    spool.append([record(1)])
    spool.add_letters([letter(number) for number in range(2, 6)])
    with closing(Spool(spool.path, 10 * MB)) as beside:
        beside.open_beside()
        listed = beside.letters(10)
        assert [stored for _, stored in listed] == [letter(number) for number in range(2, 6)]
        ids = [letter_id for letter_id, _ in listed]
        assert beside.retry([ids[2], ids[0], 99], no_route) == (2, {})
        spool.append([record(9)])
        assert beside.drop([ids[1], 99]) == 1
    assert values(spool) == [b"1", b"2", b"4", b"9"]
    assert [stored for _, stored in spool.letters(10)] == [letter(5)]
    assert spool.peek(4)[1][1] == Record("t", b"k", b"2", [("h", b"\xff")], 1002)


def test_a_program_beside_neither_creates_nor_renames(tmp_path: Path, spool: Spool) -> None:
    with pytest.raises(SpoolError, match="There is no spool"):
        Spool(tmp_path / "missing.db", MB).open_beside()
    assert not (tmp_path / "missing.db").exists()
    spool.close()
    spool.path.write_bytes(b"no database" * 1000)
    with pytest.raises(SpoolError, match="cannot be used"):
        Spool(spool.path, MB).open_beside()
    assert not list(spool.path.parent.glob("*damaged*"))


def test_a_letter_without_a_record_stays_with_the_reason(spool: Spool) -> None:
    spool.add_letters([letter(1, target=""), letter(2)._replace(size=MAX_VALUE + 1)])
    (first, _), (second, _) = spool.letters(10)
    retried, kept = spool.retry([first, second], no_route)
    assert retried == 0
    assert {key: rejection.reason for key, rejection in kept.items()} == {first: "no_route", second: "too_large"}
    assert (spool.letter_count, spool.count) == (2, 0)


def test_all_letters_are_retried_in_pages(spool: Spool) -> None:
    spool.add_letters([letter(number, target="" if number % 3 else "t") for number in range(250)])
    result = spool.retry_all(no_route, "refused")
    assert (result.retried, len(result.kept)) == (84, 166)
    assert values(spool) == [b"%d" % number for number in range(0, 250, 3)]
    assert spool.retry_all(no_route, "no_route") == (0, {})


def test_letters_are_listed_by_reason_and_in_pages(spool: Spool) -> None:
    spool.add_letters([letter(number, reason="no_route" if number % 2 else "refused") for number in range(6)])
    page = spool.letters(2, reason="no_route")
    assert [stored.value for _, stored in page] == [b"1", b"3"]
    assert [stored.value for _, stored in spool.letters(5, page[-1][0], "no_route")] == [b"5"]


def test_the_oldest_letters_make_room(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "spool.db", 4 * MB)) as spool:
        spool.open()
        removed = sum(
            spool.add_letters([letter(start + number, size=9_000) for number in range(10)])
            for start in range(0, 300, 10)
        )
        left = [stored.value.rstrip(b"\0") for _, stored in spool.letters(1000)]
        assert left == [b"%d" % number for number in range(removed, 300)]
        assert 0.85 * MB < spool.bytes < 1.5 * MB
        spool.append([record(1, 100_000)])


def test_a_long_outage_gives_the_disk_back(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "spool.db", 200 * MB)) as spool:
        spool.open()
        for _ in range(4):
            spool.append([record(number, 100_000) for number in range(50)])
        spool.add_letters([letter(1)])
        assert spool.path.stat().st_size > 16 * MB
        last = spool.peek(1, 199)[0][0]
        spool.delete_up_to(last)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) < MB
        assert [stored for _, stored in spool.letters(5)] == [letter(1)]
        spool.append([record(2)])
        assert [stored for _, stored in spool.peek(5, last)] == [record(2)]
