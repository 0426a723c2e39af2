"""Random events, failures and restarts: no call is lost, and no clear message comes without its alarm."""

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
from ..notifications.test_outbox import NIGHT, World

KEYS = [AlarmKey("rule", f"sensor.{name}") for name in ("attic", "cellar", "door")]
TARGETS = ("anna", "ben", "carl", "dora")
STORM = {"storm_per_minute": 2}


@dataclass
class Phones(World):
    """A home in which phones are told.

    ``shown`` is what each phone shows of each alarm, ``began`` those whose beginning its owner heard and whose end not,
    ``news`` the number of the last news that its owner heard of each.
    """

    alarms: dict[AlarmKey, tuple[Alarm, EscalationState]] = field(default_factory=dict)
    news: defaultdict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    count: int = 0
    shown: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    began: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ever: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    untold: list[str] = field(default_factory=list)
    loses: bool = False
    has_lost: bool = False

    def phones(self, *names: str, fallback: Sequence[str] = ()) -> str:
        def targets(names: Sequence[str]) -> list[dict[str, str]]:
            return [{"kind": "mobile_app", "action": f"tell.{name}"} for name in names]

        for name in (*names, *fallback):
            self.hass.services.async_register("tell", name, self.tell)
        data = {"targets": targets(names), "fallback": targets(fallback), "break_through": True}
        subentry = ConfigSubentry(data=marked(NOTIFIER, data), subentry_type="notifier", title="phones", unique_id=None)  # type: ignore[arg-type]
        self.hass.config_entries.async_add_subentry(self.entry, subentry)
        return subentry.subentry_id

    def describe(self, notice: Notification) -> Message | None:
        about, _ = self.alarms[notice.key]
        name = notice.key.subject.removeprefix("sensor.")
        return compose(alarm_texts(self.hass), notice, about, name=name, text="bad", now=notice.at)

    def write(self, batch: Batch) -> None:
        if not self.loses:
            super().write(batch)

    async def tell(self, call: ServiceCall) -> None:
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

    def _show(self, name: str, tag: str, what: str) -> None:
        known = self.began if what == "cleared" and not self.has_lost else self.ever
        if what == "raised":
            self.ever[name].add(tag)
            self.began[name].add(tag)
        elif tag not in known[name]:
            self.untold.append(f"{name} heard of {tag} without its beginning: {what}")
        if what != "acknowledged":
            self.news[name][tag] = self.count = self.count + 1
        if what == "cleared":
            self.began[name].discard(tag)
            self.shown[name].pop(tag, None)
        else:
            self.shown[name][tag] = what


class Play:
    """The real lifecycle and escalation of some alarms, told to real phone actions that fail when a step says so."""

    def __init__(self, world: Phones, *, latching: bool) -> None:
        self.world = world
        self.timing = Timing(latching=latching)
        self.family, self.work = world.phones("anna", "ben", fallback=["carl"]), world.phones("dora")
        steps = (EscalationStep(after_s=0, groups=(self.family,)), EscalationStep(after_s=600, groups=(self.work,)))
        self.policy = EscalationPolicy(steps=steps, repeat_s=900)
        self.alarms = world.alarms = {key: (Alarm(key=key), EscalationState()) for key in KEYS}
        self.last: dict[tuple[str, AlarmKey], NotificationKind] = {}
        # Since which news a group is to hear something of an alarm.
        self.owed: dict[tuple[str, AlarmKey], int] = {}

    async def happen(self, key: AlarmKey, what: object, *, is_told: bool = True) -> None:
        now = dt_util.utcnow().timestamp()
        what = f"snooze {now + 1000}" if what == "snooze" else what
        batch = Batch()
        notices = react(*self.alarms[key], self.policy, self.timing, what, now)
        for notice in notices:
            for group in notice.groups:
                self._note(group, key, notice.kind)
        self.world.outbox.async_add(notices, batch)
        World.write(self.world, batch)
        if is_told:
            self.world.outbox.async_wake(batch)
            await self.world.settle()

    def _note(self, group: str, key: AlarmKey, news: NotificationKind) -> None:
        """Follow what a group is to hear: whoever put an alarm aside or acknowledged it knows of it."""
        self.last[group, key] = news
        if news in {NotificationKind.WITHDRAWN, NotificationKind.ACKNOWLEDGED}:
            self.owed.pop((group, key), None)
        elif news is NotificationKind.RAISED or (news in ACTIONABLE and (group, key) not in self.owed):
            self.owed[group, key] = self.world.count

    async def flash(self, key: AlarmKey) -> None:
        """Let an alarm be over before anything of it could be sent."""
        await self.happen(key, BAD, is_told=False)
        await self.happen(key, GOOD, is_told=False)
        self.world.outbox.async_wake()
        await self.world.settle()

    async def wait(self, seconds: int) -> None:
        await self.world.wait(seconds)
        for key in KEYS:
            await self.happen(key, "tick")

    async def kill_before_sending(self) -> None:
        await self.happen(KEYS[1], BAD, is_told=False)
        await self.world.restart()

    async def kill_after_sending(self) -> None:
        """Lose all writes from here to the restart: messages sent meanwhile are sent once more after it."""
        if self.world.broken:
            return
        self.world.loses = self.world.has_lost = True
        await self.happen(KEYS[0], BAD)
        self.world.loses = False
        await self.world.restart()

    async def fail(self, name: str) -> None:
        self.world.broken.add(name)

    async def mend(self, name: str) -> None:
        self.world.broken.discard(name)

    async def restart(self) -> None:
        await self.world.restart()

    async def end(self) -> None:
        """Let everything work again, until the next morning."""
        self.world.broken.clear()
        for seconds in (1, 400, 400, 12 * 3600, 400):
            await self.world.wait(seconds)
        await self.world.outbox.async_stop()

    def check(self, key: AlarmKey, group: str, names: Sequence[str], fallback: Sequence[str]) -> None:
        """See that what a group shows of an alarm is the last news of it, and that none of them missed it."""
        last = self.last.get((group, key))
        if (group, key) in self.owed:
            since = self.owed[group, key]
            heard = {name for name in (*names, *fallback) if self.world.news[name].get(tag_of(key), 0) > since}
            assert heard >= set(names) or heard & set(fallback), "an alarm that nobody was told of"
        shown = [self.world.shown[name].get(tag_of(key)) for name in names]
        instead = [self.world.shown[name].get(tag_of(key)) for name in fallback]
        if last in ACTIONABLE:
            assert set(shown) == {"raised"} or "raised" in instead, (shown, instead)
        else:
            assert "raised" not in shown + instead, (shown, instead)
        if last is NotificationKind.CLEARED:
            told = [name for name in (*names, *fallback) if tag_of(key) in self.world.began[name]]
            assert not told, "the end of what they heard of was kept from them"


