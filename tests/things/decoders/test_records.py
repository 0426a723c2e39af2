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
    {"n": "t_in", "v": 21.5},
    {"chip": "nvme", "label": "Package", "value": 38.9, "unit": "C"},
    {"chip": "coretemp", "label": "Package", "value": 55.0, "unit": "C"},
    {"circuit": 1, "sensor": "flow", "temp": 35.5},
    {"circuit": 1, "sensor": "return", "temp": 30.5},
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


@given(
    st.sampled_from(RECORDS[1:5]), st.sampled_from([None, 3, 1_764_500_000, 10**400, True, "2026-11-30T08:00:00Z", {}])
)
def test_a_record_that_is_sent_again_keeps_its_path(record: dict[str, Any], time: Any) -> None:
    record = {**record, "time": time}

    assert values([record, RECORDS[0], record]) == values([record, RECORDS[0]])


def test_a_named_record_has_its_name_in_the_named_path() -> None:
    disks = [{"serial": "WD-123", "name": "sda", "temp": 40}, {"serial": "WD-124", "name": "sdb", "value": 7, "ok": 1}]
    (report,) = decode(Sample("nas", json.dumps({"disks": disks}).encode())).reports

    assert {field.path: field.named_path for field in report.fields if field.path[-1] in ("temp", "WD-124", "ok")} == {
        ("disks", "WD-123", "temp"): ("disks", "sda", "temp"),
        ("disks", "WD-124"): ("disks", "sdb", "value"),
        ("disks", "WD-124", "ok"): ("disks", "sdb", "ok"),
    }


def test_a_name_that_two_records_share_names_neither() -> None:
    probes = [{"id": number, "name": "Probe", "temp": 40} for number in (1, 2)]
    (report,) = decode(Sample("nas", json.dumps({"probes": probes}).encode())).reports

    assert {field.named_path for field in report.fields} == {None}


def test_two_members_identify_a_record_together() -> None:
    records = [{"chip": chip, "label": "Package", "value": 55.0, "unit": "C"} for chip in ("coretemp", "nvme")]

    assert values(records).keys() - values([]).keys() == {("records", "coretemp Package"), ("records", "nvme Package")}
