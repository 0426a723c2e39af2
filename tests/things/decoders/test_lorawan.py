"""Radio of LoRaWAN: gateways and technical fields."""

from collections.abc import Mapping
import json

from custom_components.iotbridge.things.decoders import decode
from custom_components.iotbridge.things.model.message import Path, Sample, Scalar
from tests.things.decoders.cases.case import fields
from tests.things.sample_sets import documented


def test_technical_is_the_radio_not_the_world() -> None:
    decoded = decode(*documented("ttn-v3-uplink-decoded"))

    assert {one.path[-1] for one in decoded.reports[0].fields if one.technical} == {
        "rssi", "snr", "spreading_factor", "frequency",
    }  # fmt: skip


def test_the_best_gateway_has_the_same_path_at_any_position() -> None:
    def heard(*rssis: float) -> Mapping[Path, Scalar]:
        gateways = [{"rssi": rssi, "snr": rssi / 10} for rssi in rssis]
        uplink = {"end_device_ids": {"dev_eui": "0001"}, "uplink_message": {"rx_metadata": gateways}}
        return fields(decode(Sample("t", json.dumps(uplink).encode())))["0001"]

    best = {("uplink_message", "rx_metadata", 0, "rssi"): -40, ("uplink_message", "rx_metadata", 0, "snr"): -4.0}
    assert heard(-40, -90) == heard(-90, -40) == heard(-120, -40, -41) == best
