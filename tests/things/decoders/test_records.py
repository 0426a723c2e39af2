"""Stability of the paths of records: they depend on nothing but the record."""

import json
from typing import Any

from hypothesis import given, strategies as st

from custom_components.iotbridge.things.decoders import decode
from custom_components.iotbridge.things.model.message import Path, Sample, Scalar

RECORDS: list[dict[str, Any]] = [
    {"measurementId": "4097", "measurementValue": 21.3, "type": "Air Temperature"},
    {"measurementId": "3000", "measurementValue": 87, "type": "Battery"},
    {"id": 7, "value": 3.3},
    {"channel": 1, "type": "temperature", "value": 20},
    {"channel": 1, "type": "humidity", "value": 40},
    {"name": "boiler", "value": 61.5, "alarm": False},
    {"name": "sda", "serial": "WD-123", "temp": 40},
    {"phase": "L1", "voltage": 231, "current": 0.4},
]


def values(records: Any) -> dict[Path, Scalar]:
    """Return the values of a message with these records, by path."""
    (report,) = decode(Sample("gate", json.dumps({"records": records, "uptime": 1}).encode())).reports
    return {field.path: field.value for field in report.fields}


@given(st.permutations(RECORDS), st.integers(0, len(RECORDS)), st.booleans())
def test_a_record_has_one_path_in_any_order_and_any_company(
    records: list[dict[str, Any]], count: int, is_nested: bool
) -> None:
    chosen = records[:count]
    sent = [[record] for record in chosen] if is_nested else chosen

    alone = values([])
    for record in chosen:
        alone |= values([record])
    assert values(sent) == alone
