"""Devices that core reads directly and that start to send values only we can read, on a real Mosquitto."""

from collections.abc import Callable
import json
from typing import Any

import aiomqtt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.direct_reading import is_same_for_core
from custom_components.iotbridge.things.model.discovery_config import discovery_config
from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.components.mqtt.models import MqttValueTemplate, PayloadSentinel
from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template

from ...broker import Broker, state, until
from ...kit import Kit, learn

real_broker = pytest.mark.parametrize("expected_lingering_timers", [True])

TOPIC = "attic/weather"
TEMPERATURE = Channel(name="Temperature", path=("temperature",), state_class="measurement")
HUMIDITY = Channel(name="Humidity", path=("humidity",), state_class="measurement")
DOOR = Channel(name="Door", path=("door",), platform="binary_sensor", on="open", off="closed")
MODE = Channel(name="Mode", path=("mode",))
CHANNELS = (TEMPERATURE, HUMIDITY, DOOR, MODE)
FIRST = b'{"temperature": 21.5, "humidity": 40, "door": "open", "mode": "eco"}'


def profile(*channels: Channel, topic: str = TOPIC, **more: Any) -> Profile:
    members: dict[str, Any] = {"depth": 0, "devices": {topic: DeviceMetadata(name="Attic")}, "exact": True, **more}
    return Profile(topic=topic, channels=channels, **members)


def shows(hass: HomeAssistant, *expected: str) -> Callable[[], bool]:
    """Return whether temperature, humidity, door and mode have these states."""
    entities = ("sensor.attic_temperature", "sensor.attic_humidity", "binary_sensor.attic_door", "sensor.attic_mode")
    return lambda: [state(hass, entity) for entity, _ in zip(entities, expected, strict=False)] == list(expected)


async def is_read_directly(client: aiomqtt.Client, topic: str = TOPIC) -> bool:
    """Return whether core is configured to read the device's own topic; waits for the next discovery message."""
    message = await anext(aiter(client.messages))
    components = json.loads(bytes(message.payload))["components"].values()
    return all(component["state_topic"].startswith(topic) for component in components)


async def read_directly(broker: Broker, entry: MockConfigEntry, uid: str, topic: str = TOPIC) -> None:
    """Wait until core reads the device itself, and we decode only some of its messages."""
    async with broker.client() as client:
        await client.subscribe(f"homeassistant/device/{uid}/config", qos=1)
        while not await is_read_directly(client, topic):
            pass
    (thing,) = entry.runtime_data.things.things.values()
    (device,) = thing.devices.values()
    await until(lambda: not device.needs_decoding)


@real_broker
@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param('{"temperature": nan, "humidity": 41, "door": "closed", "mode": "off"}', "unknown", id="nan"),
        pytest.param('{"temperature": "n/a", "humidity": 41, "door": "closed", "mode": "off"}', "unknown", id="n/a"),
        pytest.param('{"temperature": "22,5", "humidity": 41, "door": "closed", "mode": "off"}', "22.5", id="comma"),
        pytest.param('{"temperature": 22.5, "humidity": 41, "door": "closed", "mode": "off"}\0', "22.5", id="padded"),
    ],
)
async def test_a_message_only_we_can_read_is_published_by_us_from_then_on(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker, payload: str, expected: str
) -> None:
    subentry = learn(home, entry, profile(*CHANNELS), Sample(TOPIC, FIRST))
    await read_directly(broker, entry, thing_uid(TOPIC, TOPIC))
    await until(shows(home, "21.5", "40", "on", "eco"))

    async with broker.client() as device:
        # Within the half minute in which messages of such a device are not decoded.
        await device.publish(TOPIC, FIRST.replace(b"21.5", b"21.7"))
        await until(shows(home, "21.7", "40", "on", "eco"))
        await device.publish(TOPIC, payload)
        await until(shows(home, expected, "41", "off", "off"), timeout_s=10)
        for number in range(3):
            await device.publish(TOPIC, payload.replace("41", str(50 + number)))
            await until(shows(home, expected, str(50 + number), "off", "off"), timeout_s=5)
        await device.publish(TOPIC, FIRST)
        await until(shows(home, "21.5", "40", "on", "eco"), timeout_s=5)

    assert entry.subentries[subentry.subentry_id].data["exact"] is False


