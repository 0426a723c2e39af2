"""Alarms in a backup of Home Assistant."""

import io
from pathlib import Path
import tarfile

import pytest

from custom_components.iotbridge.alarms.runtime.store import FILE, AlarmStore, HistoryQuery
from homeassistant.components.backup.const import DATA_MANAGER
from homeassistant.components.backup.manager import BackupManager
from homeassistant.setup import async_setup_component

from .kit import Kit
from .rules import add_rule, set_state


async def _manager(kit: Kit) -> BackupManager:
    assert await async_setup_component(kit.hass, "backup", {})
    await kit.hass.async_block_till_done()
    return kit.hass.data[DATA_MANAGER]


async def test_alarms_are_in_it(kit: Kit, tmp_path: Path) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    await set_state(kit, "sensor.one", "90")
    manager = await _manager(kit)
    folder = Path(kit.hass.config.path("backups"))
    await kit.hass.async_add_executor_job(folder.mkdir)

    await _back_up(manager)

    _unpack(folder, tmp_path)
    store = AlarmStore(tmp_path / "data" / ".storage" / FILE)
    assert {key.subject for key in store.open().instances} == {"sensor.one"}
    assert [(row["change"], row["subject"]) for row in store.history(HistoryQuery())] == [("raised", "sensor.one")]
    store.close()


async def test_the_database_is_complete_and_frozen_and_alarms_continue(kit: Kit, tmp_path: Path) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")
    manager = await _manager(kit)

    await manager.async_pre_backup_actions()
    before = _content(kit)
    await set_state(kit, "sensor.one", "20")
    alarms = kit.hass.config_entries.async_loaded_entries("iotbridge")[0].runtime_data.alarms
    events = await alarms.async_history(HistoryQuery(rules=[rule_id]))
    await manager.async_post_backup_actions()

    assert [row["change"] for row in events] == ["cleared", "raised"]
    assert _content(kit) == before
    (tmp_path / FILE).write_bytes(before)
    alone = AlarmStore(tmp_path / FILE)
    alone.open()
    assert [row["change"] for row in alone.history(HistoryQuery())] == ["raised"]
    alone.close()


async def test_the_database_stays_frozen_over_a_reload(kit: Kit) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")
    manager = await _manager(kit)
    (entry,) = kit.hass.config_entries.async_loaded_entries("iotbridge")

    await manager.async_pre_backup_actions()
    before = _content(kit)
    for state in ("20", "90"):
        assert await kit.hass.config_entries.async_reload(entry.entry_id)
        await set_state(kit, "sensor.one", state)
        assert _content(kit) == before
    assert await kit.hass.config_entries.async_unload(entry.entry_id)
    assert _content(kit) == before
    assert await kit.hass.config_entries.async_setup(entry.entry_id)
    await manager.async_post_backup_actions()

    assert await kit.hass.config_entries.async_unload(entry.entry_id)
    assert _content(kit) != before, "what happened is moved into it afterwards"


async def test_a_damaged_database_is_not_repaired_while_it_is_copied(kit: Kit) -> None:
    manager = await _manager(kit)
    (entry,) = kit.hass.config_entries.async_loaded_entries("iotbridge")
    assert await kit.hass.config_entries.async_unload(entry.entry_id)
    await kit.hass.async_add_executor_job(_path(kit).write_bytes, b"no database" * 1000)
    before = _content(kit)

    await manager.async_pre_backup_actions()
    assert await kit.hass.config_entries.async_setup(entry.entry_id)
    assert _content(kit) == before
    await manager.async_post_backup_actions()
    for _ in range(7):
        await kit.wait(5)
        await kit.hass.async_block_till_done(wait_background_tasks=True)

    assert _content(kit) != before
    assert await kit.hass.config_entries.async_unload(entry.entry_id)


async def test_a_failing_hook_does_not_abort_the_backup(
    kit: Kit, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")
    manager = await _manager(kit)
    (entry,) = kit.hass.config_entries.async_loaded_entries("iotbridge")
    # As after a disk that was gone for a moment: open files cannot be used any more.
    entry.runtime_data.alarms.processor.writer._store._connection.close()
    folder = Path(kit.hass.config.path("backups"))
    await kit.hass.async_add_executor_job(folder.mkdir)

    await _back_up(manager)

    assert caplog.text.count("Could not prepare the alarm database for the backup") == 2
    assert "ProgrammingError" in caplog.text
    _unpack(folder, tmp_path)
    store = AlarmStore(tmp_path / "data" / ".storage" / FILE)
    assert {key.subject for key in store.open().instances} == {"sensor.one"}
    store.close()


async def test_a_backup_works_while_the_database_cannot_be_opened(kit: Kit) -> None:
    (entry,) = kit.hass.config_entries.async_loaded_entries("iotbridge")
    manager = await _manager(kit)
    assert await kit.hass.config_entries.async_unload(entry.entry_id)
    path = Path(kit.hass.config.path(".storage", FILE))
    await kit.hass.async_add_executor_job(path.unlink)
    await kit.hass.async_add_executor_job(path.mkdir)
    assert await kit.hass.config_entries.async_setup(entry.entry_id)

    await manager.async_pre_backup_actions()
    await set_state(kit, "sensor.one", "90")
    await manager.async_post_backup_actions()

    assert await kit.hass.config_entries.async_unload(entry.entry_id)


async def test_without_a_loaded_entry(kit: Kit) -> None:
    manager = await _manager(kit)
    assert "iotbridge" in manager.platforms
    (entry,) = kit.hass.config_entries.async_loaded_entries("iotbridge")
    assert await kit.hass.config_entries.async_unload(entry.entry_id)

    await manager.async_pre_backup_actions()
    await manager.async_post_backup_actions()


async def _back_up(manager: BackupManager) -> None:
    await manager.async_create_backup(
        agent_ids=["backup.local"],
        include_addons=None,
        include_all_addons=False,
        include_database=False,
        include_folders=None,
        include_homeassistant=True,
        name="Test",
        password=None,
    )


def _content(kit: Kit) -> bytes:
    return _path(kit).read_bytes()


def _path(kit: Kit) -> Path:
    return Path(kit.hass.config.path(".storage", FILE))


def _unpack(folder: Path, target: Path) -> None:
    (backup,) = folder.iterdir()
    with tarfile.open(backup) as outer:
        inner = next(member for member in outer.getmembers() if "homeassistant.tar" in member.name)
        data = outer.extractfile(inner)
        assert data is not None
        with tarfile.open(fileobj=io.BytesIO(data.read())) as archive:
            archive.extractall(target, filter="data")
