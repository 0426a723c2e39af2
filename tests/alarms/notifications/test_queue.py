"""Queue of a group: superseded items, informed targets, and digests of nights and storms."""

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind
from custom_components.iotbridge.alarms.engine.models import AlarmKey, Severity
from tests.alarms.notifications.delivery_world import CELLAR, NIGHT, World


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


async def test_an_episode_after_a_late_acknowledgement_is_notified_from_its_beginning(world: World) -> None:
    """A latching alarm ends before its acknowledgement, and may be raised again before that is delivered."""
    family = world.group("anna", "ben")
    await world.notify(family)
    await world.notify(family, NotificationKind.CLEARED, is_last=False)
    world.take_sent()
    world.broken = {"anna", "ben"}
    await world.notify(family, NotificationKind.ACKNOWLEDGED, is_last=True)
    world.broken = set()

    batch = world.add(family, episode=2).followed_by(
        world.add(family, NotificationKind.CLEARED, episode=2, is_last=False)
    )
    world.write(batch)
    world.outbox.async_deliver(batch)
    await world.settle()

    assert sorted(world.take_sent()) == [
        *["  This happened at 12:00 and has cleared."] * 2,
        "anna: cleared attic",
        "ben: cleared attic",
    ]
    assert world.disk == {}


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


async def test_a_withdrawn_notification_is_not_in_the_digest(world: World) -> None:
    await world.restart(**NIGHT)
    family = world.group("anna")
    await world.wait(11 * 3600)
    await world.notify(family)
    await world.notify(family, NotificationKind.WITHDRAWN)
    await world.wait(8 * 3600)

    assert world.take_sent() == []


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
