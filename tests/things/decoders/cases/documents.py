"""JSON and CBOR documents of all kinds."""

import json

import cbor2

from custom_components.iotbridge.things.model.message import DeviceMetadata, ProblemKind

from .case import Case

JSON = (
    Case(
        name="nested, all types",
        payload=b'{"a":{"b":[1,2.5,"3",true,null,{"c":"x"}]},"d":"","e":-0.0,"f":[],"g":{}}',
        format="json",
        devices={
            None: {
                ("a", "b", 0): 1,
                ("a", "b", 1): 2.5,
                ("a", "b", 2): "3",
                ("a", "b", 3): True,
                ("a", "b", 4): None,
                ("a", "b", 5, "c"): "x",
                ("d",): "",
                ("e",): 0.0,
            }
        },
        exact=True,
    ),
    Case(
        name="one value in an object",
        payload=b'{"value":20.43}',
        format="json",
        devices={None: {("value",): 20.43}},
        exact=True,
    ),
    Case(
        name="hostile keys stay keys",
        payload=rb'{"{{ states(1) }}":1,"a\"b":2,"a.b":3,"{% x %}":4,"":5,"\u0000":6,"\u00e9\u4e2d":7}',
        format="json",
        devices={
            None: {
                ("{{ states(1) }}",): 1,
                ('a"b',): 2,
                ("a.b",): 3,
                ("{% x %}",): 4,
                ("",): 5,
                ("\0",): 6,
                ("é中",): 7,
            }
        },
        exact=True,
    ),
    Case(
        name="NaN as Python writes it",
        payload=b'{"t":NaN,"h":Infinity,"p":-Infinity,"ok":1}',
        format="json",
        devices={None: {("t",): None, ("h",): None, ("p",): None, ("ok",): 1}},
    ),
    Case(
        name="nan as printf writes it, and a text that has one",
        payload=b'{"t":nan,"h":-inf,"note":"nan, \\"inf\\"","ok":1}',
        format="json",
        devices={None: {("t",): None, ("h",): None, ("note",): 'nan, "inf"', ("ok",): 1}},
    ),
    Case(name="byte order mark", payload=b'\xef\xbb\xbf{"t":1}', format="json", devices={None: {("t",): 1}}),
    Case(name="UTF-16", payload='{"t":"°C"}'.encode("utf-16"), format="json", devices={None: {("t",): "°C"}}),
    Case(name="JSON within JSON", payload=rb'"{\"t\":21.5}"', format="json", devices={None: {("t",): 21.5}}),
    Case(
        name="numbers and words where bytes could be",
        payload=b'{"data":"1234","message":"facade"}',
        format="json",
        devices={None: {("data",): "1234", ("message",): "facade"}},
        exact=True,
    ),
    Case(name="NUL at the end", payload=b'{"t":1}\0\0', format="json", devices={None: {("t",): 1}}),
    Case(name="newline at the end", payload=b'{"t":1}\r\n', format="json", devices={None: {("t",): 1}}, exact=True),
    Case(
        name="integers beyond 64 bits",
        payload=b'{"a":123456789012345678901234567890,"b":18446744073709551615,"c":-9223372036854775808}',
        format="json",
        devices={None: {("a",): 123456789012345678901234567890.0, ("b",): 2**64 - 1, ("c",): -(2**63)}},
        exact=True,
    ),
    Case(
        name="beyond every float",
        payload=b'{"a":1e999,"b":' + b"9" * 400 + b',"c":1}',
        format="json",
        devices={None: {("a",): None, ("c",): 1}},
        problems=((ProblemKind.MEMBER_UNUSABLE, {"field": "b"}),),
    ),
    Case(
        name="half a surrogate pair",
        payload=rb'{"a":"x\ud800","\udfff":1}',
        format="json",
        devices={None: {("a",): "x?", ("?",): 1}},
    ),
    Case(
        name="a text that is too long for a state",
        payload=json.dumps({"log": "x" * 256, "ok": "y" * 255}).encode(),
        format="json",
        devices={None: {("ok",): "y" * 255}},
        exact=True,
        problems=((ProblemKind.MEMBER_UNUSABLE, {"field": "log"}),),
    ),
    Case(
        name="a key that is too long",
        payload=json.dumps({"k" * 1000: 1, "ok": 2}).encode(),
        format="json",
        devices={None: {("ok",): 2}},
        exact=True,
        problems=((ProblemKind.MEMBER_UNUSABLE, {"field": "k" * 60 + "…"}),),
    ),
    # https://docs.openmqttgateway.com: an advertisement that no decoder knows.
    Case(
        name="bytes as text beside readings; identities in hex are none",
        payload=b'{"id":"4C:33:A6:60:3C:79","mac":"4c33a6603c79","rssi":-80,"servicedata":"a4c1383c603c79",'
        b'"manufacturerdata":"4c0010057a1c","payload":"AQIDBA==","raw":12}',
        format="json",
        devices={
            None: {
                ("id",): "4C:33:A6:60:3C:79",
                ("mac",): "4c33a6603c79",
                ("rssi",): -80,
                ("servicedata",): "a4c1383c603c79",
                ("manufacturerdata",): "4c0010057a1c",
                ("payload",): "AQIDBA==",
                ("raw",): 12,
            }
        },
        exact=True,
        problems=(
            (ProblemKind.ENCODED, {"field": "servicedata"}),
            (ProblemKind.ENCODED, {"field": "manufacturerdata"}),
            (ProblemKind.ENCODED, {"field": "payload"}),
        ),
    ),
    Case(
        name="a list",
        payload=b"[21.5,null,true]",
        format="json-array",
        devices={None: {(0,): 21.5, (1,): None, (2,): True}},
        exact=True,
    ),
    Case(
        name="a list of devices",
        payload=b'[{"id":"k1","name":"Kitchen","t":21},{"id":"k2","name":"Hall","t":19,"h":40}]',
        format="json-array",
        devices={"k1": {("name",): "Kitchen", ("t",): 21}, "k2": {("name",): "Hall", ("t",): 19, ("h",): 40}},
        metadata={"k1": DeviceMetadata(name="Kitchen"), "k2": DeviceMetadata(name="Hall")},
    ),
    Case(
        name="a gateway that lists devices",
        payload=b'{"gateway":"g1","devices":[{"mac":"aa","t":1},{"mac":"bb","t":2}]}',
        format="json",
        devices={None: {("gateway",): "g1"}, "aa": {("t",): 1}, "bb": {("t",): 2}},
    ),
    Case(
        name="phases of a meter are no devices",
        payload=b'{"phases":[{"id":1,"voltage":230},{"id":2,"voltage":231}]}',
        format="json",
        devices={
            None: {
                ("phases", "1", "id"): 1,
                ("phases", "1", "voltage"): 230,
                ("phases", "2", "id"): 2,
                ("phases", "2", "voltage"): 231,
            }
        },
        exact=True,
    ),
    Case(
        name="named values",
        payload='[{"name":"temperature","value":21.5,"unit":"°C"},{"name":"humidity","value":40,"unit":"%"}]'.encode(),
        format="json-array",
        devices={None: {("temperature",): 21.5, ("humidity",): 40}},
        exact=True,
        units={"temperature": "°C", "humidity": "%"},
    ),
    # King Pigeon S175 and BL280 manuals, "sensorDatas".
    Case(
        name="king pigeon",
        payload=b'{"sensorDatas":[{"flag":"TEMP8","value":288},{"flag":"HUMI8","value":450}],"state":"alarm"}',
        format="json",
        devices={None: {("sensorDatas", "TEMP8"): 288, ("sensorDatas", "HUMI8"): 450, ("state",): "alarm"}},
        exact=True,
    ),
    # tabspacekr/HomeAssistant, tasmota/mqtt/readme.txt
    Case(
        name="tasmota zigbee with names, two devices",
        topic="tele/SonoffZB/SENSOR",
        payload=b'{"ZbReceived":{"0x662E":{"Device":"0x662E","Name":" door_sensor","0500<00":"200000010000",'
        b'"Contact":0,"Endpoint":1,"LinkQuality":157},"motion":{"Device":"0x057B","Occupancy":1,"Endpoint":1}}}',
        format="tasmota-zigbee",
        devices={
            "0x662E": {("0500<00",): "200000010000", ("Contact",): 0, ("LinkQuality",): 157},
            "0x057B": {("Occupancy",): 1},
        },
        metadata={"0x662E": DeviceMetadata(name="door_sensor"), "0x057B": DeviceMetadata(name="0x057B")},
    ),
    # https://shelly-api-docs.shelly.cloud/gen2/General/Notifications
    Case(
        name="shelly event",
        topic="shellyplusi4-a8032abc/events/rpc",
        payload=b'{"src":"shellyplusi4-a8032abc","dst":"x/events","method":"NotifyEvent","params":{"ts":1.5,"events":'
        b'[{"component":"input:0","id":0,"event":"single_push","ts":1.5}]}}',
        format="shelly-rpc",
        devices={
            "shellyplusi4-a8032abc": {
                ("params", "ts"): 1.5,
                ("params", "events", "input:0", "component"): "input:0",
                ("params", "events", "input:0", "id"): 0,
                ("params", "events", "input:0", "event"): "single_push",
                ("params", "events", "input:0", "ts"): 1.5,
            }
        },
        exact=True,
        metadata={"shellyplusi4-a8032abc": DeviceMetadata(manufacturer="Shelly")},
    ),
    # Rtl_433's own documentation of fields, docs/DATA_FORMAT.md; the model of a C# client's sample.
    Case(
        name="rtl_433 events",
        topic="rtl_433/shed/events",
        payload=b'{"time":"2022-07-08 06:36:39","model":"Acurite-986","id":1369,"channel":"1R","battery_ok":1,'
        b'"temperature_C":-15,"status":0,"mic":"CRC"}',
        format="rtl-433",
        devices={
            "Acurite-986-1R-1369": {
                ("time",): "2022-07-08 06:36:39",
                ("battery_ok",): 1,
                ("temperature_C",): -15,
                ("status",): 0,
                ("mic",): "CRC",
            }
        },
        metadata={"Acurite-986-1R-1369": DeviceMetadata(name="Acurite-986 1R 1369", model="Acurite-986")},
    ),
)

