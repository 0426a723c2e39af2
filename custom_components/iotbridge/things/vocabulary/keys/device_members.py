"""Keys of the member that names the device of a message, on a topic that several devices share.

Written in small letters, without separators. A key also counts together with the level above: ``device.id``.
"""

# Addresses of the hardware.
HARDWARE = frozenset({
    "deveui", "deviceeui", "eui", "eui64", "ieee", "ieeeaddress", "ieeeaddr", "mac", "macaddress", "macaddr", "blemac",
    "devicemac", "devmac", "sensormac", "deviceaddress", "deviceaddr", "hardwareid",
})  # fmt: skip
# Numbers of the hardware, which a device with a topic of its own sends as well.
SERIALS = frozenset({
    "imei", "serial", "serialno", "serialnumber", "sn", "devicesn", "deviceserial", "meterserial", "inverterserial",
    "sensorserial",
})  # fmt: skip
# Numbers and names that the maker or the installer gave to the device.
DEVICES = frozenset({
    "deviceid", "devid", "deviceuid", "deviceuuid", "nodeid", "nodenumber", "nodenum", "sensorid", "sensornumber",
    "meterid", "stationid", "beaconid", "tagid", "unitid", "trackerid", "thingid", "equipmentid", "inverterid",
    "transmitterid", "moduleid", "probeid", "slaveid", "uniqueid", "identifier", "deviceidentifier",
})  # fmt: skip
# The device as the sender of the message.
SENDERS = frozenset({
    "from", "src", "sender", "originator", "fromid", "sourceid", "srcid", "senderid", "fromnode", "sourcenode",
    "sourceaddress", "sourceaddr", "srcaddress", "srcaddr", "senderaddress", "node", "device", "dev", "transmitter",
    "beacon", "tag", "tracker", "thing",
})  # fmt: skip
# The device, the program or the place from which a message comes, or a state of one device.
SOURCES = frozenset({"source", "origin", "location", "zone"})
# Addresses on a bus, unique for one gateway only.
BUS_ADDRESSES = frozenset({
    "address", "addr", "shortaddr", "shortaddress", "busaddress", "modbusaddress", "slave", "slaveaddress", "nwkaddr",
})  # fmt: skip
# Some devices number their messages with these, or send the code of a card.
IDS = frozenset({"id", "uid", "uuid", "guid"})
# Names of devices, which name a value in other messages: {"sensor": "humidity", "value": 44}.
NAMES = frozenset({
    "name", "devicename", "friendlyname", "sensor", "sensorname", "nodename", "station", "stationname", "room",
    "roomname", "alias",
})  # fmt: skip
# Numbers of devices, or of the channels and parts of one.
PARTS = frozenset({"channel", "ch", "port", "index", "idx", "slot", "number", "num", "no", "unit"})
# Levels whose members describe the whole message or its sender; in other levels a member is that of a part.
SENDER_LEVELS = frozenset({
    "data", "payload", "object", "message", "msg", "body", "params", "values", "telemetry", "decoded", "content",
    "event", "report", "reading", "measurement", "measurements", "uplink", "packet", "frame", "header", "head", "meta",
    "metadata", "info", "attributes", "properties", "identity", "ids", "device", "dev", "enddevice", "node", "sensor",
    "tag", "beacon", "meter", "station", "tracker", "thing", "transmitter", "source", "src", "sender", "from", "unit",
    "module", "probe", "peripheral", "peer",
})  # fmt: skip
# Lists whose elements are messages, each of some device; the elements of other lists are the parts of one device.
LISTS_OF_MESSAGES = frozenset({
    "readings", "messages", "msgs", "reports", "measurements", "sensors", "records", "telemetry", "data", "payload",
    "events", "uplinks", "packets", "frames", "items", "results", "values", "stations", "trackers", "probes",
    "transmitters", "peripherals", "adverts", "advertisements", "scan", "devices", "nodes", "things", "tags", "beacons",
    "inverters", "meters",
})  # fmt: skip
# Words of keys that identify a message, or an exchange of messages: "msg_id", "traceId".
OF_MESSAGES = frozenset({
    "message", "msg", "correlation", "request", "req", "response", "trace", "span", "transaction", "txid",
    "session", "nonce", "token", "sequence", "seq", "packet", "frame", "event", "command", "cmd", "hash", "checksum",
    "signature", "etag",
})  # fmt: skip
# Words of keys that name another device: the receiver, or one on the way.
OTHER_DEVICES = frozenset({
    "to", "dst", "dest", "destination", "target", "receiver", "gateway", "gw", "gwid", "hub", "bridge", "host",
    "router", "relay", "via", "hop", "parent", "ap", "bssid", "ssid", "broker", "server", "join", "app",
})  # fmt: skip
# Keys of the display name of a device, the clearest first.
DISPLAY_NAMES = (
    "longname", "friendlyname", "customname", "displayname", "devicename", "nodename", "sensorname", "stationname",
    "alias", "nick", "name", "label",
)  # fmt: skip
