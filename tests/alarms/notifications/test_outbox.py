"""Outbox: delivery after storage, retries, fallbacks, quiet hours, and no loss over a restart."""

import asyncio
from datetime import timedelta

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind
from custom_components.iotbridge.alarms.engine.models import AlarmKey, Severity
from homeassistant.core import CoreState
from tests.alarms.notifications.delivery_world import ATTIC, CELLAR, NIGHT, NOON, World


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


async def test_the_next_delivery_waits_until_the_last_is_stored(world: World) -> None:
    """After a kill at any moment, at most one message per group is repeated."""
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
