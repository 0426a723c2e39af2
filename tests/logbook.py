"""Lines of Home Assistant's Activity, by the WebSocket command of its page."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .kit import Kit


class Logbook:
    """Reader of the lines since a moment."""

    def __init__(self, kit: Kit, connect: WebSocketGenerator) -> None:
        """Read from now on."""
        self._kit = kit
        self._connect = connect
        self._began = dt_util.utcnow()

    async def begin(self) -> None:
        """Leave out the lines so far."""
        await async_wait_recording_done(self._kit.hass)
        await self._kit.wait(2)
        self._began = dt_util.utcnow() - timedelta(seconds=1)

    async def lines(self, entity_ids: Sequence[str] = (), device_ids: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return the lines of all entities, or those of some entities and devices."""
        await async_wait_recording_done(self._kit.hass)
        await self._kit.wait(2)
        client = await self._connect(self._kit.hass)
        command: dict[str, Any] = {"type": "logbook/get_events", "start_time": self._began.isoformat()}
        selected = {"entity_ids": list(entity_ids), "device_ids": list(device_ids)}
        await client.send_json_auto_id(command | {key: ids for key, ids in selected.items() if ids})
        answer = await client.receive_json()
        assert answer["success"], answer
        found: list[dict[str, Any]] = answer["result"]
        return found


async def open_logbook(kit: Kit, connect: WebSocketGenerator, config: Mapping[str, Any] | None = None) -> Logbook:
    """Set up the logbook; return its reader."""
    kit.hass.config.components.add("frontend")  # the pages themselves are not needed
    assert await async_setup_component(kit.hass, "logbook", dict(config or {}))
    await kit.hass.async_block_till_done()
    kit.hass.config.components.remove("frontend")
    return Logbook(kit, connect)


def texts(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Return the sentences, and of changes the entity and the state."""
    return [f"{line['name']} {line['message']}" if "message" in line else line["entity_id"] for line in lines]
