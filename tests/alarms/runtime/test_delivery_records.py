"""Records of deliveries in the store: kept, replaced, renamed and purged."""

from custom_components.iotbridge.alarms.runtime.delivery_records import DeliveryRecord, DeliveryResult, recorded
from custom_components.iotbridge.alarms.runtime.store import KEEP_S, AlarmStore, Batch

START = 1_700_000_000.0
FIRST = DeliveryRecord(
    number=1,
    target="notify.anna",
    at=START,
    rule_id="rule",
    subject="sensor.one",
    episode=3,
    group_name="Family",
    title="Anna",
    kind="raised",
    result=DeliveryResult.REFUSED,
    reason="out of \ud83d order",
    held_by="",
    attempts=0,
)
SECOND = FIRST._replace(number=2, subject="sensor.two", at=START + 60, reason="", result=DeliveryResult.DELIVERED)
ONE, TWO = FIRST.episode_key, SECOND.episode_key


def test_records_are_found_by_episode(store: AlarmStore) -> None:
    store.write(Batch(deliveries=recorded([FIRST, SECOND])))

    assert store.deliveries([ONE]) == [FIRST._replace(reason="out of ? order")]
    assert [record.number for record in store.deliveries([TWO, ONE])] == [1, 2]
    assert store.deliveries([("rule", "sensor.one", 4)]) == []


def test_a_later_result_replaces_the_earlier_one(store: AlarmStore) -> None:
    store.write(Batch(deliveries=recorded([FIRST])))
    later = FIRST._replace(at=START + 10, result=DeliveryResult.DELIVERED, reason="", attempts=1)

    store.write(Batch(deliveries=recorded([later])))

    assert store.deliveries([ONE]) == [later]


def test_a_rename_moves_written_and_unwritten_records(store: AlarmStore) -> None:
    store.write(Batch(deliveries=recorded([FIRST])))
    batch = Batch(deliveries=recorded([SECOND._replace(subject="sensor.one")]))

    batch.move({"sensor.one": "sensor.new"})
    store.write(batch)

    assert [record.number for record in store.deliveries([("rule", "sensor.new", 3)])] == [1, 2]


def test_old_records_are_purged(store: AlarmStore) -> None:
    store.write(Batch(deliveries=recorded([FIRST, SECOND])))

    store.purge(START + KEEP_S + 30)

    assert [record.number for record in store.deliveries([ONE, TWO])] == [2]
