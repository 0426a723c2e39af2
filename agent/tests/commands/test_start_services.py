"""Starting of services in their order, at a systemd and an engine that start nothing."""

import asyncio
from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

from order import ACTIVATING, ACTIVE, FAILED, INACTIVE, Lab, container
import pytest

from iotbridge_agent.commands import start_services as module
from iotbridge_agent.commands.base import CommandError, Permission
from iotbridge_agent.commands.dispatcher import Dispatcher
from iotbridge_agent.commands.start_services import start_services
from iotbridge_agent.config import Config
from iotbridge_agent.protocol.messages import Power, Response
from iotbridge_agent.start_order import StartOrder
from iotbridge_agent.state import load_state

DENIED = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    lab = Lab(tmp_path)
    lab.listen()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={lab.path}")
    monkeypatch.setattr(module, "POLL_S", 0.01)
    yield lab
    lab.close()


async def start(lab: Lab) -> list[tuple[str, str]]:
    data = await start_services(StartOrder.of(lab.config()))
    assert all(row["duration_s"] >= 0 for row in data["chain"])
    return [(row["name"], row["state"]) for row in data["chain"]]


async def fail(lab: Lab) -> tuple[CommandError, list[tuple[str, str]]]:
    with pytest.raises(CommandError) as error:
        await start_services(StartOrder.of(lab.config()))
    assert error.value.data
    return error.value, [(row["name"], row["state"]) for row in error.value.data["chain"]]


async def test_what_runs_is_left_alone(lab: Lab) -> None:
    assert await start(lab) == [("Broker", "running"), ("Hub", "running"), ("sites", "running")]
    assert (lab.bus.started, lab.engine.started) == ([], [])


async def test_what_stands_still_is_started_in_order(lab: Lab) -> None:
    lab.bus.units = {"mosquitto.service": INACTIVE, "sites.service": FAILED}
    lab.bus.after_start = {"mosquitto.service": ACTIVE, "sites.service": ACTIVE}
    lab.engine.answers["/containers/hub/json"] = container(running=False)
    lab.engine.after_start = {"hub": container(health="healthy")}

    assert await start(lab) == [("Broker", "running"), ("Hub", "running"), ("sites", "running")]
    assert (lab.bus.started, lab.engine.started) == (["mosquitto.service", "sites.service"], ["hub"])


async def test_nothing_is_started_before_the_proof_of_what_it_needs(lab: Lab) -> None:
    lab.engine.answers["/containers/hub/json"] = container(running=False)
    lab.engine.after_start = {"hub": container(health="starting")}
    lab.bus.units["sites.service"] = INACTIVE

    error, chain = await fail(lab)
    assert (error.reason, str(error)) == ("timeout", "Hub was not ready within 1 s.")
    assert chain == [("Broker", "running"), ("Hub", "starting"), ("sites", "waiting")]
    assert lab.bus.started == []


async def test_a_service_that_fails_ends_the_chain_at_once(lab: Lab) -> None:
    lab.bus.units["mosquitto.service"] = INACTIVE
    lab.bus.after_start = {"mosquitto.service": FAILED}

    error, chain = await fail(lab)
    assert (error.reason, str(error)) == ("error", "Broker failed to start.")
    assert chain == [("Broker", "failed"), ("Hub", "waiting"), ("sites", "waiting")]


async def test_a_service_that_does_not_exist(lab: Lab) -> None:
    lab.engine.answers = {}
    error, _ = await fail(lab)
    assert (error.reason, str(error)) == ("not_found", "Hub: there is no container hub.")


async def test_without_the_right_to_start_it_waits_and_then_names_the_remedy(lab: Lab) -> None:
    lab.bus.refusal = DENIED
    lab.bus.units["mosquitto.service"] = INACTIVE
    error, _ = await fail(lab)
    assert error.reason == "not_permitted"
    assert "service install" in str(error)


async def test_without_the_right_to_start_it_goes_on_when_the_system_does_it(lab: Lab) -> None:
    lab.bus.refusal = DENIED
    lab.bus.units["mosquitto.service"] = INACTIVE
    starting = asyncio.create_task(start(lab))
    assert await asyncio.to_thread(lab.bus.was_asked_to_start.wait, 10)
    lab.bus.units["mosquitto.service"] = ACTIVE
    assert (await starting)[0] == ("Broker", "running")


