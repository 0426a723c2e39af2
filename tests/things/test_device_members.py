"""Choice of the member that tells the devices of a topic apart, one row for each kind of message."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.things.device_members import MemberChoices, member_choices, name_member
from custom_components.iotbridge.things.model.message import Path, Sample

TAGS = ("C3:00:00:10:20:30", "C3:00:00:10:20:31")
UUIDS = ("11111111-aaaa-4bbb-8ccc-000000000001", "22222222-aaaa-4bbb-8ccc-000000000002")
NODE = {"sender": "!a2e227d4", "to": 4294967295, "type": "telemetry", "timestamp": 1733680876}


def samples(*documents: Any, topic: str = "house/gate") -> list[Sample]:
    return [Sample(topic, json.dumps(document).encode()) for document in documents]


def choices(*documents: Any) -> MemberChoices:
    return member_choices(samples(*documents), "house/gate", 0)


@pytest.mark.parametrize(
    ("documents", "proposed", "devices"),
    [
        pytest.param(
            [
                {"from": 101, "id": 7, "payload": {"v": 4.1}, **NODE},
                {"from": 102, "id": 7, "payload": {"v": 3}, **NODE},
            ],
            ("from",),
            ("house gate 101", "house gate 102"),
            id="sender, beside a number of the message and the gateway",
        ),
        pytest.param(
            [
                {"from": 101, "id": 5, "battery": 9},
                {"from": 102, "id": 6, "battery": 8},
                {"from": 101, "id": 7, "rssi": 1},
            ],
            ("from",),
            ("house gate 101", "house gate 102"),
            id="sender, beside the number of the message",
        ),
        pytest.param([{"mac": tag, "temp": 20.5} for tag in TAGS], ("mac",), TAGS, id="address of hardware"),
        pytest.param([{"peer": tag, "temp": 20.5} for tag in TAGS], ("peer",), TAGS, id="address under any key"),
        pytest.param(
            [{"addr": 1, "volt": 230}, {"addr": 2, "volt": 231}],
            ("addr",),
            ("house gate 1", "house gate 2"),
            id="address on a bus",
        ),
        pytest.param(
            [{"device": {"id": "x1"}, "temp": 20.5}, {"device": {"id": "x2"}, "temp": 21.5}],
            ("device", "id"),
            ("x1", "x2"),
            id="nested",
        ),
        pytest.param([{"id": "A1", "temp": 20.5}, {"id": "B2", "temp": 21}], ("id",), ("A1", "B2"), id="id"),
        pytest.param(
            [{"id": number, "temp": 20.5} for number in (1, 2)],
            ("id",),
            ("house gate 1", "house gate 2"),
            id="small numbers",
        ),
        pytest.param(
            [{"sn": number, "pv": 20.5} for number in ("PV1", "PV2")], ("sn",), ("PV1", "PV2"), id="serial number"
        ),
        pytest.param([{"mac": TAGS[0], "temp": 20.5}, {"mac": TAGS[1], "hum": 44}], ("mac",), TAGS, id="other values"),
        pytest.param(
            [{"measurements": [{"addr": 1, "temp": 20.5}, {"addr": 2, "temp": 20.5}]}],
            ("measurements", "addr"),
            ("house gate 1", "house gate 2"),
            id="records by bus address",
        ),
        pytest.param(
            [{"data": {"device": {"addr": 1}, "temp": 20.5}}, {"data": {"device": {"addr": 2}, "temp": 20.5}}],
            ("data", "device", "addr"),
            ("house gate 1", "house gate 2"),
            id="nested twice",
        ),
        pytest.param(
            [{"room": "bath", "temp": 20.5}, {"room": "hall", "temp": 21}], ("room",), ("bath", "hall"), id="name"
        ),
        pytest.param(
            [{"readings": [{"mac": tag, "temp": 20.5} for tag in TAGS], "ts": 1733680876}],
            ("readings", "mac"),
            TAGS,
            id="records of a list",
        ),
        pytest.param(
            [{"id": number, "node": "a", "temp": 20.5} for number in (9, 77, 3)],
            None,
            ("a",),
            id="messages of one node with random numbers",
        ),
        pytest.param(
            [{"id": number, "temp": 20.5} for number in (705, 706)],
            None,
            ("house gate 705", "house gate 706"),
            id="numbers of messages",
        ),
        pytest.param(
            [{"id": "763", "name": "Water", "total_m3": 6.4}, {"id": "689", "name": "Heat", "energy_kwh": 2651}],
            ("id",),
            ("house gate 763", "house gate 689"),
            id="id with a name of its own, other values",
        ),
        pytest.param(
            [{"client_mac": tag, "ap_mac": "DD:EE:FF:00:00:01", "rssi": -55} for tag in TAGS],
            ("client_mac",),
            TAGS,
            id="client of an access point",
        ),
        pytest.param(
            [{"uuid": UUIDS[0], "temp": 20.5}, {"uuid": UUIDS[1], "temp": 20.75}],
            None,
            UUIDS,
            id="uuids of devices or of messages",
        ),
        pytest.param(
            [{"uuid": uuid, "temp": 20.5} for uuid in (*UUIDS, *UUIDS)], ("uuid",), UUIDS, id="uuids that repeat"
        ),
        pytest.param(
            [{"msg": {"id": text}, "temp": 20.5} for text in ("c-7f3a", "c-81bb", "c-93cd")],
            None,
            ("c-7f3a", "c-81bb", "c-93cd"),
            id="ids of messages",
        ),
        pytest.param(
            [{"trace_id": text, "mac": TAGS[0], "temp": 20.5} for text in ("4bf92f3577b34da6", "00f067aa0ba902b7")],
            None,
            TAGS[:1],
            id="identity of an exchange of messages, in the form of an address",
        ),
        pytest.param([{"mac": TAGS[0], "temp": 20.5}], None, TAGS[:1], id="a single device so far"),
        pytest.param(
            [{"readings": [{"id": 1, "temp": 40}, {"id": 2, "temp": 41}]}],
            None,
            ("house gate 1", "house gate 2"),
            id="numbers of devices or of values",
        ),
        pytest.param(
            [{"channel": number, "temp": 20.5} for number in (1, 2)],
            None,
            ("house gate 1", "house gate 2"),
            id="devices or channels of one",
        ),
        pytest.param(
            [{"peer": "bath", "temp": 20.5}, {"peer": "hall", "temp": 21}], None, ("bath", "hall"), id="unknown key"
        ),
    ],
)
def test_the_member_is_proposed_that_the_messages_speak_for(
    documents: list[Any], proposed: Path | None, devices: tuple[str, ...]
) -> None:
    found = choices(*documents)

    assert found.proposed == proposed
    assert found.choices[0].devices == devices
    assert (found.choices[-1].path, found.choices[-1].devices) == (None, ("house gate",))


@pytest.mark.parametrize(
    "documents",
    [
        pytest.param([{"temperature": 20.5, "loops": 1}, {"temperature": 20.6, "loops": 2}], id="counter"),
        pytest.param([{"time": 1733680876, "t": 20.5}, {"time": 1733680877, "t": 20.5}], id="time"),
        pytest.param([{"mode": "eco", "temp": 20.5}, {"mode": "heat", "temp": 20.5}], id="setting"),
        pytest.param(
            [{"sensor": "temperature", "value": 20}, {"sensor": "humidity", "value": 44}], id="name of a value"
        ),
        pytest.param([{"correlationId": text, "temp": 20.5} for text in ("c-7f3a", "c-81bb")], id="id of a message"),
        pytest.param([{"gateway_mac": TAGS[0], "temp": 20.5}], id="another device"),
        pytest.param([{"id": "gate", "temp": 20.5}], id="in the topic"),
        pytest.param([{"model": "T1", "fw": "1.2", "temp": 20.5}], id="metadata"),
        pytest.param([{"channel": 1, "temp": 20.5}], id="channel"),
        pytest.param([{"unit": "°C", "value": 20.5}, {"unit": "%", "value": 44}], id="unit of a value"),
        pytest.param([{"battery": 80, "temp": 20.5}, {"battery": 79, "temp": 20.5}], id="battery"),
        pytest.param([{"serial": "A1", "temperature": 20.5}], id="serial number of the device of the topic"),
        pytest.param([{"error": {"id": 4}, "t": 20.5}, {"error": {"id": 0}, "t": 20.5}], id="id of a state"),
        pytest.param([{"disks": [{"serial": disk, "temp": 40} for disk in ("W1", "W2")]}], id="parts of one device"),
        pytest.param([{"address": street, "lat": 4.5} for street in ("Via Roma 1", "Via Po 2")], id="postal address"),
        pytest.param([{"model": "T1", "address": "Via Roma 1", "speed": 4.5}], id="postal address"),
        pytest.param([20.5, 21], id="bare values"),
        pytest.param([{"IrReceived": {"Data": "0x00FF"}}, {"IrReceived": {"Data": "0x00F7"}}], id="code of a button"),
        pytest.param([{"Wiegand": {"UID": 4302741608}}, {"Wiegand": {"UID": 4302741609}}], id="code of a card"),
    ],
)
def test_there_is_no_question_about_one_device(documents: list[Any]) -> None:
    assert choices(*documents) == MemberChoices()


@pytest.mark.parametrize(
    "documents",
    [
        pytest.param([{"source": "HDMI1", "volume": 20}, {"source": "radio", "volume": 25}], id="source of a player"),
        pytest.param([{"location": "home", "steps": 20}, {"location": "work", "steps": 900}], id="place of a phone"),
    ],
)
def test_a_state_of_one_device_can_be_chosen_but_is_not_proposed(documents: list[Any]) -> None:
    found = choices(*documents)

    assert found.proposed is None
    assert found.choices


def test_topics_with_a_device_each_leave_no_question() -> None:
    messages = [Sample(f"tag/{tag[-1]}", json.dumps({"mac": tag, "t": 20}).encode()) for tag in TAGS]

    assert member_choices(messages, "tag/+", 0) == MemberChoices()


def test_devices_of_two_gateways_are_counted_by_gateway() -> None:
    messages = [
        Sample(f"bus/{gateway}", json.dumps({"addr": address, "volt": 230}).encode())
        for gateway, address in (("one", 1), ("one", 2), ("two", 1))
    ]
    found = member_choices(messages, "bus/+", 0)

    assert found.proposed == ("addr",)
    assert found.choices[0].devices == ("bus one 1", "bus one 2", "bus two 1")


def test_any_identity_can_be_chosen_and_no_reading() -> None:
    found = choices({"mac": TAGS[0], "type": "tag", "temp": 20.5, "seq": 4, "ts": 1733680876, "door": 1})

    assert [choice.path for choice in found.choices] == [("mac",), ("type",), None]


def test_a_gateway_counts_only_with_readings_of_its_own() -> None:
    records = {"readings": [{"mac": tag, "temp": 20.5} for tag in TAGS]}

    assert choices({**records, "ts": 1733680876}).choices[0].devices == TAGS
    assert choices({**records, "humidity": 44}).choices[0].devices == ("house gate", *TAGS)


def test_a_broken_message_is_left_out() -> None:
    messages = [Sample("house/gate", b"{"), *samples({"mac": TAGS[0], "t": 1}, {"mac": TAGS[1], "t": 1})]

    assert member_choices(messages, "house/gate", 0).proposed == ("mac",)


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (
            [{"from": 1, "payload": {"longname": "Hill", "name": "x"}}, {"from": 2, "battery": 9}],
            ("payload", "longname"),
        ),
        ([{"from": 1, "name": "Hill", "t": 20}, {"from": 2, "name": "Lake", "t": 20}], ("name",)),
        ([{"from": 1, "name": "temp", "value": 20}, {"from": 1, "name": "hum", "value": 44}], None),
        ([{"from": 1, "t": 20}, {"name": "gate", "uptime": 4}], None),
    ],
)
def test_the_name_of_a_device_is_steady(documents: list[Any], expected: Path | None) -> None:
    assert name_member(samples(*documents), "house/gate", 0, ("from",)) == expected
