"""Presence of a thing, derived from its reporting interval, with simulated time."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.core import HomeAssistant

from ...kit import Kit, learn

TOPIC = "attic/weather"
AVAILABILITY = f"iotbridge/thing/{thing_uid(TOPIC, TOPIC)}/availability"


async def attic(hass: HomeAssistant, entry: MockConfigEntry, **more: Any) -> None:
    profile = Profile(
        topic=TOPIC,
        depth=0,
        channels=(Channel(name="Temperature", path=("temperature",), state_class="measurement"),),
        devices={TOPIC: DeviceMetadata(name="Attic")},
        exact=True,
        **more,
    )
    learn(hass, entry, profile, Sample(TOPIC, b'{"temperature": 20}'))
    await hass.async_block_till_done()


def published(kit: Kit) -> list[str]:
    """Return the published availability of the device."""
    return [call.args[1] for call in kit.mqtt.async_publish.call_args_list if call.args[0] == AVAILABILITY]


async def report(kit: Kit, times: int, every_s: float) -> None:
    for _ in range(times):
        await kit.receive(TOPIC, {"temperature": 21})
        await kit.wait(every_s)


async def test_a_device_that_misses_its_interval_is_offline(
    hass: HomeAssistant, entry: MockConfigEntry, kit: Kit
) -> None:
    await attic(hass, entry)
    await report(kit, 7, 60)
    assert published(kit) == ["online"]

    await kit.wait(100)
    assert published(kit) == ["online"], "twice nothing may be the radio"
    await kit.wait(60)
    assert published(kit) == ["online", "offline"]

    await kit.receive(TOPIC, {"temperature": 21})
    assert published(kit) == ["online", "offline", "online"]


async def test_no_availability_is_published_while_the_interval_is_unknown(
    hass: HomeAssistant, entry: MockConfigEntry, kit: Kit
) -> None:
    await attic(hass, entry)
    await report(kit, 3, 60)

    await kit.wait(7 * 24 * 3600)

    assert published(kit) == ["online"]


@pytest.mark.parametrize(("expire_after_s", "expected"), [(300, ["online", "offline"]), (0, ["online"])])
async def test_the_user_may_set_the_expiry(
    hass: HomeAssistant, entry: MockConfigEntry, kit: Kit, expire_after_s: int, expected: list[str]
) -> None:
    await attic(hass, entry, expire_after_s=expire_after_s)
    await report(kit, 7, 60)

    await kit.wait(310)

    assert published(kit) == expected


async def test_a_device_offline_before_a_restart_stays_offline(
    hass: HomeAssistant, entry: MockConfigEntry, kit: Kit
) -> None:
    await attic(hass, entry)
    await report(kit, 7, 60)
    await kit.wait(300)
    assert published(kit) == ["online", "offline"]

    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()

    assert published(kit)[-1] == "offline"


async def test_retained_messages_do_not_count_as_reports(hass: HomeAssistant, entry: MockConfigEntry, kit: Kit) -> None:
    await attic(hass, entry, expire_after_s=300)
    await kit.wait(310)
    assert published(kit) == ["online", "offline"]

    await kit.receive(TOPIC, {"temperature": 21}, retain=True)

    assert published(kit) == ["online", "offline"]
