"""Program behind scripts/demo: a real set-up on this machine that cannot harm it.

A real Home Assistant, a real broker and a real agent of this machine, which answers power commands without
carrying them out; replayed messages of things, of which all but one are learned already; and three alarms to trip.
Everything listens on 127.0.0.1 only.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
import fcntl
from pathlib import Path
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import NoReturn

from .client import Json
from .dashboard import add_dashboard
from .demo_alarms import advice, start_alarms, trip
from .home_assistant import PASSWORD, USER
from .lab import Lab
from .processes import ROOT, free_port, is_free
from .report import Shown, host_entities, table, thing_entities
from .things import LEARNED, THINGS, UNLEARNED, learn
from .voice import open_voice, understood
from .waiting import LabError, until
from .wizard import Wizard

FOLDER = ROOT / ".demo"
HOST_AREA = "Server room"
CHECKED_COMMANDS = {"ping": "done", "reboot": "accepted"}


def main() -> int:
    """Run the demo; return 0 if everything works."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="start, prove that everything works, stop")
    parser.add_argument("--keep", action="store_true", help="go on with the Home Assistant of the last demo")
    parser.add_argument("--port", type=int, help="of Home Assistant; 8123 if that is free, else any")
    options = parser.parse_args()
    try:
        with _check_folder() if options.check else _demo_folder(keep=options.keep) as folder:
            return asyncio.run(_run(folder, options.port, check=options.check))
    except LabError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


async def _run(folder: Path, port: int | None, *, check: bool) -> int:
    """Start everything, then check it or wait for Ctrl-C."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # inside asyncio.run there is one
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        async with Lab(folder, port=port or (8123 if is_free(8123) else free_port()), name="IoT Bridge demo") as lab:
            entities = await start(lab)
            things = await start_things(lab)
            with _step("alarms"):
                await start_alarms(lab, power_state(entities))
            with _step("dashboard"):
                await add_dashboard(lab.client)
            with _step("voice: sentences for Assist, and this machine open for power commands"):
                host = await start_voice(lab, entities)
            if check:
                return await _check(lab, entities, things)
            _welcome(lab, await device_page(lab, entities), host)
            await _watch(lab)
    except asyncio.CancelledError:
        print("\nStopped. Nothing of the demo runs any more.")
        return 130 if check else 0


async def _watch(lab: Lab) -> NoReturn:
    """Report each agent that ends; raise LabError when the broker or Home Assistant ends."""
    while True:
        program = await lab.next_to_end()
        if program in (lab.broker.program, lab.home_assistant.program):
            raise LabError(program.obituary())
        print(f"\n{program.obituary()}\nHome Assistant shows how. Ctrl-C stops the rest.", flush=True)


async def start(lab: Lab) -> list[Shown]:
    """Start and set up everything, printing a line per step; return the host's entities."""
    node_id = _node_id()
    agent = lab.add_agent(node_id, settings={"agent": {"interval_s": 10}})
    with _step("broker"):
        await lab.broker.start()
    with _step(f"agent of this machine ({node_id}), dry run"):
        await agent.start()
        uid = await lab.uid(node_id)
    with _step("Home Assistant (the very first start takes half a minute)"):
        await lab.home_assistant.start()
    with _step("MQTT set up in Home Assistant"):
        await lab.set_up_mqtt()
    with _step("IoT Bridge offered by itself, and accepted"):
        await lab.accept_iotbridge()
    with _step("all entities of this machine with values"):
        return await _complete(lambda: host_entities(lab, uid))


async def start_things(lab: Lab) -> list[Shown]:
    """Replay the things, and learn all but one like a person would; return the entities of the learned ones."""
    lab.start_replay(*THINGS)
    areas = await lab.make_areas(dict.fromkeys([HOST_AREA, *(thing.area for thing in THINGS)]))
    known = {row["title"] for row in await (await Wizard.of(lab.client)).subentries()}
    for thing in LEARNED:
        with _step(f"{thing.title} learned from {thing.topic}"):
            if thing.title not in known:
                await learn(await Wizard.of(lab.client), thing, areas[thing.area])
    names = [name for thing in LEARNED for name in thing.devices]
    with _step(f"all entities of {len(names)} learned devices with values"):
        shown = await _complete(lambda: learned_entities(lab, names))
    await lab.furnish(areas[HOST_AREA])
    return shown


async def start_voice(lab: Lab, entities: list[Shown]) -> str:
    """Open IoT Bridge for voice, and wait until Assist knows this machine; return the name of its device."""
    row = await lab.client.find_entity(entities[0].unique_id)
    device_id = row["device_id"] if row else ""
    await open_voice(lab.client, device_id)
    name = next(
        device["name_by_user"] or device["name"] for device in await lab.client.devices() if device["id"] == device_id
    )
    await understood(lab.client, f"how is {name}", f"{name} is on")
    return str(name)


async def learned_entities(lab: Lab, names: Iterable[str]) -> list[Shown]:
    """Return the entities of learned devices by their names; a missing device has a problem."""
    shown = []
    for name in names:
        missing = Shown("", name, None, "", "no such device in Home Assistant")
        shown += await thing_entities(lab, name) or [missing]
    return shown


async def _complete(look: Callable[[], Awaitable[list[Shown]]], *, timeout_s: float = 45) -> list[Shown]:
    """Wait until no entity has a problem; LabError lists those that still have one."""
    shown: list[Shown] = []

    async def complete() -> bool:
        nonlocal shown
        shown = await look()
        return not any(entity.problem for entity in shown)

    try:
        await until(complete, timeout_s=timeout_s, what="values of all entities", every_s=0.3)
    except LabError as error:
        missing = "\n".join(
            f"  {entity.name} ({entity.unique_id}) {entity.problem}" for entity in shown if entity.problem
        )
        raise LabError(f"{error}. Missing:\n{missing}") from None
    return shown


