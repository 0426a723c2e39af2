"""The table: messages, and what they are read as."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import gzip
import json
from pathlib import Path as File

import cbor2

from custom_components.iotbridge.devices.models import About, Path, ProblemKind, Scalar

SAMPLES = File(__file__).parent.parent / "samples"

type Devices = Mapping[str | None, Mapping[Path, Scalar]]
type Problems = tuple[tuple[ProblemKind, Mapping[str, str]], ...]

ENCODED_DATA: Problems = ((ProblemKind.ENCODED, {"field": "data"}),)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One message; ``devices`` are its values by identity and path."""

    name: str
    payload: bytes
    format: str
    devices: Devices
    exact: bool = False
    topic: str = "a/b"
    problems: Problems = ()
    about: Mapping[str | None, About] = field(default_factory=dict)
    units: Mapping[str | Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unreadable:
    """A message with nothing to read, and the reason."""

    name: str
    payload: bytes
    kind: ProblemKind
    placeholders: Mapping[str, str] = field(default_factory=dict)


# --- LoRaWAN ----------------------------------------------------------------------------------------------------------

LORAWAN = (
    # https://support.milesight-iot.com/en/support/solutions/articles/73000600064
    Case(
        name="milesight without codec",
        payload=b'{"applicationID":"1","applicationName":"cloud","data":"A2fqAARoTwUAAA==","devEUI":"24e124136b502217",'
        b'"deviceName":"EM300-TH","fCnt":128,"fPort":85,"rxInfo":[{"altitude":0,"latitude":0,"loRaSNR":13.8,'
        b'"longitude":0,"mac":"24e124fffef54092","name":"Local Gateway","rssi":-51,'
        b'"time":"2022-12-27T07:21:27.078763Z"}],"time":"2022-12-27T07:21:27.078763Z","txInfo":{"adr":true,'
        b'"codeRate":"4/5","dataRate":{"bandwidth":125,"modulation":"LORA","spreadFactor":7},"frequency":868100000},'
        b'"metadata":{"mqtt_topic":"/mqtttest"}}',
        format="milesight-gateway",
        devices={
            "24e124136b502217": {
                ("rxInfo", 0, "rssi"): -51,
                ("rxInfo", 0, "loRaSNR"): 13.8,
                ("txInfo", "dataRate", "spreadFactor"): 7,
                ("txInfo", "frequency"): 868100000,
            }
        },
        problems=ENCODED_DATA,
        about={"24e124136b502217": About(name="EM300-TH")},
    ),
    # The envelope of the same page with the values of the maker's decoder beside it.
    Case(
        name="milesight with codec",
        payload=b'{"applicationID":1,"devEUI":"24e124136b502217","deviceName":"EM300-TH","fPort":85,'
        b'"data":"A2fqAARoTwUAAA==","battery":92,"temperature":30.8,"humidity":50.5}',
        format="milesight-gateway",
        devices={"24e124136b502217": {("battery",): 92, ("temperature",): 30.8, ("humidity",): 50.5}},
    ),
    Case(
        name="milesight with an object",
        payload=b'{"applicationName":"a","deviceName":"x","devEUI":"24e1","object":{"gps":{"latitude":1.5,"longitude":2}}}',
        format="milesight-gateway",
        devices={"24e1": {("object", "gps", "latitude"): 1.5, ("object", "gps", "longitude"): 2}},
    ),
    # The events of https://www.chirpstack.io/docs/chirpstack/integrations/events.html
    Case(
        name="chirpstack v4 with codec, two gateways",
        payload=b'{"deviceInfo":{"deviceProfileName":"LHT65","deviceName":"Cellar","devEui":"a84041ffff010203"},'
        b'"fPort":2,"data":"y6QJxA==","object":{"TempC_SHT":24.3,"Ext":{"TempC_DS":null}},'
        b'"rxInfo":[{"gatewayId":"1","rssi":-111,"snr":-5},{"gatewayId":"2","rssi":-57,"snr":9.8}]}',
        format="chirpstack-v4",
        devices={
            "a84041ffff010203": {
                ("object", "TempC_SHT"): 24.3,
                ("object", "Ext", "TempC_DS"): None,
                ("rxInfo", 0, "rssi"): -57,
                ("rxInfo", 0, "snr"): 9.8,
            }
        },
        about={"a84041ffff010203": About(name="Cellar", model="LHT65")},
    ),
    Case(
        name="chirpstack v4 status",
        payload=b'{"deviceInfo":{"deviceName":"Cellar","devEui":"a84041"},"margin":28,"externalPowerSource":false,'
        b'"batteryLevelUnavailable":false,"batteryLevel":83.5}',
        format="chirpstack-v4",
        devices={"a84041": {("margin",): 28, ("externalPowerSource",): False, ("batteryLevel",): 83.5}},
    ),
    Case(
        name="chirpstack v4 status of a device that does not know its battery",
        payload=b'{"deviceInfo":{"devEui":"a84041"},"margin":28,"batteryLevelUnavailable":true,"batteryLevel":0}',
        format="chirpstack-v4",
        devices={"a84041": {("margin",): 28}},
    ),
    Case(
        name="chirpstack v3, the object is JSON in JSON",
        payload=b'{"applicationID":"123","applicationName":"t","deviceName":"garden","devEUI":"AgICAgICAgI=",'
        b'"rxInfo":[{"gatewayID":"AwMDAwMDAwM=","rssi":-48,"loRaSNR":9}],"txInfo":{"frequency":868100000,'
        b'"modulation":"LORA","loRaModulationInfo":{"bandwidth":125,"spreadingFactor":11}},"fCnt":10,"fPort":5,'
        b'"data":"qg==","objectJSON":"{\\"temperatureSensor\\":25,\\"humiditySensor\\":32}"}',
        format="chirpstack-v3",
        devices={
            "AgICAgICAgI=": {
                ("objectJSON", "temperatureSensor"): 25,
                ("objectJSON", "humiditySensor"): 32,
                ("rxInfo", 0, "rssi"): -48,
                ("rxInfo", 0, "loRaSNR"): 9,
                ("txInfo", "loRaModulationInfo", "spreadingFactor"): 11,
                ("txInfo", "frequency"): 868100000,
            }
        },
    ),
    # https://www.thethingsindustries.com/docs/the-things-stack/concepts/data-formats/
    Case(
        name="ttn v3 without codec",
        payload=b'{"end_device_ids":{"device_id":"dev1","dev_eui":"0004A30B001C0530"},"uplink_message":'
        b'{"f_port":1,"frm_payload":"gkHe","rx_metadata":[{"rssi":-35,"snr":5}]}}',
        format="ttn-v3",
        devices={
            "0004A30B001C0530": {
                ("uplink_message", "rx_metadata", 0, "rssi"): -35,
                ("uplink_message", "rx_metadata", 0, "snr"): 5,
            }
        },
        problems=((ProblemKind.ENCODED, {"field": "uplink_message.frm_payload"}),),
        about={"0004A30B001C0530": About(name="dev1")},
    ),
    Case(
        name="ttn v3 solved location",
        payload=b'{"end_device_ids":{"device_id":"dev1"},"location_solved":{"service":"x","location":'
        b'{"latitude":37.97,"longitude":23.72,"altitude":2}}}',
        format="ttn-v3",
        devices={
            "dev1": {
                ("location_solved", "location", "latitude"): 37.97,
                ("location_solved", "location", "longitude"): 23.72,
                ("location_solved", "location", "altitude"): 2,
            }
        },
    ),
)

# --- SenML: the examples of RFC 8428, section 5 -----------------------------------------------------------------------

DS = "urn:dev:ow:10e2073a01080063"
SENML = (
    Case(
        name="senml 5.1.1 one value",
        payload=b'[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]',
        format="senml-json",
        devices={DS: {("Cel",): 23.1}},
        units={("Cel",): "Cel"},
    ),
    Case(
        name="senml 5.1.2 history, the newest counts",
        payload=b'[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V",'
        b'"v":120.1},{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},'
        b'{"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]',
        format="senml-json",
        devices={"urn:dev:ow:10e2073a0108006": {("voltage",): 120.1, ("current",): 1.7}},
        units={"voltage": "V", "current": "A"},
    ),
    Case(
        name="senml 5.1.3 values without names",
        payload=b'[{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},'
        b'{"u":"lon","v":24.30621},{"u":"lat","v":60.07965},{"t":60,"v":20.3},{"u":"lon","t":60,"v":24.30622},'
        b'{"u":"lat","t":60,"v":60.07965},{"t":120,"v":20.7},{"u":"%EL","t":150,"v":98}]',
        format="senml-json",
        devices={DS: {("%RH",): 20.7, ("lon",): 24.30622, ("lat",): 60.07965, ("%EL",): 98}},
        units={("%RH",): "%RH", ("lon",): "lon", ("lat",): "lat", ("%EL",): "%EL"},
    ),
    Case(
        name="senml 5.1.5 all types of values",
        payload=b'[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},{"n":"label","vs":"Machine Room"},'
        b'{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]',
        format="senml-json",
        devices={DS: {("temp",): 23.1, ("label",): "Machine Room", ("open",): False}},
        problems=((ProblemKind.ENCODED, {"field": "nfc-reader"}),),
        units={"temp": "Cel"},
    ),
    Case(
        name="senml 5.1.6 two devices",
        payload=b'[{"bn":"2001:db8::2/","bt":1.320078429e+09,"n":"temperature","u":"Cel","v":25.2},{"n":"humidity",'
        b'"u":"%RH","v":30},{"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},{"n":"humidity","u":"%RH","v":67}]',
        format="senml-json",
        devices={
            "2001:db8::2": {("temperature",): 25.2, ("humidity",): 30},
            "2001:db8::1": {("temperature",): 12.3, ("humidity",): 67},
        },
        units={"temperature": "Cel", "humidity": "%RH"},
    ),
    Case(
        name="senml base value, base sum, order by time",
        payload=b'[{"bn":"m/","bu":"W","bv":1000,"bs":50,"bt":1320067464},{"n":"p","v":5,"t":10},{"n":"p","v":3,"t":2},'
        b'{"n":"p","s":7,"t":10},{"n":"open","vb":true}]',
        format="senml-json",
        devices={"m": {("p",): 1005, ("p", "sum"): 57, ("open",): True}},
        units={"p": "W", "p sum": "J", "open": "W"},
    ),
    Case(
        name="senml without base",
        payload=b'[{"n":"temperature","u":"Cel","v":21},{"n":"door","vb":true}]',
        format="senml-json",
        devices={None: {("temperature",): 21, ("door",): True}},
        units={"temperature": "Cel"},
    ),
    Case(
        name="senml in cbor with numbers as labels, sum and data",
        payload=cbor2.dumps([{-2: "dev-1:", 0: "power", 1: "W", 2: 5, -5: 1}, {0: "power", 5: 9}, {0: "tag", 8: b"hi"}]),
        format="senml-cbor",
        devices={"dev-1": {("power",): 6, ("power", "sum"): 9}},
        problems=((ProblemKind.ENCODED, {"field": "tag"}),),
        units={"power": "W"},
    ),
    Case(
        name="single letters are no proof of senml",
        payload=b'[{"t":21.5,"v":3.3}]',
        format="json-array",
        devices={None: {(0, "t"): 21.5, (0, "v"): 3.3}},
        exact=True,
    ),
)

# --- JSON -------------------------------------------------------------------------------------------------------------

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
                ("{{ states(1) }}",): 1, ('a"b',): 2, ("a.b",): 3, ("{% x %}",): 4, ("",): 5, ("\0",): 6, ("é中",): 7,
            }
        },  # fmt: skip
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
    Case(
        name="byte order mark", payload=b'\xef\xbb\xbf{"t":1}', format="json", devices={None: {("t",): 1}}
    ),
    Case(name="UTF-16", payload='{"t":"°C"}'.encode("utf-16"), format="json", devices={None: {("t",): "°C"}}),
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
        devices={None: {("id",): "4C:33:A6:60:3C:79", ("mac",): "4c33a6603c79", ("rssi",): -80, ("raw",): 12}},
        exact=True,
        problems=(
            (ProblemKind.ENCODED, {"field": "servicedata"}),
            (ProblemKind.ENCODED, {"field": "manufacturerdata"}),
            (ProblemKind.ENCODED, {"field": "payload"}),
        ),
    ),
    Case(name="a list", payload=b"[21.5,null,true]", format="json-array",
         devices={None: {(0,): 21.5, (1,): None, (2,): True}}, exact=True),
    Case(
        name="a list of devices",
        payload=b'[{"id":"k1","name":"Kitchen","t":21},{"id":"k2","name":"Hall","t":19,"h":40}]',
        format="json-array",
        devices={"k1": {("name",): "Kitchen", ("t",): 21}, "k2": {("name",): "Hall", ("t",): 19, ("h",): 40}},
        about={"k1": About(name="Kitchen"), "k2": About(name="Hall")},
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
                ("phases", 0, "id"): 1, ("phases", 0, "voltage"): 230, ("phases", 1, "id"): 2,
                ("phases", 1, "voltage"): 231,
            }
        },  # fmt: skip
        exact=True,
    ),
    Case(
        name="named values",
        payload='[{"name":"temperature","value":21.5,"unit":"°C"},{"name":"humidity","value":40,"unit":"%"}]'.encode(),
        format="json-array",
        devices={None: {("temperature",): 21.5, ("humidity",): 40}},
        units={"temperature": "°C", "humidity": "%"},
    ),
    # King Pigeon S175 and BL280 manuals, "sensorDatas".
    Case(
        name="king pigeon",
        payload=b'{"sensorDatas":[{"flag":"TEMP8","value":288},{"flag":"HUMI8","value":450}],"state":"alarm"}',
        format="json",
        devices={None: {("sensorDatas", "TEMP8"): 288, ("sensorDatas", "HUMI8"): 450, ("state",): "alarm"}},
    ),
    # tabspacekr/HomeAssistant, tasmota/mqtt/readme.txt
    Case(
        name="tasmota zigbee with names, two devices",
        topic="tele/SonoffZB/SENSOR",
        payload=b'{"ZbReceived":{"0x662E":{"Device":"0x662E","Name":" door_sensor","0500<00":"200000010000","Contact":0,'
        b'"Endpoint":1,"LinkQuality":157},"motion":{"Device":"0x057B","Occupancy":1,"Endpoint":1}}}',
        format="tasmota-zigbee",
        devices={
            "0x662E": {("0500<00",): "200000010000", ("Contact",): 0, ("LinkQuality",): 157},
            "0x057B": {("Occupancy",): 1},
        },
        about={"0x662E": About(name="door_sensor")},
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
                ("params", "events", 0, "component"): "input:0",
                ("params", "events", 0, "id"): 0,
                ("params", "events", 0, "event"): "single_push",
                ("params", "events", 0, "ts"): 1.5,
            }
        },
        exact=True,
        about={"shellyplusi4-a8032abc": About(manufacturer="Shelly")},
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
                ("time",): "2022-07-08 06:36:39", ("battery_ok",): 1, ("temperature_C",): -15, ("status",): 0,
                ("mic",): "CRC",
            }
        },  # fmt: skip
        about={"Acurite-986-1R-1369": About(model="Acurite-986")},
    ),
)

