"""Discovery message that makes a connector a device of Home Assistant; pure."""

from functools import partial
from typing import Any

from iotbridge_agent import __version__
from iotbridge_agent.collector import SensorDescription
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.states import ConnectorState
from iotbridge_agent.names import translate
from iotbridge_agent.protocol import discovery
from iotbridge_agent.protocol.topics import Topics, connector_uid

RETRY_LETTERS = "retry_letters"
"""Payload of the command that retries all dead letters."""
# Keys of the status message, and `problem`, which follows from its state.
SENSORS = (
    SensorDescription(key="problem", name="Problem", platform="binary_sensor", device_class="problem"),
    SensorDescription(
        key="kafka",
        name="Kafka connection",
        platform="binary_sensor",
        device_class="connectivity",
        category="diagnostic",
    ),
    SensorDescription(
        key="state", name="State", device_class="enum", options=tuple(ConnectorState), icon="mdi:state-machine"
    ),
    SensorDescription(
        key="rate",
        name="Message rate",
        unit="msg/s",
        state_class="measurement",
        icon="mdi:speedometer",
        display_precision=1,
    ),
    SensorDescription(
        key="out_total",
        name="Delivered messages",
        state_class="total_increasing",
        category="diagnostic",
        icon="mdi:email-check-outline",
    ),
    SensorDescription(key="spool_records", name="Waiting messages", state_class="measurement", icon="mdi:tray-full"),
    SensorDescription(
        key="spool_bytes", name="Spool size", unit="B", device_class="data_size", state_class="measurement"
    ),
    SensorDescription(
        key="oldest_s",
        name="Oldest waiting message",
        unit="s",
        device_class="duration",
        state_class="measurement",
        display_precision=0,
    ),
    SensorDescription(key="letters", name="Dead letters", state_class="measurement", icon="mdi:email-alert-outline"),
    SensorDescription(
        key="dropped_by_broker",
        name="Broker dropped messages",
        state_class="total_increasing",
        category="diagnostic",
        icon="mdi:email-remove-outline",
    ),
    SensorDescription(
        key="lag_ms_p99",
        name="Delivery time (p99)",
        unit="ms",
        device_class="duration",
        state_class="measurement",
        category="diagnostic",
        display_precision=1,
    ),
    SensorDescription(
        key="problem_text", name="Problem description", category="diagnostic", icon="mdi:message-alert-outline"
    ),
)
# Templates of what is no plain key of the status.
_TEMPLATES = {
    "problem": "{{ value_json['state'] != 'live' }}",
    "problem_text": "{{ value_json['problem'] }}",
}


def connector_topics(settings: ConnectorSettings) -> Topics:
    """Return the topics of the connector."""
    return Topics(settings.topic_prefix, settings.id, "connector")


def uid_of(settings: ConnectorSettings) -> str:
    """Return the identifier of the connector's device."""
    return connector_uid(settings.topic_prefix, settings.id)


def device_message(settings: ConnectorSettings, *, expiry: bool) -> dict[str, Any]:
    """Return the discovery message; ``expiry``: the broker speaks MQTT 5."""
    topics, uid = connector_topics(settings), uid_of(settings)
    words = partial(translate, language=settings.language)
    components = {discovery.CONNECTION: discovery.connection_sensor(uid, topics, words)}
    for description in SENSORS:
        component = discovery.sensor(description, uid, words)
        if template := _TEMPLATES.get(description.key):
            component["value_template"] = template
        components[description.key] = component
    button = discovery.command_button(
        RETRY_LETTERS,
        uid,
        topics,
        name=translate("Retry dead letters", settings.language),
        icon="mdi:email-sync-outline",
        device_class=None,
        expiry=expiry,
    )
    components[f"command_{RETRY_LETTERS}"] = {
        **{key: value for key, value in button.items() if key != "command_template"},
        "payload_press": RETRY_LETTERS,
    }
    return discovery.device_message(
        components,
        device={
            "identifiers": [uid],
            "name": settings.name,
            "manufacturer": "IoT Bridge",
            "model": "MQTT to Kafka connector",
            "sw_version": __version__,
        },
        agent_version=__version__,
        topics=topics,
    )
