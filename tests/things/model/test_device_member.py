"""Split of a message by the member that names its device."""

from typing import Any

import pytest

from custom_components.iotbridge.things.model.device_member import DeviceSplitter, is_unique
from custom_components.iotbridge.things.model.mapping import identity_and_subtopic
from custom_components.iotbridge.things.model.message import Decoded, Field, Path, Report
from custom_components.iotbridge.things.model.topic_matching import split
from tests.things.fields import walk

type Devices = dict[str, dict[Path, Any]]


def devices(
    document: Any,
    member: Path | None = ("from",),
    *,
    topic: str = "gate/events",
    topic_filter: str = "gate/events",
    depth: int = 0,
) -> Devices:
    """Return the values of each device in a message, by identity and path."""
    decoded = Decoded(format="json", reports=(Report(fields=tuple(walk(document))),))
    match = split(topic_filter, depth, topic)
    reports = DeviceSplitter(topic_filter, depth, member).split(match, decoded).reports
    return {
        identity_and_subtopic(match, report)[0]: {field.path: field.value for field in report.fields}
        for report in reports
    }


def test_the_value_of_the_member_is_the_identity_and_no_field() -> None:
    found = devices({"from": 101, "payload": {"battery": 99}, "rssi": -80})

    assert found == {"101": {("payload", "battery"): 99, ("rssi",): -80}}


def test_a_message_without_the_member_belongs_to_the_gateway() -> None:
    assert devices({"uptime": 5}) == {"gate/events": {("uptime",): 5}}
    assert devices({"from": 101, "battery": 9}, None) == {"gate/events": {("from",): 101, ("battery",): 9}}


@pytest.mark.parametrize("value", [None, "", "  ", True, 1.5])
def test_a_value_that_is_no_identity_leaves_the_message_to_the_gateway(value: Any) -> None:
    assert devices({"from": value, "battery": 9}).keys() == {"gate/events"}


def test_a_nested_member_names_the_device_of_the_whole_message() -> None:
    found = devices({"device": {"id": "x1", "model": "T"}, "temp": 20}, ("device", "id"))

    assert found == {"x1": {("device", "model"): "T", ("temp",): 20}}


def test_a_member_in_a_list_names_the_device_of_its_record() -> None:
    document = {
        "uptime": 5,
        "readings": [{"mac": "aa", "temp": 20}, {"mac": "bb", "temp": 21, "axes": [1, 2]}, {"temp": 22}],
    }

    assert devices(document, ("readings", "mac")) == {
        "gate/events": {("uptime",): 5, ("readings", 2, "temp"): 22},
        "aa": {("readings", "temp"): 20},
        "bb": {("readings", "temp"): 21, ("readings", "axes", 0): 1, ("readings", "axes", 1): 2},
    }


def test_records_of_one_device_are_one_report_and_the_last_value_of_a_path_counts() -> None:
    document = {"readings": [{"mac": "aa", "temp": 20}, {"mac": "aa", "hum": 40}, {"mac": "aa", "temp": 21}]}

    assert devices(document, ("readings", "mac")) == {"aa": {("readings", "temp"): 21, ("readings", "hum"): 40}}


def test_lists_in_lists_are_records_of_the_inner_one() -> None:
    document = {"hubs": [{"nodes": [{"id": 1, "t": 20}, {"id": 2, "t": 21}]}, {"nodes": [{"id": 3, "t": 22}]}]}

    found = devices(document, ("hubs", "nodes", "id"))
    assert found == {str(number): {("hubs", "nodes", "t"): 19 + number} for number in (1, 2, 3)}


def test_a_record_that_is_addressed_by_an_identity_is_found_by_its_index() -> None:
    fields = tuple(
        Field(path=("readings", mac, key), raw_path=("readings", index, key), value=value)
        for index, mac in enumerate(("aa", "bb"))
        for key, value in (("mac", mac), ("temp", 20 + index))
    )
    decoded = Decoded(format="json", reports=(Report(fields=fields),))
    splitter = DeviceSplitter("gate", 0, ("readings", "mac"))
    reports = splitter.split(split("gate", 0, "gate"), decoded).reports

    assert [(report.identity, [(field.paths, field.value) for field in report.fields]) for report in reports] == [
        ("aa", [((("readings", "temp"),), 20)]),
        ("bb", [((("readings", "temp"),), 21)]),
    ]


def test_a_device_that_identifies_itself_is_not_split() -> None:
    report = Report(fields=(Field(path=("from",), value=1),), identity="eui")
    decoded = Decoded(format="ttn-v3", reports=(report,))

    assert DeviceSplitter("a", 0, ("from",)).split(split("a", 0, "a"), decoded) == decoded


def test_bus_addresses_of_two_gateways_are_two_devices_and_an_address_of_the_world_is_one() -> None:
    def identities(address: Any) -> set[str]:
        return {
            identity
            for gateway in ("one", "two")
            for identity in devices({"addr": address, "t": 20}, ("addr",), topic=f"bus/{gateway}", topic_filter="bus/+")
        }

    assert identities(1) == {"one/1", "two/1"}
    assert identities("kitchen") == {"one/kitchen", "two/kitchen"}
    assert identities("AA:BB:CC:00:11:22") == {"AA:BB:CC:00:11:22"}
    assert identities(2732684757) == {"2732684757"}


def test_the_values_of_a_tree_keep_their_subtopic() -> None:
    decoded = Decoded(format="json", reports=(Report(fields=tuple(walk({"from": 1, "t": 20}))),))
    match = split("gate/+/#", 2, "gate/one/room/air")
    (report,) = DeviceSplitter("gate/+/#", 2, ("from",)).split(match, decoded).reports

    assert identity_and_subtopic(match, report) == ("one/1", "room/air")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A4:C1:38:00:11:22", True),
        ("a4-c1-38-00-11-22", True),
        ("00124b0001abcdef", True),
        ("0x00124B0001ABCDEF", True),
        ("!a2e227d4", True),
        ("862785041234567", True),
        ("123e4567-e89b-12d3-a456-426614174000", True),
        ("101", False),
        ("00000001", False),
        ("sensor-01", False),
        ("deadbeef garden", False),
    ],
)
def test_addresses_of_the_world_are_told_from_those_of_a_gateway(text: str, expected: bool) -> None:
    assert is_unique(text) is expected


@pytest.mark.parametrize(
    ("identity", "expected"),
    [("one/101", "bus one 101"), ("one/kitchen", "kitchen"), ("one", "bus one"), ("a4:c1:38:00", "a4:c1:38:00")],
)
def test_a_device_is_named_after_its_identity(identity: str, expected: str) -> None:
    splitter = DeviceSplitter("bus/+", 0, ("addr",))

    assert splitter.default_name(split("bus/+", 0, "bus/one"), identity) == expected


def test_the_name_is_taken_from_its_member() -> None:
    document = {"from": 101, "payload": {"longname": " Hill\n", "battery": 9}}
    decoded = Decoded(format="json", reports=(Report(fields=tuple(walk(document))),))
    splitter = DeviceSplitter("gate", 0, ("from",), ("payload", "longname"))
    (report,) = splitter.split(split("gate", 0, "gate"), decoded).reports

    assert report.metadata.name == "Hill"
