"""Subcommand `kafka`: the connector from MQTT to Kafka. Each command imports its modules late."""

import argparse
from importlib.util import find_spec
import os
from pathlib import Path
import time

from iotbridge_agent.cli.terminal import write_line
from iotbridge_agent.errors import AgentError, ConfigError

CONFIG_DIR = Path("/etc/iotbridge/kafka")
MISSING_EXTRA = (
    "The packages of the connector are missing: install iotbridge-agent[kafka]. There are none for 32-bit ARM and "
    "Alpine: use a 64-bit system with glibc, or Debian's python3-confluent-kafka (2.12 or newer)."
)


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the commands below `kafka`."""
    common = argparse.ArgumentParser(add_help=False)
    help_text = f"configuration of the connector (default: the only file in {CONFIG_DIR})"
    # Without a default of its own it would override --config before `kafka`.
    common.add_argument("--config", type=Path, metavar="PATH", default=argparse.SUPPRESS, help=help_text)
    commands = parser.add_subparsers(dest="kafka_command", required=True, metavar="COMMAND")
    explain = commands.add_parser(
        "explain", parents=[common], help="show the record that a message becomes, or why none"
    )
    explain.add_argument("topic", metavar="TOPIC", help="MQTT topic of the message")
    explain.add_argument("payload", metavar="PAYLOAD", nargs="?", default="", help="payload (default: empty)")
    explain.add_argument("--retain", action="store_true", help="as a retained message")
    explain.add_argument("--user", action="append", metavar="NAME=VALUE", default=[], help="user property; repeatable")
    doctor = commands.add_parser("doctor", parents=[common], help="check the broker, Kafka, the routes and the spool")
    doctor.add_argument("--send", action="store_true", help="send a marked record for each route to its Kafka topic")


def main(arguments: argparse.Namespace) -> int:
    """Run the command and return the exit code."""
    path = config_path(arguments.config)
    match arguments.kafka_command:
        case "doctor":
            require_packages()
            from iotbridge_agent.cli import kafka_doctor  # noqa: PLC0415

            return kafka_doctor.main(path, send=arguments.send)
        case _:
            return _explain(path, arguments)


def _explain(path: Path, arguments: argparse.Namespace) -> int:
    from iotbridge_agent.kafka.explain import ExampleMessage, explain  # noqa: PLC0415
    from iotbridge_agent.kafka.settings import load_settings  # noqa: PLC0415
    from iotbridge_agent.kafka.topic_filters import is_valid_topic  # noqa: PLC0415

    if not is_valid_topic(arguments.topic):
        raise ConfigError(f"TOPIC: expected the topic of a message, without + and #, found {arguments.topic!r}")
    properties = [tuple(text.split("=", 1)) for text in arguments.user]
    if any(len(pair) != 2 for pair in properties):  # noqa: PLR2004 - a name and a value
        raise ConfigError("--user: expected NAME=VALUE")
    message = ExampleMessage(
        topic=arguments.topic,
        payload=os.fsencode(arguments.payload),
        retain=arguments.retain,
        user_properties=[(name, value) for name, value in properties],
    )
    lines, is_record = explain(load_settings(path), message, time.time_ns() // 1_000_000)
    for line in lines:
        write_line(line)
    return 0 if is_record else 1


def config_path(explicit: Path | None, folder: Path = CONFIG_DIR) -> Path:
    """Return the path of the configuration: the explicit one, or the only file in the folder; raises ConfigError."""
    if explicit is not None:
        return explicit
    files = sorted(folder.glob("*.toml"))
    if len(files) == 1:
        return files[0]
    names = ", ".join(file.name for file in files) or "none"
    raise ConfigError(f"--config: expected the path of a configuration, because {folder} has {names}")


def require_packages() -> None:
    """Raise AgentError where the packages of the extra `kafka` are missing."""
    if not all(find_spec(name) for name in ("confluent_kafka", "mqtt5")):
        raise AgentError(MISSING_EXTRA)
