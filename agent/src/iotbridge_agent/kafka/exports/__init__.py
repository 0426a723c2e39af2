"""Configurations of other engines that do what the routes say, each with notes on what it cannot express."""

from collections.abc import Callable, Mapping

from iotbridge_agent.kafka.exports.emqx import export_emqx
from iotbridge_agent.kafka.exports.export import Export
from iotbridge_agent.kafka.exports.kafka_connect import export_kafka_connect
from iotbridge_agent.kafka.exports.redpanda_connect import export_redpanda_connect
from iotbridge_agent.kafka.settings import ConnectorSettings

ENGINES: Mapping[str, Callable[[ConnectorSettings], Export]] = {
    "kafka-connect": export_kafka_connect,
    "redpanda-connect": export_redpanda_connect,
    "emqx": export_emqx,
}
