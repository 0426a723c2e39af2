"""Things that are learned through the wizard, work in Home Assistant, and are removed without leftovers."""

import base64

from lab.client import Json
from lab.lab import Lab
from lab.things import LEARNED, cbor
from lab.waiting import until
from lab.wizard import Wizard
import pytest

from .thing import decide, entity, publish, repair, replaying, retained, uid, wait_any_value, wait_gone, wait_value

WATER, GREENHOUSE, SOIL, WEATHER, BICYCLE = LEARNED
NEVER_HEARD = "nobody/speaks/here"
VICTRON = "N/c0619ab9bc1d/solarcharger/279"


@pytest.fixture
async def wizard(lab: Lab) -> Wizard:
    """Return a dialog that is not open yet."""
    return await Wizard.of(lab.client)


@pytest.fixture(scope="module", autouse=True)
async def unanswered(lab: Lab) -> Wizard:
    """Open a dialog for a silent topic: its minute passes while the other tests run."""
    wizard = await Wizard.of(lab.client)
    await wizard.start("topic")
    await wizard.submit(topic=NEVER_HEARD)
    return wizard


# ------------------------------------------------------------------ analysis


async def test_senml_in_cbor_is_shown_and_becomes_sensors(lab: Lab, wizard: Wizard) -> None:
    async with replaying(lab, GREENHOUSE):
        await wizard.learn(GREENHOUSE.topic)
        assert {key: line.split(" · ")[1] for key, line in wizard.channels.items()} == {
            "temperature": "Temperature",
            "humidity": "Humidity",
            "light": "Illuminance",
        }
        await wizard.finish(name="Glass house")

        first = await wait_any_value(lab, "Glass house", "sensor_temperature")
        assert 22.4 <= float(first) <= 24.1
        attributes = await wait_value(lab, "Glass house", "sensor_temperature", first)
        assert (attributes["unit_of_measurement"], attributes["state_class"]) == ("°C", "measurement")
        # The next message counts as well, not only that of the wizard.
        await wait_any_value(lab, "Glass house", "sensor_temperature", first)


async def test_cbor_may_be_pasted(lab: Lab, wizard: Wizard) -> None:
    message = cbor({"temperature": 19.5, "co2": 612})
    await wizard.start("paste")
    await wizard.submit(topic="office/air", payload=base64.b64encode(message).decode(), base64=True)
    await wizard.finish(name="Office air")

    await wait_value(lab, "Office air", "sensor_temperature", "19.5")
    attributes = await wait_value(lab, "Office air", "sensor_co2", "612")
    assert (attributes["device_class"], attributes["unit_of_measurement"]) == ("carbon_dioxide", "ppm")


async def test_chirpstack_uplink_becomes_the_values_of_its_object(lab: Lab, wizard: Wizard) -> None:
    await publish(lab, SOIL.messages(0), retain=True)
    await wizard.add(SOIL.topic, name="Vegetable bed")

    attributes = await wait_value(lab, "Vegetable bed", "sensor_object_soil_temperature", "11.55")
    assert (attributes["device_class"], attributes["unit_of_measurement"]) == ("temperature", "°C")
    attributes = await wait_value(lab, "Vegetable bed", "sensor_object_battery", "87")
    assert attributes["device_class"] == "battery"
    assert (await entity(lab, "Vegetable bed", "sensor_object_battery"))["entity_category"] == "diagnostic"


async def test_tree_of_topics_is_one_device(lab: Lab, wizard: Wizard) -> None:
    values = {"Dc/0/Voltage": 13.2, "Dc/0/Current": 4.5, "Yield/Power": 61.0, "MppOperationMode": 2}
    await publish(lab, {f"{VICTRON}/{leaf}": {"value": value} for leaf, value in values.items()}, retain=True)
    await wizard.add(f"{VICTRON}/#", name="Solar charger")

    attributes = await wait_value(lab, "Solar charger", "sensor_dc_0_voltage", "13.2")
    assert (attributes["device_class"], attributes["unit_of_measurement"]) == ("voltage", "V")
    await wait_value(lab, "Solar charger", "sensor_dc_0_current", "4.5")

    # One topic of the tree sends; the others keep their values.
    await publish(lab, {f"{VICTRON}/Dc/0/Current": {"value": 5.25}}, retain=True)
    await wait_value(lab, "Solar charger", "sensor_dc_0_current", "5.25")
    await wait_value(lab, "Solar charger", "sensor_dc_0_voltage", "13.2")


