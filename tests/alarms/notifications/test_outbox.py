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


@dataclass
class World:
    """A home with notifiers that can fail, and a store that survives restarts."""

    hass: HomeAssistant
    entry: MockConfigEntry
    freezer: FrozenDateTimeFactory
    options: dict[str, Any] = field(default_factory=dict)
    disk: dict[int, dict[str, Any]] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    failures: int = 0
    hanging: asyncio.Event | None = None
    writing: asyncio.Future[None] | None = None
    removed: set[AlarmKey] = field(default_factory=set)
    delivered: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.issues = Issues(self.hass)
        self.start()

    def start(self) -> None:
        """Create the outbox, as at a start of Home Assistant."""
        self.outbox = Outbox(
            self.hass,
            Notifier(self.hass, self.entry, timeout_s=0.05),
            DeliveryPolicy.from_options(self.options),
            self.write,
            self.render,
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

    def render(self, notification: Notification) -> Message | None:
        if notification.key in self.removed:
            return None
        alarm = Alarm(key=notification.key, episode=notification.episode, raised_at=notification.at)
        name = notification.key.subject.removeprefix("sensor.")
        return compose(alarm_texts(self.hass), notification, alarm, name=name, text="bad", now=notification.at)

    def group(self, *targets: str, fallback: Sequence[str] = (), break_through: bool = False) -> str:
        """Add a notifier group whose targets record their notifications."""

        def actions(names: Iterable[str]) -> list[dict[str, Any]]:
            data = {"told": "{{ kind }} {{ alarm }}", "message": "{{ message }}"}
            return [{"kind": "action", "action": f"tell.{name}", "data": data} for name in names]

        for name in (*targets, *fallback):
            self.hass.services.async_register("tell", name, self.receive)
        values = {"targets": actions(targets), "fallback": actions(fallback), "break_through": break_through}
        data: Any = marked(NOTIFIER, values)
        subentry = ConfigSubentry(data=data, subentry_type="notifier", title=f"G {targets}", unique_id=None)
        self.hass.config_entries.async_add_subentry(self.entry, subentry)
        return subentry.subentry_id

    async def receive(self, call: ServiceCall) -> None:
        if call.service in self.broken:
            self.failures += 1
            raise HomeAssistantError(f"{call.service} is broken")
        if self.hanging and call.service == "slow":
            await self.hanging.wait()
        self.delivered.set()
        self.sent.append(f"{call.service}: {call.data['told']}")
        if " at " in call.data["message"]:
            self.sent += [f"  {line}" for line in call.data["message"].splitlines() if "bad" not in line]

    def add(
        self,
        group: str | Sequence[str],
        kind: NotificationKind = NotificationKind.RAISED,
        key: AlarmKey = ATTIC,
        severity: Severity = Severity.WARNING,
        *,
        episode: int = 1,
    ) -> Batch:
        groups = (group,) if isinstance(group, str) else tuple(group)
        at = dt_util.utcnow().timestamp()
        is_last = kind is NotificationKind.CLEARED
        notification = Notification(
            kind=kind, key=key, episode=episode, groups=groups, severity=severity, at=at, is_last=is_last
        )
        batch = Batch()
        self.outbox.async_add([notification], batch)
        return batch

    async def notify(
        self, group: str | Sequence[str], kind: NotificationKind = NotificationKind.RAISED, *args: Any, **more: Any
    ) -> None:
        """Add, commit and deliver a notification, as the manager does."""
        batch = self.add(group, kind, *args, **more)
        self.write(batch)
        self.outbox.async_deliver(batch)
        await self.settle()

    async def settle(self) -> None:
        await self.hass.async_block_till_done()

    async def wait(self, seconds: float) -> None:
        self.freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass, dt_util.utcnow())
        await self.settle()

    def take_sent(self) -> list[str]:
        """Return the notifications that were sent since the last time."""
        sent, self.sent = self.sent, []
        return sent

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


async def test_a_delivered_notification_is_removed_from_the_store(world: World) -> None:
    family = world.group("anna", "ben")

    batch = world.add(family)
    world.write(batch)
    assert len(world.disk) == 1
    assert world.take_sent() == []
    world.outbox.async_deliver(batch)
    await world.settle()

    assert sorted(world.take_sent()) == ["anna: raised attic", "ben: raised attic"]
    assert world.disk == {}
    await world.wait(9999)
    await world.restart()
    assert world.take_sent() == []


