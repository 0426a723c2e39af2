"""Keys of the member that names the device of a message, on a topic that several devices share.

Written in small letters, without separators. A key also counts together with the level above: ``device.id``.
"""

# Numbers that belong to the hardware.
HARDWARE = frozenset({
    "deveui", "deviceeui", "eui", "eui64", "ieee", "ieeeaddress", "ieeeaddr", "mac", "macaddress", "macaddr", "blemac",
    "devicemac", "sensormac", "deviceaddress", "deviceaddr", "imei", "serial", "serialno", "serialnumber", "sn",
    "devicesn", "deviceserial", "meterserial", "hardwareid",
})  # fmt: skip
# Numbers and names that the maker or the installer gave to the device.
DEVICES = frozenset({
    "deviceid", "devid", "deviceuid", "deviceuuid", "nodeid", "nodenumber", "nodenum", "sensorid", "sensornumber",
    "meterid", "stationid", "beaconid", "tagid", "unitid", "trackerid", "thingid", "equipmentid", "inverterid",
    "transmitterid", "moduleid", "probeid", "slaveid", "uniqueid", "identifier", "deviceidentifier",
})  # fmt: skip
# The device as the sender of the message.
SENDERS = frozenset({
    "from", "source", "src", "sender", "origin", "originator", "fromid", "sourceid", "srcid", "senderid", "fromnode",
    "sourcenode", "sourceaddress", "sourceaddr", "srcaddress", "srcaddr", "senderaddress", "node", "device", "dev",
    "transmitter", "beacon", "tag", "tracker", "thing",
})  # fmt: skip
# Addresses on a bus, unique for one gateway only.
BUS_ADDRESSES = frozenset({
    "address", "addr", "shortaddr", "shortaddress", "busaddress", "modbusaddress", "slave", "slaveaddress", "nwkaddr",
})  # fmt: skip
# Some devices number their messages with these.
IDS = frozenset({"id", "uid", "uuid", "guid"})
# Names of devices, which name a value in other messages: {"sensor": "humidity", "value": 44}.
NAMES = frozenset({
    "name", "devicename", "friendlyname", "sensor", "sensorname", "nodename", "station", "stationname", "room",
    "roomname", "location", "zone", "alias",
})  # fmt: skip
# In order of precedence.
DEVICE_MEMBERS = (HARDWARE, DEVICES, SENDERS, BUS_ADDRESSES, IDS, NAMES)
# Words of keys that name another device: the receiver, or one on the way.
OTHER_DEVICES = frozenset({
    "to", "dst", "dest", "destination", "target", "receiver", "gateway", "gw", "gwid", "hub", "bridge", "host",
    "router", "relay", "via", "hop", "parent", "ap", "bssid", "ssid", "broker", "server", "client", "join", "app",
})  # fmt: skip
# Keys of the display name of a device, the clearest first.
DISPLAY_NAMES = (
    "longname", "friendlyname", "customname", "displayname", "devicename", "nodename", "sensorname", "stationname",
    "alias", "nick", "name", "label",
)  # fmt: skip