async def test_position_is_on_the_map(lab: Lab, wizard: Wizard) -> None:
    async with replaying(lab, BICYCLE):
        await wizard.add(BICYCLE.topic, name="Cargo bike")
        attributes = await wait_value(lab, "Cargo bike", "device_tracker_lat", "not_home")

    assert attributes["latitude"] == pytest.approx(45.4726, abs=0.01)
    assert attributes["longitude"] == pytest.approx(9.1773, abs=0.01)


# ------------------------------------------------------------------ families


async def test_wildcard_creates_a_device_for_each_and_asks_about_another(lab: Lab, wizard: Wizard) -> None:
    await publish(
        lab, {f"asking/{room}/climate": {"temperature": 20.5} for room in ("attic", "hall", "cellar")}, retain=True
    )
    await wizard.learn("asking/+/climate")
    assert wizard.step == "split"
    await wizard.submit(joining="ask")
    assert len(wizard.suggested["devices"]) == 3
    await wizard.finish(name="Rooms that ask")
    for room in ("asking attic climate", "asking hall climate", "asking cellar climate"):
        await wait_value(lab, room, "sensor_temperature", "20.5")

    await publish(lab, {"asking/porch/climate": {"temperature": 4.5}}, retain=True)
    issue = await repair(lab, "new_devices", "Rooms that ask")
    assert not [row for row in await lab.client.devices() if "porch" in row["name"]]
    await decide(lab, issue)

    await wait_value(lab, "asking porch climate", "sensor_temperature", "4.5")


async def test_wildcard_adds_another_automatically_if_configured(lab: Lab, wizard: Wizard) -> None:
    await publish(
        lab, {f"adding/{room}/climate": {"temperature": 21.5} for room in ("attic", "hall", "cellar")}, retain=True
    )
    await wizard.add("adding/+/climate", joining="add", name="Rooms that join")
    await wait_value(lab, "adding attic climate", "sensor_temperature", "21.5")

    await publish(lab, {"adding/porch/climate": {"temperature": 3.5}})
    await wait_value(lab, "adding porch climate", "sensor_temperature", "3.5")


async def test_devices_of_one_topic_are_told_apart_by_a_member(lab: Lab, wizard: Wizard) -> None:
    def report(**temperatures: float) -> Json:
        return {
            "readings": [
                {"mac": f"C3:00:00:10:20:{number}", "name": f"{name} tag", "temp": temperatures[name]}
                for number, name in enumerate(("Crib", "Fridge", "Tank"), 30)
                if name in temperatures
            ]
        }

    await publish(lab, {"tags/gate": report(Crib=20.5, Fridge=4.5)}, retain=True)
    await wizard.learn("tags/gate")
    assert (wizard.step, wizard.suggested["device_member"]) == ("split", "readings.mac")
    await wizard.submit(joining="add")
    await wizard.finish(name="Tags")
    await wait_value(lab, "Crib tag", "sensor_readings_temp_d727ee9b", "20.5")
    await wait_value(lab, "Fridge tag", "sensor_readings_temp_d727ee9b", "4.5")

    await publish(lab, {"tags/gate": report(Tank=41.5, Fridge=5.5)})
    await wait_value(lab, "Tank tag", "sensor_readings_temp_d727ee9b", "41.5")
    await wait_value(lab, "Fridge tag", "sensor_readings_temp_d727ee9b", "5.5")
    await wait_value(lab, "Crib tag", "sensor_readings_temp_d727ee9b", "20.5")


async def test_tree_of_values_of_three_radio_sensors(lab: Lab, wizard: Wizard) -> None:
    await publish(lab, WEATHER.messages(0), retain=True)
    await wizard.add(WEATHER.topic, name="Radio sensors")

    for name in WEATHER.devices[:2]:
        await wait_any_value(lab, name, "sensor_temperature_c")
    attributes = await wait_value(lab, WEATHER.devices[2], "sensor_rain_mm", "231.4")
    assert (attributes["device_class"], attributes["unit_of_measurement"]) == ("precipitation", "mm")


# ------------------------------------------------------------------ lifecycle