# --- CBOR -------------------------------------------------------------------------------------------------------------

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
        payload=bytes.fromhex("a3617" "8c48221196ab36179c11a514b67b0617ad930391863"),
        format="cbor",
        devices={None: {("x",): 273.15, ("y",): "2013-03-21T20:04:00+00:00", ("z",): 99}},
    ),
)  # fmt: skip

# --- Text -------------------------------------------------------------------------------------------------------------

TEXT = (
    Case(name="number", payload=b"21.50", format="scalar", devices={None: {(): 21.5}}, exact=True),
    Case(name="number with newline", payload=b"21.5\n", format="scalar", devices={None: {(): 21.5}}),
    Case(name="number with NUL", payload=b"-7\0", format="scalar", devices={None: {(): -7}}),
    Case(name="not a number", payload=b"nan", format="scalar", devices={None: {(): None}}),
    Case(name="null", payload=b"null", format="scalar", devices={None: {(): None}}),
    Case(name="boolean", payload=b"true", format="scalar", devices={None: {(): True}}, exact=True),
    Case(name="word", payload=b"ON", format="scalar", devices={None: {(): "ON"}}, exact=True),
    Case(name="word in quotes", payload=b'"ON"', format="scalar", devices={None: {(): "ON"}}),
    Case(name="leading zeros", payload=b"0042", format="scalar", devices={None: {(): "0042"}}, exact=True),
    Case(name="number and unit", payload="21.5 °C".encode(), format="scalar", devices={None: {(): "21.5 °C"}}, exact=True),
    Case(name="Latin-1", payload=b"21.5 \xb0C", format="scalar", devices={None: {(): "21.5 °C"}}),
    Case(name="time", payload=b"12:30:05", format="scalar", devices={None: {(): "12:30:05"}}, exact=True),
    Case(name="MAC", payload=b"4c:33:a6:60:3c:79", format="scalar", devices={None: {(): "4c:33:a6:60:3c:79"}}, exact=True),
    Case(name="sentence", payload=b"Error: no network, retry", format="scalar",
         devices={None: {(): "Error: no network, retry"}}, exact=True),
    Case(name="address", payload=b"http://10.0.0.1/x", format="scalar",
         devices={None: {(): "http://10.0.0.1/x"}}, exact=True),
    Case(name="timestamp", payload=b"2024-03-03T18:37:00Z", format="scalar",
         devices={None: {(): "2024-03-03T18:37:00Z"}}, exact=True),
    Case(name="brackets of a log", payload=b"[INFO] started", format="scalar",
         devices={None: {(): "[INFO] started"}}, exact=True),
    Case(name="x^2 is not zlib", payload=b"x^2", format="scalar", devices={None: {(): "x^2"}}, exact=True),
    Case(name="pairs with spaces", payload=b"T=21.5 H=40 state=on", format="key-value",
         devices={None: {("T",): 21.5, ("H",): 40, ("state",): "on"}}),
    Case(name="pairs with commas", payload=b"temp=21.5, hum=40", format="key-value",
         devices={None: {("temp",): 21.5, ("hum",): 40}}),
    Case(name="pairs with semicolons", payload=b"temp:21.5;hum:40;id:007;", format="key-value",
         devices={None: {("temp",): 21.5, ("hum",): 40, ("id",): "007"}}),
    Case(name="pairs on lines", payload=b"temp = 21.5\r\nmode = \"eco, night\"\r\n", format="key-value",
         devices={None: {("temp",): 21.5, ("mode",): "eco, night"}}),
    Case(name="pairs of a web address", payload=b"temp=21.5&room=living+room&unit=%C2%B0C", format="key-value",
         devices={None: {("temp",): 21.5, ("room",): "living room", ("unit",): "°C"}}),
    Case(name="one pair", payload=b"level=12", format="key-value", devices={None: {("level",): 12}}),
    Case(name="pairs, quoted", payload=b'name="big room" t=20', format="key-value",
         devices={None: {("name",): "big room", ("t",): 20}}),
    Case(name="semicolons and decimal commas", payload=b"21,5;40;ok;", format="csv",
         devices={None: {(0,): 21.5, (1,): 40, (2,): "ok", (3,): None}}),
    Case(name="tabs", payload=b"1\t2.5", format="csv", devices={None: {(0,): 1, (1,): 2.5}}),
    Case(name="time and values", payload=b"2024-01-01 12:00:00,21.5,40", format="csv",
         devices={None: {(0,): "2024-01-01 12:00:00", (1,): 21.5, (2,): 40}}),
    Case(
        name="columns with headings",
        payload='time,temp [°C],hum (%),door\n10:00,20,40,open\n10:05,"21.5",41,shut\n'.encode(),
        format="csv",
        devices={None: {("time",): "10:05", ("temp [°C]",): 21.5, ("hum (%)",): 41, ("door",): "shut"}},
        units={"temp": "°C", "hum": "%"},
    ),
    Case(name="rows without headings: the newest", payload=b"1,2\n3,4", format="csv", devices={None: {(0,): 3, (1,): 4}}),
    # https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
    Case(
        name="influx",
        payload=b"weather,location=us-midwest,season=summer temperature=82,humidity=71i 1465839830100400200",
        format="influx",
        devices={"us-midwest/summer": {("weather", "temperature"): 82.0, ("weather", "humidity"): 71}},
    ),
    Case(
        name="influx types and escapes",
        payload=rb'my\ meas,device=a\,\ b\=c,x=y f=1.5e3,i=-7i,u=7u,t=t,no=FALSE,s="a, \"b\" = c",k\ 1=2',
        format="influx",
        devices={
            "a, b=c": {
                ("my meas", "f"): 1500.0, ("my meas", "i"): -7, ("my meas", "u"): 7, ("my meas", "t"): True,
                ("my meas", "no"): False, ("my meas", "s"): 'a, "b" = c', ("my meas", "k 1"): 2.0,
            }
        },
    ),
    Case(
        name="influx of several devices, unit as a tag, newest by time, a comment",
        payload=b"# from a collector\nt,host=a,unit=C v=2 200\nt,host=a,unit=C v=1 100\n\nt,host=b v=3 100\n",
        format="influx",
        devices={"a": {("t", "v"): 2.0}, "b": {("t", "v"): 3.0}},
        units={("t", "v"): "C"},
    ),
    Case(name="influx without tags", payload=b"cpu usage=0.5,cores=4i", format="influx",
         devices={None: {("cpu", "usage"): 0.5, ("cpu", "cores"): 4}}),
)  # fmt: skip

