"""Discovery message for core's mqtt: templates find the right value, and a foreign key is never executed."""

from dataclasses import replace
import importlib
import json
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.iotbridge.things.model.discovery_config import availability_config, discovery_config, is_direct
from custom_components.iotbridge.things.model.message import DeviceMetadata, Path
from custom_components.iotbridge.things.model.profile import Availability, Channel, Profile
from homeassistant.components.mqtt.models import MqttValueTemplate, PayloadSentinel
from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template

HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "x'] }}{{ states }}",
            '"]}}{% for a in range(9) %}',
            "{{ 7 * 7 }}",
            "{% set a = 1 %}",
            "a\\",
            "a\\'",
            "a\nb",
            "switch:0",
            "Dc/0",
            "température",
            "\u2028",
            "x" * 200,
        ]
    ),
)


def profile(*channels: Channel) -> Profile:
    return Profile(topic="a/b", depth=0, channels=channels, devices={"a/b": DeviceMetadata(name="B")}, exact=True)


def component(channel: Channel, *, state_topic: str | None = None) -> dict[str, Any]:
    config = discovery_config(
        profile(channel), "uid", "a/b", DeviceMetadata(name="B"), [channel], state_topic=state_topic
    )
    (found,) = config["components"].values()
    return dict(found)


def render(hass: HomeAssistant, template: str, payload: str) -> Any:
    value = MqttValueTemplate(Template(template, hass))
    return value.async_render_with_possible_json_value(payload, PayloadSentinel.DEFAULT)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(keys=st.lists(HOSTILE, min_size=1, max_size=3), value=st.integers(-1000, 1000))
async def test_a_key_is_never_executed(hass: HomeAssistant, keys: list[str], value: int) -> None:
    channel = Channel(name="C", path=tuple(keys), state_class="measurement")
    document: Any = value
    for key in reversed(keys):
        document = {key: document}

    if is_direct(profile(channel)):
        template = component(channel)["value_template"]
        assert render(hass, template, json.dumps(document)) == str(value)
    else:
        config = json.dumps(component(channel, state_topic="ours"))
        # Letters and digits may be part of an id of ours; anything with a meaning in a template may not.
        assert not [key for key in keys if len(key) > 8 and not key.replace("_", "").isalnum() and key in config]


@pytest.mark.parametrize(
    ("path", "payload", "expected"),
    [
        pytest.param(("t",), '{"t": 21.5}', "21.5", id="there"),
        pytest.param(("t",), '{"x": 1}', "", id="a partial update: core ignores an empty text"),
        pytest.param(("t",), '{"t": null}', "None", id="null is unknown"),
        pytest.param(("t",), '{"t": ', "", id="broken JSON is no value"),
        pytest.param(("t",), "[1, 2]", "", id="another kind of message"),
        pytest.param(("a", "t"), '{"a": 5}', "", id="a number where an object was"),
        pytest.param(("a", "t"), '{"a": null}', "", id="null where an object was"),
        pytest.param(("a", 1), '{"a": [1, 2]}', "2", id="an element"),
        pytest.param(("a", 5), '{"a": [1, 2]}', "", id="a shorter array"),
        pytest.param(("t",), '{"t": "21.50"}', "21.50", id="a number as text"),
        pytest.param(("t",), '{"t": true}', "1", id="yes where a number was"),
        pytest.param(("t",), '{"t": "warm"}', "", id="a word where a number was"),
        pytest.param(("t",), '{"t": {"x": 1}}', "", id="an object where a number was"),
        pytest.param(("values",), "{}", "", id="a key that Python knows otherwise"),
        pytest.param((), "12.5", "12.5", id="a bare number"),
        pytest.param((), "offline", "", id="a bare word where a number was"),
    ],
)
async def test_numbers_are_read_as_they_are(hass: HomeAssistant, path: Path, payload: str, expected: str) -> None:
    template = component(Channel(name="T", path=path, state_class="measurement"))["value_template"]

    assert render(hass, template, payload) == expected


async def test_a_scaled_number_has_no_noise(hass: HomeAssistant) -> None:
    template = component(Channel(name="T", path=("t",), state_class="measurement", scale=0.1))["value_template"]

    assert render(hass, template, '{"t": 3}') == "0.3"
    assert render(hass, template, '{"t": -822}') == "-82.2"
    assert render(hass, template, "{}") == ""
    assert render(hass, template, '{"t": "x"}') == ""
    assert render(hass, template, '{"t": null}') == "None"