async def test_a_notification_is_delivered_only_after_it_was_stored(world: World) -> None:
    family = world.group("anna")
    first, second = world.add(family), world.add(family, key=CELLAR)

    world.write(first)
    world.outbox.async_deliver(first)
    await world.settle()
    assert world.take_sent() == ["anna: raised attic"]

    world.write(second)
    world.outbox.async_deliver()
    await world.settle()
    assert world.take_sent() == ["anna: raised cellar"]


async def test_a_stored_notification_is_delivered_after_a_restart(world: World) -> None:
    family = world.group("anna")
    world.write(world.add(family))  # killed here

    await world.restart()
    assert world.take_sent() == ["anna: raised attic"]
    assert world.disk == {}


async def test_a_stored_notification_is_delivered_although_its_rule_was_removed(world: World) -> None:
    family = world.group("anna")
    world.write(world.add(family))
    world.removed = {ATTIC}

    await world.restart()
    assert world.take_sent() == ["anna: raised attic"]
    await world.notify(family, NotificationKind.CLEARED)
    assert world.take_sent() == []


async def test_an_alarm_cleared_before_its_delivery_is_one_message(world: World) -> None:
    family = world.group("anna")
    batch = world.add(family).followed_by(world.add(family, NotificationKind.CLEARED))
    world.write(batch)
    world.outbox.async_deliver(batch)
    await world.settle()

    assert world.take_sent() == ["anna: cleared attic", "  This happened at 12:00 and has cleared."]
    assert world.disk == {}
    await world.notify(family, episode=2)
    await world.notify(family, NotificationKind.CLEARED, episode=2)
    assert world.take_sent() == ["anna: raised attic", "anna: cleared attic"]
    assert world.disk == {}


async def test_the_next_delivery_waits_until_the_last_is_stored(world: World) -> None:
    """Killed at any moment, Home Assistant repeats one message of each group."""
    family, others = world.group("anna"), world.group("ben")
    world.writing = asyncio.get_running_loop().create_future()
    for subject in ("one", "two", "three"):
        batch = world.add([family, others], key=AlarmKey("rule", f"sensor.{subject}"))
        world.write(batch)
        world.outbox.async_deliver(batch)
    for _ in range(200):
        await asyncio.sleep(0)
    assert sorted(world.take_sent()) == ["anna: raised one", "ben: raised one"]

    world.writing.set_result(None)
    await world.settle()

    assert len(world.take_sent()) == 4


async def test_the_most_severe_is_delivered_first(world: World) -> None:
    family = world.group("anna")
    batches = [
        world.add(family, key=AlarmKey("rule", f"sensor.{severity.word}"), severity=severity) for severity in Severity
    ]
    for batch in batches:
        world.write(batch)
    world.outbox.async_deliver()
    await world.settle()

    assert world.take_sent() == ["anna: raised critical", "anna: raised warning", "anna: raised info"]


# --------------------------------------------------------------------- failing


async def test_only_the_failed_target_is_retried(world: World) -> None:
    family = world.group("anna", "ben")
    world.broken = {"ben"}

    await world.notify(family)
    await world.wait(9)
    assert world.take_sent() == ["anna: raised attic"]
    world.broken = set()
    await world.wait(1)
    assert world.take_sent() == ["ben: raised attic"]
    assert world.repairs() == []
    assert world.disk == {}


async def test_the_fallback_is_used_after_the_retries_with_a_repair(world: World) -> None:
    family = world.group("anna", fallback=["carl"])
    world.broken = {"anna"}

    await world.notify(family)
    for seconds in (10, 60):
        await world.wait(seconds)
    assert (world.take_sent(), world.repairs()) == ([], [])
    await world.wait(300)
    assert world.take_sent() == ["carl: raised attic"]
    assert world.repairs() == [{"name": "G ('anna',)", "reasons": "anna is broken"}]

    # While the target fails, the fallback is used at once.
    await world.notify(family, NotificationKind.RAISED, CELLAR)
    assert world.take_sent() == ["carl: raised cellar"]
    world.broken = set()
    await world.notify(family, NotificationKind.CLEARED)
    assert world.take_sent() == ["carl: cleared attic"]
    await world.notify(family, NotificationKind.CLEARED, CELLAR)
    assert world.take_sent() == ["carl: cleared cellar"]
    await world.notify(family, NotificationKind.RAISED, CELLAR, episode=2)
    assert world.take_sent() == ["anna: raised cellar"]
    assert world.repairs() == []