CBOR = (
    Case(
        name="cbor of all types",
        payload=cbor2.dumps({"t": 21.5, "ok": True, "none": None, "un": cbor2.undefined, "nan": float("nan"), 7: "x",
                             "list": [1, -2], "nested": {"s": "°"}, "bytes": b"\x01", "big": 2**70}),
        format="cbor",
        devices={
            None: {
                ("t",): 21.5, ("ok",): True, ("none",): None, ("un",): None, ("nan",): None, ("7",): "x",
                ("list", 0): 1, ("list", 1): -2, ("nested", "s"): "°", ("big",): float(2**70),
            }
        },
        problems=((ProblemKind.ENCODED, {"field": "bytes"}),),
    ),
    Case(
        name="cbor that says so, indefinite lengths",
        payload=bytes.fromhex("d9d9f7bf6174f94d606168188cff"),
        format="cbor",
        devices={None: {("t",): 21.5, ("h",): 140}},
    ),
    Case(
        name="cbor tags: decimal, date, unknown",
        payload=bytes.fromhex("a36178c48221196ab36179c11a514b67b0617ad930391863"),
        format="cbor",
        devices={None: {("x",): 273.15, ("y",): "2013-03-21T20:04:00+00:00", ("z",): 99}},
    ),
)  # fmt: skip
