"""Comparison of a device in Home Assistant with its discovery message; tables for the terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .lab import Lab

# A button has no value before its first press, an event none before its first occurrence.
WITHOUT_VALUE = ("button", "event")
NO_VALUE = ("unknown", "unavailable")
# unique_id suffixes of the entities that the integration adds to the agent's own ones.
OURS = ("power_state", "command")


@dataclass(frozen=True)
class Shown:
    """Entity as a user sees it."""

    unique_id: str
    name: str
    entity_id: str | None
    value: str
    problem: str | None


async def host_entities(lab: Lab, uid: str) -> list[Shown]:
    """Return every entity a host should have, with its value or its problem."""
    names = await _promised(lab, uid)
    names |= {f"{uid}_{suffix}": f"{suffix} (IoT Bridge)" for suffix in OURS}
    return await _entities(lab, names)


async def thing_entities(lab: Lab, device: str) -> list[Shown]:
    """Return every entity a learned device should have, by the name of the device; empty without a device."""
    uids = [
        identifier
        for row in await lab.client.devices()
        for domain, identifier in row["identifiers"]
        if domain == "mqtt" and row["name"] == device
    ]
    return await _entities(lab, await _promised(lab, uids[0])) if uids else []


async def _promised(lab: Lab, uid: str) -> dict[str, str]:
    """Return the names that the discovery message of a device has for its entities, by unique id."""
    promised = await lab.retained(f"homeassistant/device/{uid}/config")
    return {
        component["unique_id"]: component.get("name") or key
        for key, component in promised["components"].items()
        # A component with only a platform removes its entity.
        if "unique_id" in component and component.get("enabled_by_default", True)
    }


async def _entities(lab: Lab, names: Mapping[str, str]) -> list[Shown]:
    registry = {
        row["unique_id"]: row for row in await lab.client.entities() if row["platform"] in ("mqtt", "iotbridge")
    }
    states = {state["entity_id"]: state for state in await lab.client.rest("GET", "states")}
    shown = []
    for unique_id, name in names.items():
        entity_id = registry.get(unique_id, {}).get("entity_id")
        shown.append(_shown(unique_id, name, entity_id, states.get(entity_id) if entity_id else None))
    return shown


def _shown(unique_id: str, name: str, entity_id: str | None, state: dict[str, Any] | None) -> Shown:
    if entity_id is None:
        return Shown(unique_id, name, None, "", "no such entity in Home Assistant")
    if state is None:
        return Shown(unique_id, name, entity_id, "", "has no state")
    attributes = state["attributes"]
    value = f"{state['state']} {attributes.get('unit_of_measurement') or ''}".strip()
    platform = entity_id.partition(".")[0]
    bad = state["state"] == "unavailable" or (state["state"] in NO_VALUE and platform not in WITHOUT_VALUE)
    label = attributes.get("friendly_name", name)
    return Shown(unique_id, label, entity_id, value, f"is {state['state']}" if bad else None)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return rows as a table with aligned columns."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in lines
    )