async def _check(lab: Lab, entities: list[Shown], things: list[Shown]) -> int:
    """Send commands through Home Assistant's API and print everything; 1 for an unexpected response."""
    for shown in (entities, things):
        print("\n" + table(["entity", "name", "value"], [[str(e.entity_id), e.name, e.value] for e in shown]))
    target = power_state(entities)
    rows, wrong = [], []
    for command, expected in CHECKED_COMMANDS.items():
        data = {"entity_id": target, "command": command}
        answer = await lab.client.call("iotbridge.send_command", data, response=True)
        for result in answer["results"]:
            rows.append([command, result["host"], result["status"], f"{result['latency_ms']} ms", result["message"]])
            if result["status"] != expected:
                wrong.append(f"{command} was {result['status']} instead of {expected}: {result['message']}")
        if not answer["results"]:
            wrong.append(f"{command}: no host answered")
    rows.append(await _press_reboot(lab, entities))
    print("\n" + table(["command", "host", "answer", "after", "message"], rows))
    tripped = await trip(lab)
    print("\n" + table(["attic", "alarm", "notification", "message"], tripped))
    well = (
        f"All well: {len(entities)} entities of this machine and {len(things)} of learned things with values, "
        f"{len(rows)} commands answered, an alarm raised and over."
    )
    print("\n" + ("\n".join(wrong) or well))
    return 1 if wrong else 0


async def _press_reboot(lab: Lab, entities: list[Shown]) -> list[str]:
    """Press the button like a person, and return the response shown by Home Assistant."""
    ids = {entity.unique_id.rpartition("_")[2]: entity for entity in entities if entity.entity_id}
    button, event = ids["reboot"], next(e for e in entities if str(e.entity_id).startswith("event."))
    await lab.client.watch_states()
    await lab.client.call("button.press", {"entity_id": button.entity_id})

    def answered() -> Json | None:
        return next((s["attributes"] for s in lab.client.history if s["entity_id"] == event.entity_id), None)

    answer = await lab.client.wait_until(answered, timeout_s=10, what=f"an answer to a press of {button.entity_id}")
    if answer["event_type"] != "accepted":
        raise LabError(f"the press of {button.entity_id} was {answer['event_type']}: {answer.get('message')}")
    latency = f"{answer['latency_ms']} ms"
    return ["button Reboot", _node_id(), answer["event_type"], latency, answer["message"]]


def power_state(entities: Iterable[Shown]) -> str:
    """Return the entity that shows whether the host is on."""
    return next(str(entity.entity_id) for entity in entities if entity.unique_id.endswith("_power_state"))


async def device_page(lab: Lab, entities: list[Shown]) -> str:
    """Return the address of the host's page in Home Assistant."""
    row = await lab.client.find_entity(entities[0].unique_id)
    return f"{lab.home_assistant.url}/config/devices/device/{row['device_id'] if row else ''}"


def _welcome(lab: Lab, address: str, host: str) -> None:
    print(
        f"""
Everything is there.

    {lab.home_assistant.url}      user {USER}, password {PASSWORD}

It opens on the dashboard of IoT Bridge. What to try:
  - This machine's health, live: {address}
  - Press Reboot there, then look at Command and at the device's activity: the press is answered.
    Dry run: the agent answers power commands and carries none of them out.
  - Developer tools > Actions > "IoT Bridge: Send command", with this machine as target: the answer comes back.
  - kill {lab.agents[0].program.pid} stops the agent as its service manager would: the power state is "off".
    With kill -9 it vanishes as in a power cut: "lost".

Assist, the speech bubble at the top of a dashboard, by typing:
  - how is {host} · which hosts are down · are there any alarms · acknowledge the alarms
  - reboot {host}, then yes. In Italian: come sta {host} · riavvia {host} · sì.

Things to try:
  - What was learned, live: {lab.home_assistant.url}/config/areas/area/garden
  - {UNLEARNED.title}, which nobody has learned yet: Settings > Devices & services > IoT Bridge > Add a device,
    topic {UNLEARNED.topic} (or let it listen and choose from what talks).

{advice(lab.agents[0].program.pid)}

Files and logs: {lab.folder}
Ctrl-C stops everything.""",
        flush=True,
    )


@contextmanager
def _step(what: str) -> Iterator[None]:
    began = time.monotonic()
    print(f"  {what} … ", end="", flush=True)
    yield
    print(f"{time.monotonic() - began:.1f} s", flush=True)


@contextmanager
def _demo_folder(*, keep: bool) -> Iterator[Path]:
    """Reserve the demo's folder for one demo at a time, emptied unless it is to be kept."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"Another demo is running in {FOLDER}.") from None
        if not keep:
            shutil.rmtree(FOLDER / "lab", ignore_errors=True)
        yield FOLDER / "lab"


@contextmanager
def _check_folder() -> Iterator[Path]:
    """Create a folder for a check, which is kept after a failure."""
    folder = Path(tempfile.mkdtemp(prefix="iotbridge-check-"))
    try:
        yield folder
    except BaseException:
        print(f"Logs: {folder}", file=sys.stderr)
        raise
    shutil.rmtree(folder)


def _node_id() -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", socket.gethostname().split(".")[0])[:64] or "host"


if __name__ == "__main__":
    sys.exit(main())