async def start_impatiently(lab: Lab) -> list[tuple[str, str]]:
    order = StartOrder.of(lab.config())
    data = await start_services(order._replace(engine=order.engine._replace(timeout_s=0.1)))
    return [(row["name"], row["state"]) for row in data["chain"]]


async def test_an_engine_that_is_slow_to_start_is_waited_for(lab: Lab) -> None:
    lab.engine.answers["/containers/hub/json"] = container(running=False)
    lab.engine.after_start = {"hub": container(health="healthy")}
    lab.engine.unanswered = ["/containers/hub/json", "/containers/hub/start"]
    assert (await start_impatiently(lab))[1] == ("Hub", "running")
    assert lab.engine.started == ["hub"]


async def test_an_engine_that_never_tells_is_the_reason_at_the_deadline(lab: Lab) -> None:
    lab.engine.unanswered = ["/containers/hub/json"] * 100
    with pytest.raises(CommandError, match=r"Hub: .*TimeoutError") as error:
        await start_impatiently(lab)
    assert error.value.reason == "timeout"
    assert len(lab.engine.unanswered) < 99, "it was asked until the deadline"


async def test_a_system_that_does_not_tell_is_a_failure(lab: Lab) -> None:
    lab.engine.answers = {"/containers/hub/json": b"nonsense"}
    error, _ = await fail(lab)
    assert error.reason == "error"
    assert "Hub: " in str(error)


class Agent:
    """Agent around the dispatcher, which records the responses; there is no power command."""

    def __init__(self) -> None:
        self.responses: list[Response] = []
        self.has_responded = asyncio.Event()

    async def respond(self, response: Response, *, must_arrive: bool = False) -> None:
        """Record a response, whether it must arrive or not."""
        del must_arrive
        self.responses.append(response)
        self.has_responded.set()

    async def refresh(self) -> None:
        """Do nothing."""

    async def leave(self, power: Power, *, reason: str) -> None:
        """Fail: nobody leaves."""
        pytest.fail(f"left with {power}: {reason}")

    def come_back(self, reason: str) -> None:
        """Do nothing."""

    def permission(self, command: str) -> Permission:
        """Refuse."""
        return Permission(allowed=False, detail=command)

    def execute(self, command: str) -> None:
        """Fail: nothing is executed."""
        pytest.fail(f"executed {command}")


def dispatcher_of(config: Config, folder: Path) -> tuple[Dispatcher, Agent]:
    agent = Agent()
    return Dispatcher(config, load_state(folder), agent, agent), agent


async def give(dispatcher: Dispatcher, **fields: Any) -> None:
    await dispatcher.handle(json.dumps({"command": "start_services", "id": "s", **fields}).encode(), retained=False)


async def test_the_command_is_accepted_and_answered_with_the_chain(lab: Lab, tmp_path: Path) -> None:
    dispatcher, agent = dispatcher_of(lab.config(), tmp_path)
    await give(dispatcher)
    accepted, done = agent.responses
    assert (accepted.status, done.status) == ("accepted", "done")
    assert done.data is not None
    assert [row["state"] for row in done.data["chain"]] == ["running", "running", "running"]


async def test_the_command_is_refused_unless_enabled(lab: Lab, tmp_path: Path) -> None:
    dispatcher, agent = dispatcher_of(lab.config({}), tmp_path)
    await give(dispatcher)
    assert [response.reason for response in agent.responses] == ["not_enabled"]


async def test_a_dry_run_starts_nothing(lab: Lab, tmp_path: Path) -> None:
    lab.bus.units["sites.service"] = INACTIVE
    dispatcher, agent = dispatcher_of(lab.config(dry_run=True), tmp_path)
    await give(dispatcher)
    (done,) = agent.responses
    assert (done.status, "no service was started" in done.message) == ("done", True)
    assert done.data == {
        "chain": [
            {"name": "Broker", "state": "running"},
            {"name": "Hub", "state": "running"},
            {"name": "sites", "state": "stopped"},
        ]
    }
    assert lab.bus.started == []


async def test_the_end_of_the_agent_cuts_the_command_off(lab: Lab, tmp_path: Path) -> None:
    lab.bus.units["sites.service"] = ACTIVATING
    dispatcher, agent = dispatcher_of(lab.config(), tmp_path)
    work = asyncio.create_task(give(dispatcher))
    async with asyncio.timeout(10):
        await agent.has_responded.wait()
    await dispatcher.stop("off")
    await work
    assert (agent.responses[-1].status, agent.responses[-1].message) == (
        "failed",
        "start_services was interrupted: the agent is being stopped.",
    )
