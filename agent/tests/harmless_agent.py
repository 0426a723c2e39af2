"""Agent whose power backend only records its calls: ``harmless_agent.py CONFIG_JSON FOLDER``.

``fake`` in the configuration: ``allowed`` (false: the system permits nothing), ``error`` (executing fails with this
sentence), ``still_here_s`` (how soon a machine counts as still there, after a command or an announcement of logind),
``command_s`` (the same after a command alone);
``interval_s``, ``keepalive_s``, ``longest_retry_s``, ``forget_after_s``, ``ask_before_s`` and ``answer_again_s``:
shorter than the configuration allows, to save the tests' time;
``machine``: what identifies the machine it runs on, ``mac``: its network cards, ``network``: the folder of their
description in place of /sys/class/net; ``mqtt``: the version it begins with;
``sessions``: the folder of logind's sessions, ``notice_address``: where those listen for notices.
"""

from dataclasses import replace
import json
import logging
from pathlib import Path
import sys
from typing import Any

from iotbridge_agent import agent, namesakes, power_watch
from iotbridge_agent.commands import dispatcher, notice
from iotbridge_agent.commands.base import CommandError, Permission
from iotbridge_agent.config import parse_config
from iotbridge_agent.event_loop import run_loop
from iotbridge_agent.mqtt import connection
from iotbridge_agent.mqtt.connection import Link
from iotbridge_agent.system import network_cards, sessions
from iotbridge_agent.system.host import read_host
from iotbridge_agent.system.machine import Machine


class WritesDown:
    """Power backend that records its calls in a file."""

    def __init__(self, folder: Path, fake: dict[str, Any]) -> None:
        self._file = folder / "executed"
        self._fake = fake

    def permission(self, command: str) -> Permission:
        """Permit, unless the test set another answer."""
        return Permission(self._fake.get("allowed", True), f"{command} is forbidden by the test.")

    def execute(self, command: str) -> None:
        """Record the command."""
        with self._file.open("a") as file:
            file.write(f"{command}\n")
        if error := self._fake.get("error"):
            raise CommandError("not_permitted", error)


def imitate_machine(fake: dict[str, Any]) -> None:
    """Replace the machine's identity and the broker's MQTT version by those of the test."""
    network_cards.NETWORK = Path(fake.get("network", "/nonexistent"))
    sessions.SESSIONS = Path(fake.get("sessions", sessions.SESSIONS))
    notice.ADDRESS = "\0" + fake.get("notice_address", notice.ADDRESS[1:])
    host = read_host()._replace(mac=tuple(fake.get("mac", ())))
    machine = Machine.from_dict(fake.get("machine", {"id": "harmless"}))
    agent.read_host = lambda: host  # type: ignore[attr-defined]
    agent.read_machine = lambda host: machine  # type: ignore[attr-defined]  # noqa: ARG005

    class KnowingLink(Link):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            self._version = fake.get("mqtt", self._version)

    agent.Link = KnowingLink  # type: ignore[attr-defined]


def main() -> None:
    """Run until a signal comes."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    document, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
    fake = document.pop("fake")
    dispatcher.POWER_TIMEOUT_S = fake.get("command_s", fake.get("still_here_s", dispatcher.POWER_TIMEOUT_S))
    power_watch.STILL_ON_S = fake.get("still_here_s", power_watch.STILL_ON_S)
    connection.LONGEST_RETRY_S = fake.get("longest_retry_s", connection.LONGEST_RETRY_S)
    imitate_machine(fake)
    namesakes.FORGET_AFTER_S = fake.get("forget_after_s", namesakes.FORGET_AFTER_S)
    namesakes.ASK_BEFORE_S = fake.get("ask_before_s", namesakes.ASK_BEFORE_S)
    namesakes.ANSWER_AGAIN_S = fake.get("answer_again_s", namesakes.ANSWER_AGAIN_S)
    config = parse_config(document, source="test", environ={})
    broker = replace(config.broker, keepalive_s=fake.get("keepalive_s", config.broker.keepalive_s))
    config = replace(config, broker=broker, interval_s=fake.get("interval_s", config.interval_s))
    run_loop(agent.run(config, power=WritesDown(folder, fake)))


if __name__ == "__main__":
    main()
