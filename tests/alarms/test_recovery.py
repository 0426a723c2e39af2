"""Alarms whose file cannot be opened, cannot be written, or is damaged."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
import sqlite3
from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, AlarmState
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, Rule, Selection
from custom_components.iotbridge.alarms.repairs import DamagedFiles
from custom_components.iotbridge.alarms.runtime import database
from custom_components.iotbridge.alarms.runtime.database_migration import NEWEST
from custom_components.iotbridge.alarms.runtime.store import AlarmStore, store_path
from custom_components.iotbridge.markdown import escaped
from custom_components.iotbridge.repairs import async_create_fix_flow
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import ServiceCall
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir, label_registry as lr
from tests.alarms.alarm_file import NOT_WRITTEN, changes, repairs

from ..kit import Kit
from ..rules import add_rule, call, set_state
from .home import alarms, bridge, rename, restart, sensor, start, started, stop, titles, wait

DAMAGED = "alarms_damaged"


@pytest.fixture
async def path(kit: Kit) -> AsyncGenerator[Path]:
    """Return the path of the file."""
    yield store_path(kit.hass)
    if bridge(kit).state is ConfigEntryState.LOADED:
        await kit.hass.config_entries.async_unload(bridge(kit).entry_id)


def states(kit: Kit, rule_id: str) -> dict[str, AlarmState]:
    return {alarm.key.subject: alarm.state for alarm in alarms(kit).alarms(rule_id)}


def copies(path: Path) -> list[str]:
    return sorted(copy.name for copy in path.parent.glob("iotbridge_alarms-damaged-*"))


async def start_fully(kit: Kit) -> None:
    await start(kit)
    await started(kit)
    await wait(kit, 5)


@pytest.mark.parametrize("obstacle", ["directory", "link"])
async def test_alarms_start_from_a_read_only_file_and_write_later(
    kit: Kit, path: Path, policy: EscalationPolicy, notifications: list[ServiceCall], obstacle: str
) -> None:
    rule_id = await add_rule(kit, "sensor.hot", "sensor.wet", escalation=policy)
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 3)
    alarms(kit).async_acknowledge([AlarmKey(rule_id, "sensor.hot")], Actor("Anna"))
    await stop(kit)
    # With a directory there SQLite opens the file, but never writes; with such a link it does not open it.
    in_the_way = path.with_name(f"{path.name}-shm")
    _put(in_the_way, obstacle)

    await start_fully(kit)

    assert bridge(kit).state is ConfigEntryState.LOADED
    assert repairs(kit) == {NOT_WRITTEN}
    assert states(kit, rule_id) == {"sensor.hot": AlarmState.ACKNOWLEDGED, "sensor.wet": AlarmState.NORMAL}
    notifications.clear()
    await set_state(kit, "sensor.wet", "90")
    await wait(kit, 3)
    assert titles(notifications) == ["Warning"], "notified at once, although it is not written"
    _remove_obstacle(in_the_way)
    await wait(kit, 35, 5)

    assert repairs(kit) == set()
    assert (await changes(kit))[-1] == "raised sensor.wet"
    notifications.clear()
    await restart(kit)
    await wait(kit, 5)
    assert states(kit, rule_id) == {"sensor.hot": AlarmState.ACKNOWLEDGED, "sensor.wet": AlarmState.UNACKNOWLEDGED}
    assert notifications == []


async def test_an_unreadable_file_is_restored_once_it_is_readable(
    kit: Kit, path: Path, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await add_rule(kit, "sensor.hot", "sensor.wet", "sensor.dry", escalation=policy)
    for entity_id in ("sensor.hot", "sensor.wet"):
        await set_state(kit, entity_id, "90")
    await set_state(kit, "sensor.dry", "20")
    await wait(kit, 3)
    alarms(kit).async_acknowledge([AlarmKey(rule_id, "sensor.wet")], Actor("Anna"))
    await call(kit, "out_of_service", entity_id="sensor.dry")
    await kit.hass.services.async_call(
        "switch", "turn_on", {"entity_id": kit.entity_id(f"{bridge(kit).entry_id}_maintenance")}, blocking=True
    )
    await stop(kit)
    away = path.with_name("away.db")
    _move(path, away)
    _put(path, "directory")
    kit.hass.states.async_remove("sensor.wet")

    await start_fully(kit)
    assert repairs(kit) == {NOT_WRITTEN}
    assert states(kit, rule_id)["sensor.dry"] is AlarmState.NORMAL
    await set_state(kit, "sensor.hot", "20")
    await wait(kit, 3)
    _remove_obstacle(path)
    _move(away, path)
    await wait(kit, 35, 5)

    assert repairs(kit) == set()
    restored = states(kit, rule_id)
    assert restored["sensor.dry"] is AlarmState.OUT_OF_SERVICE
    assert kit.state(f"{bridge(kit).entry_id}_maintenance").state == "on"
    assert (await changes(kit))[0] == "raised sensor.hot", "the earlier history is restored"
    await restart(kit)
    assert states(kit, rule_id) == restored


@pytest.fixture
async def hide_file(kit: Kit, path: Path) -> Callable[[], Callable[[], None]]:
    """Return a function that hides the file and returns a function that restores it."""

    def hide() -> Callable[[], None]:
        away = path.with_name("away.db")
        _move(path, away)
        _put(path, "directory")

        def restore_file() -> None:
            _remove_obstacle(path)
            _move(away, path)

        return restore_file

    return hide


async def test_a_rename_is_applied_to_a_file_that_is_readable_later(
    kit: Kit,
    path: Path,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    hide_file: Callable[[], Callable[[], None]],
) -> None:
    entity_id = await sensor(kit, "attic", "90")
    await sensor(kit, "cellar", "90")
    rule_id = await add_rule(kit, entity_id, "sensor.cellar", escalation=policy)
    await wait(kit, 3)
    alarms(kit).async_acknowledge([AlarmKey(rule_id, entity_id)], Actor("Anna"))
    await call(kit, "maintenance_start", name="Works", duration={"hours": 2}, entity_id=entity_id)
    await wait(kit, 3)
    await stop(kit)
    restore_file = hide_file()
    await rename(kit, entity_id, "sensor.loft")
    kit.hass.states.async_remove("sensor.loft")

    await start_fully(kit)
    notifications.clear()
    restore_file()
    await wait(kit, 65, 5)

    assert repairs(kit) == set()
    expected = {"sensor.loft": AlarmState.SUPPRESSED, "sensor.cellar": AlarmState.UNACKNOWLEDGED}
    assert states(kit, rule_id) == expected
    (window,) = alarms(kit).suppressor.timed_windows
    alarms(kit).suppressor.async_end_window(window, Actor())
    expected["sensor.loft"] = AlarmState.ACKNOWLEDGED
    assert states(kit, rule_id) == expected
    assert "raised sensor.loft" in await changes(kit)
    assert "raised sensor.attic" not in await changes(kit)
    await restart(kit)
    assert states(kit, rule_id) == expected
    assert titles(notifications) == []


async def test_a_stored_alarm_that_no_longer_matches_is_cleared_once_the_file_is_readable(
    kit: Kit,
    path: Path,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    hide_file: Callable[[], Callable[[], None]],
) -> None:
    label = lr.async_get(kit.hass).async_create("Rooms").label_id
    entity_id = await sensor(kit, "attic", "90")
    er.async_get(kit.hass).async_update_entity(entity_id, labels={label})
    rule_id = await add_rule(kit, selection=Selection(labels=(label,)), escalation=policy)
    await wait(kit, 3)
    assert titles(notifications) == ["Warning"]
    await stop(kit)
    restore_file = hide_file()
    er.async_get(kit.hass).async_update_entity(entity_id, labels=set())

    await start_fully(kit)
    restore_file()
    await wait(kit, 65, 5)

    assert titles(notifications) == ["Warning", "Cleared"]
    assert states(kit, rule_id) == {}
    await restart(kit)
    assert states(kit, rule_id) == {}


@pytest.mark.parametrize("content", ["rubbish", "pages"])
async def test_readable_rows_of_a_damaged_file_are_rescued_with_a_repair(kit: Kit, path: Path, content: str) -> None:
    rule_id = await add_rule(kit, *(f"sensor.n{number}" for number in range(150)))
    for number in range(150):
        await set_state(kit, f"sensor.n{number}", "90")
    before = await changes(kit)
    await stop(kit)
    _damage(path, content)

    await start_fully(kit)

    assert bridge(kit).state is ConfigEntryState.LOADED
    await changes(kit)
    assert repairs(kit) == {DAMAGED}
    (aside,) = [name for name in copies(path) if name.endswith(".db")]
    (issue,) = ir.async_get(kit.hass).issues.values()
    assert issue.translation_placeholders == {"files": escaped(aside)}
    assert set(states(kit, rule_id).values()) == {AlarmState.UNACKNOWLEDGED}
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    if content == "pages":
        kept = await changes(kit)
        assert kept[0] == before[0], "from before the damage"
        assert kept[len(kept) - kept[::-1].index(before[-1]) - 1] == before[-1], "and from after it"

    await restart(kit)
    assert repairs(kit) == {DAMAGED}, "until the copy is deleted"
    flow = await async_create_fix_flow(kit.hass, issue.issue_id, None)
    assert isinstance(flow, DamagedFiles)
    flow.hass, flow.issue_id = kit.hass, issue.issue_id
    assert (await flow.async_step_init())["type"] is FlowResultType.FORM
    assert (await flow.async_step_confirm({}))["type"] is FlowResultType.CREATE_ENTRY
    assert copies(path) == []
    assert repairs(kit) == set()


def _put(path: Path, obstacle: str) -> None:
    if obstacle == "directory":
        path.mkdir()
    else:
        path.symlink_to("/nowhere/at/all")


def _remove_obstacle(obstacle: Path) -> None:
    obstacle.unlink() if obstacle.is_symlink() else obstacle.rmdir()


def _move(path: Path, target: Path) -> None:
    path.rename(target)


def _execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(statement)


def _make_incomplete(path: Path, content: str) -> None:
    if content == "nothing":
        path.write_bytes(b"")
    elif content == "no tables":
        path.unlink()
        _execute(path, "PRAGMA journal_mode=WAL")
    else:
        _execute(path, f"DROP TABLE {content.removeprefix('no ')}")


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def _damage(path: Path, content: str) -> None:
    if content == "zeros":
        path.write_bytes(b"\x00" * path.stat().st_size)
        return
    if content == "rubbish":
        path.write_bytes(b"no database" * 1000)
        return
    with closing(sqlite3.connect(path)) as file:
        leaves = "SELECT pageno FROM dbstat WHERE name = 'history' AND pagetype = 'leaf' ORDER BY path"
        pages = [page for (page,) in file.execute(leaves)]
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[16:18])
    middle = pages[len(pages) // 2]
    data[(middle - 1) * size : middle * size] = b"\xa5" * size
    path.write_bytes(data)


async def test_damage_found_by_a_query_is_rescued_at_run_time(kit: Kit, path: Path) -> None:
    rule_id = await add_rule(kit, "sensor.hot", "sensor.wet")
    await set_state(kit, "sensor.hot", "90")
    await restart(kit)
    _damage(path, "zeros")

    await changes(kit)
    await set_state(kit, "sensor.wet", "90")

    assert repairs(kit) == {DAMAGED}
    assert len(copies(path)) == 1
    assert (await changes(kit))[-1] == "raised sensor.wet"
    await restart(kit)
    assert states(kit, rule_id) == {
        "sensor.hot": AlarmState.UNACKNOWLEDGED,
        "sensor.wet": AlarmState.UNACKNOWLEDGED,
    }


async def test_damage_found_by_several_queries_is_rescued_once(kit: Kit, path: Path) -> None:
    await add_rule(kit, "sensor.hot", "sensor.wet")
    await set_state(kit, "sensor.hot", "90")
    await restart(kit)
    _damage(path, "zeros")

    await asyncio.gather(*(changes(kit) for _ in range(5)))

    assert len([name for name in copies(path) if name.endswith(".db")]) == 1
    await set_state(kit, "sensor.wet", "90")
    assert (await changes(kit))[-1] == "raised sensor.wet"


async def test_alarms_start_although_the_history_cannot_be_read(
    kit: Kit, path: Path, policy: EscalationPolicy, notifications: list[ServiceCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule_id = await add_rule(kit, "sensor.hot", escalation=policy)
    await add_rule(kit, "sensor.wet", escalation=policy)
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 3)
    await stop(kit)
    kit.hass.config_entries.async_remove_subentry(bridge(kit), rule_id)

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(AlarmStore, "history", fail)
    await start_fully(kit)

    assert repairs(kit) == set()
    await set_state(kit, "sensor.wet", "90")
    await wait(kit, 3)
    assert titles(notifications) == ["Warning", "Cleared", "Warning"]


@pytest.mark.parametrize("content", ["nothing", "no tables", "no outbox", "no history"])
async def test_an_incomplete_file_is_rescued_as_damaged(kit: Kit, path: Path, content: str) -> None:
    rule_id = await add_rule(kit, "sensor.hot", "sensor.wet")
    await set_state(kit, "sensor.hot", "90")
    await stop(kit)
    _make_incomplete(path, content)

    await start_fully(kit)

    assert repairs(kit) == {DAMAGED}
    assert len([name for name in copies(path) if name.endswith(".db")]) == 1
    assert states(kit, rule_id)["sensor.hot"] is AlarmState.UNACKNOWLEDGED
    await set_state(kit, "sensor.wet", "90")
    assert (await changes(kit))[-1] == "raised sensor.wet"
    await restart(kit)
    assert len([name for name in copies(path) if name.endswith(".db")]) == 1, "set aside once"


async def test_a_file_of_a_later_release_is_read_but_not_written(
    kit: Kit, path: Path, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await add_rule(kit, "sensor.hot", "sensor.wet", escalation=policy)
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 3)
    alarms(kit).async_acknowledge([AlarmKey(rule_id, "sensor.hot")], Actor("Anna"))
    await wait(kit, 3)
    await stop(kit)
    _execute(path, "PRAGMA user_version=99")
    before = _bytes(path)
    notifications.clear()

    await start_fully(kit)

    assert repairs(kit) == {"alarms_newer"}
    assert states(kit, rule_id)["sensor.hot"] is AlarmState.ACKNOWLEDGED, "its content is used"
    await set_state(kit, "sensor.wet", "90")
    await wait(kit, 65, 5)
    assert titles(notifications) == ["Warning"]
    assert repairs(kit) == {"alarms_newer"}, "the only one, also after another attempt"
    await stop(kit)
    assert _bytes(path) == before
    assert copies(path) == []
    _execute(path, f"PRAGMA user_version={NEWEST}")
    await start_fully(kit)
    assert repairs(kit) == set()


@pytest.mark.parametrize("table", ["instance", "bytes", "key", "outbox", "remembered", "type", "member"])
async def test_a_damaged_row_is_set_aside_and_the_others_are_loaded(kit: Kit, path: Path, table: str) -> None:
    rule_id = await add_rule(kit, "sensor.hot", "sensor.odd")
    for entity_id in ("sensor.hot", "sensor.odd"):
        await set_state(kit, entity_id, "90")
    alarms(kit).async_acknowledge([AlarmKey(rule_id, "sensor.hot")], Actor("Anna"))
    await kit.hass.async_block_till_done()
    await stop(kit)
    statement = {
        "instance": "UPDATE instance SET data = '{\"alarm\"' WHERE subject = 'sensor.odd'",
        "bytes": "UPDATE instance SET data = x'ff7b' WHERE subject = 'sensor.odd'",
        "key": "UPDATE instance SET subject = x'ff7b' WHERE subject = 'sensor.odd'",
        "outbox": "INSERT INTO outbox VALUES (7, 'x')",
        "remembered": "REPLACE INTO remembered VALUES ('windows', CAST(x'ff7b' AS TEXT))",
        "type": "REPLACE INTO remembered VALUES ('windows', '5')",
        "member": "REPLACE INTO remembered VALUES ('absent', '{\"sensor.odd\": \"long ago\"}')",
    }[table]
    _execute(path, statement)

    await start_fully(kit)

    assert states(kit, rule_id)["sensor.hot"] is AlarmState.ACKNOWLEDGED
    assert repairs(kit) == {DAMAGED}
    (name,) = copies(path)
    tables = {"bytes": "instance", "key": "instance", "type": "remembered", "member": "remembered"}
    assert tables.get(table, table) in _text(path.with_name(name))
    await restart(kit)
    assert copies(path) == [name], "set aside once"


async def test_alarms_start_without_their_file_after_an_unexpected_error(
    kit: Kit,
    path: Path,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    monkeypatch: pytest.MonkeyPatch,
    caplog: Any,
) -> None:
    def fail(*_: object) -> None:
        raise TypeError("an unexpected error")

    await add_rule(kit, "sensor.hot", escalation=policy)
    await stop(kit)
    with monkeypatch.context() as patched:
        patched.setattr(database, "load", fail)
        await start_fully(kit)
        assert repairs(kit) == {NOT_WRITTEN}
        assert "Traceback" in caplog.text
        await set_state(kit, "sensor.hot", "90")
        await wait(kit, 3)
    assert titles(notifications) == ["Warning"]
    await wait(kit, 35, 5)
    assert repairs(kit) == set()
    assert await changes(kit) == ["raised sensor.hot"]


async def test_a_message_rule_hears_messages_although_the_file_has_alarms_of_its_former_entities(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await add_rule(kit, "sensor.hot", escalation=policy)
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 3)
    await stop(kit)
    entry = bridge(kit)
    subentry = entry.subentries[rule_id]
    edited = Rule.from_dict(rule_id, subentry.title, subentry.data)
    edited = replace(edited, condition=Condition(kind=AlarmKind.MESSAGE, topic="boiler/error"), selection=Selection())
    kit.hass.config_entries.async_update_subentry(entry, subentry, data=edited.as_dict())
    await start_fully(kit)
    notifications.clear()

    await kit.receive("boiler/error", "E4")
    await wait(kit, 3)

    assert "raised" in [change.strip() for change in await changes(kit)]
