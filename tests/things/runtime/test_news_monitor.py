"""Fields and devices that appear later."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.message import Sample
from homeassistant.core import HomeAssistant
from tests.kit import Kit, learn
from tests.things.attic import TEMPERATURE, TOPIC, profile

SAMPLE = Sample(TOPIC, b'{"temperature": 21.5}')


async def test_fields_of_several_kinds_of_messages_stay_known(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry
) -> None:
    subentry = learn(hass, entry, profile(TEMPERATURE, exact=False), SAMPLE)
    await hass.async_block_till_done()
    await kit.receive(TOPIC, '{"temperature": 21, "pressure": 1013}')
    for _ in range(5):
        await kit.receive(TOPIC, '{"temperature": 22}')
    await kit.wait(70)

    things = entry.runtime_data.things
    assert things.news(subentry.subentry_id).fields == ("pressure",)
    assert any(b"pressure" in sample.payload for sample in things.latest(subentry.subentry_id))