async def test_without_a_fallback_retries_continue(world: World) -> None:
    family = world.group("anna")
    world.broken = {"anna"}
    await world.notify(family)
    for seconds in (10, 60, 300, 300, 300):
        await world.wait(seconds)
    assert len(world.repairs()) == 1
    await world.notify(family, NotificationKind.RAISED, CELLAR)

    await world.restart()
    assert len(world.repairs()) == 1
    world.broken = set()
    await world.wait(300)
    assert sorted(world.take_sent()) == ["anna: raised attic", "anna: raised cellar"]
    assert world.repairs() == []
    assert world.disk == {}


async def test_repeats_do_not_postpone_the_fallback(world: World) -> None:
    family = world.group("anna", fallback=["carl"])
    world.broken = {"anna"}

    await world.notify(family)
    for _ in range(3):
        await world.wait(5)
        await world.notify(family, NotificationKind.REPEATED)
    await world.wait(300)

    assert world.take_sent() == ["carl: repeated attic"]


async def test_failures_do_not_count_while_home_assistant_starts(world: World) -> None:
    family = world.group("anna", fallback=["carl"])
    world.broken = {"anna"}
    world.hass.set_state(CoreState.starting)
    await world.notify(family)
    for _ in range(20):
        await world.wait(10)
    assert (world.take_sent(), world.repairs()) == ([], [])

    world.hass.set_state(CoreState.running)
    world.broken = set()
    await world.wait(10)
    assert world.take_sent() == ["anna: raised attic"]


async def test_a_removed_group_has_a_repair_and_does_not_stop_others(world: World) -> None:
    family = world.group("anna")
    await world.notify(["gone", family])
    assert world.take_sent() == ["anna: raised attic"]
    for seconds in (10, 60, 300):
        await world.wait(seconds)
    assert world.repairs() == [{"name": "gone", "reasons": "the notifier group no longer exists"}]

    await world.notify(["gone", family], NotificationKind.CLEARED)
    assert world.take_sent() == ["anna: cleared attic"]
    assert world.repairs() == []


async def test_notifications_for_a_removed_group_are_dropped_after_a_day(world: World) -> None:
    await world.notify("gone")
    for _ in range(25):
        await world.wait(3600)

    assert [row for row in world.disk.values() if not row["is_done"]] == []
    assert world.repairs() == []
    await world.notify("gone", NotificationKind.CLEARED)
    assert world.disk == {}


async def test_a_clock_set_back_does_not_delay_retries(world: World) -> None:
    family = world.group("anna")
    world.broken = {"anna"}
    await world.notify(family)
    world.freezer.move_to(NOON - timedelta(hours=1))
    await world.restart()
    assert world.failures == 2

    world.freezer.move_to(NOON - timedelta(hours=2))
    await world.notify(family, NotificationKind.REPEATED)
    assert world.failures == 3
    world.broken = set()
    await world.wait(300)
    assert world.take_sent() == ["anna: repeated attic"]


async def test_a_hanging_target_does_not_delay_other_groups(world: World) -> None:
    slow, fast = world.group("slow"), world.group("anna")
    world.hanging = asyncio.Event()
    batch = world.add([slow, fast])
    world.write(batch)

    world.outbox.async_deliver(batch)
    await world.delivered.wait()
    assert world.take_sent() == ["anna: raised attic"]
    await world.wait(1)
    assert world.take_sent() == []
    world.hanging.set()
    await world.wait(10)
    assert world.take_sent() == ["slow: raised attic"], "the delivery completes and is not repeated"
    await world.wait(400)
    assert world.take_sent() == []


