"""Real household: executes each operation on real programs, and reads the whole state."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
import functools
import json
from pathlib import Path
import time
from typing import Any, Self

from lab import alarms
from lab.broker import Broker
from lab.client import Client
from lab.lab import Lab
from lab.waiting import until
from lab.wizard import suggestions

from .clock import Clock
from .kept import Kept, Subscriptions
from .operations import Operation, arguments
from .world_alarms import Alarms
from .world_disk import Disk
from .world_hosts import Hosts
from .world_registry import Registry
from .world_things import Things

OPTIONS = {"alarms": {"storm_per_minute": 1000, "flapping_per_hour": 1000}}
"""A year passes in minutes here, so limits per minute or hour do not apply."""


class World:
    """Household of real programs."""

    def __init__(self, folder: Path, *, seed: int = 0) -> None:
        """``seed`` makes the order of Home Assistant's sets reproducible."""
        self.lab = Lab(folder)
        self._clock = Clock(folder)
        self._changed_at = 0.0
        self.lab.home_assistant.environ |= {"PYTHONHASHSEED": str(seed % 2**32), **self._clock.environ}
        self.lab.broker = Broker(folder / "broker", persistence=True)
        self.kept = Kept(self.lab.broker)
        self._subscriptions = Subscriptions(self.lab.broker.program.log)
        self._stack = AsyncExitStack()
        self.registry = Registry(self.lab)
        self.things = Things(self.lab, self.kept)
        self.hosts = Hosts(self.lab, self.kept)
        self.disk = Disk(self.lab, self.things)
        self.alarms = Alarms(self.lab, self.registry, self._stack)

    @property
    def client(self) -> Client:
        """The client that is logged in to Home Assistant."""
        return self.lab.client

    async def __aenter__(self) -> Self:
        """Start broker and Home Assistant, and set both integrations up."""
        await self._stack.enter_async_context(self.lab)
        await self.lab.broker.start()
        await self.lab.home_assistant.start()
        await self._set_up()
        await until(self._is_loaded, timeout_s=60, what="IoT Bridge with its options")
        await self.client.watch_states()
        self._stack.push_async_callback(self.kept.stop)
        await self.kept.follow()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop everything."""
        await self._stack.aclose()

    async def empty(self) -> None:
        """Remove everything that operations have added; it disappears once the programs agree."""
        await self.registry.restore()
        await self.hosts.empty()
        await self.things.empty()
        await self.alarms.empty()
        (entry,) = await self.client.entries("iotbridge")
        for row in await alarms.subentries(self.client):
            await self.client.command(
                "config_entries/subentries/delete", entry_id=entry["entry_id"], subentry_id=row["subentry_id"]
            )

    async def _set_up(self) -> None:
        await self.lab.set_up_mqtt()
        form = await self.client.flow("iotbridge")
        await self.client.continue_flow(form["flow_id"], {})
        await self._set_options()

    async def _is_loaded(self) -> bool:
        return all(entry["state"] == "loaded" for entry in await self.client.entries("iotbridge"))

    async def _set_options(self) -> None:
        (entry,) = await self.client.entries("iotbridge")
        path = "config/config_entries/options/flow"
        form = await self.client.rest("POST", path, {"handler": entry["entry_id"]})
        data = suggestions(form["data_schema"])
        data["alarms"] = data["alarms"] | OPTIONS["alarms"]
        result = await self.client.rest("POST", f"{path}/{form['flow_id']}", data)
        assert result["type"] == "create_entry", result

    # ------------------------------------------------------------------ operations

    async def do(self, operation: Operation) -> None:
        """Execute an operation: each part has methods for its operations, by name."""
        parameters = arguments(operation)
        if operation["do"] not in QUIET:
            self._changed_at = time.time()
        for part in (self, self.registry, self.things, self.hosts, self.disk, self.alarms):
            if (found := getattr(part, f"do_{operation['do']}", None)) is not None:
                await found(**parameters)
                return
        raise LookupError(f"there is no operation {operation['do']}")

    async def do_reload_mqtt(self) -> None:
        await self._reload("mqtt")

    async def do_reload(self) -> None:
        await self._reload("iotbridge")

    async def _reload(self, domain: str) -> None:
        (entry,) = await self.client.entries(domain)
        await self.client.rest("POST", f"config/config_entries/entry/{entry['entry_id']}/reload")

    async def do_restart(self, *, kill: bool = False, meanwhile: tuple[Operation, ...] = ()) -> None:
        if kill:
            await until(self._is_written, timeout_s=60, what="all of the registries on the disk")
            await self.lab.home_assistant.kill()
        else:
            await self.lab.home_assistant.stop()
        for operation in meanwhile:
            await self.do(operation)
        await self.lab.home_assistant.start()
        await self.client.watch_states()

    async def _is_written(self) -> bool:
        """Return whether the files contain the changes of the operations.

        Home Assistant writes its configuration a second after a change and its entities after ten: a crash in between
        loses the change, whatever integrations do.
        """
        storage = self.lab.home_assistant.folder / ".storage"
        path = storage / "core.entity_registry"
        written = json.loads(path.read_text(encoding="utf-8"))["data"]["entities"] if path.exists() else []
        known = {row["id"]: (row["entity_id"], row["disabled_by"]) for row in await self.client.entities()}
        if known != {row["id"]: (row["entity_id"], row["disabled_by"]) for row in written}:
            return False
        return time.time() - self._changed_at > WRITTEN_S

    async def do_restart_broker(self, *, memory: bool, meanwhile: tuple[Operation, ...] = ()) -> None:
        await self.lab.broker.stop()
        if not memory:
            (self.lab.broker.folder / "mosquitto.db").unlink(missing_ok=True)
        for operation in meanwhile:
            await self.do(operation)
        await self.lab.broker.start()
        await self.kept.follow()
        if not memory:
            await self.things.announce_again()

    async def do_delete_host(self, host: str, *, meanwhile: tuple[Operation, ...] = ()) -> None:
        """Delete the device of a host; ``meanwhile`` is done before the host can announce itself again."""
        await self.hosts.delete(host)
        for operation in meanwhile:
            await self.do(operation)

    async def do_put_clock_forward(self, seconds: int) -> None:
        """Set the clock of Home Assistant forward, as when a machine without a battery reaches its time server."""
        await self._clock.put_forward(seconds, self.client)

    async def do_wait_reload(self) -> None:
        """Wait until Home Assistant reloads MQTT on its own, half a minute after an entity was enabled."""
        before = self._subscriptions.connections

        async def is_reloaded() -> bool:
            return self._subscriptions.connections > before

        await until(is_reloaded, timeout_s=60, what="the reload of MQTT")

    async def do_stays(self, seconds: float) -> None:
        """No operation: the comparison checks for that long whether everything stays as expected."""

    async def do_disabled(self, *, meanwhile: tuple[Operation, ...]) -> None:
        """Disable IoT Bridge, as on its page, and enable it again."""
        (entry,) = await self.client.entries("iotbridge")
        switch = functools.partial(self.client.command, "config_entries/disable", entry_id=entry["entry_id"])
        await switch(disabled_by="user")
        for operation in meanwhile:
            await self.do(operation)
        await switch(disabled_by=None)

    # ------------------------------------------------------------------ what is

    async def actual(self, expected: Mapping[str, Any]) -> dict[str, Any]:
        """Return the whole state, in the sections of the model."""
        rows = await self.registry.read()
        topics = expected["subscribed"] or ()
        return {
            "entries": {row["domain"]: row["state"] for domain in OURS for row in await self.client.entries(domain)},
            "subscribed": {topic for topic in topics if self._subscriptions.is_subscribed(topic)},
            **self.things.actual(rows, self.hosts.agents),
            **self.hosts.actual(rows),
            **(about_alarms := await self.alarms.actual(rows)),
            "orphans": self.things.orphans(rows, about_alarms["repairs"], expected["orphans"]),
        }


OURS = ("mqtt", "iotbridge")
WRITTEN_S = 2.0
"""Seconds until a change of the configuration is certainly on the disk."""
QUIET = {"restart", "say", "stays", "clear"}
"""Operations that change no configuration."""