@pytest.mark.parametrize(
    ("payload", "expected"), [('{"d": true}', True), ('{"d": false}', False), ('{"d": "x"}', None), ("{}", None)]
)
async def test_json_booleans_are_on_and_off(hass: HomeAssistant, payload: str, expected: bool | None) -> None:
    found = component(Channel(name="D", path=("d",), platform="binary_sensor", on="true", off="false"))
    rendered = render(hass, found["value_template"], payload)

    words = {found["payload_on"]: True, found["payload_off"]: False}
    assert words.get(rendered) is expected


@pytest.mark.parametrize(
    ("availability", "message", "available"),
    [
        (Availability(topic="a/there", path=("state",)), '{"state": "online"}', True),
        (Availability(topic="a/there", path=("state",)), '{"state": "offline"}', False),
        (Availability(topic="a/there", path=("d", "on"), online="true", offline="false"), '{"d": {"on": true}}', True),
        (
            Availability(topic="a/there", path=("d", "on"), online="true", offline="false"),
            '{"d": {"on": false}}',
            False,
        ),
        (Availability(topic="a/there", path=("state",), online="Up", offline="Down"), '{"state": "Up"}', True),
        (Availability(topic="a/there", path=("state",)), '{"x": 1}', None),
        (Availability(topic="a/there", path=("state",)), "online", None),
    ],
)
async def test_availability_is_read_out_of_json(
    hass: HomeAssistant, availability: Availability, message: str, available: bool | None
) -> None:
    (found,) = availability_config(availability, profile(), "a/b")
    rendered = render(hass, found["value_template"], message)

    assert {found["payload_available"]: True, found["payload_not_available"]: False}.get(rendered) is available


def test_core_cannot_read_the_messages_of_devices_that_share_a_topic() -> None:
    profile = Profile(topic="gate", depth=0, channels=(Channel(name="T", path=("t",)),), devices={}, exact=True)

    assert is_direct(profile)
    assert not is_direct(replace(profile, device_member=("mac",)))


def test_availability_without_a_path_that_is_safe_has_no_template() -> None:
    for path in ((), ("a{{ b }}",)):
        (found,) = availability_config(Availability(topic="+/there", online="Up", path=path), profile(), "a/b")
        assert (found["payload_available"], "value_template" in found) == ("Up", False)


@pytest.mark.parametrize(
    ("topic_filter", "pattern", "base", "command_topic"),
    [
        ("shellies/+/relay/0", "shellies/+/relay/0/command", "shellies/b/relay/0", "shellies/b/relay/0/command"),
        ("shellies/#", "shellies/+/command", "shellies/b", "shellies/b/command"),
        ("tele/plug/#", "cmnd/plug/POWER", "tele/plug", "cmnd/plug/POWER"),
        ("tele/plug/#", "cmnd/plug/POWER", "tele/plug/x", None),
        ("a/b", "a/+/set", "a/b", None),
        ("a/+", "a/b/set", "a/b", None),
        ("a/+", "a/+/+", "a/b", None),
    ],
)
def test_a_switch_has_the_command_topic_of_its_device_or_is_left_out(
    topic_filter: str, pattern: str, base: str, command_topic: str | None
) -> None:
    switch = Channel(name="W", path=("w",), platform="switch", on="ON", off="OFF", command_topic=pattern)
    family = replace(profile(switch), topic=topic_filter)
    config = discovery_config(family, "uid", base, DeviceMetadata(name="B"), [switch], state_topic=None)

    assert [component["command_topic"] for component in config["components"].values()] == (
        [command_topic] if command_topic else []
    )


async def test_core_accepts_every_kind_of_component(hass: HomeAssistant) -> None:
    """Core silently drops what its schema does not know."""
    channels = [
        Channel(name="S", path=("s",), unit="°C", device_class="temperature", state_class="measurement", precision=1),
        Channel(name="B", path=("b",), platform="binary_sensor", device_class="door", on="open", off="closed"),
        Channel(name="W", path=("w",), platform="switch", on="ON", off="OFF", command_topic="a/set"),
        Channel(name="E", path=("e",), platform="event", event_types=("single",)),
        Channel(name="L", path=("l",), platform="device_tracker", companions=(("longitude", ("m",)),)),
    ]
    for channel in channels:
        for state_topic in (None, "ours"):
            if state_topic is None and not is_direct(profile(channel)):
                continue
            config = {**component(channel, state_topic=state_topic)}
            module = importlib.import_module(f"homeassistant.components.mqtt.{channel.platform}")
            platform = config.pop("platform")
            accepted = module.DISCOVERY_SCHEMA(dict(config))
            assert config.keys() <= accepted.keys(), platform
