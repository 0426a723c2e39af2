"""Constants shared by several modules of the integration."""

import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "iotbridge"
MQTT_DOMAIN: Final = "mqtt"
# Element of the frontend, defined by dashboard/frontend, that is the content of the dialog of an alarm rule.
ALARM_ELEMENT: Final = f"{DOMAIN}-alarm-info"
LOGGER = logging.getLogger(__package__)

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NOTIFY,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TODO,
)

# Subentry type of a thing; also part of its flow's URL.
SUBENTRY_DEVICE: Final = "device"
SUBENTRY_ALARM: Final = "alarm"
# A host without an agent, or how a known host is woken.
SUBENTRY_HOST: Final = "host"
SUBENTRY_NOTIFIER: Final = "notifier"
SUBENTRY_WINDOW: Final = "window"
SUBENTRY_PLAN: Final = "plan"
SUBENTRY_SCHEDULE: Final = "schedule"

CONF_PREFIXES: Final = "prefixes"
CONF_RESPONSE_TIMEOUT: Final = "response_timeout"
CONF_LOST_AFTER: Final = "lost_after"

# The second one is the topic tree of IPWatch agents: they are found without a change of their configuration.
DEFAULT_PREFIXES: Final = ("iotbridge", "ipwatch")
DEFAULT_RESPONSE_TIMEOUT_S: Final = 5
DEFAULT_LOST_AFTER_S: Final = 120
