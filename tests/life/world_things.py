"""Things in the real household: their messages, how they are learned, and their entities."""

import base64
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lab.lab import Lab
from lab.wizard import Wizard

from .catalogue import FOREIGN, THINGS, Values, discovery
from .kept import OWN, Kept
from .model_things import ALL, written
from .world_registry import Entity


class Things:
    """Messages of all things, and their learning and removal."""

    def __init__(self, lab: Lab, kept: Kept) -> None:
        self._lab = lab
        self._kept = kept
        self.subentries: dict[str, str] = {}
        self._announcing: set[str] = set()

    def actual(self, rows: Iterable[Entity], hosts: Collection[str]) -> dict[str, Any]:
        """Return the sections about things; ``hosts`` are the devices that are not things."""
        ours = [row for row in rows if row.is_mqtt and row.device not in hosts]
        return {
            "values": {row.label: written(row.state or "missing") for row in ours if not row.is_disabled},
            "devices": {row.device for row in ours},
            "announced": self._kept.announced() - set(hosts),
        }

    def orphans(self, rows: Iterable[Entity], repairs: Iterable[str], names: Iterable[str]) -> dict[str, str]:
        """Return the state of things without an owner."""
        devices = {row.device for row in rows}
        found = {}
        for name in names:
            is_offered = any(name in text for text in repairs)
            is_there = name in devices or name in self._kept.announced()
            found[name] = "offered" if is_offered else "left behind" if is_there else "gone"
        return found

    async def empty(self) -> None:
        """Clear all messages of things at the broker; learned ones are removed elsewhere."""
        topics = {topic for thing in ALL.values() for topic in thing.messages(thing.first)}
        topics |= {discovery(name)[0] for name in FOREIGN}
        await self._publish(dict.fromkeys(topics, b""), retain=True)
        self.subentries.clear()
        self._announcing.clear()

    async def do_learn(self, things: list[str]) -> None:
        for name in things:
            await self._learn(name)

    async def _learn(self, name: str) -> None:
        thing = THINGS[name]
        wizard = await Wizard.of(self._lab.client)
        messages = thing.messages(thing.first)
        if thing.is_pasted:
            ((topic, payload),) = messages.items()
            await wizard.start("paste")
            await wizard.submit(topic=topic, payload=base64.b64encode(payload).decode(), base64=True)
        else:
            await self._publish(messages, retain=True)
            await wizard.learn(thing.topic)
        if wizard.step == "split":
            await wizard.submit(joining="add")
        self.subentries[name] = await wizard.finish(name=name, availability={"expiry": "never"})

    async def do_learn_wildcard(self, messages: Mapping[str, str]) -> None:
        """Try to learn the common filter of pasted messages on several topics, as far as the dialog goes."""
        await self._go_on(await self._paste(messages))

    async def do_learn_in_two_tabs(self, thing: str, messages: Mapping[str, str]) -> None:
        """Paste messages of several topics, learn their common filter in another tab, and continue with the first."""
        first = await self._paste(messages)
        await self._learn(thing)
        await self._go_on(first)

    async def _paste(self, messages: Mapping[str, str]) -> Wizard:
        wizard = await Wizard.of(self._lab.client)
        await wizard.start("paste")
        for number, (topic, payload) in enumerate(messages.items(), 1):
            await wizard.submit(topic=topic, payload=payload, another=number < len(messages))
        return wizard

    async def _go_on(self, wizard: Wizard) -> None:
        """Accept all proposals until the dialog ends or refuses."""
        while wizard.result["type"] == "form" and not wizard.errors:
            await wizard.submit(**({"joining": "add"} if wizard.step == "split" else {}))
        if wizard.result["type"] == "form":
            await wizard.close()

    async def do_remove(self, thing: str) -> None:
        wizard = await Wizard.of(self._lab.client)
        await wizard.remove(self.subentries.pop(thing))

    async def do_announce(self, thing: str, values: Values) -> None:
        self._announcing.add(thing)
        topic, payload = discovery(thing)
        await self._publish({topic: payload, **ALL[thing].messages(values)}, retain=True)

    async def announce_again(self) -> None:
        """Announce foreign things, as they do when they connect."""
        await self._publish(dict(map(discovery, self._announcing)), retain=True)

    async def do_withdraw(self, thing: str) -> None:
        self._announcing.discard(thing)
        topic, _ = discovery(thing)
        await self._publish({topic: b""}, retain=True)

    async def do_say(self, thing: str, values: Values, *, retain: bool = False) -> None:
        await self._publish(ALL[thing].messages(values), retain=retain)

    async def do_clear(self, thing: str) -> None:
        await self._publish(dict.fromkeys(ALL[thing].messages(ALL[thing].first), b""), retain=True)

    async def _publish(self, messages: Mapping[str, bytes], *, retain: bool) -> None:
        async with self._lab.broker.client(f"{OWN}voice") as mqtt:
            for topic, payload in messages.items():
                await mqtt.publish(topic, payload, qos=1, retain=retain)
