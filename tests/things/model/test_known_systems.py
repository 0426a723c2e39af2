"""Systems with their own way into Home Assistant, recognized by their topics."""

import pytest

from custom_components.iotbridge.things.model.known_systems import SYSTEMS, find_system, system_of_integration


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("zigbee2mqtt/lamp", "Zigbee2MQTT"),
        ("tele/pow1/SENSOR", "Tasmota"),
        ("shellies/shelly1-B929CC/relay/0", "Shelly"),
        ("shellypro4pm-f008d1d8b8b8/events/rpc", "Shelly"),
        ("kitchen/sensor/temperature/state", "ESPHome"),
        ("home/OpenMQTTGateway/BTtoMQTT/4C33A6603C79", "OpenMQTTGateway"),
        ("home/TheengsGateway/BTtoMQTT/4C33A6603C79", "Theengs"),
        ("owntracks/jane/iphone", "OwnTracks"),
        ("N/d41243b4f71d/battery/512/Soc", "Victron GX"),
        ("N/d41243b4f71d/system/0/Ac/Consumption/L1/Power", "Victron GX"),
        ("R/d41243b4f71d/keepalive", "Victron GX"),
        ("dsmr/reading/electricity_currently_delivered", "DSMR Reader"),
        ("dsmr/day-consumption/gas", "DSMR Reader"),
        ("inels/status/7C:05:07:AA:BB:CC/02/20FF01", "iNELS"),
        ("prism/1/volt", "Silla Prism"),
        ("pglab/DD53AC85/relay/0/state", "PG LAB Electronics"),
        ("cloudapp/QBUSMQTTGW/UL1/UL10/state", "Qbus"),
        ("/greencell/evse/EVGC021A22750001ZM0001/power", "Greencell"),
        ("drop_connect/DROP-1_C0FFEE/data/255", "DROP"),
        ("fully/event/screenOn/1f2a", "Fully Kiosk Browser"),
        ("axis/ACCC8E123456/event/tns:axis/CameraApplicationPlatform/VMD", "Axis"),
        ("mygateway1-out/2/1/1/0/0", "MySensors"),
        ("application/7e1d/device/0004a30b001c0530/event/up", "ChirpStack"),
        ("v3/farm@ttn/devices/soil-1/up", "The Things Stack"),
        ("v3/farm@ttn/devices/soil-1/location/solved", "The Things Stack"),
        ("wmbusmeters/33225544", None),
        ("rtl_433/pi/devices/Acurite/A/1/temperature_C", None),
        ("telemetry/boat/SENSOR", None),
        ("meters/2026/11/30", None),
        ("N/kitchen/temperature", None),
        ("eu868/gateway/0016c001f1500812/event/up", None),
        ("dsmrs/reading", None),
    ],
)
def test_systems_are_recognized_by_their_topics(topic: str, expected: str | None) -> None:
    system = find_system(topic)
    assert (system.name if system else None) == expected


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("acme/hub/1", "Acme"),
        ("acme", None),
        ("hello/acme/x", "Acme"),
        ("hello/acme/x/y", None),
        ("msh/x", "Meshtastic"),
    ],
)
def test_systems_of_further_integrations_come_after_the_known_ones(topic: str, expected: str | None) -> None:
    systems = [system_of_integration("acme", "Acme", ["acme/#", "hello/acme/+", "msh/#"])]
    system = find_system(topic, (*SYSTEMS, *systems))
    assert (system.name if system else None) == expected


def test_names_are_unique_and_partial_systems_have_an_integration() -> None:
    assert len({system.name for system in SYSTEMS}) == len(SYSTEMS)
    assert all(system.domain for system in SYSTEMS if system.is_partial or system.integration)
