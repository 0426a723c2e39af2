"""Words in a key that say: this is no reading of the world. A line for each word, by what it is instead.

``identity`` and ``time`` make no entity at all; ``setting`` and ``internal`` make one that is off until somebody
wants it.
"""

IDENTITY = frozenset({
    "id", "ids", "uid", "uuid", "guid", "mac", "macaddress", "mac address", "bssid", "ssid", "ap mac", "address", "addr",
    "dev eui", "deveui", "eui", "eui64", "join eui", "joineui", "app eui", "dev addr", "devaddr", "imei", "imsi",
    "iccid", "ccid", "serial", "serialno", "serial no", "serial number", "sn", "serialnumber", "ip", "ipaddress",
    "ip address", "ipv4", "ipv6", "host", "hostname", "host name", "url", "uri", "topic", "token", "key", "name",
    "device name", "devicename", "friendly name", "friendlyname", "model", "model id", "modelid", "model name",
    "product", "product id", "productid", "product name", "hardware", "hw", "hw version", "hwver", "brand",
    "manufacturer", "vendor", "maker", "firmware", "fw", "fw version", "fwver", "fw ver", "sw", "sw version", "swver",
    "software", "software version", "firmware version", "version", "versions", "ver", "build", "device", "dev",
    "device id", "deviceid", "device type", "devicetype", "device model", "node", "node id", "nodeid", "src", "source",
    "dst", "sender", "gateway", "gateway id", "gw", "gwid", "gw mac", "gateway mac", "protocol", "ieee", "ieee address",
    "ieeeaddr", "tac", "cid", "lac", "mcc", "mnc", "cell id", "pcid", "earfcn", "apn", "operator", "tid", "type",
    "sensor type", "kind", "meter id", "meter", "equipment id", "country", "city", "location name", "label",
    "description", "title", "user", "username", "client", "client id", "clientid", "payload id", "session",
    "vin", "plate", "unit id", "sensor id", "sensorid", "esp8266id", "nick", "custom name", "display name",
    "beacon id", "area name", "region", "image", "picture", "email", "phone",
    "from", "to", "hw model", "long name", "short name", "media", "driver", "manuf", "mfr", "subtype",
})  # fmt: skip

TIME = frozenset({
    "time", "times", "timestamp", "time stamp", "ts", "utc", "date", "datetime", "date time", "day time", "epoch", "last seen",
    "lastseen", "last update", "lastupdate", "last updated", "updated", "updated at", "received at", "created at",
    "created", "start time", "starttime", "stop time", "end time", "total start time", "since", "tst", "unixtime",
    "unix time", "localtime", "local time", "time local", "time utc", "last boot", "boot time", "started",
    "last contact", "last change", "last changed", "changed", "sunrise", "sunset", "time zone", "timezone", "tz", "tmst",
    "year", "month", "weekday", "rx time", "last measurement", "measured at", "clock", "dateutc", "last restart",
    "last message", "last reset", "reset time", "expires", "last alarm", "nextstart", "gmt", "dst active", "iso",
})  # fmt: skip

SETTING = frozenset({
    "interval", "period", "threshold", "thresholds", "offset", "calibration", "calibrate", "sensitivity",
    "mode", "led mode", "brightness", "contrast", "led", "leds", "display", "enable", "config", "configuration",
    "setting", "settings", "limit", "limits", "keep time", "timeout", "time out", "sleep", "sleep mode", "delay",
    "behavior", "behaviour", "power on behavior", "auto off", "auto on", "auto", "schedule", "scheduled", "program",
    "preset", "language", "format", "hysteresis", "deadband", "resolution", "scale", "gain", "factor setting",
    "poll", "polling", "reporting", "report interval", "indicator", "indicator mode", "child lock", "keypad lock", "childlock",
    "color", "colour", "color mode", "color temp", "hue", "saturation", "effect", "transition", "dimmer", "default",
    "alarm setting", "lower", "upper", "fade", "rule", "rules", "tariff", "timer", "timers", "countdown", "countdown 1",
    "heartbeat", "gateway mode", "window detection", "occupancy timeout", "unit", "units", "temp unit",
    "temperature unit", "pressure unit", "speed unit", "altitude setting", "quiet", "volume level", "mute", "debug",
    "eco mode", "antifreeze", "holiday", "boost", "detection delay", "monitor", "cutoff", "allowed", "supported",
    "maximum setting", "max current setting", "rated", "nominal", "nominal power", "compensated values", "ftype",
    "max power", "max current", "min current", "smart", "manual", "priority", "cycle mode", "buzzer", "vmax", "class",
})  # fmt: skip

