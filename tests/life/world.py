"""The real household: each operation done to real programs, and a look at the whole of it."""

import asyncio
import base64
from collections.abc import Mapping
import contextlib
import json
from pathlib import Path
from typing import Any, Self

import aiomqtt
from lab.client import Client
from lab.lab import Lab
from lab.waiting import LabError
from lab.wizard import Wizard

from .catalogue import THINGS, Values
from .model import written


class Kept:
    """What a broker keeps: a copy of its retained messages that follows it over restarts."""

    def __init__(self, lab: Lab) -> None:
        self.messages: dict[str, bytes] = {}
        self._lab = lab
        self._task: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Begin anew with what the broker keeps now, and follow it until it goes away."""
        await self.stop()
        self.messages.clear()
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Stop following."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        with contextlib.suppress(aiomqtt.MqttError):
            async with self._lab.broker.client() as mqtt:
                options = aiomqtt.client.SubscribeOptions(qos=1, retainAsPublished=True)
                await mqtt.subscribe("#", options=options)
                async for message in mqtt.messages:
                    if message.retain:
                        self._take(message.topic.value, message.payload)

    def _take(self, topic: str, payload: Any) -> None:
        if payload:
            self.messages[topic] = payload
        else:
            self.messages.pop(topic, None)


class World:
    """A household of real programs; one method for each operation."""

    def __init__(self, folder: Path) -> None:
        self.lab = Lab(folder)
        self.lab.broker = type(self.lab.broker)(folder / "broker", persistence=True)
        self.kept = Kept(self.lab)
        self._subentries: dict[str, str] = {}

    @property
    def client(self) -> Client:
        """The client that is logged in to Home Assistant."""
        return self.lab.client

    async def __aenter__(self) -> Self:
        """Start broker and Home Assistant, and set both integrations up."""
        await self.lab.broker.start()
        await self.lab.home_assistant.start()
        await self.lab.set_up_mqtt()
        form = await self.client.flow("iotbridge")
        await self.client.continue_flow(form["flow_id"], {})
        await self.client.watch_states()
        await self.kept.follow()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop everything."""
        await self.kept.stop()
        await self.lab.__aexit__(*error)

    # ------------------------------------------------------------------ what is

    async def actual(self) -> dict[str, Any]:
        """Return the whole of it, in the sections of the model."""
        rows = [row for row in await self.client.devices() if self._is_thing(row)]
        names = {row["id"]: row["name_by_user"] or row["name"] for row in rows}
        entities = [row for row in await self.client.entities() if row["device_id"] in names]
        states = self.client.states
        return {
            "values": {
                f"{names[row['device_id']]}/{row['original_name'].lower()}": written(
                    states.get(row["entity_id"], {}).get("state", "missing")
                )
                for row in entities
            },
            "devices": set(names.values()),
            "announced": set(self._announced()),
            "repairs": {
                f"{row['translation_key']} {row['translation_placeholders']}"
                for row in await self.client.repairs("iotbridge")
            },
            "entries": {
                row["domain"]: row["state"]
                for row in await self.client.entries("mqtt") + await self.client.entries("iotbridge")
            },
        }

    def _is_thing(self, device: Mapping[str, Any]) -> bool:
        return any(domain == "mqtt" for domain, _ in device["identifiers"])

    def _announced(self) -> list[str]:
        names = []
        for topic, payload in self.kept.messages.items():
            if topic.startswith("homeassistant/device/"):
                device = json.loads(payload)
                names.append((device.get("device") or device["dev"])["name"])
        return names

    # ------------------------------------------------------------------ things

    async def do_learn(self, thing: str) -> None:
        found = THINGS[thing]
        wizard = await Wizard.of(self.client)
        messages = found.messages(found.first)
        if found.is_pasted:
            ((topic, payload),) = messages.items()
            await wizard.start("paste")
            await wizard.submit(topic=topic, payload=base64.b64encode(payload).decode(), base64=True)
        else:
            await self._publish(messages, retain=True)
            await wizard.learn(found.topic)
        if wizard.step == "split":
            await wizard.submit(joining="add")
        self._subentries[thing] = await wizard.finish(name=found.name)

    async def do_remove(self, thing: str) -> None:
        wizard = await Wizard.of(self.client)
        await wizard.remove(self._subentries.pop(thing))

    async def do_say(self, thing: str, values: Values, *, retain: bool = False) -> None:
        await self._publish(THINGS[thing].messages(values), retain=retain)

    async def do_clear(self, thing: str) -> None:
        await self._publish(dict.fromkeys(THINGS[thing].messages(THINGS[thing].first), b""), retain=True)

    async def _publish(self, messages: Mapping[str, bytes], *, retain: bool) -> None:
        async with self.lab.broker.client() as mqtt:
            for topic, payload in messages.items():
                await mqtt.publish(topic, payload, qos=1, retain=retain)

    # ------------------------------------------------------------------ programs

    async def do_reload_mqtt(self) -> None:
        await self._reload("mqtt")

    async def do_reload(self) -> None:
        await self._reload("iotbridge")

    async def _reload(self, domain: str) -> None:
        (entry,) = await self.client.entries(domain)
        await self.client.rest("POST", f"config/config_entries/entry/{entry['entry_id']}/reload")

    async def do_restart(self, *, kill: bool = False) -> None:
        await (self.lab.home_assistant.kill() if kill else self.lab.home_assistant.stop())
        await self.lab.home_assistant.start()
        await self.client.watch_states()

    async def do_restart_broker(self, *, memory: bool) -> None:
        await self.lab.broker.stop()
        if not memory:
            (self.lab.broker.folder / "mosquitto.db").unlink(missing_ok=True)
        await self.lab.broker.start()
        await self.kept.follow()


__all__ = ["LabError", "World"]