async def test_a_stop_waits_for_running_deliveries(world: World) -> None:
    slow = world.group("slow")
    world.hanging = asyncio.Event()
    batch = world.add(slow)
    world.write(batch)
    world.outbox.async_deliver(batch)
    world.hass.loop.call_soon(world.hanging.set)

    await world.outbox.async_stop()

    assert world.take_sent() == ["slow: raised attic"]
    assert world.disk == {}


# ------------------------------------------------------------- informed targets


async def test_informed_targets_get_the_end_and_the_others_get_both(world: World) -> None:
    family = world.group("anna", "ben")
    world.broken = {"ben"}
    await world.notify(family)
    await world.wait(5)
    world.broken = set()

    await world.notify(family, NotificationKind.CLEARED)

    assert sorted(world.take_sent()) == [
        "  Raised at 12:00, cleared at 12:00 after 5 s.",
        "anna: cleared attic",
        "anna: raised attic",
        "ben: cleared attic",
    ]
    assert world.disk == {}


async def test_a_target_that_missed_an_acknowledged_alarm_gets_nothing(world: World) -> None:
    family = world.group("anna", "ben")
    world.broken = {"ben"}
    await world.notify(family)
    world.broken = set()

    await world.notify(family, NotificationKind.ACKNOWLEDGED)
    await world.notify(family, NotificationKind.CLEARED)

    assert world.take_sent() == ["anna: raised attic", "anna: acknowledged attic", "anna: cleared attic"]
    await world.notify(family, episode=2)
    assert sorted(world.take_sent()) == ["anna: raised attic", "ben: raised attic"]


async def test_several_undelivered_episodes_are_one_message(world: World) -> None:
    family = world.group("anna")
    world.broken = {"anna"}
    for episode in (1, 2):
        await world.notify(family, episode=episode)
        await world.wait(3600)
        await world.notify(family, NotificationKind.WORSENED, episode=episode)
        await world.notify(family, NotificationKind.CLEARED, episode=episode)
    await world.wait(20 * 3600)
    await world.restart()
    assert world.take_sent() == []
    world.broken = set()
    await world.wait(300)

    assert world.take_sent() == ["anna: cleared attic", "  Raised 2 times, last at 13:00; cleared at 14:00."]
    assert world.disk == {}


async def test_the_fallback_gets_beginning_and_end_in_one_message(world: World) -> None:
    family = world.group("anna", fallback=["carl"])
    world.broken = {"anna"}
    await world.notify(family)
    await world.notify(family, NotificationKind.CLEARED)
    for seconds in (10, 60, 300):
        await world.wait(seconds)

    assert world.take_sent() == ["carl: cleared attic", "  This happened at 12:00 and has cleared."]
    assert world.disk == {}


async def test_informed_targets_get_the_end_of_a_withdrawn_alarm(world: World) -> None:
    family = world.group("anna", "ben")
    world.broken = {"ben"}
    await world.notify(family)
    await world.notify(family, NotificationKind.WITHDRAWN)
    world.broken = set()
    await world.restart()
    await world.notify(family, NotificationKind.CLEARED)

    assert world.take_sent() == ["anna: raised attic", "anna: cleared attic"]
    assert world.disk == {}


async def test_a_target_that_was_not_informed_gets_no_end_after_a_restart(world: World) -> None:
    family = world.group("anna")
    world.broken = {"anna"}
    await world.notify(family)
    await world.notify(family, NotificationKind.ACKNOWLEDGED)
    world.broken = set()

    await world.restart()
    await world.notify(family, NotificationKind.CLEARED)
    await world.wait(9999)

    assert world.take_sent() == []


async def test_a_fallback_informed_later_gets_the_end(world: World) -> None:
    family = world.group("anna", "ben", fallback=["carl"])
    await world.notify(family)
    world.broken = {"ben"}
    await world.notify(family, NotificationKind.WORSENED)
    for seconds in (10, 60, 300):
        await world.wait(seconds)
    world.take_sent()
    world.broken = set()

    await world.notify(family, NotificationKind.CLEARED)

    assert sorted(world.take_sent()) == ["anna: cleared attic", "ben: cleared attic", "carl: cleared attic"]


