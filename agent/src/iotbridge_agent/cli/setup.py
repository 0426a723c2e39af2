"""Subcommand `setup`: asks questions, tests the broker, writes the configuration."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
import getpass
import os
from pathlib import Path
import sys
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from iotbridge_agent.cli import service, terminal
from iotbridge_agent.cli.config_writer import Answers, to_config, write
from iotbridge_agent.cli.doctor import finding_line
from iotbridge_agent.cli.doctor_broker import examine_broker
from iotbridge_agent.config import DEFAULT_PORTS, LANGUAGES, default_language, default_node_id
from iotbridge_agent.errors import AgentError, ConfigError

NextStep: TypeAlias = Literal["save", "again", "quit"]
FINE, NEEDS_A_HAND = 0, 1
COMMANDS = {
    "shutdown": "shut down this machine",
    "reboot": "reboot this machine",
    "suspend": "suspend this machine",
    "wake": "wake other machines in the networks of this one",
    "notice": "show notices to the people who are logged in on this machine",
}


class SetupError(AgentError):
    """Error that ends setup; the text includes the remedy."""


@dataclass(frozen=True, kw_only=True)
class Console:
    """Dialog with the user at the terminal."""

    ask: Callable[[str], str] = input
    ask_secret: Callable[[str], str] = getpass.getpass
    write_line: Callable[[str], None] = terminal.write_line
    is_terminal: Callable[[], bool] = sys.stdin.isatty


def main(
    path: Path,
    arguments: argparse.Namespace,
    console: Console | None = None,
    target: service.InstallTarget | None = None,
) -> int:
    """Run setup; return the exit code."""
    console = console or Console()
    try:
        if arguments.yes:
            return _unattended(path, arguments, console)
        if not console.is_terminal():
            raise ConfigError(
                "setup: expected a terminal for the questions; in a script, use `setup --broker URL --yes`"
            )
        return _attended(path, arguments, console, target or service.InstallTarget())
    except EOFError:
        raise SetupError("setup: the input ended; nothing was written.") from None


def _unattended(path: Path, arguments: argparse.Namespace, console: Console) -> int:
    if not arguments.broker:
        raise ConfigError("setup: --broker: expected the address of the broker; without questions it is needed")
    answers = _from_arguments(arguments)
    config = to_config(answers)
    if not arguments.skip_test and not _try_broker(answers, console):
        raise SetupError("setup: nothing was written. Fix what is marked bad, or add --skip-test.")
    write(path, answers)
    console.write_line(f"Wrote {path} for {config.node_id}.")
    return FINE


def _attended(path: Path, arguments: argparse.Namespace, console: Console, target: service.InstallTarget) -> int:
    if path.exists() and not _yes(console, f"{path} already exists. Replace it?", default=False):
        console.write_line("Nothing was changed.")
        return FINE
    answers = _from_arguments(arguments)
    step: NextStep = "again"
    while step == "again":
        answers = _ask_all(answers, console)
        try:
            step = "save" if _try_broker(answers, console) else _ask_next_step(console)
        except ConfigError as error:
            console.write_line(str(error))
    if step == "quit":
        console.write_line("Nothing was written.")
        return NEEDS_A_HAND
    write(path, answers)
    console.write_line(f"Wrote {path}.")
    _offer_service(path, console, target)
    return FINE


def _from_arguments(arguments: argparse.Namespace) -> Answers:
    return Answers(
        url=_with_scheme(arguments.broker or ""),
        username=arguments.username,
        password=_read_password(arguments.password_file) if arguments.password_file else None,
        ca_file=str(arguments.ca_file.absolute()) if arguments.ca_file else None,
        node_id=arguments.node_id,
        prefix=arguments.prefix,
        language=arguments.language,
        page=arguments.url,
        commands=tuple(name for name in COMMANDS if name in (arguments.enable or ())),
    )


def _read_password(file: Path) -> str:
    try:
        password = file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"setup: --password-file: expected a file that can be read, {file}: {error}") from error
    if not password:
        raise ConfigError(f"setup: --password-file: expected a file that is not empty, found {file}")
    return password


def _ask_all(known: Answers, console: Console) -> Answers:
    url = _with_scheme(_ask(console, "Broker (name, address or mqtts://name:8883)", known.url))
    username = _ask(console, "Broker user (empty for none)", known.username or "", clear="-") or None
    password = None
    if username:
        hint = " (empty to keep the current one)" if known.password else ""
        password = console.ask_secret(f"Password{hint}: ") or known.password
    ca_file = None
    if urlsplit(url).scheme in ("mqtts", "wss"):
        question = "CA certificate file of the broker (empty for the system's authorities)"
        ca_file = _ask(console, question, known.ca_file or "", clear="-") or None
    node_id = _ask(console, "Name of this machine in the topics", known.node_id or default_node_id())
    prefix = _ask(console, "Topic prefix", known.prefix or "iotbridge")
    languages = ", ".join(LANGUAGES)
    language_question = f"Language of the names in Home Assistant ({languages})"
    language = _ask(console, language_question, known.language or default_language())
    page_question = "Address of this machine's own page, e.g. https://nas.lan:5001 (empty for none)"
    page = _ask(console, page_question, known.page or "", clear="-") or None
    commands = tuple(
        name
        for name, words in COMMANDS.items()
        if _yes(console, f"May Home Assistant {words}?", default=name in known.commands)
    )
    return Answers(
        url=url,
        username=username,
        password=password,
        ca_file=ca_file,
        node_id=node_id,
        prefix=prefix,
        language=language,
        page=page,
        commands=commands,
    )


def _try_broker(answers: Answers, console: Console) -> bool:
    """Print the doctor's findings about the broker; return whether it is usable. Raises ConfigError."""
    config = to_config(answers)
    console.write_line(f"Trying {config.broker.address} ...")
    findings = []
    for finding in examine_broker(config):
        console.write_line(finding_line(finding))
        findings.append(finding)
    return all(finding.level != "bad" for finding in findings)