async def test_plain_json_is_read_by_home_assistant_itself(lab: Lab, wizard: Wizard) -> None:
    await publish(lab, {"shed/meter": {"temperature": 7.5}}, retain=True)
    await wizard.add("shed/meter", name="Shed")
    await wait_value(lab, "Shed", "sensor_temperature", "7.5")
    identifier = await uid(lab, "Shed")

    async def points_at_the_device() -> bool:
        config = await lab.retained(f"homeassistant/device/{identifier}/config")
        components: list[Json] = list(config["components"].values())
        return {part["state_topic"] for part in components} == {"shed/meter"}

    await until(points_at_the_device, timeout_s=60, what="a discovery message with the device's own topic")
    # Home Assistant subscribes to it a moment later: a retained message is not missed.
    await publish(lab, {"shed/meter": {"temperature": 8.5}}, retain=True)
    await wait_value(lab, "Shed", "sensor_temperature", "8.5")


SENML = '[{{"bn": "urn:dev:mac:00aa:", "n": "temperature", "u": "Cel", "v": {}}}]'
PLAIN = '{{"temperature": {}}}'


@pytest.mark.parametrize(("topic", "message"), [("lab/freezer", SENML), ("lab/fridge", PLAIN)])
async def test_broken_messages_leave_the_last_good_value(lab: Lab, wizard: Wizard, topic: str, message: str) -> None:
    await publish(lab, {topic: message.format(-18.5).encode()}, retain=True)
    await wizard.add(topic, name=topic)
    await wait_value(lab, topic, "sensor_temperature", "-18.5")

    broken = (b"{", b"\x9f", b"[" * 5000, message.format(1).encode()[:-2])
    for payload in broken:
        await publish(lab, {topic: payload})

    # They are distinguished only by the order of their arrival.
    await publish(lab, {topic: message.format(-17.5).encode()})
    await wait_value(lab, topic, "sensor_temperature", "-17.5")
    history = [state for state in lab.client.history if "lab_fr" in state["entity_id"]]
    values = {state["state"] for state in history if state["entity_id"].endswith("_temperature")}
    assert values <= {"unknown", "unavailable", "-18.5", "-17.5"}
    messages = f"sensor.{topic.replace('/', '_')}_messages"
    assert "unreadable" in [state["state"] for state in history if state["entity_id"] == messages]
    await lab.client.wait_state(messages, "well")
    (entry,) = await lab.client.entries("iotbridge")
    thing = (await lab.client.diagnostics(entry["entry_id"]))["data"]["things"][-1]
    assert thing["devices"][0]["broken_messages"] == len(broken)


async def test_reconfigure_renames_and_drops(lab: Lab, wizard: Wizard) -> None:
    await publish(lab, {"loft/box": {"temperature": 15.5, "humidity": 51, "co2": 700}}, retain=True)
    subentry_id = await wizard.add("loft/box", name="Loft")
    await wait_value(lab, "Loft", "sensor_humidity", "51")
    before = (await entity(lab, "Loft", "sensor_temperature"))["unique_id"]

    await wizard.change(subentry_id, "channels")
    await wizard.edit("temperature", "sensor", name="Air temperature")
    await wizard.submit(channels=[key for key in wizard.channels if key != "humidity"])
    assert wizard.step == "reconfigure_successful"

    await wait_gone(lab, "Loft", "sensor_humidity")
    after = await entity(lab, "Loft", "sensor_temperature")
    assert (after["original_name"], after["unique_id"]) == ("Air temperature", before)
    await wait_value(lab, "Loft", "sensor_co2", "700")

    await wizard.change(subentry_id, "settings")
    await wizard.submit(name="Loft box")
    assert wizard.step == "reconfigure_successful"
    await wait_value(lab, "Loft box", "sensor_co2", "700")

    await wizard.change(subentry_id, "channels")
    await wizard.submit(channels=list(wizard.channels))
    await wait_value(lab, "Loft box", "sensor_humidity", "51")


async def test_new_fields_are_offered(lab: Lab, wizard: Wizard) -> None:
    await publish(lab, {"pool/probe": {"temperature": 24.5}}, retain=True)
    await wizard.add("pool/probe", name="Pool")
    await wait_value(lab, "Pool", "sensor_temperature", "24.5")

    await publish(lab, {"pool/probe": {"temperature": 24.5, "ph": 7.2}}, retain=True)
    # Messages of a device that Home Assistant reads itself are decoded every half minute.
    issue = await repair(lab, "new_fields", "Pool", timeout_s=60)
    await publish(lab, {"pool/probe": {"temperature": 24.5, "ph": 7.2}}, retain=True)
    await decide(lab, issue)

    attributes = await wait_value(lab, "Pool", "sensor_ph", "7.2")
    assert attributes["device_class"] == "ph"