async def test_a_failed_end_is_delivered_after_the_next_episode(world: World) -> None:
    family = world.group("anna")
    await world.notify(family)
    world.broken = {"anna"}
    await world.notify(family, NotificationKind.CLEARED)
    await world.notify(family, episode=2)
    await world.notify(family, NotificationKind.CLEARED, episode=2)
    world.broken = set()
    await world.wait(60)

    assert world.take_sent() == ["anna: raised attic", "anna: cleared attic"]


async def test_an_undelivered_end_is_dropped_after_a_day(world: World) -> None:
    family = world.group("anna")
    await world.notify(family)
    world.broken = {"anna"}
    await world.notify(family, NotificationKind.CLEARED)
    await world.wait(25 * 3600)

    assert world.disk == {}


# ------------------------------------------------------------ quiet hours, storms


async def test_notifications_of_the_night_are_a_digest_in_the_morning(world: World) -> None:
    await world.restart(**NIGHT)
    family = world.group("anna")
    await world.notify(family)
    assert world.take_sent() == ["anna: raised attic"]

    await world.wait(11 * 3600)  # 23:00
    await world.notify(family, NotificationKind.REPEATED)
    await world.notify(family, NotificationKind.RAISED, CELLAR)
    await world.wait(3600)
    await world.notify(family, NotificationKind.REPEATED, CELLAR)
    await world.notify(family, NotificationKind.CLEARED, CELLAR)
    await world.notify(family, NotificationKind.CLEARED)
    await world.restart()
    await world.wait(6.9 * 3600)
    assert world.take_sent() == []
    await world.wait(1000)

    assert world.take_sent() == [
        "anna: raised 2 alarms",
        "  Warning: attic (still active at 23:00, cleared at 00:00)",
        "  Warning: cellar (raised at 23:00, cleared at 00:00)",
    ]
    assert world.disk == {}


async def test_a_critical_notification_may_break_through_quiet_hours(world: World) -> None:
    await world.restart(**NIGHT, quiet_severities=["warning", "critical"])
    muted, loud = world.group("anna"), world.group("ben", break_through=True)
    await world.wait(11 * 3600)

    await world.notify([muted, loud])
    assert world.take_sent() == []
    await world.notify([muted, loud], NotificationKind.WORSENED, ATTIC, Severity.CRITICAL)
    assert world.take_sent() == ["ben: worsened attic"]
    await world.notify([muted, loud], NotificationKind.CLEARED, ATTIC, Severity.CRITICAL)
    assert world.take_sent() == ["ben: cleared attic"]
    await world.wait(8 * 3600)
    assert world.take_sent() == [
        "anna: raised Critical: attic",
        "  Critical: attic (raised at 23:00, severity increased at 23:00, cleared at 23:00)",
    ]


async def test_a_withdrawn_notification_is_not_in_the_digest(world: World) -> None:
    await world.restart(**NIGHT)
    family = world.group("anna")
    await world.wait(11 * 3600)
    await world.notify(family)
    await world.notify(family, NotificationKind.WITHDRAWN)
    await world.wait(8 * 3600)

    assert world.take_sent() == []


async def test_removed_quiet_hours_release_their_notifications(world: World) -> None:
    await world.restart(**NIGHT)
    family = world.group("anna")
    await world.wait(11 * 3600)
    await world.notify(family)
    assert world.take_sent() == []

    await world.restart(quiet_start=None)
    assert world.take_sent() == ["anna: raised attic"]


async def test_quiet_hours_follow_a_corrected_clock(world: World) -> None:
    await world.restart(**NIGHT)
    family = world.group("anna")
    await world.wait(11 * 3600)
    await world.notify(family)
    assert world.take_sent() == []

    world.freezer.move_to(NOON + timedelta(hours=2))
    await world.notify(family, NotificationKind.RAISED, CELLAR)

    assert world.take_sent() == ["anna: raised cellar", "anna: raised attic"]