CASES = (*LORAWAN, *SENML, *JSON, *CBOR, *TEXT)

LOOP = bytes.fromhex("d81c81d81d00")
UNREADABLE = (
    Unreadable("nothing", b"", ProblemKind.EMPTY),
    Unreadable("only padding", b" \r\n\0\0", ProblemKind.EMPTY),
    Unreadable("nothing, compressed", gzip.compress(b""), ProblemKind.EMPTY),
    Unreadable("too large", b"1" * 300_000, ProblemKind.TOO_LARGE, {"size": "300000", "limit": "262144"}),
    Unreadable("JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF", ProblemKind.BINARY, {"content": "JPEG"}),
    Unreadable("PNG", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ProblemKind.BINARY, {"content": "PNG"}),
    Unreadable("PDF", b"%PDF-1.7 text", ProblemKind.BINARY, {"content": "PDF"}),
    Unreadable("video", b"\0\0\0\x18ftypmp42", ProblemKind.BINARY, {"content": "MP4"}),
    Unreadable("three layers", gzip.compress(gzip.compress(gzip.compress(b"1"))), ProblemKind.BINARY, {"content": "gzip"}),
    Unreadable("some bytes", bytes(range(1, 20)), ProblemKind.BINARY, {"content": "01 02 03 04 05 06 07 08"}),
    Unreadable("truncated JSON", b'{"a":1,"b":', ProblemKind.BROKEN, {"reason": "Expecting value", "position": "11"}),
    Unreadable("unquoted keys", b"{a:1}", ProblemKind.BROKEN,
               {"reason": "Expecting property name enclosed in double quotes", "position": "1"}),
    Unreadable("truncated gzip", gzip.compress(b'{"a":1}')[:-9], ProblemKind.BROKEN,
               {"reason": "the compressed data are not complete", "position": "0"}),
    Unreadable("deep JSON", b"[" * 100_000, ProblemKind.TOO_COMPLEX, {"fields": "500", "levels": "16"}),
    Unreadable("deep CBOR", b"\x81" * 100 + b"\x01", ProblemKind.TOO_COMPLEX, {"fields": "500", "levels": "16"}),
    Unreadable("wide CBOR", cbor2.dumps([0] * 20_000), ProblemKind.TOO_COMPLEX, {"fields": "500", "levels": "16"}),
    Unreadable("CBOR loop", LOOP, ProblemKind.BROKEN, {"reason": "CBOR tag 29", "position": "0"}),
    Unreadable("CBOR regular expression", b"\x81\xd8\x23\x61(", ProblemKind.BROKEN,
               {"reason": "CBOR tag 35", "position": "0"}),
    Unreadable("only base64", b"A2fqAARoTwUAAA==", ProblemKind.ENCODED, {"field": "payload"}),
    Unreadable("only hex", b"0367ea0004684f05", ProblemKind.ENCODED, {"field": "payload"}),
    Unreadable("hex with spaces", b"03 67 EA 00 04", ProblemKind.ENCODED, {"field": "payload"}),
    Unreadable("OwnTracks with a key", b'{"_type":"encrypted","data":"bm9uY2U="}', ProblemKind.ENCODED, {"field": "data"}),
    Unreadable("LoRaWAN, raw only", b'{"end_device_ids":{"dev_eui":"1"},"uplink_message":{"frm_payload":"gkHe"}}',
               ProblemKind.ENCODED, {"field": "uplink_message.frm_payload"}),
    Unreadable("a join", b'{"end_device_ids":{"dev_eui":"1"},"join_accept":{"session_key_id":"x"}}', ProblemKind.NO_VALUES),
    Unreadable("an empty object", b"{}", ProblemKind.NO_VALUES),
    Unreadable("an empty list", b"[[],{}]", ProblemKind.NO_VALUES),
    Unreadable("an essay", b"word " * 100, ProblemKind.NO_VALUES),
    Unreadable("newer SenML", b'[{"bver":11,"n":"t","v":1}]', ProblemKind.BROKEN,
               {"reason": "SenML version 11", "position": "0"}),
    Unreadable("SenML with what must be understood", b'[{"bn":"x:","n":"t","v":1,"new_":2}]', ProblemKind.BROKEN,
               {"reason": "SenML new_", "position": "0"}),
)  # fmt: skip


