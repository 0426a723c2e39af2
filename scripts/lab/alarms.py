"""Alarms and notifier groups, created in the dialogs of Home Assistant's interface like its frontend does."""

from collections.abc import Mapping, Sequence
from typing import Any

from .client import Client, Json
from .waiting import LabError, until
from .wizard import FLOWS, suggestions

GROUP, RULE = "notifier", "alarm"
# Menus after the test of a rule, by what came out of it.
TRIED = ("tried", "tried_no_data", "no_history", "no_matches", "no_recorder")


async def add_group(
    client: Client,
    name: str,
    *,
    phones: Sequence[str] = (),
    actions: Sequence[Json] = (),
    persistent: bool = False,
    **more: Any,
) -> str:
    """Add a notifier group; ``phones`` are actions such as ``notify.mobile_app_mine``. Return its subentry."""
    targets: Json = {"name": name, "persistent": persistent, "fallback": {"persistent": False}, **more}
    targets |= {"phones": list(phones)} if phones else {}
    targets |= {"actions": list(actions)} if actions else {}
    return await _add(client, GROUP, {"targets": targets, "ready": "save"})


async def add_rule(
    client: Client,
    kind: str,
    name: str,
    *,
    condition: Mapping[str, Any] | None = None,
    entities: Sequence[str] = (),
    devices: Sequence[str] = (),
    labels: Sequence[str] = (),
    steps: Sequence[tuple[float, Sequence[str]]] = (),
    **timing: Any,
) -> str:
    """Add an alarm over entities, or over all that belong to devices or have labels; return the id of its subentry.

    ``steps`` are names of groups and their delay in seconds, ``timing`` goes into the form of times
    (``severity``, ``hold`` …). Before it is saved the preview is opened, as in the frontend.
    """
    steps_data = [{"after": after_s / 60, "groups": list(groups)} for after_s, groups in steps]
    where = {"entities": list(entities)} if entities else {}
    matching = {"devices": list(devices)} if devices else {}
    matching |= {"labels": list(labels)} if labels else {}
    selection = {**where, "all": matching}
    answers = {
        "user": kind,
        "condition": dict(condition or {}),
        "entities": selection,
        "hosts": selection,
        "timing": {"name": name, "more": {}, **timing},
        "telling": {"steps": steps_data},
        **dict.fromkeys(TRIED, "save"),
        "nobody": "save_silent",
    }
    return await _add(client, RULE, answers)


async def remove(client: Client, subentry_id: str) -> None:
    """Delete an alarm or a group."""
    entry_id = await _entry_id(client)
    await client.command("config_entries/subentries/delete", entry_id=entry_id, subentry_id=subentry_id)


async def subentries(client: Client) -> list[Json]:
    """Return the subentries of IoT Bridge."""
    rows: list[Json] = await client.command("config_entries/subentries/list", entry_id=await _entry_id(client))
    return rows


async def history(client: Client, name: str) -> list[Json]:
    """Return the transitions of a rule's alarms, in order."""
    answer = await client.call("iotbridge.history", {"limit": 1000}, response=True)
    rows: list[Json] = answer["events"]
    return [row for row in reversed(rows) if row["rule"] == name]


async def alarms(client: Client, name: str) -> list[Json]:
    """Return the alarms of a rule that are not normal."""
    answer = await client.call("iotbridge.list", {}, response=True)
    return [row for row in answer["alarms"] if row["rule"] == name]


async def _add(client: Client, kind: str, answers: Mapping[str, Any]) -> str:
    """Complete a dialog with an answer for each of its steps: a form's own suggestions, and the given ones."""
    before = {row["subentry_id"] for row in await subentries(client)}
    result: Json = await client.rest("POST", FLOWS, {"handler": [await _entry_id(client), kind]})
    while result["type"] in {"form", "menu", "progress"}:
        result = await _next(client, result, answers)
    if result["type"] != "create_entry":
        raise LabError(f"the dialog {kind} made nothing: {result}")
    (new,) = {row["subentry_id"] for row in await subentries(client)} - before
    return str(new)


async def _next(client: Client, result: Json, answers: Mapping[str, Any]) -> Json:
    path = f"{FLOWS}/{result['flow_id']}"
    if result["type"] == "progress":
        return await until(lambda: _after_progress(client, path), timeout_s=60, what=f"the end of {result['step_id']}")
    if result.get("errors"):
        raise LabError(f"the form {result['step_id']} is not accepted: {result['errors']}")
    data = answers[result["step_id"]]
    is_menu = result["type"] == "menu"
    sent = {"next_step_id": data} if is_menu else suggestions(result["data_schema"]) | data
    answer: Json = await client.rest("POST", path, sent)
    return answer


async def _after_progress(client: Client, path: str) -> Json | None:
    shown: Json = await client.rest("GET", path)
    return None if shown["type"] == "progress" else shown


async def _entry_id(client: Client) -> str:
    (entry,) = await client.entries("iotbridge")
    return str(entry["entry_id"])
