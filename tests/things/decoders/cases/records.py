"""Lists of records: each is addressed by the identity that it carries, in any order."""

from custom_components.iotbridge.things.model.message import Path, Scalar

from .case import Case


def case(name: str, payload: bytes, values: dict[Path, Scalar]) -> Case:
    """Return the case of a JSON document of one device."""
    kind = "json-array" if payload.startswith(b"[") else "json"
    return Case(name=name, payload=payload, format=kind, devices={None: values}, exact=True)


RECORDS = [
    # https://github.com/angelnu/home_assistant_thethingsnetwork/issues/22
    case(
        "records in another order",
        b'{"messages":[{"measurementId":"3000","measurementValue":86,"type":"Battery"},'
        b'{"measurementId":"4097","measurementValue":19.9,"type":"Air Temperature"}]}',
        {("messages", "3000"): 86, ("messages", "4097"): 19.9},
    ),
    case(
        "records of a list in a list",
        b'{"messages":[[{"measurementId":"4200","measurementValue":[],"type":"Event Status"}],'
        b'[{"measurementId":"4097","measurementValue":"21.3","type":"Air Temperature"}]]}',
        {
            ("messages", "4200", "measurementId"): "4200",
            ("messages", "4200", "type"): "Event Status",
            ("messages", "4097"): "21.3",
        },
    ),
    case(
        "records that carry an id only",
        b'[{"measurementId":4097,"measurementValue":21.3},{"measurementId":3000,"measurementValue":87}]',
        {("4097",): 21.3, ("3000",): 87},
    ),
    case(
        "records of several values",
        b'{"disks":[{"name":"sdb","temp":42,"used":15.2},{"name":"sda","temp":40,"used":55.2}]}',
        {
            ("disks", "sdb", "name"): "sdb",
            ("disks", "sdb", "temp"): 42,
            ("disks", "sdb", "used"): 15.2,
            ("disks", "sda", "name"): "sda",
            ("disks", "sda", "temp"): 40,
            ("disks", "sda", "used"): 55.2,
        },
    ),
    case(
        "records about the same channel",
        b'{"data":[{"channel":1,"type":"temperature","value":21},{"channel":1,"type":"humidity","value":40},'
        b'{"channel":2,"type":"temperature","value":19}]}',
        {("data", "1 temperature"): 21, ("data", "1 humidity"): 40, ("data", "2 temperature"): 19},
    ),
    case(
        "records whose members have the name of the part",
        b'{"probes":[{"probe_id":2,"probeType":"temperature","value":21},{"probe_id":1,"probeType":"humidity","value":4}],'
        b'"ports":[{"port_idx":1,"poe_power":3.2},{"port_idx":2,"poe_power":0}]}',
        {
            ("probes", "2 temperature"): 21,
            ("probes", "1 humidity"): 4,
            ("ports", "1", "port_idx"): 1,
            ("ports", "1", "poe_power"): 3.2,
            ("ports", "2", "port_idx"): 2,
            ("ports", "2", "poe_power"): 0,
        },
    ),
    case(
        "records whose kind says nothing",
        b'{"data":[{"name":"boiler","type":"float","value":61.5},{"name":"return","type":"float","value":42}]}',
        {("data", "boiler"): 61.5, ("data", "return"): 42},
    ),
    case(
        "the value of a record has the same path beside another value",
        b'{"data":[{"name":"boiler","value":61.5,"alarm":false},{"name":"return","value":42}]}',
        {
            ("data", "boiler"): 61.5,
            ("data", "boiler", "name"): "boiler",
            ("data", "boiler", "alarm"): False,
            ("data", "return"): 42,
        },
    ),
    case(
        "records in a record",
        b'{"rooms":[{"name":"Hall","sensors":[{"type":"humidity","value":40},{"type":"light","value":4}]}]}',
        {
            ("rooms", "Hall", "name"): "Hall",
            ("rooms", "Hall", "sensors", "humidity"): 40,
            ("rooms", "Hall", "sensors", "light"): 4,
        },
    ),
    case(
        "records that share an identity are known by position, the others are not",
        b'{"data":[{"type":"temperature","value":20},{"type":"humidity","value":40},{"type":"temperature","value":21}]}',
        {
            ("data", 0, "type"): "temperature",
            ("data", 0, "value"): 20,
            ("data", "humidity"): 40,
            ("data", 2, "type"): "temperature",
            ("data", 2, "value"): 21,
        },
    ),
    case(
        "the last of repeated records has the path of a single one",
        b'{"s":[{"id":1,"t":20.1},{"id":2,"t":4},{"id":1,"t":20.4}]}',
        {("s", "2", "id"): 2, ("s", "2", "t"): 4, ("s", "1", "id"): 1, ("s", "1", "t"): 20.4},
    ),
    case(
        "the newest of repeated records has the path of a single one",
        b'{"s":[{"measurementId":"4097","value":21,"time":1764500060},'
        b'{"measurementId":"4097","value":20,"time":1764500000}]}',
        {("s", "4097"): 21},
    ),
    case(
        "records of one number about several things are known by position",
        b'{"m":[{"id":1,"unit":"V","value":231},{"id":1,"unit":"A","value":2}],'
        b'"n":[{"port":1,"from":9,"rssi":-70},{"port":1,"from":8,"rssi":-80}],"o":[{"id":1,"t":20},{"id":1,"h":40}]}',
        {
            ("m", 0, "id"): 1,
            ("m", 0, "unit"): "V",
            ("m", 0, "value"): 231,
            ("m", 1, "id"): 1,
            ("m", 1, "unit"): "A",
            ("m", 1, "value"): 2,
            ("n", 0, "port"): 1,
            ("n", 0, "from"): 9,
            ("n", 0, "rssi"): -70,
            ("n", 1, "port"): 1,
            ("n", 1, "from"): 8,
            ("n", 1, "rssi"): -80,
            ("o", 0, "id"): 1,
            ("o", 0, "t"): 20,
            ("o", 1, "id"): 1,
            ("o", 1, "h"): 40,
        },
    ),
    case(
        "rows of a table",
        b'{"list":[["Humidity","38","%"],["Temperature",68.9,"F","ok"]],"phases":[["L2",229,0.4],["L1",231,0.3]]}',
        {
            ("list", "Humidity"): "38",
            ("list", "Temperature"): 68.9,
            ("phases", "L2", 0): "L2",
            ("phases", "L2", 1): 229,
            ("phases", "L2", 2): 0.4,
            ("phases", "L1", 0): "L1",
            ("phases", "L1", 1): 231,
            ("phases", "L1", 2): 0.3,
        },
    ),
    case(
        "points of a time series are no rows with a name",
        b'{"points":[["2026-11-30T08:00:00Z",21.5],["2026-11-30T09:00:00Z",22]]}',
        {
            ("points", 0, 0): "2026-11-30T08:00:00Z",
            ("points", 0, 1): 21.5,
            ("points", 1, 0): "2026-11-30T09:00:00Z",
            ("points", 1, 1): 22,
        },
    ),
    case(
        "the number of an event never comes again",
        b'{"events":[{"id":81723,"type":"motion"}],"history":[{"id":4,"temp":20},{"id":5,"temp":21}]}',
        {
            ("events", 0, "id"): 81723,
            ("events", 0, "type"): "motion",
            ("history", 0, "id"): 4,
            ("history", 0, "temp"): 20,
            ("history", 1, "id"): 5,
            ("history", 1, "temp"): 21,
        },
    ),
    case(
        "records without an identity are known by position",
        b'{"cells":[{"mV":3310,"cpu":4},{"mV":3320,"cpu":7}]}',
        {("cells", 0, "mV"): 3310, ("cells", 0, "cpu"): 4, ("cells", 1, "mV"): 3320, ("cells", 1, "cpu"): 7},
    ),
    case(
        "a number under the key of a name is a reading",
        b'{"hosts":[{"core":41,"disk":61}]}',
        {("hosts", 0, "core"): 41, ("hosts", 0, "disk"): 61},
    ),
]
