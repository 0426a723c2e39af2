"""Members that identify a record of a list, the most reliable first; compared without case and separators."""

# Members that identify a device.
OF_DEVICES = (
    "deveui", "uniqueid", "deviceid", "identity", "id", "mac", "macaddress", "address", "addr", "serial", "serialno",
    "serialnumber", "sn", "imei", "uid", "uuid", "sensorid", "nodeid",
)  # fmt: skip
# Members that name a device, if no other one identifies it.
DEVICE_NAMES = ("name", "devicename")
# Members under which a gateway lists its devices; objects in other lists are parts of one device.
LISTS_OF_DEVICES = frozenset({"devices", "nodes", "things", "tags", "beacons", "inverters", "meters"})
# Members under which a device lists what happened: its records have numbers of their own, which never come again.
LISTS_OF_EVENTS = frozenset({
    "events", "event", "history", "datalog", "logs", "log", "alerts", "alarms", "detections", "notifications",
    "transactions",
})  # fmt: skip
# Parts of a device, whose members are {"probe_id": 1, "probe_name": "Flow", "probe_type": "temperature"}.
_PARTS = (
    "sensor", "probe", "port", "channel", "string", "phase", "line", "zone", "room", "circuit", "disk", "drive", "cell",
    "module", "pack", "inverter", "tank", "pump", "relay", "valve", "slot", "socket", "input", "output", "interface",
    "core", "fan", "mppt", "tariff", "register", "measurement", "parameter", "variable", "metric",
)  # fmt: skip
# Members that identify a record alone, whatever is beside them: {"measurementId": "4097", "type": "Air Temperature"}.
OF_RECORDS = ("measurementid", "parameterid", "recordid", "obisid", "obis", "component", "eid")
# Members that identify a record together: a chip has several sensors, a circuit a flow and a return.
PAIRS = (("chip", "label"), ("chip", "sensor"), ("circuit", "sensor"))
# Members that identify a part, of which several records may be about the same: {"channel": 1, "type": "humidity"}.
OF_PARTS = (
    *OF_DEVICES, "adr", "channel", "port", "phase", "string", "slot", "socket", "line", "zone", "circuit", "index",
    "idx", *(part + end for end in ("id", "idx", "index", "no", "nr", "num", "number") for part in _PARTS),
)  # fmt: skip
# Members with the name of a record; only texts, since a number under one of these is a reading.
NAMES = (
    "name", "devicename", "displayname", "label", "title", "sensor", "device", "key", "flag", "tag", "parameter",
    "param", "variable", "metric", "field", "property", "measurement", "room", "location", "mountpoint", "mount",
    "filesystem", "interface", "disk", "drive", "core", "n",
    *(part + end for end in ("name", "label") for part in _PARTS),
)  # fmt: skip
# Members with the kind of a record.
KINDS = ("measurementtype", "valuetype", "type", "kind", "quantity", "direction", *(part + "type" for part in _PARTS))
# Kinds that distinguish nothing: the type of the number, or of any record.
NO_KINDS = frozenset({
    "float", "double", "int", "integer", "number", "numeric", "string", "text", "bool", "boolean", "object", "value",
    "sensor", "measurement", "reading", "gauge", "counter", "telemetry", "report_telemetry",
})  # fmt: skip
# Members with the value of a record.
VALUES = ("value", "val", "v", "reading", "measurementvalue", "sensorvalue", "datavalue")
# Members with the unit of a value.
UNITS = ("unit", "units", "uom", "unitofmeasurement")
# Members with the time of a record.
TIMES = frozenset({"time", "timestamp", "date", "datetime", "ts", "t", "at"})
# Members beside a value that are no readings of their own.
BESIDE_A_VALUE = frozenset({*UNITS, *TIMES, "quality"})
