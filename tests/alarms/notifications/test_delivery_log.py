"""Log of deliveries: a record for each notification and target."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind
from custom_components.iotbridge.alarms.notifications.delivery_log import async_target_title
from custom_components.iotbridge.alarms.runtime.delivery_records import DeliveryRecord, DeliveryRecords
from custom_components.iotbridge.alarms.runtime.store import Batch
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.alarms.notifications.delivery_world import NIGHT, NOON, World


@pytest.fixture
def records(world: World, monkeypatch: pytest.MonkeyPatch) -> DeliveryRecords:
    """Return the records that the outbox writes."""
    written: DeliveryRecords = {}
    write = world.write

    def take(batch: Batch) -> Any:
        written.update(batch.deliveries)
        return write(batch)

    world.write = take  # type: ignore[method-assign]
    world.start()
    return written


def shown(records: DeliveryRecords) -> list[tuple[str, ...]]:
    """Return titles and results, in order."""

    def row(record: DeliveryRecord) -> tuple[str, ...]:
        return (record.title, record.kind, record.result, record.reason)

    return sorted(map(row, records.values()))


async def test_each_target_has_a_record(world: World, records: DeliveryRecords) -> None:
    family = world.group("anna", "ben")
    world.broken = {"ben"}

    await world.notify(family)

    assert shown(records) == [("Anna", "raised", "delivered", ""), ("Ben", "raised", "refused", "ben is broken")]
    assert {(record.subject, record.episode) for record in records.values()} == {("sensor.attic", 1)}


async def test_a_retry_replaces_the_record(world: World, records: DeliveryRecords) -> None:
    family = world.group("anna")
    world.broken = {"anna"}
    await world.notify(family)
    world.broken = set()

    await world.wait(15)

    ((record),) = records.values()
    assert (record.result, record.reason, record.attempts) == ("delivered", "", 1)


async def test_a_fallback_has_a_record_of_its_own(world: World, records: DeliveryRecords) -> None:
    family = world.group("anna", fallback=["siren"])
    world.broken = {"anna"}
    await world.notify(family)

    for _ in range(4):
        await world.wait(310)

    assert shown(records) == [("Anna", "raised", "refused", "anna is broken"), ("Siren", "raised", "fallback", "")]


async def test_a_deferred_notification_says_by_what(world: World, records: DeliveryRecords) -> None:
    await world.restart(**NIGHT)
    world.freezer.move_to(NOON.replace(hour=23))
    family = world.group("anna")
    await world.notify(family)
    assert records == {}

    await world.wait(9 * 3600)

    ((record),) = records.values()
    assert (record.result, record.held_by) == ("delivered", "quiet")


async def test_an_alarm_that_has_cleared_already_is_one_message(world: World, records: DeliveryRecords) -> None:
    family = world.group("anna")
    world.write(world.add(family))
    batch = world.add(family, NotificationKind.CLEARED)
    world.write(batch)
    world.outbox.async_deliver()
    await world.settle()

    assert shown(records) == [("Anna", "raised", "delivered", "")]


async def test_only_what_can_be_withdrawn_is_recorded_as_withdrawn(world: World, records: DeliveryRecords) -> None:
    assert await async_setup_component(world.hass, "persistent_notification", {})
    family = world.group("anna")
    subentry = world.entry.subentries[family]
    targets = [*subentry.data["targets"], {"kind": "persistent"}]
    world.hass.config_entries.async_update_subentry(world.entry, subentry, data={**subentry.data, "targets": targets})
    await world.notify(family)
    records.clear()

    await world.notify(family, NotificationKind.WITHDRAWN)

    assert shown(records) == [("Home Assistant", "withdrawn", "delivered", "")]


async def test_a_phone_has_the_name_of_its_device(hass: HomeAssistant) -> None:
    MockConfigEntry(domain="mobile_app", title="Anna's iPhone", data={"device_name": "Annas iPhone"}).add_to_hass(hass)
    hass.states.async_set("notify.kitchen", "unknown", {"friendly_name": "Kitchen display"})

    def title(**target: str) -> str:
        return async_target_title(hass, target)

    assert title(kind="mobile_app", action="notify.mobile_app_annas_iphone") == "Anna's iPhone"
    assert title(kind="mobile_app", action="notify.mobile_app_old_phone") == "Old Phone"
    assert title(kind="notify", entity_id="notify.kitchen") == "Kitchen display"
    assert title(kind="persistent") == "Home Assistant"
    assert title(kind="action", action="script.ring_the_bell") == "Ring The Bell"
