"""Store of things: values of the last minutes survive, and nothing grows forever."""

from itertools import pairwise
import json
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.message import Sample
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from tests.kit import Kit, learn
from tests.things.attic import DOOR, TEMPERATURE, TOPIC, UID, profile

SAMPLE = Sample(TOPIC, b'{"temperature": 21.5}')


async def test_an_unlimited_number_of_fields_is_not_stored(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    learn(hass, entry, profile(TEMPERATURE), SAMPLE)
    await hass.async_block_till_done()

    for number in range(50):
        fields = {f"key{number}x{other}": other for other in range(50)}
        await kit.receive(TOPIC, json.dumps({"temperature": 1, **fields}))
        await kit.wait(31)
    await hass.config_entries.async_unload(entry.entry_id)

    assert hass_storage["iotbridge.things"]["data"]["devices"][UID]["fields"] == ["temperature"]


async def test_values_are_saved_now_and_then_while_home_assistant_runs(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """A power cut leaves values of the last quarter of an hour; a memory card is not written each minute."""
    learn(hass, entry, profile(TEMPERATURE, exact=False), SAMPLE)
    await hass.async_block_till_done()
    await kit.wait(10)
    saved: list[float] = []

    for number in range(360):
        await kit.receive(TOPIC, json.dumps({"temperature": number}))
        await kit.wait(10)
        value = hass_storage["iotbridge.things"]["data"]["devices"][UID]["values"]["temperature"]
        if value not in saved:
            saved.append(value)
        assert number - value <= 92

    assert len(saved) <= 5


async def test_a_state_is_saved_within_half_a_minute_but_the_file_is_written_seldom(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """After a power cut a door that nobody moves since would be shown as it was a quarter of an hour before."""
    learn(hass, entry, profile(TEMPERATURE, DOOR, exact=False), SAMPLE)
    await hass.async_block_till_done()
    await kit.wait(1000)

    async def saved_door(state: str, wait_s: float) -> str:
        await kit.receive(TOPIC, {"temperature": 21.5, "door": state})
        await kit.wait(wait_s)
        return str(hass_storage["iotbridge.things"]["data"]["devices"][UID]["values"].get("door"))

    assert await saved_door("open", 31) == "True"
    changes = [await saved_door("open" if number % 2 else "closed", 10) for number in range(361)]
    writes = [number for number, (before, after) in enumerate(pairwise(changes)) if before != after]
    assert len(writes) <= 13, "every five minutes at most, for an hour"
    assert await saved_door("open", 301) == "True"


async def test_values_just_before_a_stop_are_saved(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    learn(hass, entry, profile(TEMPERATURE, exact=False), SAMPLE)
    await hass.async_block_till_done()
    # The pending save is done, and the next message is too early for another one.
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    await kit.receive(TOPIC, {"temperature": 22.5})

    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()

    assert hass_storage["iotbridge.things"]["data"]["devices"][UID]["values"]["temperature"] == 22.5
