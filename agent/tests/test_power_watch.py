"""Agent whose machine sleeps or goes down by itself: a stub of logind, a real broker, a real agent."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
import os
import signal
import time
from typing import Any

from conftest import Broker, RunningAgent, StartAgent, Watcher, wait_until
from logind_stub import LogindStub, PrivateBus
from proxy import Proxy
import pytest

from iotbridge_agent.power_watch import PowerWatch
from iotbridge_agent.protocol.messages import Power

FULL_DELAY_S = 4.0
"""Seconds that the agent takes at most where logind waits five; a busy machine takes a second or two for the rest."""


def retained(broker: Broker) -> tuple[str, str]:
    """Return the power state and the availability that the broker retains."""
    watcher = Watcher(broker.port)
    try:
        announce, availability = watcher.wait("announce"), watcher.wait("availability")
    finally:
        watcher.close()
    return announce.json()["power"], availability.payload.decode()


@contextmanager
def frozen(process_id: int) -> Iterator[None]:
    """Stop a process as a sleeping machine does."""
    os.kill(process_id, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)


class Absent:
    """Agent that is never told to leave."""

    async def leave(self, power: Power, *, reason: str, timeout_s: float) -> None:
        """Fail."""
        pytest.fail(f"left as {power} within {timeout_s} s: {reason}")

    def come_back(self, reason: str) -> None:
        """Fail."""
        pytest.fail(f"came back: {reason}")


class Threads(ThreadPoolExecutor):
    """Executor that is out of threads at first."""

    refused = 0

    def submit(self, *arguments: Any, **more: Any) -> Any:
        """Raise as Thread.start does, once."""
        if not self.refused:
            self.refused += 1
            raise RuntimeError("can't start new thread")
        return super().submit(*arguments, **more)


@pytest.fixture
def agent(broker: Broker, watcher: Watcher, logind: LogindStub, start_agent: StartAgent) -> RunningAgent:
    """Start an agent that is online and holds a lock."""
    agent = start_agent(broker.url, commands={"suspend": True, "custom": {"hello": {"argv": ["echo", "hello"]}}})
    logind.wait_locked()
    watcher.wait("status")
    return agent


def test_a_machine_that_sleeps_by_itself_is_suspended_before_it_sleeps(
    agent: RunningAgent, broker: Broker, watcher: Watcher, logind: LogindStub
) -> None:
    # The machine sleeps when the last lock is gone: the agent cannot do anything after it.
    logind.on_unlock = lambda: os.kill(agent.process.pid, signal.SIGSTOP)
    logind.emit("PrepareForSleep", True)
    logind.wait_unlocked()
    assert retained(broker) == ("suspended", "offline")
    logind.on_unlock = lambda: None
    os.kill(agent.process.pid, signal.SIGCONT)
    logind.emit("PrepareForSleep", False)
    watcher.wait("availability", lambda m: m.payload == b"online", count=2)
    logind.wait_locked()
    assert retained(broker) == ("on", "online")
    assert agent.process.poll() is None
    assert [m.payload for m in watcher.of("availability")] == [b"online", b"offline", b"online"]


def test_each_sleep_is_announced(agent: RunningAgent, watcher: Watcher, logind: LogindStub) -> None:
    for number in (1, 2, 3):
        logind.emit("PrepareForSleep", True)
        watcher.wait("announce", lambda m: m.json()["power"] == "suspended", count=number)
        logind.wait_unlocked()
        logind.emit("PrepareForSleep", False)
        watcher.wait("availability", lambda m: m.payload == b"online", count=number + 1)
        logind.wait_locked()
    assert len(logind.locks) == 4
    assert agent.process.poll() is None


def test_a_broker_that_does_not_answer_delays_the_sleep_no_longer_than_allowed(
    broker: Broker, watcher: Watcher, bus: PrivateBus, start_agent: StartAgent
) -> None:
    logind = LogindStub(delay_s=1.5)
    start_agent(broker.url)
    logind.wait_locked()
    watcher.wait("status")
    assert broker.process is not None
    with frozen(broker.process.pid):
        logind.emit("PrepareForSleep", True)
        assert 1.2 <= logind.wait_unlocked() < 9  # a receipt may take ten
    # The messages were sent, and the broker reads them later.
    watcher.wait("announce", lambda m: m.json()["power"] == "suspended")
    logind.emit("PrepareForSleep", False)
    watcher.wait("announce", lambda m: m.json()["power"] == "on", count=2)
    logind.close()


def test_without_a_broker_the_sleep_is_not_delayed(
    agent: RunningAgent, broker: Broker, watcher: Watcher, logind: LogindStub
) -> None:
    broker.kill()
    wait_until(lambda: "Trying again" in agent.log, "the agent to notice")
    logind.emit("PrepareForSleep", True)
    assert logind.wait_unlocked() < FULL_DELAY_S
    # The broker comes back while the machine is about to sleep: nobody may say that it is online.
    broker.start()
    late = Watcher(broker.port)
    logind.emit("PrepareForSleep", False)
    assert late.wait("announce").json()["power"] == "on"
    late.close()


def test_a_machine_that_does_not_sleep_is_online_again(
    broker: Broker, watcher: Watcher, logind: LogindStub, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url, fake={"still_here_s": 1.0})
    logind.wait_locked()
    watcher.wait("status")
    logind.emit("PrepareForSleep", True)
    logind.wait_unlocked()
    watcher.wait("announce", lambda m: m.json()["power"] == "suspended")
    # logind announces no end, because the sleep hangs.
    watcher.wait("availability", lambda m: m.payload == b"online", count=2)
    assert "The system announced that it is suspended, and runs 1 s later." in agent.log
    # All is as before, also when nobody announces the end later on.
    logind.wait_locked()
    logind.emit("PrepareForSleep", True)
    watcher.wait("announce", lambda m: m.json()["power"] == "suspended", count=2)


@pytest.mark.parametrize("returns", [True, False])
def test_a_machine_that_does_not_go_down_is_online_again_without_logind(
    broker: Broker, watcher: Watcher, bus: PrivateBus, start_agent: StartAgent, returns: bool
) -> None:
    logind = LogindStub()
    start_agent(broker.url, fake={"still_here_s": 1.0})
    logind.wait_locked()
    watcher.wait("status")
    logind.emit("PrepareForShutdownWithMetadata", True, kind="reboot")
    watcher.wait("announce", lambda m: m.json()["power"] == "rebooting")
    logind.close()
    if returns:  # and still tries to go down
        logind = LogindStub(is_preparing=True)
    watcher.wait("availability", lambda m: m.payload == b"online", count=2)
    logind.close()
    # A new one is locked as usual.
    logind = LogindStub()
    logind.wait_locked()
    logind.close()


class Wall(Proxy):
    """Proxy that swallows everything at first: an attempt to connect takes its whole time."""

    is_open = False

    def passes(self, data: bytes, *, is_answer: bool) -> bool:  # noqa: ARG002 - the signature of Proxy
        """Return whether it is open."""
        return self.is_open

    def end_connections(self) -> None:
        """Close the connections so far."""
        for connection in self._sockets:
            self._close(connection)


def test_an_attempt_to_connect_delays_the_sleep_by_a_second_and_does_not_end_it(
    broker: Broker, watcher: Watcher, logind: LogindStub, start_agent: StartAgent
) -> None:
    with Wall(broker.port) as wall:
        agent = start_agent(f"mqtt://127.0.0.1:{wall.port}")
        wait_until(lambda: wall._sockets, "an attempt to connect")
        logind.wait_locked()
        logind.emit("PrepareForSleep", True)
        assert logind.wait_unlocked() < FULL_DELAY_S
        logind.emit("PrepareForSleep", False)
        logind.wait_locked()
        logind.emit("PrepareForSleep", True)
        assert logind.wait_unlocked() < FULL_DELAY_S
        wall.is_open = True
        wall.end_connections()
        wait_until(lambda: "Trying again" in agent.log, "the end of the attempt")
        woke = time.monotonic()
        logind.emit("PrepareForSleep", False)
        assert watcher.wait("announce").at > woke
        agent.stop()


def test_a_command_and_its_sleep_are_announced_once(agent: RunningAgent, watcher: Watcher, logind: LogindStub) -> None:
    watcher.publish(agent.command_topic, {"command": "suspend", "id": "s1"})
    wait_until(lambda: agent.executed == ["suspend"], "the execution")
    logind.emit("PrepareForSleep", True)
    assert logind.wait_unlocked() < FULL_DELAY_S
    with frozen(agent.process.pid):
        logind.emit("PrepareForSleep", False)
    watcher.wait("availability", lambda m: m.payload == b"online", count=2)
    logind.wait_locked()
    # The command ended with the sleep: another one is accepted, and nothing failed.
    watcher.publish(agent.command_topic, {"command": "suspend", "id": "s2"})
    watcher.response("s2", "accepted")
    watcher.wait("availability", lambda m: m.payload == b"offline", count=2)
    assert [m.json()["power"] for m in watcher.of("announce")] == ["on", "suspended", "on", "suspended"]
    assert [r["status"] for r in watcher.responses("s1")] == ["accepted"]


def test_a_command_that_ends_does_not_undo_the_announcement_of_logind(
    broker: Broker, watcher: Watcher, logind: LogindStub, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url, commands={"suspend": True}, fake={"command_s": 1.0})
    logind.wait_locked()
    watcher.wait("status")
    watcher.publish(agent.command_topic, {"command": "suspend", "id": "s1"})
    wait_until(lambda: agent.executed == ["suspend"], "the execution")
    # The lid is closed at the same moment.
    logind.emit("PrepareForSleep", True)
    logind.wait_unlocked()
    wait_until(lambda: "Command suspend failed" in agent.log, "the end of the command")
    assert retained(broker) == ("suspended", "offline")
    woke = time.monotonic()
    logind.emit("PrepareForSleep", False)
    assert watcher.wait("availability", lambda m: m.payload == b"online", count=2).at > woke
    watcher.response("s1", "failed")


@pytest.mark.parametrize(("kind", "power"), [("reboot", "rebooting"), ("poweroff", "shutting_down")])
def test_a_shutdown_of_the_system_is_announced(
    agent: RunningAgent, broker: Broker, logind: LogindStub, kind: str, power: str
) -> None:
    logind.emit("PrepareForShutdownWithMetadata", True, kind=kind)
    logind.emit("PrepareForShutdown", True)
    logind.wait_unlocked()
    assert retained(broker) == (power, "offline")
    # systemd stops the services then.
    assert agent.stop() == 0
    assert retained(broker) == (power, "offline")


@pytest.mark.parametrize(
    ("unit", "power"), [("reboot.target", "rebooting"), ("poweroff.target", "shutting_down"), ("", "off")]
)
def test_a_shutdown_of_unknown_kind_is_announced_when_systemd_stops_the_agent(
    agent: RunningAgent, broker: Broker, logind: LogindStub, unit: str, power: str
) -> None:
    # As before systemd 255.
    logind.emit("PrepareForShutdown", True)
    logind.wait_unlocked()
    assert retained(broker) == ("on", "online")
    logind.jobs = [("iotbridge-agent.service", "stop"), *([(unit, "start")] if unit else [])]
    assert agent.stop() == 0
    assert retained(broker) == (power, "offline")


def test_a_commanded_shutdown_that_does_not_happen_has_failed(
    broker: Broker, watcher: Watcher, logind: LogindStub, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url, commands={"shutdown": True})
    logind.wait_locked()
    watcher.wait("status")
    watcher.publish(agent.command_topic, {"command": "shutdown", "id": "s1"})
    wait_until(lambda: agent.executed == ["shutdown"], "the execution")
    logind.emit("PrepareForShutdown", True)
    logind.wait_unlocked()
    logind.emit("PrepareForShutdown", False)
    assert watcher.response("s1", "failed")["message"] == "The system agreed to shutdown, and then did not do it."
    assert [m.json()["power"] for m in watcher.of("announce")] == ["on", "shutting_down", "on"]


def test_a_shutdown_that_does_not_happen_is_taken_back(
    agent: RunningAgent, watcher: Watcher, logind: LogindStub
) -> None:
    logind.emit("PrepareForShutdownWithMetadata", True, kind="poweroff")
    logind.emit("PrepareForShutdown", True)
    logind.wait_unlocked()
    logind.emit("PrepareForShutdownWithMetadata", False, kind="poweroff")
    logind.emit("PrepareForShutdown", False)
    watcher.wait("availability", lambda m: m.payload == b"online", count=2)
    logind.wait_locked()
    watcher.publish(agent.command_topic, {"command": "hello", "id": "h"})
    assert watcher.response("h", "done")["data"]["output"] == "hello\n"


@pytest.mark.parametrize("ends", ["logind", "bus"])
def test_a_restart_of_logind_or_of_the_bus_costs_one_lock(
    broker: Broker, watcher: Watcher, bus: PrivateBus, start_agent: StartAgent, ends: str
) -> None:
    logind = LogindStub()
    agent = start_agent(broker.url)
    logind.wait_locked()
    watcher.wait("status")
    if ends == "bus":
        bus.stop()
    logind.close()
    if ends == "bus":
        bus.start()
    again = LogindStub()
    again.wait_locked()
    again.emit("PrepareForSleep", True)
    watcher.wait("announce", lambda m: m.json()["power"] == "suspended")
    again.wait_unlocked()
    # Nobody announces the end of this sleep: logind is gone, or a new one knows nothing of it.
    again.close()
    third = LogindStub() if ends == "logind" else None
    watcher.wait("availability", lambda m: m.payload == b"online", count=2)
    assert agent.process.poll() is None
    if third:
        third.wait_locked()
        third.close()


def test_a_machine_without_logind_is_silent(
    broker: Broker, watcher: Watcher, bus: PrivateBus, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url)
    watcher.wait("status")
    started = time.monotonic()
    # logind comes later.
    logind = LogindStub()
    logind.wait_locked()
    assert time.monotonic() - started < 10
    assert "logind" not in agent.log
    logind.close()


def test_without_the_lock_it_is_tried_all_the_same(
    broker: Broker, watcher: Watcher, bus: PrivateBus, start_agent: StartAgent
) -> None:
    logind = LogindStub(refuses=True)
    agent = start_agent(broker.url)
    watcher.wait("status")
    wait_until(lambda: "logind does not wait for the agent's last message" in agent.log, "the warning")
    logind.emit("PrepareForSleep", True)
    watcher.wait("announce", lambda m: m.json()["power"] == "suspended")
    logind.close()


async def test_an_error_of_another_kind_is_logged_and_does_not_end_the_watch(
    logind: LogindStub, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.get_running_loop().set_default_executor(Threads())
    async with asyncio.TaskGroup() as group:
        following = group.create_task(PowerWatch(Absent()).run())
        await asyncio.get_running_loop().run_in_executor(ThreadPoolExecutor(1), logind.wait_locked)
        following.cancel()
    assert "can't start new thread" in caplog.text
