"""SenML: the examples of RFC 8428, section 5, and additional cases."""

import cbor2

from custom_components.iotbridge.things.model.message import DeviceMetadata, ProblemKind

from .case import Case

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
        payload=b'[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},{"n":"label",'
        b'"vs":"Machine Room"},{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]',
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
        metadata={"2001:db8::2": DeviceMetadata(name="2001:db8::2"), "2001:db8::1": DeviceMetadata(name="2001:db8::1")},
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
        payload=cbor2.dumps(
            [{-2: "dev-1:", 0: "power", 1: "W", 2: 5, -5: 1}, {0: "power", 5: 9}, {0: "tag", 8: b"hi"}]
        ),
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
