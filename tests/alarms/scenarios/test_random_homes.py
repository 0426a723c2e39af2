"""Random events in a whole home: every alarm is notified, and every notification is correct."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
import time
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, Alarm, AlarmKey, AlarmState, Severity, Timing
from custom_components.iotbridge.alarms.engine.root_cause import PARENT, key_of
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Selection
from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.alarms.notifications.message import tag_of
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.typing import UNDEFINED

from ...kit import Kit
from ...rules import HOT, add_rule, set_state

ANNA = Actor("Anna", "phone")
# Platform, device, and the device that this one is behind; MQTT entities are behind the broker.
LOCATIONS = {
    "sensor.hub": ("test", "hub", None),
    "sensor.leaf": ("test", "leaf", "hub"),
    "sensor.twig": ("test", "leaf", "hub"),
    "sensor.attic": ("mqtt", "box", None),
    "sensor.cellar": ("mqtt", "box", None),
    "sensor.door": ("mqtt", "gate", None),
}
LOOSE = "sensor.loose"  # without a unique id
ENTITIES = (*LOCATIONS, LOOSE)
STATES = {"good": "20", "bad": "90", "away": "unavailable"}
SNOOZE_S = 300
SET_BACK_S = 1800
ACTIONABLE = ("Critical", "Warning")
PHONES = ("anna", "ben")


@dataclass(frozen=True)
class Preferences:
    """Preferences of the user of a home."""

    over_broker: bool = False
    timing: Timing = field(default_factory=Timing)
    severity: Severity = Severity.WARNING
    who: str = "anna"  # gets the alarms of absent entities; Anna gets the others


class Home:
    """Rules over entities, and the notifications shown by two phones."""

    def __init__(self, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kit = kit
        # By phone and tag.
        self.shown: dict[tuple[str, str], str] = {}
        self.titles: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self.errors: list[str] = []
        self.entry = kit.hass.config_entries.async_entries("iotbridge")[0]
        for name in PHONES:
            kit.hass.services.async_register("notify", f"mobile_app_{name}", self.receive)
        self._slept_s = 0.0
        monotonic = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() - self._slept_s)

    @property
    def alarms(self) -> AlarmsManager:
        manager: AlarmsManager = self.entry.runtime_data.alarms
        return manager

    async def build(self, preferences: Preferences) -> None:
        """Start with new rules and all entities in a good state."""
        for subentry_id in list(self.entry.subentries):
            self.kit.hass.config_entries.async_remove_subentry(self.entry, subentry_id)
        await self.broker(is_there=True)
        await self.maintain(is_on=False)
        for entity_id in ENTITIES:
            await set_state(self.kit, entity_id, "20", device_class="temperature")
        await self.wait(3)
        self.shown.clear()
        self.titles.clear()
        policies = {name: self._policy(name) for name in PHONES}
        everything = Selection(device_classes=("temperature",))
        await add_rule(
            self.kit,
            name="Hot",
            condition=HOT,
            selection=everything,
            escalation=policies["anna"],
            timing=preferences.timing,
        )
        gone = Condition(kind=AlarmKind.UNAVAILABLE)
        await add_rule(
            self.kit, name="Gone", condition=gone, selection=everything, escalation=policies[preferences.who],
            severity=preferences.severity, timing=replace(preferences.timing, latching=False),
        )  # fmt: skip
        if preferences.over_broker:
            (broker,) = [name for name in self.kit.hass.states.async_entity_ids() if name.endswith("broker_connected")]
            off = Condition(kind=AlarmKind.STATE, states=("off",))
            await add_rule(
                self.kit, broker, name="Broker", condition=off, severity=Severity.CRITICAL, escalation=policies["anna"]
            )

    def _policy(self, name: str) -> EscalationPolicy:
        data: dict[str, Any] = {"targets": [{"kind": "mobile_app", "action": f"notify.mobile_app_{name}"}]}
        group = ConfigSubentry(data=marked(NOTIFIER, data), subentry_type="notifier", title=name, unique_id=None)  # type: ignore[arg-type]
        self.kit.hass.config_entries.async_add_subentry(self.entry, group)
        return EscalationPolicy(steps=(EscalationStep(after_s=0, groups=(group.subentry_id,)),))

    async def receive(self, call: ServiceCall) -> None:
        """Show a notification on a phone."""
        tag = (call.service.removeprefix("mobile_app_"), call.data["data"]["tag"])
        if call.data["message"] == "clear_notification":
            self.titles[tag].append("withdrawn")
            self.shown.pop(tag, None)
            return
        head = call.data["title"].partition(":")[0]
        self.titles[tag].append(head)
        if head in ACTIONABLE and self.shown.get(tag) == head:
            self.errors.append(f"notified twice: {self.titles[tag]}")
        if head == "Cleared" and not any(before in ACTIONABLE for before in self.titles[tag]):
            self.errors.append(f"cleared without being raised: {self.titles[tag]}")
        self.shown[tag] = head
        if head == "Cleared":
            del self.shown[tag]

    # ---------------------------------------------------------------- events

    async def wait(self, seconds: int) -> None:
        await self.kit.wait(seconds)
        await self.kit.hass.async_block_till_done(wait_background_tasks=True)

    async def state(self, entity_id: str, what: str) -> None:
        await set_state(self.kit, entity_id, STATES[what], device_class="temperature")

    async def vanish(self) -> None:
        self.kit.hass.states.async_remove(LOOSE)
        await self.wait(2)

    async def broker(self, *, is_there: bool) -> None:
        self.kit.mqtt.connected = is_there
        async_dispatcher_send(self.kit.hass, MQTT_CONNECTION_STATE, is_there)
        for entity_id, (platform, *_) in LOCATIONS.items():
            if platform == "mqtt":
                await self.state(entity_id, "good" if is_there else "away")

    async def maintain(self, *, is_on: bool) -> None:
        self.alarms.suppressor.async_set_maintenance(is_on, ANNA)
        await self.kit.hass.async_block_till_done()

    async def acknowledge(self) -> None:
        self.alarms.async_acknowledge([alarm.key for alarm in self.alarms.alarms()], ANNA)

    async def snooze(self, entity_id: str) -> None:
        keys = [alarm.key for alarm in self.alarms.alarms() if alarm.key.subject == entity_id]
        self.alarms.async_snooze(keys, self.alarms.processor.async_after(SNOOZE_S), ANNA)
        await self.kit.hass.async_block_till_done(wait_background_tasks=True)

    async def restart(self) -> None:
        assert await self.kit.hass.config_entries.async_reload(self.entry.entry_id)
        await self.kit.hass.async_block_till_done()

    async def sleep(self, seconds: int) -> None:
        """Advance the clock as after a sleep, or set it."""
        self._slept_s += seconds
        self.kit.freezer.tick(timedelta(seconds=seconds))

    # ---------------------------------------------------------------- invariants

    async def settle(self) -> None:
        """Wait until all holds have elapsed, the longest 200 seconds, and then the grace periods of their causes."""
        for seconds in (3, 61, 80, 3, 61, 80, 3, 3):
            await self.wait(seconds)

    def check(self) -> None:
        """Check that the phones show exactly the unacknowledged alarms."""
        assert self.errors == []
        for alarm in self.alarms.alarms():
            about = (
                alarm,
                {tag: titles for tag, titles in self.titles.items() if tag[1] == tag_of(alarm.key, alarm.identity)},
            )
            if alarm.state is AlarmState.UNACKNOWLEDGED:
                assert alarm.pending is False or self._is_shown(alarm), about
            elif alarm.state is AlarmState.SUPPRESSED and alarm.active and alarm.pending is None:
                assert self._is_covered(alarm), about
            elif alarm.state is AlarmState.NORMAL:
                assert not self._is_shown(alarm), about

    def _phone(self, alarm: Alarm) -> str:
        """Return the name of the phone that an alarm is delivered to."""
        (group,) = self.alarms.rules[alarm.key.rule_id].escalation.steps[0].groups
        return self.entry.subentries[group].title

    def _is_shown(self, alarm: Alarm) -> bool:
        return self.shown.get((self._phone(alarm), tag_of(alarm.key, alarm.identity))) in ACTIONABLE

    def _is_covered(self, child: Alarm) -> bool:
        """Return whether the phone of an alarm shows it or its root cause, or a person muted that."""
        visited: set[AlarmKey] = set()
        alarm = child
        while alarm.key not in visited:
            visited.add(alarm.key)
            parents = [key_of(reason) for reason in alarm.suppressed_by if reason.startswith(PARENT)]
            if len(parents) < len(alarm.suppressed_by) or alarm.state is not AlarmState.SUPPRESSED:
                is_right = self._phone(alarm) == self._phone(child)
                return is_right and (alarm.state is not AlarmState.UNACKNOWLEDGED or self._is_shown(alarm))
            above = self.alarms.alarm(parents[0])
            if above is None or not above.active:
                return False
            alarm = above
        return False


PREFERENCES = st.builds(
    Preferences,
    over_broker=st.booleans(),
    timing=st.sampled_from([Timing(), Timing(hold_s=30), Timing(clear_after_s=200), Timing(latching=True)]),
    severity=st.sampled_from([Severity.WARNING, Severity.CRITICAL]),
    who=st.sampled_from(["anna", "ben"]),
)
STEP = st.one_of(
    st.tuples(st.just("state"), st.sampled_from(ENTITIES), st.sampled_from(["good", "bad", "away", "away"])),
    st.tuples(st.just("state"), st.sampled_from(ENTITIES), st.sampled_from(["good", "bad", "away", "away"])),
    st.tuples(st.just("wait"), st.sampled_from([1, 3, 30, 80, 400, 2000])),
    st.tuples(st.just("broker"), st.booleans()),
    st.tuples(st.just("maintain"), st.booleans()),
    st.tuples(st.just("snooze"), st.sampled_from(ENTITIES)),
    st.tuples(st.sampled_from(["acknowledge", "restart", "vanish", "check"])),
    st.tuples(st.just("sleep"), st.sampled_from([3600, 8 * 3600, -SET_BACK_S])),
)


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.lists(STEP, max_size=12), PREFERENCES)
async def test_phones_show_exactly_the_unacknowledged_alarms(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[Any, ...]], preferences: Preferences
) -> None:
    add_entities(kit)
    with monkeypatch.context() as patched:
        home = Home(kit, patched)
        await home.build(preferences)
        for name, *arguments in steps:
            if name == "check":
                await home.settle()
                home.check()
            elif name in ("broker", "maintain"):
                await getattr(home, name)(**{"is_there" if name == "broker" else "is_on": arguments[0]})
            else:
                await getattr(home, name)(*arguments)
        await home.settle()
        home.check()

        await home.broker(is_there=True)
        await home.maintain(is_on=False)
        for entity_id in ENTITIES:
            await home.state(entity_id, "good")
        await home.wait(SNOOZE_S + len(steps) * SET_BACK_S)
        await home.settle()
        home.check()
        await home.acknowledge()
        await home.wait(300)
        await home.settle()
        assert {alarm.state for alarm in home.alarms.alarms()} <= {AlarmState.NORMAL}
        assert not [head for head in home.shown.values() if head in ACTIONABLE]
        # The monotonic clock continues from where it is.
        await home.sleep(-int(home._slept_s))


def add_entities(kit: Kit) -> None:
    """Add the devices and entities."""
    entities, devices = er.async_get(kit.hass), dr.async_get(kit.hass)
    entries = kit.hass.config_entries.async_entries("test")
    if not entries:
        MockConfigEntry(domain="test").add_to_hass(kit.hass)
    (other,) = kit.hass.config_entries.async_entries("test")
    device_ids: dict[str, str] = {}
    for entity_id, (platform, device, above) in LOCATIONS.items():
        device_ids[device] = devices.async_get_or_create(
            config_entry_id=other.entry_id,
            identifiers={("test", device)},
            via_device_id=device_ids[above] if above else UNDEFINED,
        ).id
        entities.async_get_or_create(
            "sensor", platform, entity_id, suggested_object_id=entity_id[7:], device_id=device_ids[device],
            original_device_class="temperature",
        )  # fmt: skip
