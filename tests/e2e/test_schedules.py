"""Schedules in a real Home Assistant: added through the dialog over HTTP, and run at their time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lab.client import Json
from lab.lab import Lab
from lab.waiting import until

from .host import Host


async def add_schedule(lab: Lab, *answers: Json) -> str:
    """Add a schedule through its dialog; return the id of its subentry."""
    (entry,) = await lab.client.entries("iotbridge")
    before = await subentries(lab)
    result = await lab.client.subentry_flow(entry["entry_id"], "schedule", *answers)
    assert result["type"] == "create_entry", result
    (new,) = await subentries(lab) - before
    return new


async def subentries(lab: Lab) -> set[str]:
    """Return the ids of the subentries."""
    (entry,) = await lab.client.entries("iotbridge")
    rows = await lab.client.command("config_entries/subentries/list", entry_id=entry["entry_id"])
    return {row["subentry_id"] for row in rows}


async def test_a_host_is_shut_down_at_the_time_of_its_schedule(recording_host: Host, lab: Lab) -> None:
    zone = ZoneInfo((await lab.client.rest("GET", "config"))["time_zone"])
    # The dialog takes a moment: not the minute that is about to begin.
    due = (datetime.now(zone) + timedelta(seconds=75)).replace(second=0, microsecond=0)
    schedule = await add_schedule(
        lab,
        {"name": "Night", "task": "shutdown", "when": "cron"},
        {"hosts": [await recording_host.device_id()], "without_users": False},
        {"cron": f"{due.minute} {due.hour} * * *"},
        {
            "conditions": [{"condition": "template", "value_template": "{{ true }}"}],
            "notice_min": 0,
            "catch_up_h": 0,
            "maintenance_min": 15,
        },
        {"next_step_id": "save"},
    )
    next_run = await lab.client.find_entity(f"{schedule}_schedule_next_run")
    assert next_run is not None
    await lab.client.wait_state(next_run["entity_id"], due.astimezone(ZoneInfo("UTC")).isoformat())
    assert recording_host.executed == []
    await recording_host.wait_power("shutting_down", timeout_s=150)
    assert datetime.now(zone) >= due

    async def executed() -> bool:
        return recording_host.executed == ["shutdown"]

    await until(executed, timeout_s=60, what="the execution of the shutdown")

    begin, end = due - timedelta(minutes=1), due + timedelta(days=1, minutes=1)
    query = "&".join(f"{key}={at:%Y-%m-%dT%H:%M:%S}Z" for key, at in (("start", utc(begin)), ("end", utc(end))))
    events = await lab.client.rest("GET", f"calendars/calendar.iot_bridge_schedules?{query}")
    assert [event["summary"] for event in events] == ["Night", "Night"]


def utc(at: datetime) -> datetime:
    """Return a time in UTC."""
    return at.astimezone(ZoneInfo("UTC"))