async def test_a_storm_becomes_one_digest(world: World) -> None:
    await world.restart(storm_per_minute=2)
    family = world.group("anna")
    for number in range(5):
        await world.notify(family, NotificationKind.RAISED, AlarmKey("rule", f"sensor.s{number}"))
    assert world.take_sent() == ["anna: raised s0", "anna: raised s1"]
    await world.notify(family, NotificationKind.CLEARED, AlarmKey("rule", "sensor.s2"))
    await world.wait(60)

    assert world.take_sent() == [
        "anna: raised 3 alarms",
        "  Warning: s2 (raised at 12:00, cleared at 12:00)",
        "  Warning: s3 (raised at 12:00)",
        "  Warning: s4 (raised at 12:00)",
    ]
    assert world.disk == {}


async def test_a_target_that_missed_a_digest_gets_no_end(world: World) -> None:
    await world.restart(storm_per_minute=1)
    family = world.group("anna", fallback=["carl"])
    await world.notify(family, NotificationKind.RAISED, AlarmKey("rule", "sensor.first"))
    world.broken = {"anna"}
    await world.notify(family)
    await world.notify(family, NotificationKind.RAISED, CELLAR)
    for seconds in (60, 10, 60, 300):
        await world.wait(seconds)
    assert "carl: raised 2 alarms" in world.take_sent()
    world.broken = set()

    await world.notify(family, NotificationKind.CLEARED)

    assert world.take_sent() == ["carl: cleared attic"]


async def test_a_fallback_gets_no_end_of_an_alarm_it_was_not_informed_of(world: World) -> None:
    await world.restart(storm_per_minute=2)
    family = world.group("anna", fallback=["carl"])
    await world.notify(family)
    await world.notify(family, NotificationKind.RAISED, AlarmKey("rule", "sensor.first"))
    world.broken = {"anna"}
    await world.notify(family, NotificationKind.CLEARED)
    await world.notify(family, NotificationKind.RAISED, CELLAR)
    world.take_sent()
    for seconds in (60, 10, 60, 300):
        await world.wait(seconds)
    assert world.take_sent() == ["carl: raised cellar"]

    world.broken = set()
    await world.wait(300)
    assert world.take_sent() == ["anna: cleared attic"]
    await world.notify(family, NotificationKind.CLEARED, CELLAR)
    assert world.take_sent() == ["carl: cleared cellar"]
    assert world.disk == {}


async def test_a_dropped_end_drops_its_beginning(world: World) -> None:
    await world.restart(storm_per_minute=1)
    family = world.group("anna")
    await world.notify(family, NotificationKind.RAISED, AlarmKey("rule", "sensor.first"))
    world.broken = {"anna"}
    await world.notify(family)
    await world.notify(family, NotificationKind.CLEARED)
    for _ in range(25):
        await world.wait(3600)

    await world.restart()
    world.broken = set()
    await world.wait(300)
    assert [line for line in world.take_sent() if "attic" in line] == []
    assert world.disk == {}


async def test_a_failed_digest_is_retried(world: World) -> None:
    await world.restart(storm_per_minute=1)
    family = world.group("anna", "ben")
    await world.notify(family, NotificationKind.RAISED, AlarmKey("rule", "sensor.first"))
    await world.notify(family)
    await world.notify(family, NotificationKind.RAISED, CELLAR)
    world.take_sent()
    world.broken = {"ben"}
    await world.wait(60)
    digest = [line for line in world.take_sent() if not line.startswith(" ")]
    assert digest == ["anna: raised 2 alarms"]
    await world.notify(family, NotificationKind.CLEARED, CELLAR)
    world.broken = set()
    await world.wait(10)

    assert world.take_sent() == [
        "ben: raised 2 alarms",
        "  Warning: attic (raised at 12:00)",
        "  Warning: cellar (raised at 12:00)",
        "anna: cleared cellar",
        "ben: cleared cellar",
    ]
    assert world.disk == {}


async def test_a_rename_without_targets_keeps_the_delivered_targets(world: World) -> None:
    """A new entity took the id of a removed siren: alarms of the former are renamed, targets are not."""
    group = world.group("siren", "phone")
    world.broken = {"phone"}
    await world.notify(group)
    assert world.take_sent() == ["siren: raised attic"]

    names = {"tell.siren": "tell.siren (replaced)", ATTIC.subject: "sensor.attic (replaced)"}
    world.outbox.async_move(names, with_targets=False)
    world.broken = set()
    await world.wait(11)

    assert world.take_sent() == ["phone: raised attic (replaced)"]