async def test_removed_device_leaves_nothing_behind(lab: Lab, wizard: Wizard) -> None:
    await publish(lab, {"gone/senml": [{"bn": "gone:", "n": "temperature", "u": "Cel", "v": 5.5}]}, retain=True)
    subentry_id = await wizard.add("gone/senml", name="Goner")
    await wait_value(lab, "Goner", "sensor_temperature", "5.5")
    identifier = await uid(lab, "Goner")
    assert await retained(lab, about=identifier)

    await wizard.remove(subentry_id)

    await wait_gone(lab, "Goner")
    assert await retained(lab, about=identifier) == []
    assert not [state for state in await lab.client.rest("GET", "states") if "goner" in state["entity_id"]]


# ------------------------------------------------------------------ the dialog without a message


async def test_topic_that_is_silent_is_explained(unanswered: Wizard) -> None:
    await unanswered.wait(timeout_s=120)

    assert unanswered.step == "timed_out"
    assert unanswered.placeholders == {"topic": NEVER_HEARD, "seconds": "60"}
    assert set(unanswered.result["menu_options"]) >= {"wait", "topic", "listen", "paste"}
    await unanswered.close()


# The last: no dialog survives a restart.
async def test_restarted_home_assistant_has_devices_and_values(lab: Lab, wizard: Wizard) -> None:
    await publish(lab, {"barn/pack": cbor([{-2: "urn:dev:mac:barn:", 0: "temperature", 1: "Cel", 2: 11.5}])})
    await publish(lab, {"barn/plain": {"temperature": 12.5}}, retain=True)
    await wizard.start("paste")
    message = cbor([{-2: "urn:dev:mac:barn:", 0: "temperature", 1: "Cel", 2: 11.5}])
    await wizard.submit(topic="barn/pack", payload=base64.b64encode(message).decode(), base64=True)
    await wizard.finish(name="Barn")
    await wizard.add("barn/plain", name="Barn, plain")
    await wait_value(lab, "Barn", "sensor_temperature", "11.5")
    await wait_value(lab, "Barn, plain", "sensor_temperature", "12.5")
    rows = {name: await entity(lab, name, "sensor_temperature") for name in ("Barn", "Barn, plain")}

    await lab.home_assistant.stop()
    await lab.home_assistant.start()
    await lab.client.watch_states()

    await wait_value(lab, "Barn", "sensor_temperature", "11.5", timeout_s=60)
    await wait_value(lab, "Barn, plain", "sensor_temperature", "12.5", timeout_s=60)
    for name, row in rows.items():
        assert (await entity(lab, name, "sensor_temperature"))["entity_id"] == row["entity_id"]
    await publish(lab, {"barn/pack": cbor([{-2: "urn:dev:mac:barn:", 0: "temperature", 1: "Cel", 2: 10.5}])})
    await wait_value(lab, "Barn", "sensor_temperature", "10.5")


async def test_a_device_whose_description_the_broker_refuses_is_a_repair_and_not_empty(
    lab: Lab, wizard: Wizard
) -> None:
    async def refused() -> list[Json]:
        return [row for row in await lab.client.repairs("iotbridge") if row["translation_key"] == "thing_refused"]

    async def accepted() -> bool:
        return not await refused()

    await publish(lab, {"refused/state": {"temperature": 21.5}}, retain=True)
    lab.broker.deny("homeassistant/device/+/config")
    try:
        await wizard.add("refused/state", name="Refused")
        issues = await until(refused, timeout_s=120, what="the repair")
        assert [row["translation_placeholders"]["devices_plain"] for row in issues] == ["Refused"]
        assert [row for row in await lab.client.devices() if row["name"] == "Refused"] == []
    finally:
        lab.broker.deny("nobody/may/this")

    (entry,) = await lab.client.entries("iotbridge")
    await lab.client.rest("POST", f"config/config_entries/entry/{entry['entry_id']}/reload")

    await wait_value(lab, "Refused", "sensor_temperature", "21.5")
    await until(accepted, timeout_s=60, what="the end of the repair")
