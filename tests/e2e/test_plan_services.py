"""Plan that wakes a machine, whose real agent then starts containers in order, on an engine of the test."""

import asyncio
from collections.abc import AsyncGenerator
import json
from pathlib import Path

from lab.alarms import remove, subentries
from lab.client import Json
from lab.lab import Lab
from lab.waiting import until
import pytest

from .machines import machines_in
from .test_power_plans import HOST_FORM

NAMES = ("broker", "hub")


class Engine:
    """Container engine that knows two containers, which stop with their machine; it starts nothing."""

    def __init__(self) -> None:
        self.running: set[str] = set(NAMES)
        self.started: list[str] = []
        self.broken: set[str] = set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the request of one connection."""
        method, path, _ = (await reader.readuntil(b"\r\n\r\n")).decode().split(maxsplit=2)
        name = path.split("/")[2]
        if method == "POST":
            self.started.append(name)
            self.running |= {name} - self.broken
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        else:
            body = json.dumps({"State": {"Running": name in self.running}}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncGenerator[Engine]:
    """Return an engine that listens in the folder of the test."""
    engine = Engine()
    server = await asyncio.start_unix_server(engine.answer, tmp_path / "engine.sock")
    yield engine
    server.close()


async def test_services_start_in_their_order_when_the_machine_is_on(lab: Lab, engine: Engine, tmp_path: Path) -> None:
    client = lab.client
    settings = {
        "commands": {"suspend": True, "start_services": True},
        "collectors.docker": {"socket": str(tmp_path / "engine.sock")},
        "start_order": [{"name": name.title(), "container": name, "timeout_s": 5} for name in NAMES],
    }
    async with machines_in(lab) as machines:
        await machines.add("services", settings=settings)
        host = machines.hosts["services"]
        device = await host.device_id()
        button = f"{await host.uid()}_command_start_services"
        await until(lambda: client.find_entity(button), timeout_s=60, what="the button of the command")
        form = HOST_FORM | {"command": "suspend", "start_services": True, "proofs": {}}
        answers: list[Json] = [
            {"name": "Services", "hosts": [device], "order": "one_by_one"},
            {},
            {"next_step_id": "steps"},
            {"step": device},
            form,
            {"next_step_id": "save"},
        ]
        (entry,) = await client.entries("iotbridge")
        await client.subentry_flow(entry["entry_id"], "plan", *answers)
        plans = (await client.command("iotbridge/power_plans/list"))["plans"]
        plan = next(row["entity_id"] for row in plans if row["name"] == "Services")

        for broken, outcome in ((set[str](), "completed"), ({"hub"}, "failed")):
            engine.broken = broken
            run = {"plan": plan, "wait": True}
            await client.call("iotbridge.run_plan", run | {"direction": "off"}, response=True)
            engine.running, engine.started = set(), []
            answer = await client.call("iotbridge.run_plan", run | {"direction": "on"}, response=True)
            report = answer["report"]
            assert report["outcome"] == outcome
            assert engine.started == ["broker", "hub"]
            kinds = [event["kind"] for event in report["events"] if event["kind"].endswith("_sent")]
            assert kinds == ["start_sent", "services_sent"]
        assert report["steps"][0]["message"] == "Hub was not ready within 5 s."
        assert set(host.executed) == {"suspend"}
        (added,) = [row for row in await subentries(client) if row["title"] == "Services"]
        await remove(client, added["subentry_id"])
