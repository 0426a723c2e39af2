"""Subcommand `kafka`: the connector from MQTT to Kafka. Each command imports its modules late."""

import argparse
from importlib.util import find_spec
import os
from pathlib import Path
import signal
import time

from iotbridge_agent.cli.terminal import write_error, write_line
from iotbridge_agent.errors import AgentError, ConfigError
from iotbridge_agent.log import set_up_log

CONFIG_DIR = Path("/etc/iotbridge/kafka")
MAX_LISTEN_S = 3600
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
    run = commands.add_parser("run", parents=[common], help="carry messages to Kafka until stopped")
    run.add_argument("--verbose", action="store_true", help="log more")
    leave = commands.add_parser("leave", parents=[common], help="drain the session at the broker, and end it for good")
    leave.add_argument("--verbose", action="store_true", help="log more")
    explain = commands.add_parser(
        "explain", parents=[common], help="show the record that a message becomes, or why none"
    )
    explain.add_argument("topic", metavar="TOPIC", help="MQTT topic of the message")
    explain.add_argument("payload", metavar="PAYLOAD", nargs="?", default="", help="payload (default: empty)")
    explain.add_argument("--retain", action="store_true", help="as a retained message")
    explain.add_argument("--user", action="append", metavar="NAME=VALUE", default=[], help="user property; repeatable")
    doctor = commands.add_parser("doctor", parents=[common], help="check the broker, Kafka, the routes and the spool")
    doctor.add_argument("--send", action="store_true", help="send a marked record for each route to its Kafka topic")
    help_text = "time to listen for messages of each route (default 5)"
    doctor.add_argument("--listen", type=float, default=5.0, metavar="SECONDS", help=help_text)
    letters = commands.add_parser("letters", parents=[common], help="list, retry or drop dead letters")
    _add_letters(letters)
    export = commands.add_parser("export", parents=[common], help="print the routes as configuration of another engine")
    export.add_argument("engine", choices=("kafka-connect", "redpanda-connect", "emqx"))
    _add_service(commands.add_parser("service", help="install, uninstall or show the systemd service of a connector"))


def _add_letters(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|retry|drop")
    listing = verbs.add_parser("list", help="list dead letters, oldest first, without their payload")
    listing.add_argument("--payload", action="store_true", help="show the payload as well")
    listing.add_argument("--limit", type=int, default=50, metavar="N", help="at most N (default 50)")
    listing.add_argument("--after", type=int, default=0, metavar="ID", help="only those after this id")
    retry = verbs.add_parser("retry", help="send dead letters again, after what already waits")
    drop = verbs.add_parser("drop", help="delete dead letters for good")
    for verb in (retry, drop):
        verb.add_argument("ids", type=int, nargs="*", metavar="ID", help="ids, as `list` shows them")
        verb.add_argument("--all", action="store_true", help="all of them, or all with the reason")
    for verb in (listing, retry, drop):
        verb.add_argument("--reason", metavar="REASON", help="only those with this reason, e.g. no_route")


def _add_service(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="install|uninstall|status")
    install = verbs.add_parser("install", help=f"write unit and user; start the connector of {CONFIG_DIR}/NAME.toml")
    install.add_argument("--print", action="store_true", help="only print the files")
    uninstall = verbs.add_parser("uninstall", help="stop the connector; keep its configuration and its spool")
    uninstall.add_argument("--purge", action="store_true", help="also remove configuration, secrets and spool")
    status = verbs.add_parser("status", help="show whether the connector runs, and its state")
    for verb in (install, uninstall, status):
        verb.add_argument("name", metavar="NAME", help="name of the configuration, without .toml")
    for verb in (install, uninstall):
        verb.add_argument(
            "--root", type=Path, default=Path("/"), metavar="DIR", help="write the files below this folder"
        )


def main(arguments: argparse.Namespace) -> int:
    """Run the command and return the exit code."""
    if arguments.kafka_command == "service":
        from iotbridge_agent.cli import kafka_service  # noqa: PLC0415

        return kafka_service.main(arguments)
    path = config_path(arguments.config)
    match arguments.kafka_command:
        case "run" | "leave" as command:
            return _run(path, verbose=arguments.verbose, leaves=command == "leave")
        case "doctor":
            require_packages()
            if not 0 < arguments.listen <= MAX_LISTEN_S:
                raise ConfigError(f"--listen: expected seconds from 0.1 to {MAX_LISTEN_S}")
            from iotbridge_agent.cli import kafka_doctor  # noqa: PLC0415

            return kafka_doctor.main(path, send=arguments.send, listen_s=arguments.listen)
        case "letters":
            from iotbridge_agent.cli import kafka_letters  # noqa: PLC0415
            from iotbridge_agent.kafka.settings import load_settings  # noqa: PLC0415

            return kafka_letters.main(load_settings(path), arguments)
        case "export":
            return _export(path, arguments.engine)
        case _:
            return _explain(path, arguments)


def _run(path: Path, *, verbose: bool, leaves: bool) -> int:
    # Before the connector runs nothing is in flight. An exception could be raised, and lost, during an import.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    require_packages()
    from iotbridge_agent.event_loop import run_loop  # noqa: PLC0415
    from iotbridge_agent.kafka.connector import run  # noqa: PLC0415
    from iotbridge_agent.kafka.settings import load_settings  # noqa: PLC0415

    set_up_log(verbose=verbose)
    return run_loop(run(load_settings(path), leaves=leaves))


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


def _export(path: Path, engine: str) -> int:
    from iotbridge_agent.kafka.exports import ENGINES  # noqa: PLC0415
    from iotbridge_agent.kafka.settings import load_settings  # noqa: PLC0415

    text, notes = ENGINES[engine](load_settings(path))
    write_line(text.removesuffix("\n"))
    for note in notes:
        write_error(f"not expressed: {note}")
    return 0


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