@real_broker
async def test_a_bare_value_only_we_can_read_is_published_by_us(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    topic = "attic/temperature"
    bare = Channel(name="Temperature", path=(), subtopic="temperature", state_class="measurement")
    wanted = profile(bare, topic=topic, depth=-1, devices={"attic": DeviceMetadata(name="Attic")})
    learn(home, entry, wanted, Sample(topic, b"21.5"))
    await read_directly(broker, entry, thing_uid(topic, "attic"), topic)
    await until(shows(home, "21.5"))

    async with broker.client() as device:
        for payload, expected in (
            ("22", "22"),
            ("nan", "unknown"),
            ("23.5 °C", "23.5"),
            ("n/a", "unknown"),
            ("24", "24"),
        ):
            await device.publish(topic, payload)
            await until(shows(home, expected), timeout_s=10)


@real_broker
@pytest.mark.parametrize("exact", [True, False])
async def test_a_cleared_topic_makes_its_values_unknown(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker, exact: bool
) -> None:
    """Make the values of a cleared topic unknown, whether core or IoT Bridge reads it; other topics keep theirs."""
    topics = ("attic/weather/STATE", "attic/weather/SENSOR")
    temperature = Channel(name="Temperature", path=("temperature",), subtopic="SENSOR", state_class="measurement")
    humidity = Channel(name="Humidity", path=(), subtopic="HUMIDITY", state_class="measurement")
    door = Channel(name="Door", path=("door",), subtopic="SENSOR", platform="binary_sensor", on="open", off="closed")
    mode = Channel(name="Mode", path=("mode",), subtopic="STATE")
    wanted = profile(
        temperature,
        humidity,
        door,
        mode,
        topic="attic/weather/+",
        depth=2,
        exact=exact,
        devices={TOPIC: DeviceMetadata(name="Attic")},
    )
    learn(
        home,
        entry,
        wanted,
        Sample(topics[0], b'{"mode": "eco"}'),
        Sample(topics[1], b'{"temperature": 21.5, "door": "open"}'),
        Sample("attic/weather/HUMIDITY", b"40"),
    )
    await until(shows(home, "21.5", "40", "on", "eco"))
    if exact:
        await read_directly(broker, entry, thing_uid("attic/weather/+", TOPIC))

    async with broker.client() as device:
        await device.publish(topics[1], '{"temperature": 22, "door": "open"}', retain=True)
        await until(shows(home, "22", "40", "on", "eco"))
        await device.publish(topics[1], "", retain=True)
        await until(shows(home, "unknown", "40", "unknown", "eco"), timeout_s=5)
        await device.publish("attic/weather/HUMIDITY", "", retain=True)
        await until(shows(home, "unknown", "unknown", "unknown", "eco"), timeout_s=5)
        await device.publish(topics[0], "", retain=True)
        await until(shows(home, "unknown", "unknown", "unknown", "unknown"), timeout_s=5)
        await device.publish(topics[1], '{"temperature": 23, "door": "closed"}', retain=True)
        await until(shows(home, "23", "unknown", "off", "unknown"), timeout_s=5)


WATTS = Channel(name="Power", path=("power", "v"), unit="W", stated_unit="W", unit_path=("power", "u"))
CELSIUS = Channel(name="Inside", path=("inside",), unit="°C", stated_unit="°C", unit_path=("TempUnit",))
VALUE = Channel(name="Value", path=("value",), unit="°C")
BARE = Channel(name="Bare", path=(), unit="°C")


@pytest.mark.parametrize(
    ("channel", "payload", "is_same"),
    [
        (WATTS, b'{"power": {"v": 813, "u": "W"}}', True),
        (WATTS, b'{"power": {"v": 813}}', True),
        (WATTS, b'{"power": {"v": 1.25, "u": "kW"}}', False),
        (WATTS, b'{"power": {"v": 3, "u": "A"}}', False),
        (CELSIUS, b'{"inside": 20, "TempUnit": "C"}', True),
        (CELSIUS, b'{"inside": 68, "TempUnit": "F"}', False),
        (VALUE, b'{"value": 68, "unit": "\xc2\xb0C"}', True),
        (VALUE, b'{"value": 68, "unit": "\xc2\xb0F"}', False),
        (TEMPERATURE, b'{"temperature": {"value": 20}}', False),
        (TEMPERATURE, b'{"temperature": {"min": 20}}', True),
        (BARE, b"20.5", True),
        (BARE, b'{"val": 20.5}', False),
    ],
)
def test_a_value_with_another_unit_or_in_an_object_is_not_left_to_core(
    channel: Channel, payload: bytes, is_same: bool
) -> None:
    assert is_same_for_core(payload, [channel]) is is_same


PAYLOADS = [
    b'{"temperature": 1, "door": "open"}',
    b'{"temperature": "1.5", "door": "OPEN"}',
    b'{"temperature": "1,5"}',
    b'{"temperature": "1.5 \xc2\xb0C"}',
    b'{"temperature": "warm", "door": "ajar"}',
    b'{"temperature": "nan"}',
    b'{"temperature": ""}',
    b'{"temperature": null, "door": null}',
    b'{"temperature": true, "door": true}',
    b'{"temperature": {"x": 1}, "door": [1]}',
    b'{"door": ""}',
    b'{"door": 1}',
    b'{"temperature": nan}',
    b'{"temperature": 1}\0',
    b"{}",
    b"",
]


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_a_readable_value_is_one_that_a_template_reads(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, payload: bytes
) -> None:
    """A payload that core reads alone results in the value that we would publish, or keeps the last one as we do."""
    channels = (TEMPERATURE, DOOR)
    metadata = DeviceMetadata(name="Attic")
    config = discovery_config(profile(*channels), "uid", TOPIC, metadata, channels, state_topic=None)
    handed_on = profile(*channels, exact=False)
    subentry = learn(hass, entry, handed_on, Sample(TOPIC, b'{"temperature": 21.5, "door": "closed"}'))
    await hass.async_block_till_done()
    await kit.receive(TOPIC, payload)

    if not is_same_for_core(payload, channels):
        return
    device = entry.runtime_data.things.things[subentry.subentry_id].devices[TOPIC]
    before = {"temperature": 21.5, "door": False}
    for key, component in zip(before, config["components"].values(), strict=True):
        template = MqttValueTemplate(Template(component["value_template"], hass))
        rendered = template.async_render_with_possible_json_value(payload.decode(), PayloadSentinel.DEFAULT)
        words = {component.get("payload_on"): True, component.get("payload_off"): False, "None": None}
        if rendered == "":
            shown = before[key]
        elif key == "door":
            shown = words.get(rendered, before[key])  # type: ignore[assignment]
        else:
            shown = words[rendered] if rendered in words else float(rendered)  # type: ignore[assignment]
        assert device.values[key] == shown
