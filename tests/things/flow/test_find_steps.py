"""Steps that find a device: by its topic, by listening, from a pasted message."""

import asyncio
import base64
import json

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_mqtt_message

from homeassistant.components.mqtt.models import DATA_MQTT
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event
from homeassistant.data_entry_flow import EVENT_DATA_ENTRY_FLOW_PROGRESSED, FlowResultType
from tests.things.wizard import WEATHER, Wizard

CONFIG = {
    "~": "zigbee/lamp",
    "stat_t": "~/state",
    "components": {"a": {"command_topic": "set/~"}},
    "availability": [{"t": "~/here"}],
}
ANNOUNCED = {str(number): {"stat_t": f"lamps/{number}"} for number in range(600)}

# ---------------------------------------------------------------- by topic


async def test_a_message_on_the_topic_becomes_a_device(wizard: Wizard) -> None:
    assert (await wizard.start())["type"] is FlowResultType.MENU
    await wizard.choose("topic")
    assert wizard.step == "topic"
    await wizard.submit(topic="garden/weather")
    assert (wizard.result["type"], wizard.step) == (FlowResultType.SHOW_PROGRESS, "wait")
    assert wizard.placeholders == {"topic": "garden/weather", "seconds": "60"}
    await wizard.kit.wait(20)
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait(3)
    assert (wizard.result["type"], wizard.step) == (FlowResultType.FORM, "device")
    await wizard.submit(name="Weather")

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY
    assert (wizard.subentry.title, wizard.subentry.unique_id) == ("Weather", "garden/weather")
    assert wizard.subentry.data["topic"] == "garden/weather"


