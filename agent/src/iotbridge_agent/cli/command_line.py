"""Command line of the agent. Each command imports its modules late, so that a start takes a fraction of a second."""

import argparse
import json
import os
from pathlib import Path
import signal
import sys

from iotbridge_agent import __version__
from iotbridge_agent.cli import kafka
from iotbridge_agent.cli.terminal import write_error, write_line
from iotbridge_agent.config import LANGUAGES, Config, default_config_path, load_config
from iotbridge_agent.errors import AgentError, ConfigError
from iotbridge_agent.log import set_up_log

FINE, NEEDS_A_HAND, BAD_CONFIGURATION, INTERRUPTED = 0, 1, 2, 130
EPILOG = """\
exit codes:
  0    success
  1    failure: doctor found a problem, or a step failed
  2    the command line or the configuration is wrong; one line on stderr says what is expected
  130  stopped with Ctrl-C
  143  ended by SIGTERM before `run` had begun; afterwards that is a stop in good order, 0

environment:
  IOTBRIDGE_CONFIG                 path of the configuration
  IOTBRIDGE_BROKER_URL and so on   IOTBRIDGE_<TABLE>_<KEY> of the tables agent and broker wins over the file
"""


def main(argv: list[str] | None = None) -> int:
    """Parse the command line, run the command and return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return _dispatch(arguments)
    except ConfigError as error:
        write_error(_one_line(error))
        return BAD_CONFIGURATION
    except AgentError as error:
        write_error(_one_line(error))
        return NEEDS_A_HAND
    except BrokenPipeError:
        # `iotbridge-agent doctor | head`: the reader is gone, and Python would report it once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NEEDS_A_HAND
    except KeyboardInterrupt:
        write_error("Stopped.")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="iotbridge-agent",
        description="This machine's health and power commands in Home Assistant, over MQTT.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("--config", type=Path, metavar="PATH", help=f"configuration (default {default_config_path()})")
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    _add_setup(commands.add_parser("setup", help="ask a few questions, test the broker, write the configuration"))
    run = commands.add_parser("run", help="report readings and carry out commands until stopped")
    run.add_argument("--dry-run", action="store_true", help="answer power commands without carrying them out")
    run.add_argument("--verbose", action="store_true", help="log more")
    commands.add_parser("doctor", help="check the agent, the broker and the machine")
    _add_service(commands.add_parser("service", help="install or remove the systemd service"))
    commands.add_parser("discovery", help="print the MQTT discovery message, without connecting")
    kafka.add_commands(commands.add_parser("kafka", help="the connector from MQTT to Kafka, a process of its own"))
    commands.add_parser("notice", help="show a notice on the screens of this user; started by systemd")
    return parser


def _add_setup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--broker", metavar="URL", help="e.g. mqtts://broker.lan:8883")
    parser.add_argument("--username", metavar="NAME")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="file that holds the password")
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="CA certificate of the broker")
    parser.add_argument("--node-id", metavar="ID", help="name in the topics (default: host name)")
    parser.add_argument("--prefix", metavar="TOPIC", help="prefix of the topics (default: iotbridge)")
    parser.add_argument("--language", choices=LANGUAGES, help="language of the names in Home Assistant (default: en)")
    parser.add_argument("--url", metavar="URL", help="address of this machine's own page, e.g. https://nas.lan:5001")
    commands = ("shutdown", "reboot", "suspend", "wake", "notice")
    parser.add_argument("--enable", action="append", choices=commands, help="enable a command; repeatable")
    parser.add_argument(
        "--yes", action="store_true", help="do not ask; overwrite files; fail if the broker cannot be used"
    )
    parser.add_argument("--skip-test", action="store_true", help="with --yes: do not connect to the broker")


def _add_service(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="install|remove")
    install = verbs.add_parser("install", help="write unit, user and polkit rule; start the service")
    install.add_argument("--print", action="store_true", help="only print the files")
    remove = verbs.add_parser("remove", help="stop and remove the service")
    remove.add_argument("--purge", action="store_true", help="also remove the configuration")
    remove.add_argument("--forget", action="store_true", help="also remove the host from Home Assistant")
    for verb in (install, remove):
        verb.add_argument(
            "--root", type=Path, default=Path("/"), metavar="DIR", help="write the files below this folder"
        )


def _dispatch(arguments: argparse.Namespace) -> int:
    path = arguments.config or default_config_path()
    match arguments.what:
        case "setup":
            from iotbridge_agent.cli import setup  # noqa: PLC0415

            return setup.main(path, arguments)
        case "run":
            return _run(load_config(path), dry_run=arguments.dry_run, verbose=arguments.verbose)
        case "doctor":
            from iotbridge_agent.cli import doctor  # noqa: PLC0415

            return doctor.main(path)
        case "service":
            return _service(path, arguments)
        case "kafka":
            return kafka.main(arguments)
        case "notice":
            from iotbridge_agent.cli.show_notice import show_notice  # noqa: PLC0415

            show_notice()
        case _:
            from iotbridge_agent.reporter import preview_discovery  # noqa: PLC0415

            write_line(json.dumps(preview_discovery(load_config(path)), indent=2, ensure_ascii=False))
    return FINE


def _run(config: Config, *, dry_run: bool, verbose: bool) -> int:
    # Before the agent runs there are no last messages to publish. An exception could be raised, and lost, during an
    # import.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(FINE))
    from dataclasses import replace  # noqa: PLC0415

    from iotbridge_agent.agent import run  # noqa: PLC0415
    from iotbridge_agent.commands.power import system_backend  # noqa: PLC0415
    from iotbridge_agent.event_loop import run_loop  # noqa: PLC0415

    set_up_log(verbose=verbose)
    run_loop(run(replace(config, dry_run=True) if dry_run else config, power=system_backend()))
    return FINE


def _service(path: Path, arguments: argparse.Namespace) -> int:
    from iotbridge_agent.cli import service  # noqa: PLC0415

    root = arguments.root.absolute()
    target = service.InstallTarget(root=root, live=root == Path("/"))
    if arguments.verb == "remove":
        if arguments.forget:
            from iotbridge_agent.cli.forget import forget  # noqa: PLC0415

            config = load_config(path)
            service.remove(target, purge=arguments.purge)
            forget(config)
        else:
            service.remove(target, purge=arguments.purge)
    elif arguments.print:
        service.print_files(path)
    else:
        service.install(path, target)
    return FINE


def _one_line(error: AgentError) -> str:
    return "iotbridge-agent: " + " ".join(str(error).split())
