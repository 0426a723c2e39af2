"""Random events, failures and restarts: no alarm is lost, and no clear message comes without its alarm."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.escalation import (
    ACTIONABLE,
    EscalationState,
    Notification,
    NotificationKind,
)
from custom_components.iotbridge.alarms.engine.models import Alarm, AlarmKey, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep
from custom_components.iotbridge.alarms.notifications.message import Message, alarm_texts, compose, tag_of
from custom_components.iotbridge.alarms.runtime.store import Batch
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.util import dt as dt_util

from ..engine.test_escalation import react
from ..engine.test_lifecycle import BAD, GOOD, WORSE
from ..notifications.delivery_world import NIGHT, World

KEYS = [AlarmKey("rule", f"sensor.{name}") for name in ("attic", "cellar", "door")]
TARGETS = ("anna", "ben", "carl", "dora")
STORM = {"storm_per_minute": 2}


@dataclass
class Phones(World):
    """A home with phones.

    ``shown`` are the alarms that each phone shows, ``began`` those whose beginning its owner got and whose end not,
    ``latest`` the number of the latest notification of each.
    """

    alarms: dict[AlarmKey, tuple[Alarm, EscalationState]] = field(default_factory=dict)
    latest: defaultdict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    count: int = 0
    shown: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    began: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    informed: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    errors: list[str] = field(default_factory=list)
    loses_writes: bool = False
    has_lost_writes: bool = False

    def phones(self, *names: str, fallback: Sequence[str] = ()) -> str:
        def targets(names: Sequence[str]) -> list[dict[str, str]]:
            return [{"kind": "mobile_app", "action": f"tell.{name}"} for name in names]

        for name in (*names, *fallback):
            self.hass.services.async_register("tell", name, self.receive)
        data = {"targets": targets(names), "fallback": targets(fallback), "break_through": True}
        subentry = ConfigSubentry(data=marked(NOTIFIER, data), subentry_type="notifier", title="phones", unique_id=None)  # type: ignore[arg-type]
        self.hass.config_entries.async_add_subentry(self.entry, subentry)
        return subentry.subentry_id

    def render(self, notification: Notification) -> Message | None:
        alarm, _ = self.alarms[notification.key]
        name = notification.key.subject.removeprefix("sensor.")
        return compose(alarm_texts(self.hass), notification, alarm, name=name, text="bad", now=notification.at)

    def write(self, batch: Batch) -> None:
        if not self.loses_writes:
            super().write(batch)

    async def receive(self, call: ServiceCall) -> None:
        name, tag = call.service, call.data["data"]["tag"]
        if name in self.broken:
            raise HomeAssistantError("broken")
        if "digest" in tag:
            for line in call.data["message"].splitlines():
                self._line(name, line)
        elif call.data["message"] == "clear_notification":
            self.shown[name].pop(tag, None)
        else:
            head = call.data["title"].partition(":")[0]
            if "aised" in call.data["message"] or "happened at" in call.data["message"]:
                self._show(name, tag, "raised")
                head = "Cleared"
            self._show(name, tag, {"Cleared": "cleared", "Acknowledged": "acknowledged"}.get(head, "raised"))

    def _line(self, name: str, line: str) -> None:
        """Read ``Warning: attic (raised at 12:00, cleared at 13:00)``."""
        found = re.fullmatch(r"\w+: (\w+) \((.*)\)", line)
        assert found, line
        tag = tag_of(AlarmKey("rule", f"sensor.{found[1]}"))
        for part in found[2].split(", "):
            word = part.split()[0]
            if word != "last":
                self._show(name, tag, word if word in ("cleared", "acknowledged") else "raised")

    def _show(self, name: str, tag: str, change: str) -> None:
        informed = self.began if change == "cleared" and not self.has_lost_writes else self.informed
        if change == "raised":
            self.informed[name].add(tag)
            self.began[name].add(tag)
        elif tag not in informed[name]:
            self.errors.append(f"{name} got {tag} without its beginning: {change}")
        if change != "acknowledged":
            self.latest[name][tag] = self.count = self.count + 1
        if change == "cleared":
            self.began[name].discard(tag)
            self.shown[name].pop(tag, None)
        else:
            self.shown[name][tag] = change


class Player:
    """Lifecycle and escalation of some alarms, with deliveries to phone actions that fail on request."""

    def __init__(self, world: Phones, *, latching: bool) -> None:
        self.world = world
        self.timing = Timing(latching=latching)
        self.family, self.work = world.phones("anna", "ben", fallback=["carl"]), world.phones("dora")
        steps = (EscalationStep(after_s=0, groups=(self.family,)), EscalationStep(after_s=600, groups=(self.work,)))
        self.policy = EscalationPolicy(steps=steps, repeat_s=900)
        self.alarms = world.alarms = {key: (Alarm(key=key), EscalationState()) for key in KEYS}
        self.last: dict[tuple[str, AlarmKey], NotificationKind] = {}
        # The number of the latest notification when a group became owed one about an alarm.
        self.owed: dict[tuple[str, AlarmKey], int] = {}

    async def apply(self, key: AlarmKey, event: object, *, is_delivered: bool = True) -> None:
        now = dt_util.utcnow().timestamp()
        event = f"snooze {now + 1000}" if event == "snooze" else event
        batch = Batch()
        notifications = react(*self.alarms[key], self.policy, self.timing, event, now)
        for notification in notifications:
            for group in notification.groups:
                self.record(group, key, notification.kind)
        self.world.outbox.async_add(notifications, batch)
        World.write(self.world, batch)
        if is_delivered:
            self.world.outbox.async_deliver(batch)
            await self.world.settle()

    def record(self, group: str, key: AlarmKey, kind: NotificationKind) -> None:
        """Track the notifications that a group is owed; none after a snooze or an acknowledgement."""
        self.last[group, key] = kind
        if kind in {NotificationKind.WITHDRAWN, NotificationKind.ACKNOWLEDGED}:
            self.owed.pop((group, key), None)
        elif kind is NotificationKind.RAISED or (kind in ACTIONABLE and (group, key) not in self.owed):
            self.owed[group, key] = self.world.count

    async def flash(self, key: AlarmKey) -> None:
        """Raise and clear an alarm before anything of it is delivered."""
        await self.apply(key, BAD, is_delivered=False)
        await self.apply(key, GOOD, is_delivered=False)
        self.world.outbox.async_deliver()
        await self.world.settle()

    async def wait(self, seconds: int) -> None:
        await self.world.wait(seconds)
        for key in KEYS:
            await self.apply(key, "tick")

    async def kill_before_sending(self) -> None:
        await self.apply(KEYS[1], BAD, is_delivered=False)
        await self.world.restart()

    async def kill_after_sending(self) -> None:
        """Lose all writes until the restart: messages sent meanwhile are sent again after it."""
        if self.world.broken:
            return
        self.world.loses_writes = self.world.has_lost_writes = True
        await self.apply(KEYS[0], BAD)
        self.world.loses_writes = False
        await self.world.restart()

    async def fail(self, name: str) -> None:
        self.world.broken.add(name)

    async def repair(self, name: str) -> None:
        self.world.broken.discard(name)

    async def restart(self) -> None:
        await self.world.restart()

    async def end(self) -> None:
        """Repair all targets, and wait until the next morning."""
        self.world.broken.clear()
        for seconds in (1, 400, 400, 12 * 3600, 400):
            await self.world.wait(seconds)
        await self.world.outbox.async_stop()

    def check(self, key: AlarmKey, group: str, names: Sequence[str], fallback: Sequence[str]) -> None:
        """Check that a group shows the latest notification of an alarm, and that no target missed it."""
        last = self.last.get((group, key))
        if (group, key) in self.owed:
            since = self.owed[group, key]
            informed = {name for name in (*names, *fallback) if self.world.latest[name].get(tag_of(key), 0) > since}
            assert informed >= set(names) or informed & set(fallback), "an alarm without notification"
        shown = [self.world.shown[name].get(tag_of(key)) for name in names]
        fallback_shown = [self.world.shown[name].get(tag_of(key)) for name in fallback]
        if last in ACTIONABLE:
            assert set(shown) == {"raised"} or "raised" in fallback_shown, (shown, fallback_shown)
        else:
            assert "raised" not in shown + fallback_shown, (shown, fallback_shown)
        if last is NotificationKind.CLEARED:
            open_alarms = [name for name in (*names, *fallback) if tag_of(key) in self.world.began[name]]
            assert not open_alarms, "the end of what they informed of was kept from them"


EVENTS = st.sampled_from([BAD, BAD, GOOD, GOOD, WORSE, "ack", "unack", "snooze", "unsnooze"])
STEPS = st.one_of(
    st.tuples(st.just("apply"), st.sampled_from(KEYS), EVENTS),
    st.tuples(st.just("apply"), st.sampled_from(KEYS), EVENTS),
    st.tuples(st.just("flash"), st.sampled_from(KEYS)),
    st.tuples(st.sampled_from(["fail", "repair"]), st.sampled_from(TARGETS)),
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 400, 3000])),
    st.tuples(st.sampled_from(["restart", "kill_before_sending", "kill_after_sending"])),
)
OPTIONS = [{"storm_per_minute": 0}, STORM, NIGHT | STORM]
ATTIC, CELLAR, DOOR = KEYS
FULL_MINUTE = (("flash", CELLAR), ("flash", DOOR))
UNTIL_FALLBACK = (("wait", 400),) * 5
BECAME_WORSE = (("apply", ATTIC, BAD), ("wait", 400), *FULL_MINUTE, ("apply", ATTIC, WORSE))


async def run(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    steps: Sequence[tuple[Any, ...]],
    options: dict[str, Any],
    *,
    latching: bool,
) -> None:
    """Play the steps in a new home, and check the notifications."""
    await hass.config.async_set_time_zone("UTC")
    hass.config.components.add("iotbridge")
    await async_load_integrations(hass, {"iotbridge"})
    freezer.move_to(datetime(2026, 11, 21, 20, tzinfo=UTC))
    world = Phones(hass, entry, freezer, dict(options))
    player = Player(world, latching=latching)

    for step, *arguments in steps:
        await getattr(player, step)(*arguments)
    await player.end()

    assert world.errors == []
    assert [row for row in world.disk.values() if not row["is_done"]] == []
    for key in KEYS:
        player.check(key, player.family, ("anna", "ben"), ("carl",))
        player.check(key, player.work, ("dora",), ())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=25), st.sampled_from(OPTIONS), st.booleans())
async def test_every_notification_is_delivered_and_correct(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    steps: list[tuple[Any, ...]],
    options: dict[str, Any],
    latching: bool,
) -> None:
    await run(hass, entry, freezer, steps, options, latching=latching)


@pytest.mark.parametrize("latching", [False, True])
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            [
                ("apply", ATTIC, BAD),
                ("fail", "anna"),
                *FULL_MINUTE,
                ("flash", ATTIC),
                ("flash", ATTIC),
                *UNTIL_FALLBACK,
            ],
            id="cleared, then raised and cleared again",
        ),
        pytest.param(
            [*BECAME_WORSE, ("apply", ATTIC, GOOD), ("fail", "anna"), ("fail", "ben"), *UNTIL_FALLBACK],
            id="worsened, then cleared",
        ),
        pytest.param(
            [*BECAME_WORSE, ("apply", ATTIC, "ack"), ("fail", "anna"), ("fail", "ben"), *UNTIL_FALLBACK],
            id="worsened, then acknowledged",
        ),
    ],
)
async def test_failed_phones_get_the_end_although_the_fallback_got_everything(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    steps: list[tuple[Any, ...]],
    latching: bool,
) -> None:
    """In a storm one digest has all of an alarm; the fallback gets it for targets that got the beginning before."""
    await run(hass, entry, freezer, steps, STORM, latching=latching)


@pytest.mark.parametrize("latching", [False, True])
async def test_an_alarm_raised_again_after_a_snooze_is_notified_from_its_beginning(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, latching: bool
) -> None:
    steps = [("fail", "ben"), ("flash", ATTIC), ("apply", ATTIC, "snooze"), ("wait", 3000), ("flash", ATTIC)]
    await run(hass, entry, freezer, steps, STORM, latching=latching)
