"""Items of the queue: storage and renames."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.escalation import Notification, NotificationKind, Sound
from custom_components.iotbridge.alarms.engine.models import AlarmKey, Severity
from custom_components.iotbridge.alarms.notifications.delivery_policy import Digest
from custom_components.iotbridge.alarms.notifications.queued_notification import QueuedNotification, moved_target
from tests.alarms.notifications.delivery_world import ATTIC, World

MESSAGE = {"title": "Warning: Attic", "entity_id": ATTIC.subject}


def queued(kind: NotificationKind = NotificationKind.RAISED, **changes: Any) -> QueuedNotification:
    notification = Notification(
        kind=kind, key=ATTIC, episode=2, groups=("family",), severity=Severity.CRITICAL, at=100.0, sound=Sound.SILENT
    )
    item = QueuedNotification.from_notification(notification, "family", number=7, message=MESSAGE, due_at=110.0)
    for name, value in changes.items():
        setattr(item, name, value)
    return item


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"informed": frozenset({"phone", "siren"}), "delivered_to": frozenset({"phone"}), "attempts": 3},
        {"digest": Digest.STORM, "first_message": MESSAGE, "occurrences": 4, "is_last": True, "is_done": True},
    ],
)
def test_an_item_is_restored_by_its_number(changes: dict[str, Any]) -> None:
    item = queued(**changes)
    data = json.loads(json.dumps(item.as_dict()))

    again = QueuedNotification.from_dict(7, data)

    assert again.as_dict() == item.as_dict()
    assert (again.id, again.key, again.sound, again.digest) == (7, ATTIC, Sound.SILENT, item.digest)


@pytest.mark.parametrize(
    ("kind", "is_actionable", "informed"),
    [
        (NotificationKind.RAISED, True, frozenset()),
        (NotificationKind.ESCALATED, True, frozenset()),
        (NotificationKind.REPEATED, True, None),
        (NotificationKind.CLEARED, False, None),
    ],
)
def test_the_first_notification_of_an_alarm_presumes_no_informed_target(
    kind: NotificationKind, is_actionable: bool, informed: frozenset[str] | None
) -> None:
    item = queued(kind)

    assert (item.is_actionable, item.informed, item.occurrences) == (is_actionable, informed, int(is_actionable))


def test_an_end_is_new_to_targets_that_missed_the_beginning() -> None:
    end = queued(NotificationKind.CLEARED, informed=frozenset({"phone"}), occurrences=1)

    assert (end.is_new_to("phone"), end.is_new_to("siren")) == (False, True)
    assert not queued(NotificationKind.CLEARED).is_new_to("siren"), "all are informed"


def test_a_rename_applies_to_subject_messages_and_targets() -> None:
    item = queued(informed=frozenset({"notify.siren"}), first_message=MESSAGE)

    assert item.move({ATTIC.subject: "sensor.loft", "notify.siren": "notify.horn"})
    assert item.key == AlarmKey(ATTIC.rule_id, "sensor.loft")
    assert (item.message["entity_id"], item.informed) == ("sensor.loft", frozenset({"notify.horn"}))
    assert item.first_message == {**MESSAGE, "entity_id": "sensor.loft"}
    assert not item.move({"sensor.other": "sensor.more"}), "nothing of it was renamed"


def test_the_second_target_of_a_name_keeps_its_number() -> None:
    assert moved_target("notify.siren#2", {"notify.siren": "notify.horn"}) == "notify.horn#2"


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
