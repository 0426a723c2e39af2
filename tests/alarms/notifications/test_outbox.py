"""Outbox: no loss, repetition only after a crash, and clear messages only for recipients of the alarm."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.iotbridge.alarms.engine.escalation import Notification, NotificationKind
from custom_components.iotbridge.alarms.engine.models import Alarm, AlarmKey, Severity
from custom_components.iotbridge.alarms.notifications.delivery_policy import DeliveryPolicy
from custom_components.iotbridge.alarms.notifications.message import Message, alarm_texts, compose
from custom_components.iotbridge.alarms.notifications.notifier import Notifier
from custom_components.iotbridge.alarms.notifications.outbox import Outbox
from custom_components.iotbridge.alarms.runtime.store import Batch
from custom_components.iotbridge.issues import Issues
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.util import dt as dt_util

ATTIC, CELLAR = AlarmKey("rule", "sensor.attic"), AlarmKey("rule", "sensor.cellar")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NIGHT = {"quiet_start": "22:00:00", "quiet_end": "07:00:00"}
CALLED, ENDED = {"raised", "worsened", "repeated", "escalated"}, {"acknowledged", "cleared"}


@dataclass
class World:
    """A home with notifiers that can fail, and a store that survives everything."""

    hass: HomeAssistant
    entry: MockConfigEntry
    freezer: FrozenDateTimeFactory
    options: dict[str, Any] = field(default_factory=dict)
    disk: dict[int, dict[str, Any]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    failures: int = 0
    hanging: asyncio.Event | None = None
    writing: asyncio.Future[None] | None = None
    gone: set[AlarmKey] = field(default_factory=set)
    spoken: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.issues = Issues(self.hass)
        self.start()

    def start(self) -> None:
        """Start Home Assistant, as far as an outbox can tell."""
        self.outbox = Outbox(
            self.hass,
            Notifier(self.hass, self.entry, timeout_s=0.05),
            DeliveryPolicy.from_options(self.options),
            self.write,
            self.describe,
            self.issues,
        )
        self.outbox.async_load(self.disk)

    async def restart(self, **options: Any) -> None:
        await self.outbox.async_stop()
        self.issues.async_clear()
        self.options |= options
        self.start()
        await self.settle()

    def write(self, batch: Batch) -> asyncio.Future[None] | None:
        for number, data in batch.outbox.items():
            if data is None:
                self.disk.pop(number, None)
            else:
                self.disk[number] = json.loads(json.dumps(data))
        return self.writing

    def describe(self, notice: Notification) -> Message | None:
        if notice.key in self.gone:
            return None
        about = Alarm(key=notice.key, episode=notice.episode, raised_at=notice.at)
        name = notice.key.subject.removeprefix("sensor.")
        return compose(alarm_texts(self.hass), notice, about, name=name, text="bad", now=notice.at)

    def group(self, *targets: str, fallback: Sequence[str] = (), break_through: bool = False) -> str:
        """Add a notifier group whose targets write down what they are told."""

        def named(names: Iterable[str]) -> list[dict[str, Any]]:
            data = {"told": "{{ kind }} {{ alarm }}", "message": "{{ message }}"}
            return [{"kind": "action", "action": f"tell.{name}", "data": data} for name in names]

        for name in (*targets, *fallback):
            self.hass.services.async_register("tell", name, self.tell)
        chosen = {"targets": named(targets), "fallback": named(fallback), "break_through": break_through}
        data: Any = marked(NOTIFIER, chosen)
        subentry = ConfigSubentry(data=data, subentry_type="notifier", title=f"G {targets}", unique_id=None)
        self.hass.config_entries.async_add_subentry(self.entry, subentry)
        return subentry.subentry_id

    async def tell(self, call: ServiceCall) -> None:
        if call.service in self.broken:
            self.failures += 1
            raise HomeAssistantError(f"{call.service} is broken")
        if self.hanging and call.service == "slow":
            await self.hanging.wait()
        self.spoken.set()
        self.told.append(f"{call.service}: {call.data['told']}")
        if " at " in call.data["message"]:
            self.told += [f"  {line}" for line in call.data["message"].splitlines() if "bad" not in line]

    def add(
        self,
        group: str | Sequence[str],
        news: NotificationKind = NotificationKind.RAISED,
        key: AlarmKey = ATTIC,
        severity: Severity = Severity.WARNING,
        *,
        episode: int = 1,
    ) -> Batch:
        groups = (group,) if isinstance(group, str) else tuple(group)
        at = dt_util.utcnow().timestamp()
        is_last = news is NotificationKind.CLEARED
        notice = Notification(
            kind=news, key=key, episode=episode, groups=groups, severity=severity, at=at, is_last=is_last
        )
        batch = Batch()
        self.outbox.async_add([notice], batch)
        return batch

    async def happen(
        self, group: str | Sequence[str], news: NotificationKind = NotificationKind.RAISED, *args: Any, **more: Any
    ) -> None:
        """Do what the manager does: add, commit, wake."""
        batch = self.add(group, news, *args, **more)
        self.write(batch)
        self.outbox.async_wake(batch)
        await self.settle()

    async def settle(self) -> None:
        await self.hass.async_block_till_done()

    async def wait(self, seconds: float) -> None:
        self.freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass, dt_util.utcnow())
        await self.settle()

    def heard(self) -> list[str]:
        """Return what was told since the last time."""
        told, self.told = self.told, []
        return told

    def repairs(self) -> list[dict[str, str]]:
        # For the title, which the frontend shows as plain text, names are there once more without escapes.
        return [
            {key: text for key, text in (issue.translation_placeholders or {}).items() if not key.endswith("_plain")}
            for (domain, _), issue in ir.async_get(self.hass).issues.items()
            if domain == "iotbridge" and issue.translation_key == "notifier_failing"
        ]


@pytest.fixture
async def world(hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory) -> AsyncGenerator[World]:
    await hass.config.async_set_time_zone("UTC")
    hass.config.components.add("iotbridge")
    await async_load_integrations(hass, {"iotbridge"})
    freezer.move_to(NOON)
    world = World(hass, entry, freezer)
    yield world
    await world.outbox.async_stop()


# ------------------------------------------------------------------ delivering


async def test_what_was_told_is_no_more_in_the_store(world: World) -> None:
    family = world.group("anna", "ben")

    batch = world.add(family)
    world.write(batch)
    assert len(world.disk) == 1
    assert world.heard() == []
    world.outbox.async_wake(batch)
    await world.settle()

    assert sorted(world.heard()) == ["anna: raised attic", "ben: raised attic"]
    assert world.disk == {}
    await world.wait(9999)
    await world.restart()
    assert world.heard() == []


async def test_nothing_is_told_before_it_is_safe(world: World) -> None:
    family = world.group("anna")
    first, second = world.add(family), world.add(family, key=CELLAR)

    world.write(first)
    world.outbox.async_wake(first)
    await world.settle()
    assert world.heard() == ["anna: raised attic"]

    world.write(second)
    world.outbox.async_wake()
    await world.settle()
    assert world.heard() == ["anna: raised cellar"]


async def test_what_was_committed_is_told_after_a_restart(world: World) -> None:
    family = world.group("anna")
    world.write(world.add(family))  # killed here

    await world.restart()
    assert world.heard() == ["anna: raised attic"]
    assert world.disk == {}


async def test_what_was_said_is_said_even_if_the_rule_is_gone(world: World) -> None:
    family = world.group("anna")
    world.write(world.add(family))
    world.gone = {ATTIC}

    await world.restart()
    assert world.heard() == ["anna: raised attic"]
    await world.happen(family, NotificationKind.CLEARED)
    assert world.heard() == []


async def test_an_alarm_that_is_over_before_it_was_told_is_told_with_its_end(world: World) -> None:
    family = world.group("anna")
    batch = world.add(family).before(world.add(family, NotificationKind.CLEARED))
    world.write(batch)
    world.outbox.async_wake(batch)
    await world.settle()

    assert world.heard() == ["anna: cleared attic", "  This happened at 12:00 and has cleared."]
    assert world.disk == {}
    await world.happen(family, episode=2)
    await world.happen(family, NotificationKind.CLEARED, episode=2)
    assert world.heard() == ["anna: raised attic", "anna: cleared attic"]
    assert world.disk == {}


async def test_the_next_is_told_when_it_is_noted_that_the_last_was(world: World) -> None:
    """Killed at any moment, Home Assistant repeats one message of each group."""
    family, others = world.group("anna"), world.group("ben")
    world.writing = asyncio.get_running_loop().create_future()
    for subject in ("one", "two", "three"):
        batch = world.add([family, others], key=AlarmKey("rule", f"sensor.{subject}"))
        world.write(batch)
        world.outbox.async_wake(batch)
    for _ in range(200):
        await asyncio.sleep(0)
    assert sorted(world.heard()) == ["anna: raised one", "ben: raised one"]

    world.writing.set_result(None)
    await world.settle()

    assert len(world.heard()) == 4


async def test_the_worst_is_told_first(world: World) -> None:
    family = world.group("anna")
    batches = [
        world.add(family, key=AlarmKey("rule", f"sensor.{severity.word}"), severity=severity) for severity in Severity
    ]
    for batch in batches:
        world.write(batch)
    world.outbox.async_wake()
    await world.settle()

    assert world.heard() == ["anna: raised critical", "anna: raised warning", "anna: raised info"]


# --------------------------------------------------------------------- failing


async def test_a_target_is_tried_again_and_only_that_one(world: World) -> None:
    family = world.group("anna", "ben")
    world.broken = {"ben"}

    await world.happen(family)
    await world.wait(9)
    assert world.heard() == ["anna: raised attic"]
    world.broken = set()
    await world.wait(1)
    assert world.heard() == ["ben: raised attic"]
    assert world.repairs() == []
    assert world.disk == {}


async def test_then_the_next_one_is_used_and_a_repair_says_so(world: World) -> None:
    family = world.group("anna", fallback=["carl"])
    world.broken = {"anna"}

    await world.happen(family)
    for seconds in (10, 60):
        await world.wait(seconds)
    assert (world.heard(), world.repairs()) == ([], [])
    await world.wait(300)
    assert world.heard() == ["carl: raised attic"]
    assert world.repairs() == [{"name": "G ('anna',)", "reasons": "anna is broken"}]

    # As long as it does not work the next one is used at once.
    await world.happen(family, NotificationKind.RAISED, CELLAR)
    assert world.heard() == ["carl: raised cellar"]
    world.broken = set()
    await world.happen(family, NotificationKind.CLEARED)
    assert world.heard() == ["carl: cleared attic"]
    await world.happen(family, NotificationKind.CLEARED, CELLAR)
    assert world.heard() == ["carl: cleared cellar"]
    await world.happen(family, NotificationKind.RAISED, CELLAR, episode=2)
    assert world.heard() == ["anna: raised cellar"]
    assert world.repairs() == []


async def test_without_a_next_one_it_is_tried_on_and_on(world: World) -> None:
    family = world.group("anna")
    world.broken = {"anna"}
    await world.happen(family)
    for seconds in (10, 60, 300, 300, 300):
        await world.wait(seconds)
    assert len(world.repairs()) == 1
    await world.happen(family, NotificationKind.RAISED, CELLAR)

    await world.restart()
    assert len(world.repairs()) == 1
    world.broken = set()
    await world.wait(300)
    assert sorted(world.heard()) == ["anna: raised attic", "anna: raised cellar"]
    assert world.repairs() == []
    assert world.disk == {}


async def test_repeats_do_not_keep_the_next_one_from_being_used(world: World) -> None:
    family = world.group("anna", fallback=["carl"])
    world.broken = {"anna"}

    await world.happen(family)
    for _ in range(3):
        await world.wait(5)
        await world.happen(family, NotificationKind.REPEATED)
    await world.wait(300)

    assert world.heard() == ["carl: repeated attic"]


async def test_nothing_counts_as_failed_while_home_assistant_starts(world: World) -> None:
    family = world.group("anna", fallback=["carl"])
    world.broken = {"anna"}
    world.hass.set_state(CoreState.starting)
    await world.happen(family)
    for _ in range(20):
        await world.wait(10)
    assert (world.heard(), world.repairs()) == ([], [])

    world.hass.set_state(CoreState.running)
    world.broken = set()
    await world.wait(10)
    assert world.heard() == ["anna: raised attic"]


async def test_a_group_that_is_gone_opens_a_repair_and_stops_nobody(world: World) -> None:
    family = world.group("anna")
    await world.happen(["gone", family])
    assert world.heard() == ["anna: raised attic"]
    for seconds in (10, 60, 300):
        await world.wait(seconds)
    assert world.repairs() == [{"name": "gone", "reasons": "the notifier group no longer exists"}]

    await world.happen(["gone", family], NotificationKind.CLEARED)
    assert world.heard() == ["anna: cleared attic"]
    assert world.repairs() == []


async def test_what_is_for_a_group_that_is_gone_is_given_up_after_a_day(world: World) -> None:
    await world.happen("gone")
    for _ in range(25):
        await world.wait(3600)

    assert [row for row in world.disk.values() if not row["is_done"]] == []
    assert world.repairs() == []
    await world.happen("gone", NotificationKind.CLEARED)
    assert world.disk == {}


async def test_a_clock_that_was_set_back_neither_delays_nor_hurries(world: World) -> None:
    family = world.group("anna")
    world.broken = {"anna"}
    await world.happen(family)
    world.freezer.move_to(NOON - timedelta(hours=1))
    await world.restart()
    assert world.failures == 2

    world.freezer.move_to(NOON - timedelta(hours=2))
    await world.happen(family, NotificationKind.REPEATED)
    assert world.failures == 3
    world.broken = set()
    await world.wait(300)
    assert world.heard() == ["anna: repeated attic"]


async def test_a_target_that_hangs_delays_no_other_group(world: World) -> None:
    slow, fast = world.group("slow"), world.group("anna")
    world.hanging = asyncio.Event()
    batch = world.add([slow, fast])
    world.write(batch)

    world.outbox.async_wake(batch)
    await world.spoken.wait()
    assert world.heard() == ["anna: raised attic"]
    await world.wait(1)
    assert world.heard() == []
    world.hanging.set()
    await world.wait(10)
    assert world.heard() == ["slow: raised attic"], "what was begun comes to its end, and is not begun again"
    await world.wait(400)
    assert world.heard() == []


async def test_stopping_waits_for_what_is_being_told(world: World) -> None:
    slow = world.group("slow")
    world.hanging = asyncio.Event()
    batch = world.add(slow)
    world.write(batch)
    world.outbox.async_wake(batch)
    world.hass.loop.call_soon(world.hanging.set)

    await world.outbox.async_stop()

    assert world.heard() == ["slow: raised attic"]
    assert world.disk == {}


# ------------------------------------------------------------- who knows of what


async def test_the_end_is_told_to_those_who_heard_the_beginning_and_the_others_are_told_both(world: World) -> None:
    family = world.group("anna", "ben")
    world.broken = {"ben"}
    await world.happen(family)
    await world.wait(5)
    world.broken = set()

    await world.happen(family, NotificationKind.CLEARED)

    assert sorted(world.heard()) == [
        "  Raised at 12:00, cleared at 12:00 after 5 s.",
        "anna: cleared attic",
        "anna: raised attic",
        "ben: cleared attic",
    ]
    assert world.disk == {}


async def test_who_missed_it_before_somebody_acknowledged_it_is_told_nothing_more(world: World) -> None:
    family = world.group("anna", "ben")
    world.broken = {"ben"}
    await world.happen(family)
    world.broken = set()

    await world.happen(family, NotificationKind.ACKNOWLEDGED)
    await world.happen(family, NotificationKind.CLEARED)

    assert world.heard() == ["anna: raised attic", "anna: acknowledged attic", "anna: cleared attic"]
    await world.happen(family, episode=2)
    assert sorted(world.heard()) == ["anna: raised attic", "ben: raised attic"]


async def test_what_came_and_went_while_nobody_could_be_told_is_told_once(world: World) -> None:
    family = world.group("anna")
    world.broken = {"anna"}
    for episode in (1, 2):
        await world.happen(family, episode=episode)
        await world.wait(3600)
        await world.happen(family, NotificationKind.WORSENED, episode=episode)
        await world.happen(family, NotificationKind.CLEARED, episode=episode)
    await world.wait(20 * 3600)
    await world.restart()
    assert world.heard() == []
    world.broken = set()
    await world.wait(300)

    assert world.heard() == ["anna: cleared attic", "  Raised 2 times, last at 13:00; cleared at 14:00."]
    assert world.disk == {}


async def test_the_next_one_is_told_both_when_nobody_of_the_group_can_be(world: World) -> None:
    family = world.group("anna", fallback=["carl"])
    world.broken = {"anna"}
    await world.happen(family)
    await world.happen(family, NotificationKind.CLEARED)
    for seconds in (10, 60, 300):
        await world.wait(seconds)

    assert world.heard() == ["carl: cleared attic", "  This happened at 12:00 and has cleared."]
    assert world.disk == {}


async def test_who_was_told_hears_the_end_although_it_was_put_aside(world: World) -> None:
    family = world.group("anna", "ben")
    world.broken = {"ben"}
    await world.happen(family)
    await world.happen(family, NotificationKind.WITHDRAWN)
    world.broken = set()
    await world.restart()
    await world.happen(family, NotificationKind.CLEARED)

    assert world.heard() == ["anna: raised attic", "anna: cleared attic"]
    assert world.disk == {}


async def test_who_was_never_told_hears_no_end_even_after_a_restart(world: World) -> None:
    family = world.group("anna")
    world.broken = {"anna"}
    await world.happen(family)
    await world.happen(family, NotificationKind.ACKNOWLEDGED)
    world.broken = set()

    await world.restart()
    await world.happen(family, NotificationKind.CLEARED)
    await world.wait(9999)

    assert world.heard() == []


async def test_who_stands_in_later_hears_the_end_too(world: World) -> None:
    family = world.group("anna", "ben", fallback=["carl"])
    await world.happen(family)
    world.broken = {"ben"}
    await world.happen(family, NotificationKind.WORSENED)
    for seconds in (10, 60, 300):
        await world.wait(seconds)
    world.heard()
    world.broken = set()

    await world.happen(family, NotificationKind.CLEARED)

    assert sorted(world.heard()) == ["anna: cleared attic", "ben: cleared attic", "carl: cleared attic"]


async def test_an_end_that_fails_is_not_forgotten_by_the_next_beginning(world: World) -> None:
    family = world.group("anna")
    await world.happen(family)
    world.broken = {"anna"}
    await world.happen(family, NotificationKind.CLEARED)
    await world.happen(family, episode=2)
    await world.happen(family, NotificationKind.CLEARED, episode=2)
    world.broken = set()
    await world.wait(60)

    assert world.heard() == ["anna: raised attic", "anna: cleared attic"]


async def test_an_end_that_nobody_wants_any_more_is_given_up(world: World) -> None:
    family = world.group("anna")
    await world.happen(family)
    world.broken = {"anna"}
    await world.happen(family, NotificationKind.CLEARED)
    await world.wait(25 * 3600)

    assert world.disk == {}


# ------------------------------------------------------------ quiet hours, storms


async def test_the_night_is_told_in_the_morning(world: World) -> None:
    await world.restart(**NIGHT)
    family = world.group("anna")
    await world.happen(family)
    assert world.heard() == ["anna: raised attic"]

    await world.wait(11 * 3600)  # 23:00
    await world.happen(family, NotificationKind.REPEATED)
    await world.happen(family, NotificationKind.RAISED, CELLAR)
    await world.wait(3600)
    await world.happen(family, NotificationKind.REPEATED, CELLAR)
    await world.happen(family, NotificationKind.CLEARED, CELLAR)
    await world.happen(family, NotificationKind.CLEARED)
    await world.restart()
    await world.wait(6.9 * 3600)
    assert world.heard() == []
    await world.wait(1000)

    assert world.heard() == [
        "anna: raised 2 alarms",
        "  Warning: attic (still active at 23:00, cleared at 00:00)",
        "  Warning: cellar (raised at 23:00, cleared at 00:00)",
    ]
    assert world.disk == {}


async def test_a_critical_one_may_wake_people(world: World) -> None:
    await world.restart(**NIGHT, quiet_severities=["warning", "critical"])
    soft, loud = world.group("anna"), world.group("ben", break_through=True)
    await world.wait(11 * 3600)

    await world.happen([soft, loud])
    assert world.heard() == []
    await world.happen([soft, loud], NotificationKind.WORSENED, ATTIC, Severity.CRITICAL)
    assert world.heard() == ["ben: worsened attic"]
    await world.happen([soft, loud], NotificationKind.CLEARED, ATTIC, Severity.CRITICAL)
    assert world.heard() == ["ben: cleared attic"]
    await world.wait(8 * 3600)
    assert world.heard() == [
        "anna: raised Critical: attic",
        "  Critical: attic (raised at 23:00, severity increased at 23:00, cleared at 23:00)",
    ]


async def test_what_is_put_aside_at_night_is_not_told_in_the_morning(world: World) -> None:
    await world.restart(**NIGHT)
    family = world.group("anna")
    await world.wait(11 * 3600)
    await world.happen(family)
    await world.happen(family, NotificationKind.WITHDRAWN)
    await world.wait(8 * 3600)

    assert world.heard() == []


async def test_quiet_hours_that_are_over_after_a_restart_hold_nothing(world: World) -> None:
    await world.restart(**NIGHT)
    family = world.group("anna")
    await world.wait(11 * 3600)
    await world.happen(family)
    assert world.heard() == []

    await world.restart(quiet_start=None)
    assert world.heard() == ["anna: raised attic"]


async def test_quiet_hours_are_those_of_a_clock_that_was_corrected(world: World) -> None:
    await world.restart(**NIGHT)
    family = world.group("anna")
    await world.wait(11 * 3600)
    await world.happen(family)
    assert world.heard() == []

    world.freezer.move_to(NOON + timedelta(hours=2))
    await world.happen(family, NotificationKind.RAISED, CELLAR)

    assert world.heard() == ["anna: raised cellar", "anna: raised attic"]


async def test_a_storm_becomes_one_digest(world: World) -> None:
    await world.restart(storm_per_minute=2)
    family = world.group("anna")
    for number in range(5):
        await world.happen(family, NotificationKind.RAISED, AlarmKey("rule", f"sensor.s{number}"))
    assert world.heard() == ["anna: raised s0", "anna: raised s1"]
    await world.happen(family, NotificationKind.CLEARED, AlarmKey("rule", "sensor.s2"))
    await world.wait(60)

    assert world.heard() == [
        "anna: raised 3 alarms",
        "  Warning: s2 (raised at 12:00, cleared at 12:00)",
        "  Warning: s3 (raised at 12:00)",
        "  Warning: s4 (raised at 12:00)",
    ]
    assert world.disk == {}


async def test_who_missed_a_digest_that_others_got_instead_hears_no_end_of_it(world: World) -> None:
    await world.restart(storm_per_minute=1)
    family = world.group("anna", fallback=["carl"])
    await world.happen(family, NotificationKind.RAISED, AlarmKey("rule", "sensor.first"))
    world.broken = {"anna"}
    await world.happen(family)
    await world.happen(family, NotificationKind.RAISED, CELLAR)
    for seconds in (60, 10, 60, 300):
        await world.wait(seconds)
    assert "carl: raised 2 alarms" in world.heard()
    world.broken = set()

    await world.happen(family, NotificationKind.CLEARED)

    assert world.heard() == ["carl: cleared attic"]


async def test_those_who_stand_in_for_a_group_hear_no_end_of_what_they_never_heard_of(world: World) -> None:
    await world.restart(storm_per_minute=2)
    family = world.group("anna", fallback=["carl"])
    await world.happen(family)
    await world.happen(family, NotificationKind.RAISED, AlarmKey("rule", "sensor.first"))
    world.broken = {"anna"}
    await world.happen(family, NotificationKind.CLEARED)
    await world.happen(family, NotificationKind.RAISED, CELLAR)
    world.heard()
    for seconds in (60, 10, 60, 300):
        await world.wait(seconds)
    assert world.heard() == ["carl: raised cellar"]

    world.broken = set()
    await world.wait(300)
    assert world.heard() == ["anna: cleared attic"]
    await world.happen(family, NotificationKind.CLEARED, CELLAR)
    assert world.heard() == ["carl: cleared cellar"]
    assert world.disk == {}


async def test_an_end_that_is_given_up_takes_its_beginning_with_it(world: World) -> None:
    await world.restart(storm_per_minute=1)
    family = world.group("anna")
    await world.happen(family, NotificationKind.RAISED, AlarmKey("rule", "sensor.first"))
    world.broken = {"anna"}
    await world.happen(family)
    await world.happen(family, NotificationKind.CLEARED)
    for _ in range(25):
        await world.wait(3600)

    await world.restart()
    world.broken = set()
    await world.wait(300)
    assert [line for line in world.heard() if "attic" in line] == []
    assert world.disk == {}


async def test_a_digest_that_fails_is_told_later(world: World) -> None:
    await world.restart(storm_per_minute=1)
    family = world.group("anna", "ben")
    await world.happen(family, NotificationKind.RAISED, AlarmKey("rule", "sensor.first"))
    await world.happen(family)
    await world.happen(family, NotificationKind.RAISED, CELLAR)
    world.heard()
    world.broken = {"ben"}
    await world.wait(60)
    digest = [line for line in world.heard() if not line.startswith(" ")]
    assert digest == ["anna: raised 2 alarms"]
    await world.happen(family, NotificationKind.CLEARED, CELLAR)
    world.broken = set()
    await world.wait(10)

    assert world.heard() == [
        "ben: raised 2 alarms",
        "  Warning: attic (raised at 12:00)",
        "  Warning: cellar (raised at 12:00)",
        "anna: cleared cellar",
        "ben: cleared cellar",
    ]
    assert world.disk == {}


async def test_another_entity_under_the_id_of_a_target_has_heard_what_the_target_has(world: World) -> None:
    """A siren's entity was removed, and a new one got its id: alarms of the former are set aside, targets are not."""
    group = world.group("siren", "phone")
    world.broken = {"phone"}
    await world.happen(group)
    assert world.heard() == ["siren: raised attic"]

    names = {"tell.siren": "tell.siren (replaced)", ATTIC.subject: "sensor.attic (replaced)"}
    world.outbox.async_move(names, with_targets=False)
    world.broken = set()
    await world.wait(11)

    assert world.heard() == ["phone: raised attic (replaced)"]