def _ask_next_step(console: Console) -> NextStep:
    steps: dict[str, NextStep] = {"a": "again", "s": "save", "q": "quit"}
    while True:
        answer = console.ask("[a]nswer again, [s]ave anyway, or [q]uit? ").strip().lower()[:1] or "a"
        if answer in steps:
            return steps[answer]


def _offer_service(path: Path, console: Console, target: service.InstallTarget) -> None:
    can_install = target.booted.is_dir() and os.geteuid() == 0
    if not can_install:
        console.write_line("Now `iotbridge-agent run`, or `sudo iotbridge-agent service install` to start it at boot.")
    elif _yes(console, "Install the service, so that the agent starts at boot?", default=True):
        service.install(path, replace(target, write_line=console.write_line))


def _ask(console: Console, question: str, default: str, *, clear: str | None = None) -> str:
    """Ask until there is an answer; the answer ``clear`` removes an optional default."""
    shown = f" [{default}{f', {clear} for none' if clear else ''}]" if default else ""
    while True:
        answer = console.ask(f"{question}{shown}: ").strip()
        if clear is not None:
            return "" if answer == clear else answer or default
        if answer or default:
            return answer or default


def _yes(console: Console, question: str, *, default: bool) -> bool:
    while True:
        answer = console.ask(f"{question} [{'Y/n' if default else 'y/N'}] ").strip().lower()
        if not answer:
            return default
        if answer in ("y", "yes", "n", "no"):
            return answer.startswith("y")


def _with_scheme(url: str) -> str:
    """Return the address with a scheme added to a bare name; one with a scheme is unchanged, valid or not."""
    if not url or "://" in url:
        return url
    return f"mqtts://{url}" if url.endswith(f":{DEFAULT_PORTS['mqtts']}") else f"mqtt://{url}"
