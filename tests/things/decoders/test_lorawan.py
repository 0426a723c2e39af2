"""Radio of LoRaWAN: gateways and technical fields."""

from collections.abc import Mapping
import json

from custom_components.iotbridge.things.decoders import decode
from custom_components.iotbridge.things.model.message import Path, Sample, Scalar
from tests.things.decoders.cases.case import fields
from tests.things.sample_sets import documented


def test_technical_is_the_radio_not_the_world() -> None:
    decoded = decode(*documented("ttn-v3-uplink-decoded"))

    assert {field.path[-1] for field in decoded.reports[0].fields if field.technical} == {
        "rssi", "snr", "spreading_factor", "frequency",
    }  # fmt: skip


def test_the_best_gateway_has_the_same_path_at_any_position() -> None:
    def uplink_fields(*rssis: float) -> Mapping[Path, Scalar]:
        gateways = [{"rssi": rssi, "snr": rssi / 10} for rssi in rssis]
        uplink = {"end_device_ids": {"dev_eui": "0001"}, "uplink_message": {"rx_metadata": gateways}}
        return fields(decode(Sample("t", json.dumps(uplink).encode())))["0001"]

    best = {("uplink_message", "rx_metadata", 0, "rssi"): -40, ("uplink_message", "rx_metadata", 0, "snr"): -4.0}
    assert uplink_fields(-40, -90) == uplink_fields(-90, -40) == uplink_fields(-120, -40, -41) == best
