"""Words in a key that say: this is no reading of the world. A line for each word, by what it is instead.

``identity`` and ``time`` make no entity at all; ``setting`` and ``internal`` make one that is off until somebody
wants it.
"""

from .roles_identity import IDENTITY, TIME
from .roles_internal import INTERNAL
from .roles_setting import HISTORY, SETTING

__all__ = ["ABOUT", "GENERIC", "HISTORY", "IDENTITY", "INTERNAL", "SETTING", "TEXTS", "TIME"]


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
TEXTS = frozenset(
    {
        "status",
        "state",
        "weather",
        "condition",
        "conditions",
        "phase",
        "operation",
        "activity",
        "alarm text",
        "running state",
        "system mode",
        "charging state",
        "charge state",
        "job",
        "zone",
        "room",
        "direction",
        "trend",
        "geofence",
        "shift state",
        "operating mode",
        "operation mode",
        "tariff indicator",
        "air quality",
        "species",
        "common name",
        "gear",
        "current status",
        "forecast",
        "alert",
        "error",
        "position",
        "room name",
        "cleaning",
    }
)

# Where the keys of a device's parts stop saying something.
GENERIC = frozenset(
    {
        "value",
        "val",
        "v",
        "values",
        "state",
        "data",
        "measurement",
        "measurements",
        "reading",
        "readings",
        "sensor",
        "sensors",
        "payload",
        "decoded",
        "decoded payload",
        "decodedpayload",
        "object",
        "params",
        "result",
        "status",
        "now",
        "actual",
        "current",
        "telemetry",
        "attributes",
        "properties",
        "telemetry data",
        "uplink message",
        "message",
        "fields",
        "tele",
        "stat",
        "sns",
        "body",
        "report",
        "out",
        "info",
        "live",
        "main",
        "all",
        "output",
        "metrics",
        "metric",
        "statussns",
        "statussts",
        "response",
        "event",
        "content",
    }
)
