"""Samples from vendors' documentation, in ``tests/things/samples/documented``."""

from collections.abc import Mapping
import json

from custom_components.iotbridge.things.model.message import Path, Scalar
from tests.things.sample_sets import DOCUMENTED, load, messages

from .case import ENCODED_DATA, Case, Devices, Problems

DEVICE = "urn:dev:ow:10e2073a01080063"

# For samples that are plain JSON: the number of values, each at the place in the document.
PLAIN = {
    "zigbee2mqtt-wsdcgq01lm": 2,
    "zigbee2mqtt-wxkg01lm-action": 1,
    "tasmota-sonoff-pow-r2-energy": 12,
    "tasmota-state": 17,
    "milesight-em300-th-decoded": 3,
    "milesight-ws523-decoded": 6,
    "victron-solarcharger": 1,
    "openmqttgateway-ble-strings": 3,
    "airgradient-one": 21,
    "wmbusmeters-water": 7,
    "vega-nb14-array": 40,
    "owntracks-location": 14,
}
OTHER: Mapping[str, tuple[str, bool, Devices, Problems]] = {
    "tasmota-zigbee-bridge": (
        "tasmota-zigbee", False, {"0x2916": {("Temperature",): 25.72, ("Humidity",): 47.73, ("LinkQuality",): 116}}, ()
    ),
    "shelly-gen2-notifystatus": (
        "shelly-rpc", True,
        {"shellypro4pm-f008d1d8b8b8": {
            ("params", "ts"): 1631186545.04, ("params", "switch:0", "id"): 0, ("params", "switch:0", "output"): True,
            ("params", "switch:0", "source"): "button",
        }}, (),
    ),
    "ttn-v3-uplink-decoded": (
        "ttn-v3", False,
        {"0004A30B001C0530": {
            ("uplink_message", "decoded_payload", "temperature"): 1.0,
            ("uplink_message", "decoded_payload", "luminosity"): 0.64,
            ("uplink_message", "rx_metadata", 0, "rssi"): -35,
            ("uplink_message", "rx_metadata", 0, "snr"): 5,
            ("uplink_message", "settings", "data_rate", "lora", "spreading_factor"): 7,
            ("uplink_message", "settings", "frequency"): "868300000",
        }}, (),
    ),
    "chirpstack-v4-up": (
        "chirpstack-v4", False,
        {"0101010101010101": {
            ("rxInfo", 0, "rssi"): -36, ("rxInfo", 0, "snr"): 10.5,
            ("txInfo", "modulation", "lora", "spreadingFactor"): 11, ("txInfo", "frequency"): 867100000,
        }}, ENCODED_DATA,
    ),
    "emonhub-csv": ("csv", False, {None: {(0,): 100, (1,): 200, (2,): 300}}, ()),
    "emonhub-nodevar": ("scalar", True, {None: {(): 100}}, ()),
    "senml-multi": ("senml-json", False, {DEVICE: {("voltage",): 120.1, ("current",): 1.2}}, ()),
    "senml-cbor": ("senml-cbor", False, {"urn:dev:ow:10e2073a0108006": {("voltage",): 120.1, ("current",): 1.7}}, ()),
}  # fmt: skip
HOMIE: Mapping[str, Scalar] = {
    "temperature": 21.5, "$name": "Engine temperature", "$settable": False, "$unit": "°C", "$datatype": "float",
    "$format": "-20:120",
}  # fmt: skip


def sample_cases() -> list[Case]:
    """Return a case for each message of each sample."""
    return [
        _sample_case(sample["id"], f"{sample['id']} {number}", message.topic, message.payload)
        for sample in load(DOCUMENTED)
        for number, message in enumerate(messages(sample))
    ]


def _sample_case(sample: str, name: str, topic: str, payload: bytes) -> Case:
    if sample == "homie-property":
        expected: Devices = {None: {(): HOMIE[topic.rpartition("/")[2]]}}
        return Case(name=name, topic=topic, payload=payload, format="scalar", devices=expected, exact=True)
    if sample in PLAIN:
        values = _leaves((), json.loads(payload))
        assert len(values) == PLAIN[sample], f"{sample} has {len(values)} values"
        return Case(name=name, topic=topic, payload=payload, format="json", devices={None: values}, exact=True)
    format_name, exact, devices, problems = OTHER[sample]
    return Case(
        name=name, topic=topic, payload=payload, format=format_name, devices=devices, exact=exact, problems=problems
    )


def _leaves(path: Path, node: object) -> dict[Path, Scalar]:
    if isinstance(node, dict):
        return {key: value for name, child in node.items() for key, value in _leaves((*path, name), child).items()}
    if isinstance(node, list):
        return {key: value for index, child in enumerate(node) for key, value in _leaves((*path, index), child).items()}
    assert node is None or isinstance(node, str | int | float)
    return {path: node}
