"""Lines of things under System information."""

from typing import Any

from .manager import ThingsManager


def things_system_health(things: ThingsManager) -> dict[str, Any]:
    """Return the number of learned devices."""
    return {"things": sum(len(thing.devices) for thing in things.things.values())}