async def test_a_retained_message_counts_and_an_empty_one_does_not(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/weather")
    await wizard.kit.receive("garden/weather", "")
    assert (await wizard.wait(3))["type"] is FlowResultType.SHOW_PROGRESS
    await wizard.kit.receive("garden/weather", WEATHER, retain=True)

    await wizard.wait(3)
    assert wizard.step == "device"


async def test_a_tree_gets_time_to_publish_everything(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="boiler/#")
    for number, leaf in enumerate(("temperature", "pressure", "power")):
        await wizard.kit.receive(f"boiler/{leaf}", str(20 + number))
        await wizard.kit.wait(0.4)
    await wizard.wait(3)
    assert wizard.step == "split"
    await wizard.submit()

    assert wizard.channels.keys() == {"temperature", "pressure", "power"}


async def test_a_tree_that_never_stops_sending_is_cut_short(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="boiler/#")
    for number in range(14):
        await wizard.kit.receive(f"boiler/temperature{number % 3}", str(20 + number))
        await wizard.kit.wait(0.4)
    await wizard.look()

    assert wizard.step == "split"


async def test_the_newest_messages_of_a_flood_are_kept(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="boiler/#")
    async_fire_mqtt_message(wizard.kit.hass, "boiler/first", "20")
    for number in range(1001):
        async_fire_mqtt_message(wizard.kit.hass, "boiler/temperature", str(number / 10))
    await wizard.wait(3)
    await wizard.submit()

    assert wizard.channels.keys() == {"temperature"}
    assert wizard.channels["temperature"].startswith("Temperature: 100 ")


def changes_of(wizard: Wizard) -> list[Event]:
    """Return a list that gets the calls to the browser to show the dialog's next step."""
    changes: list[Event] = async_capture_events(wizard.kit.hass, EVENT_DATA_ENTRY_FLOW_PROGRESSED)
    return changes


async def test_waiting_can_be_ended_early(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/wether")
    await wizard.wait(11)
    assert (wizard.result["type"], wizard.step) == (FlowResultType.MENU, "waiting")
    await wizard.choose("topic")
    await wizard.submit(topic="garden/weather")
    await wizard.kit.receive("garden/wether", {"pressure": 1013})
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait(3)

    assert wizard.step == "device"
    assert "pressure" not in wizard.channels


async def test_a_message_ends_the_menu_of_waiting(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/weather")
    await wizard.wait(11)
    changes = changes_of(wizard)
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait_only(2)

    assert [change.data["flow_id"] for change in changes] == [wizard.result["flow_id"]]
    await wizard.look()
    assert wizard.step == "device"


async def test_two_looks_at_a_dialog_whose_message_has_come_see_the_same(wizard: Wizard) -> None:
    """Home Assistant and the frontend ask for the next step at the same time."""
    await wizard.start("topic")
    await wizard.submit(topic="garden/weather")
    await wizard.wait(11)
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait_only(2)
    flows, flow_id = wizard.hass.config_entries.subentries, wizard.result["flow_id"]

    steps = await asyncio.gather(*(flows.async_configure(flow_id) for _ in range(2)))

    assert [step["step_id"] for step in steps] == ["device", "device"]


async def test_a_message_during_the_progress_changes_the_dialog_once(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/weather")
    changes = changes_of(wizard)
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait(3)

    assert wizard.step == "device"
    assert len(changes) == 1


async def test_a_form_is_not_disturbed_by_a_message_that_comes_late(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/weather")
    await wizard.wait(11)
    await wizard.choose("paste")
    changes = changes_of(wizard)
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait_only(60)

    assert changes == []


async def test_silence_is_explained_and_offers_next_steps(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/weather")
    await wizard.wait(61)

    assert (wizard.result["type"], wizard.step) == (FlowResultType.MENU, "timed_out")
    assert wizard.placeholders == {"topic": "garden/weather", "seconds": "60"}
    await wizard.choose("wait")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait(3)
    assert wizard.step == "device"


async def test_after_silence_another_topic_can_be_entered_from_the_one_before(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/wether")
    await wizard.wait(61)
    await wizard.choose("topic")

    assert wizard.suggested == {"topic": "garden/wether"}


@pytest.mark.parametrize(
    ("topic", "error"),
    [
        ("", "topic_empty"),
        ("  ", "topic_empty"),
        (" garden/weather", "topic_spaces"),
        ("garden/weather ", "topic_spaces"),
        ("garden/" + "x" * 65535, "topic_long"),
        ("a/" * 999 + "x", "topic_levels"),
        ("garden/\0weather", "topic_characters"),
        ("garden/#/weather", "topic_hash"),
        ("garden/weather#", "topic_hash"),
        ("garden/we+ther", "topic_plus"),
        ("#", "topic_everything"),
        ("+/+", "topic_everything"),
        ("+/#", "topic_everything"),
        ("$share/group/garden", "topic_shared"),
        ("iotbridge/device/nas/status", "topic_of_hosts"),
        ("ipwatch/#", "topic_of_hosts"),
        ("homeassistant/sensor/x/config", "topic_of_home_assistant"),
    ],
)
async def test_an_invalid_topic_is_an_error_and_can_be_corrected(wizard: Wizard, topic: str, error: str) -> None:
    await wizard.start("topic")
    await wizard.submit(topic=topic)
    assert wizard.errors == {"topic": error}
    await wizard.submit(topic="garden/weather")

    assert wizard.step == "wait"


@pytest.mark.parametrize(
    ("known", "wanted", "error"),
    [
        ("garden/weather", "garden/weather", "topic_covered"),
        ("garden/+", "garden/weather", "topic_covered"),
        ("garden/#", "garden/weather/+", "topic_covered"),
        ("garden/+", "garden/#", "topic_wider"),
        ("garden/weather", "garden/+", "topic_wider"),
        ("garden/weather", "+/weather", "topic_wider"),
    ],
)
async def test_a_topic_in_use_is_an_error_with_the_device(wizard: Wizard, known: str, wanted: str, error: str) -> None:
    await wizard.add(known, WEATHER, heard_on="garden/weather", name="My weather")
    await wizard.start("topic")
    await wizard.submit(topic=wanted)

    assert (wizard.errors, wizard.placeholders["device"]) == ({"topic": error}, "My weather")
    await wizard.submit(topic="garden2/weather")
    assert wizard.step == "wait"


async def test_a_wildcard_does_not_learn_hosts_and_discovery(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="+/device/#")
    await wizard.kit.receive("iotbridge/device/nas/status", {"cpu_percent": 3})
    await wizard.kit.receive("homeassistant/device/abc/config", {"device": {"name": "x"}, "value": 3})
    await wizard.wait(3)
    assert wizard.step == "wait"
    await wizard.kit.receive("cellar/device/pump", {"power": 35})
    await wizard.wait(6)
    await wizard.submit()

    assert wizard.channels.keys() == {"power"}


@pytest.mark.parametrize("mqtt_config_entry_options", [{"discovery": False}])
async def test_without_discovery_the_flow_aborts(wizard: Wizard) -> None:
    await wizard.start()

    assert (wizard.result["type"], wizard.step) == (FlowResultType.ABORT, "discovery_off")


async def test_two_dialogs_for_one_topic_make_one_device(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    other = Wizard(wizard.kit)
    await other.add("garden/weather", WEATHER)
    await wizard.submit()

    assert wizard.step == "already_configured"


@pytest.mark.parametrize(("seconds", "step"), [(1, "wait"), (11, "waiting")])
async def test_closing_the_dialog_cancels_the_waiting(wizard: Wizard, seconds: int, step: str) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/weather")
    await wizard.wait(seconds)
    assert wizard.step == step
    client = wizard.kit.hass.data[DATA_MQTT].client
    assert client.is_active_subscription("garden/weather")
    wizard.kit.hass.config_entries.subentries.async_abort(wizard.result["flow_id"])
    await wizard.kit.hass.async_block_till_done()

    await wizard.kit.receive("garden/weather", WEATHER)
    assert wizard.kit.hass.config_entries.subentries.async_progress() == []
    assert not client.is_active_subscription("garden/weather")


@pytest.mark.parametrize("way", ["wait", "listen"])
async def test_without_a_broker_the_flow_aborts(wizard: Wizard, way: str) -> None:
    await wizard.start()
    wizard.kit.mqtt.connected = False
    if way == "wait":
        await wizard.choose("topic")
        await wizard.submit(topic="garden/weather")
    else:
        await wizard.choose("listen")

    assert (wizard.result["type"], wizard.step) == (FlowResultType.ABORT, "no_mqtt")


async def test_without_a_loaded_entry_the_flow_aborts(wizard: Wizard) -> None:
    entry = wizard.kit.hass.config_entries.async_entries("iotbridge")[0]
    await wizard.add("garden/weather", WEATHER)
    await wizard.kit.hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED

    await wizard.start()
    assert wizard.step == "not_loaded"
    await wizard.change()
    assert wizard.step == "not_loaded"


# ---------------------------------------------------------------- by listening


async def test_listening_shows_topics_newest_first(wizard: Wizard) -> None:
    await wizard.start("listen")
    assert (wizard.result["type"], wizard.step) == (FlowResultType.SHOW_PROGRESS, "listen")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.kit.receive("cellar/pump", b"\xff\x00\x01")
    await wizard.kit.receive("attic/fan", "x" * 200)
    await wizard.wait(31)

    assert (wizard.result["type"], wizard.step) == (FlowResultType.FORM, "talkers")
    assert wizard.options("topic") == {
        "attic/fan": "attic/fan — " + "x" * 80 + "…",
        "cellar/pump": "cellar/pump — ff 00 01",
        "garden/weather": "garden/weather — " + json.dumps(WEATHER),
    }
    assert (wizard.placeholders["known"], wizard.placeholders["systems"]) == ("0", "-")
    await wizard.submit(topic="garden/weather")
    assert wizard.step == "device"


async def test_listening_can_be_ended_early(wizard: Wizard) -> None:
    await wizard.start("listen")
    await wizard.kit.receive("cellar/pump", "12.5")
    await wizard.wait(11)
    assert (wizard.result["type"], wizard.step) == (FlowResultType.MENU, "listening")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.choose("received")
    assert wizard.options("topic").keys() == {"cellar/pump", "garden/weather"}
    await wizard.submit(topic="garden/weather")

    assert wizard.step == "device"


async def test_the_end_of_listening_ends_its_menu(wizard: Wizard) -> None:
    await wizard.start("listen")
    await wizard.kit.receive("cellar/pump", "12.5")
    await wizard.wait(11)
    changes = changes_of(wizard)
    await wizard.wait_only(20)

    assert [change.data["flow_id"] for change in changes] == [wizard.result["flow_id"]]
    await wizard.look()
    assert wizard.step == "talkers"


async def test_known_devices_are_left_out(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.start("listen")
    for topic, payload in {
        "homeassistant/device/lamp/config": json.dumps(CONFIG),
        "homeassistant/sensor/broken/config": "{",
        "homeassistant/status": "online",
        "zigbee/lamp/state": "on",
        "set/zigbee/lamp": "off",
        "zigbee/lamp/here": "yes",
        "garden/weather": json.dumps(WEATHER),
        "iotbridge/device/nas/status": "{}",
        "zigbee2mqtt/lamp": "{}",
        "tele/plug/SENSOR": "{}",
        "tele/plug/STATE": "{}",
        "cellar/pump": "12.5",
    }.items():
        await wizard.kit.receive(topic, payload)
    await wizard.wait(31)

    assert wizard.options("topic").keys() == {"cellar/pump"}
    assert "already knows: 4\n" in wizard.text
    assert wizard.text.endswith("with their own way into Home Assistant: Tasmota (2), Zigbee2MQTT (1)")


@pytest.mark.parametrize(
    "mqtt_config_entry_options",
    [
        {
            "discovery_prefix": "found",
            "birth_message": {"topic": "house/alive", "payload": "1", "qos": 0, "retain": False},
        }
    ],
)
async def test_the_birth_topic_of_home_assistant_is_left_out_wherever_it_is(wizard: Wizard) -> None:
    await wizard.start("listen")
    for topic in ("house/alive", "found/sensor/x/config", "cellar/pump"):
        await wizard.kit.receive(topic, "1")
    await wizard.wait(31)

    assert wizard.options("topic").keys() == {"cellar/pump"}


async def test_similar_topics_are_offered_together(wizard: Wizard) -> None:
    await wizard.start("listen")
    for name in ("a", "b", "c"):
        await wizard.kit.receive(f"sensors/{name}/data", {"temperature": 20.5})
    for leaf in ("in/temperature", "out/temperature", "power"):
        await wizard.kit.receive(f"boiler/{leaf}", "20")
    await wizard.wait(31)

    offered = wizard.options("topic")
    assert offered["sensors/+/data"] == "sensors/+/data (3)"
    assert offered["boiler/#"] == "boiler/# (3)"
    assert "sensors/#" not in offered
    assert len(offered) == 8
    await wizard.submit(topic="sensors/+/data")
    assert wizard.step == "split"
    await wizard.submit()
    assert wizard.options("devices").keys() == {"a", "b", "c"}


async def test_a_message_too_long_to_keep_is_waited_for(wizard: Wizard) -> None:
    await wizard.start("listen")
    long = json.dumps({**WEATHER, "note": "x" * 20_000})
    await wizard.kit.receive("garden/weather", long)
    await wizard.wait(31)
    await wizard.submit(topic="garden/weather")
    assert wizard.step == "wait"
    await wizard.kit.receive("garden/weather", long)
    await wizard.wait(3)

    assert wizard.step == "device"


async def test_a_crowd_of_known_devices_does_not_hide_a_new_one(wizard: Wizard) -> None:
    await wizard.add("garden/#", WEATHER, heard_on="garden/weather")
    await wizard.start("listen")
    await wizard.kit.receive("homeassistant/device/many/config", json.dumps({"components": ANNOUNCED}))
    await wizard.kit.receive("cellar/pump", "12.5")
    await wizard.kit.receive("garden/weather", WEATHER)
    for number in range(600):
        async_fire_mqtt_message(wizard.kit.hass, f"tele/plug{number}/STATE", "{}")
        async_fire_mqtt_message(wizard.kit.hass, f"lamps/{number}", "on")
    await wizard.wait(31)

    assert wizard.options("topic").keys() == {"cellar/pump"}
    assert (wizard.placeholders["known"], wizard.placeholders["systems"]) == ("601", "Tasmota (600)")


async def test_of_unknown_topics_the_newest_five_hundred_are_remembered(wizard: Wizard) -> None:
    await wizard.start("listen")
    for number in range(510):
        async_fire_mqtt_message(wizard.kit.hass, f"{number}/value", str(number))
    await wizard.wait(31)

    offered = list(wizard.options("topic"))
    assert (offered[0], offered[-1], len(offered)) == ("509/value", "410/value", 100)


async def test_no_new_device_is_explained_and_listening_can_continue(wizard: Wizard) -> None:
    await wizard.start("listen")
    await wizard.kit.receive("zigbee2mqtt/lamp", "{}")
    await wizard.kit.receive("zigbee2mqtt/gone", "")
    await wizard.wait(31)
    assert (wizard.result["type"], wizard.step) == (FlowResultType.MENU, "silence")
    assert "into Home Assistant: Zigbee2MQTT (1)\n" in wizard.text
    await wizard.choose("listen")
    await wizard.kit.receive("cellar/pump", "12.5")
    await wizard.wait(31)

    assert wizard.step == "talkers"


async def test_a_device_added_meanwhile_is_not_added_again(wizard: Wizard) -> None:
    await wizard.start("listen")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait(31)
    await Wizard(wizard.kit).add("garden/weather", WEATHER, name="Weather")
    await wizard.submit(topic="garden/weather")

    assert (wizard.errors, wizard.placeholders["device"]) == ({"topic": "topic_covered"}, "Weather")


# ---------------------------------------------------------------- from a message of the user


async def test_a_pasted_message_becomes_a_device(wizard: Wizard) -> None:
    await wizard.start("paste")
    await wizard.submit(topic="garden/weather", payload=json.dumps(WEATHER))
    assert wizard.step == "device"
    await wizard.submit()

    assert wizard.subentry.data["topic"] == "garden/weather"


async def test_a_binary_message_is_pasted_as_base64(wizard: Wizard) -> None:
    await wizard.start("paste")
    text = base64.b64encode(json.dumps(WEATHER).encode()).decode()
    await wizard.submit(topic="garden/weather", payload=f"{text[:20]}\n{text[20:]}\n", base64=True)

    assert "temperature" in wizard.channels


async def test_several_messages_are_pasted_one_after_the_other(wizard: Wizard) -> None:
    await wizard.start("paste")
    assert wizard.placeholders["count"] == "0"
    await wizard.submit(topic="boiler/temperature", payload="21.5", another=True)
    assert (wizard.step, wizard.placeholders["count"], wizard.errors) == ("paste", "1", {})
    await wizard.submit(topic="boiler/pressure", payload="1013")
    assert wizard.step == "split"
    await wizard.submit()

    assert wizard.channels.keys() == {"temperature", "pressure"}


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        ({"topic": "boiler/#", "payload": "1"}, {"topic": "topic_wildcard"}),
        ({"topic": "", "payload": "1"}, {"topic": "topic_empty"}),
        ({"topic": "boiler", "payload": "  "}, {"payload": "payload_missing"}),
        ({"topic": "boiler", "payload": "21.5", "base64": True}, {"payload": "no_base64"}),
    ],
)
async def test_an_invalid_pasted_message_is_an_error(
    wizard: Wizard, answers: dict[str, object], errors: dict[str, str]
) -> None:
    await wizard.start("paste")
    await wizard.submit(**answers)

    assert (wizard.step, wizard.errors) == ("paste", errors)


@pytest.mark.parametrize(
    ("topics", "error"),
    [(("garden/bed", "garden/pond"), "topic_wider"), (("garden/bed", "pond/weather"), "topic_everything")],
)
async def test_pasted_messages_whose_wildcard_would_be_refused_are_refused(
    wizard: Wizard, topics: tuple[str, str], error: str
) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.start("paste")
    await wizard.submit(topic=topics[0], payload='{"moisture": 20}', another=True)
    await wizard.submit(topic=topics[1], payload='{"moisture": 99}')
    assert (wizard.step, wizard.errors) == ("paste", {"topic": error})
    assert wizard.placeholders["count"] == "1"

    await wizard.submit(topic="garden/bed", payload='{"temperature": 21}')
    assert (wizard.step, wizard.errors) == ("device", {})


async def test_a_pasted_message_with_other_values_can_be_learned(wizard: Wizard) -> None:
    await wizard.start("paste")
    await wizard.submit(topic="boiler/data", payload='{"serial": "4c33a6603c79"}')
    assert wizard.step == "nothing"
    await wizard.choose("go_on")
    await wizard.submit(channels=["serial"])

    assert [channel["path"] for channel in wizard.subentry.data["channels"]] == [["serial"]]


async def test_a_pasted_message_without_values_is_explained_and_can_be_corrected(wizard: Wizard) -> None:
    await wizard.start("paste")
    await wizard.submit(topic="boiler/data", payload="{}")
    assert wizard.errors == {"payload": "not_understood"}
    assert wizard.placeholders["problems"] == "The message contains no values."
    await wizard.submit(topic="boiler/data", payload='{"temperature": 21.5}')

    assert wizard.step == "device"
    assert wizard.channels.keys() == {"temperature"}
