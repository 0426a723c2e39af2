"""Alarms of the demo: three that a newcomer can trip, and a slider and a switch to trip them with."""

from typing import Any

from .alarms import add_group, add_rule, alarms, subentries
from .client import Client, Json
from .lab import Lab
from .waiting import LabError, until

GROUP = "Notifications in Home Assistant"
ATTIC, DOOR, LOST = "Attic too warm", "The front door is open", "This machine is lost"
HOLD_S = 20
WELL, HOT = 22, 35

SLIDER: Json = {
    "name": "Attic temperature",
    "icon": "mdi:home-roof",
    "unit_of_measurement": "°C",
    "min": 10,
    "max": 40,
    "step": 0.5,
    "initial": WELL,
    "mode": "slider",
}
SWITCH: Json = {"name": "Front door", "icon": "mdi:door-open"}
ATTIC_ID, DOOR_ID = "input_number.attic_temperature", "input_boolean.front_door"


async def start_alarms(lab: Lab, power_state: str) -> None:
    """Create the three alarms unless they exist; ``power_state`` is that of this machine."""
    client = lab.client
    await _helper(client, "input_number", SLIDER)
    await _helper(client, "input_boolean", SWITCH)
    known = {row["title"] for row in await subentries(client)}
    if GROUP not in known:
        await add_group(client, GROUP, persistent=True)
    rules: dict[str, tuple[str, Json]] = {
        ATTIC: (
            "above",
            {
                "condition": {"above": 30, "hysteresis": 2, "worse_above": 38},
                "entities": [ATTIC_ID],
                "more": {"instructions": "Open the skylight."},
            },
        ),
        DOOR: (
            "state",
            {"condition": {"states": ["on"]}, "entities": [DOOR_ID], "severity": "info", "hold": {"seconds": HOLD_S}},
        ),
        LOST: ("host_lost", {"entities": [power_state], "severity": "critical"}),
    }
    for name, (kind, how) in rules.items():
        if name not in known:
            await add_rule(client, kind, name, steps=[(0, [GROUP])], **how)


async def trip(lab: Lab) -> list[list[str]]:
    """Trip one alarm like a newcomer, and clear it again; return its transitions, row by row.

    Raises LabError for a missing or superfluous notification.
    """
    rows = []
    for value, expected in ((HOT, "Warning: "), (WELL, "Cleared: ")):
        await lab.client.call("input_number.set_value", {"entity_id": ATTIC_ID, "value": value})
        message = await until(lambda begin=expected: _notification(lab, begin), timeout_s=20, what=f"{expected}{ATTIC}")  # type: ignore[misc]
        states = ", ".join(alarm["state"] for alarm in await alarms(lab.client, ATTIC)) or "normal"
        rows.append([f"{value} °C", states, message["title"], message["message"].replace("\n", " ")])
    return rows


def advice(pid: int) -> str:
    """Return how to trip each of them; ``pid`` is that of the agent."""
    return f"""\
Alarms to trip (the message is behind the bell on the left; under IoT Bridge > Alarms each has a sensor):
  - "{ATTIC}": Settings > Devices & services > Helpers > Attic temperature, over 30 °C; over 38 °C it is critical.
  - "{DOOR}": there, switch Front door on and wait {HOLD_S} seconds.
  - "{LOST}": kill -9 {pid}."""


async def _notification(lab: Lab, begin: str) -> Json | None:
    """Return the only notification about the attic that starts with this text."""
    notifications = [row for row in await _notifications(lab) if ATTIC in row["title"]]
    if len(notifications) > 1:
        raise LabError(f"several notifications about one alarm: {notifications}")
    return notifications[0] if notifications and notifications[0]["title"].startswith(begin) else None


async def _notifications(lab: Lab) -> list[Json]:
    rows: list[Json] = await lab.client.command("persistent_notification/get")
    return rows


async def _helper(client: Client, domain: str, settings: Json) -> None:
    existing: list[dict[str, Any]] = await client.command(f"{domain}/list")
    if settings["name"] not in {row["name"] for row in existing}:
        await client.command(f"{domain}/create", **settings)