# --- The samples of vendors' documentation, tests/devices/samples -----------------------------------------------------

# For samples that are plain JSON: how many values they have, each where the document has it.
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
    "senml-multi": ("senml-json", False, {DS: {("voltage",): 120.1, ("current",): 1.2}}, ()),
    "senml-cbor": ("senml-cbor", False, {"urn:dev:ow:10e2073a0108006": {("voltage",): 120.1, ("current",): 1.7}}, ()),
}  # fmt: skip
HOMIE: Mapping[str, Scalar] = {
    "temperature": 21.5, "$name": "Engine temperature", "$settable": False, "$unit": "°C", "$datatype": "float",
    "$format": "-20:120",
}  # fmt: skip


def sample_cases() -> list[Case]:
    """Return a case for each message of each sample."""
    manifest = json.loads((SAMPLES / "manifest.json").read_text("utf-8"))
    cases = []
    for sample in manifest["samples"]:
        for number, (topic, payload) in enumerate(_messages(sample["topic"], SAMPLES / sample["file"])):
            cases.append(_sample_case(sample["id"], f"{sample['id']} {number}", topic, payload))
    return cases


def _messages(topic: str, file: File) -> list[tuple[str, bytes]]:
    if file.name.endswith(".messages.json"):
        return [(message["topic"], message["payload"].encode()) for message in json.loads(file.read_text("utf-8"))]
    return [(topic, file.read_bytes())]


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