HAPPENS = st.sampled_from([BAD, BAD, GOOD, GOOD, WORSE, "ack", "snooze", "unsnooze"])
STEPS = st.one_of(
    st.tuples(st.just("happen"), st.sampled_from(KEYS), HAPPENS),
    st.tuples(st.just("happen"), st.sampled_from(KEYS), HAPPENS),
    st.tuples(st.just("flash"), st.sampled_from(KEYS)),
    st.tuples(st.sampled_from(["fail", "mend"]), st.sampled_from(TARGETS)),
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 400, 3000])),
    st.tuples(st.sampled_from(["restart", "kill_before_sending", "kill_after_sending"])),
)
OPTIONS = [{"storm_per_minute": 0}, STORM, NIGHT | STORM]


ATTIC, CELLAR, DOOR = KEYS
FULL_MINUTE = (("flash", CELLAR), ("flash", DOOR))
UNTIL_FALLBACK = (("wait", 400),) * 5
BECAME_WORSE = (("happen", ATTIC, BAD), ("wait", 400), *FULL_MINUTE, ("happen", ATTIC, WORSE))


async def run(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    steps: Sequence[tuple[Any, ...]],
    options: dict[str, Any],
    *,
    latching: bool,
) -> None:
    """Play the steps in a new home, and see that all is told."""
    await hass.config.async_set_time_zone("UTC")
    hass.config.components.add("iotbridge")
    await async_load_integrations(hass, {"iotbridge"})
    freezer.move_to(datetime(2026, 11, 21, 20, tzinfo=UTC))
    world = Phones(hass, entry, freezer, dict(options))
    play = Play(world, latching=latching)

    for step, *arguments in steps:
        await getattr(play, step)(*arguments)
    await play.end()

    assert world.untold == []
    assert [row for row in world.disk.values() if not row["is_done"]] == []
    for key in KEYS:
        play.check(key, play.family, ("anna", "ben"), ("carl",))
        play.check(key, play.work, ("dora",), ())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=25), st.sampled_from(OPTIONS), st.booleans())
async def test_nothing_is_lost_and_nothing_is_untrue(
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
                ("happen", ATTIC, BAD),
                ("fail", "anna"),
                *FULL_MINUTE,
                ("flash", ATTIC),
                ("flash", ATTIC),
                *UNTIL_FALLBACK,
            ],
            id="an end, then another alarm that began and ended",
        ),
        pytest.param(
            [*BECAME_WORSE, ("happen", ATTIC, GOOD), ("fail", "anna"), ("fail", "ben"), *UNTIL_FALLBACK],
            id="worse, then over",
        ),
        pytest.param(
            [*BECAME_WORSE, ("happen", ATTIC, "ack"), ("fail", "anna"), ("fail", "ben"), *UNTIL_FALLBACK],
            id="worse, then acknowledged",
        ),
    ],
)
async def test_phones_that_failed_are_told_the_end_although_the_fallback_heard_all(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    steps: list[tuple[Any, ...]],
    latching: bool,
) -> None:
    """In a storm one digest says all of an alarm; the fallback gets it for those who heard of the beginning before."""
    await run(hass, entry, freezer, steps, STORM, latching=latching)


@pytest.mark.parametrize("latching", [False, True])
async def test_an_alarm_that_comes_again_after_it_was_put_aside_is_told_from_its_beginning(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, latching: bool
) -> None:
    steps = [("fail", "ben"), ("flash", ATTIC), ("happen", ATTIC, "snooze"), ("wait", 3000), ("flash", ATTIC)]
    await run(hass, entry, freezer, steps, STORM, latching=latching)
