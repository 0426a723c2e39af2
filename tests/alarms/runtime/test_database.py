"""Files of alarms that are damaged: recognised, rebuilt, and set aside in a limited number."""

from contextlib import closing
from pathlib import Path
import sqlite3

import pytest

from custom_components.iotbridge.alarms.runtime.database import (
    MAX_COPIES,
    DamagedError,
    connect,
    damaged_copies,
    is_damage,
    load,
    rebuild,
    remove_copies,
)
from custom_components.iotbridge.alarms.runtime.store import AlarmStore, HistoryQuery


def test_damage_found_twice_is_rescued_once(store: AlarmStore, path: Path) -> None:
    rescues = store.rescues
    path.write_bytes(b"no database" * 1000)

    for _ in range(2):
        store.rebuild(rescues)

    assert len([name for name in store.damaged if name.endswith(".db")]) == 1
    assert store.history(HistoryQuery()) == []


def test_a_file_that_is_no_database_is_damaged(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)

    with pytest.raises(sqlite3.DatabaseError) as caught:
        connect(path)
    assert is_damage(caught.value)
    rebuild(path)

    with closing(connect(path)) as connection:
        assert load(connection)[0].instances == {}


def test_a_file_without_one_of_its_tables_is_damaged(path: Path) -> None:
    with closing(connect(path)) as connection:
        connection.execute("DROP TABLE outbox")

    with pytest.raises(DamagedError) as caught:
        connect(path)
    assert is_damage(caught.value)


def test_an_error_of_the_disk_is_no_damage(path: Path) -> None:
    path.mkdir()

    with pytest.raises(sqlite3.OperationalError) as caught:
        connect(path)
    assert not is_damage(caught.value)


def test_a_few_damaged_files_are_kept_and_can_be_deleted(path: Path) -> None:
    for _ in range(MAX_COPIES + 2):
        path.write_bytes(b"no database" * 1000)
        rebuild(path)

    assert len(damaged_copies(path)) == MAX_COPIES
    remove_copies(damaged_copies(path))
    assert damaged_copies(path) == []
