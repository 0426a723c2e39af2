"""Thing that the wizard learned from pasted messages, with its entities and its messages on a real Mosquitto."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.model.discovery_config import component_id
from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.profile import Profile
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from tests.broker import Broker, state, until
from tests.dialog import Flow

type Messages = Sequence[tuple[str, str]]


@dataclass
class PastedThing:
    """Thing with one device; states are by channel key, those of disabled and missing entities are None."""

    hass: HomeAssistant
    broker: Broker
    entry: ConfigEntry

    @property
    def profile(self) -> Profile:
        """Return the saved profile."""
        (subentry,) = self.entry.subentries.values()
        return Profile.from_dict(subentry.data)

    @property
    def states(self) -> dict[str, str | None]:
        """Return the states of all channels."""
        profile = self.profile
        (identity,) = profile.devices
        uid = thing_uid(profile.topic, identity)
        registry = er.async_get(self.hass)
        found = {}
        for channel in profile.channels:
            entity_id = registry.async_get_entity_id(channel.platform, "mqtt", f"{uid}_{component_id(channel)}")
            found[channel.key] = state(self.hass, entity_id) if entity_id else None
        return found

    async def wait_for(self, expected: Mapping[str, str]) -> None:
        """Wait until these channels have these states."""
        try:
            await until(lambda: expected.items() <= self.states.items(), timeout_s=15)
        except TimeoutError:
            assert {key: self.states.get(key) for key in expected} == expected

    async def wait_for_values(self, keys: Collection[str]) -> None:
        """Wait until these channels have the values that they were learned from."""
        await until(lambda: all(self.states.get(key) not in {None, "unknown", "unavailable"} for key in keys))

    async def wait_until_read_directly(self) -> None:
        """Wait until core reads the device's own messages, and IoT Bridge only compares them."""
        (thing,) = self.entry.runtime_data.things.things.values()
        (device,) = thing.devices.values()
        assert device.settings.direct
        await until(lambda: not device.needs_decoding)

    async def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Publish a message of the device."""
        async with self.broker.client() as client:
            await client.publish(topic, payload, qos=1, retain=retain)


async def paste(hass: HomeAssistant, broker: Broker, messages: Messages) -> PastedThing:
    """Learn a thing as the wizard proposes it, from pasted messages."""
    flow = Flow(hass, "device")
    await flow.start("paste")
    for number, (topic, payload) in enumerate(messages, 1):
        await flow.submit(topic=topic, payload=payload, another=number < len(messages))
    if flow.step == "split":
        await flow.submit()
    await flow.submit()
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY, flow.result
    return PastedThing(hass, broker, flow.entry)


@dataclass(frozen=True)
class Followed:
    """Messages that a thing is learned from, and later ones with the states that follow."""

    name: str
    messages: Messages
    later: tuple[tuple[str, str, dict[str, str]], ...]


async def follow(hass: HomeAssistant, broker: Broker, case: Followed) -> None:
    """Learn a thing and check that its states follow the later messages, without new fields and without a complaint."""
    thing = await paste(hass, broker, case.messages)
    keys = set(thing.states)
    await thing.wait_for_values({key for _, _, states in case.later for key in states})
    if thing.profile.exact:
        await thing.wait_until_read_directly()

    for topic, payload, states in case.later:
        await thing.publish(topic, payload)
        await thing.wait_for(states)
    assert thing.states.keys() == keys
    (running,) = thing.entry.runtime_data.things.things.values()
    assert not running.failures.counts
    learned_again = analyse(running.samples, topic=thing.profile.topic, depth=thing.profile.depth)
    found = [reading for device in learned_again.devices for reading in device.readings]
    assert all(thing.profile.is_decided(reading) for reading in found), "no new fields are offered"