INTERNAL = frozenset({
    "seq", "sequence", "seqno", "frame", "frame count", "fcnt", "f cnt", "f port", "fport", "port", "channel", "crc",
    "checksum", "code", "codes", "cmd", "command", "num", "number", "index", "idx", "msg", "message", "messages", "msg count",
    "mqtt count", "link count", "packet", "packets", "pkt", "retries", "retry", "errors", "error count", "dropped",
    "flags", "flag", "mic", "mod", "modulation type", "protocol version", "endpoint", "cluster", "group", "raw", "hex",
    "bytes", "data", "payload", "object", "trigger count", "trigger", "counters", "sf", "bw", "dr", "data rate index",
    "datr", "codr", "spreading factor", "bandwidth", "airtime", "consumed airtime", "band", "freq error", "hops",
    "hop limit", "hop start", "tx power", "txpower", "tx pwr", "sq", "csq", "reset reason", "reason", "restart reason",
    "boot", "boots", "reboots", "reset", "resets", "reset count", "event cnt", "event count", "cfg rev", "schedule rev",
    "webhook rev", "kvs rev", "mem free", "fs size", "fs free", "ram size", "stack", "loop time", "sketch size",
    "minfree", "min free", "ref", "reference", "rank", "step", "counter raw", "status code", "error code", "slot",
    "cycle", "cycles", "cycle count", "txinterval", "interval count", "queue", "len", "length", "size", "pos",
    "register", "registers", "test", "learn", "update available", "progress", "result", "success", "retained", "voltage raw",
    "current direction", "power outage count", "device count", "reconnects", "power on count", "attempts", "bat status", "battery status",
    "subchannel", "manufacturer data", "service data", "adv", "mfid", "rolling code", "has time", "valid", "no ack",
    "want ack", "priority code", "tstamp", "rx count", "tx count", "rxcnt", "txcnt", "ack", "downtime", "write", "writes",
    "reads", "fails", "fail", "down counter", "link", "samples", "max micro", "min micro", "sync", "checks", "node count", "phases", "mib", "mic type",
})  # fmt: skip

# What a field tells about the device: the words, then the member of About.
ABOUT: dict[str, str] = {
    "model": "model",
    "model id": "model",
    "modelid": "model",
    "model name": "model",
    "device model": "model",
    "product name": "model",
    "product id": "model",
    "hw model": "model",
    "meter": "model",
    "dev": "model",
    "serial": "serial_number",
    "serialno": "serial_number",
    "serial no": "serial_number",
    "serial number": "serial_number",
    "serialnumber": "serial_number",
    "sn": "serial_number",
    "firmware": "sw_version",
    "fw": "sw_version",
    "fw version": "sw_version",
    "fw ver": "sw_version",
    "firmware version": "sw_version",
    "sw version": "sw_version",
    "software version": "sw_version",
    "version": "sw_version",
    "brand": "manufacturer",
    "manufacturer": "manufacturer",
    "vendor": "manufacturer",
    "device name": "name",
    "devicename": "name",
    "friendly name": "name",
    "friendlyname": "name",
    "custom name": "name",
    "name": "name",
    "long name": "name",
}

# Texts that a person wants to read; other texts are off.
TEXTS = frozenset({
    "status", "state", "weather", "condition", "conditions", "phase", "operation", "activity", "alarm text", "running state",
    "system mode", "charging state", "charge state", "job", "location", "zone", "room", "direction", "trend",
    "geofence", "shift state", "operating mode", "operation mode", "tariff indicator", "air quality", "species",
    "common name", "gear", "current status", "forecast", "alert", "error", "position", "room name", "cleaning",
})  # fmt: skip

# Where the keys of a device's parts stop saying something.
GENERIC = frozenset({
    "value", "val", "v", "values", "state", "data", "measurement", "measurements", "reading", "readings", "sensor",
    "sensors", "payload", "decoded", "decoded payload", "decodedpayload", "object", "params", "result", "status", "now", "actual", "current",
    "telemetry", "attributes", "properties", "telemetry data", "uplink message", "message", "fields", "tele", "stat",
    "sns", "body", "report", "out", "info", "live", "main", "all", "output", "metrics", "metric", "statussns", "statussts", "response", "event", "content",
})  # fmt: skip
