"""Execution of a sequence of operations in world and model alike, with a comparison after each."""

import asyncio
from collections.abc import Iterable

from lab.waiting import LabError

from .differences import differences
from .model import Model
from .operations import Operation
from .world import World

VALUE_S = 5.0
RESTART_S = 60.0
BOUNDS_S = {
    "restart": RESTART_S,
    "restart_broker": RESTART_S,
    "reload": RESTART_S,
    "reload_mqtt": RESTART_S,
    "wait_reload": RESTART_S,
    "enable": 30 + RESTART_S,  # Home Assistant reloads the integration half a minute later
    "start_agent": RESTART_S,
    "mend_alarm_file": RESTART_S,
    "disabled": RESTART_S,
    "wipe_host": RESTART_S,
    "delete_host": RESTART_S,
    "wait_over": 30.0,
    "learn": 15.0,
}
EVERY_S = 0.1
# Half a minute after a start, template alarms are evaluated again: until then their entities may be missing.
SETTLED_S = 45.0
STARTS = {"restart", "reload"}
OF_ALARMS = ("alarms: ", "notified: ")


class DiffersError(AssertionError):
    """Difference between world and model after the time limit."""

    def __init__(self, done: list[Operation], lines: list[str], seconds: float) -> None:
        self.done = done
        self.lines = lines
        listed = "\n".join(f"  {line}" for line in lines)
        super().__init__(f"{seconds:g} s after operation {len(done)}, {done[-1]}:\n{listed}")


async def run(world: World, operations: Iterable[Operation], model: Model | None = None) -> int:
    """Execute the operations; return their number. DiffersError for a difference."""
    model = model or Model()
    done: list[Operation] = []
    settled_at = 0.0
    for operation in operations:
        done.append(operation)
        await world.do(operation)
        model.do(operation)
        if operation["do"] in STARTS:
            settled_at = asyncio.get_running_loop().time() + SETTLED_S
        await _compare(world, model, done, settled_at)
    return len(done)


async def empty(world: World) -> None:
    """Empty the household for another sequence; raise LabError if any of it remains."""
    await world.empty()
    model, clock = Model(), asyncio.get_running_loop().time
    deadline = clock() + RESTART_S
    while lines := await _differences(world, model):
        if clock() > deadline:
            raise LabError(f"the household is not empty: {'; '.join(lines)}")
        await asyncio.sleep(EVERY_S)


async def _compare(world: World, model: Model, done: list[Operation], settled_at: float) -> None:
    """Wait until everything is as expected, alarms by ``settled_at``; with ``stays``, check that it stays so."""
    clock, last = asyncio.get_running_loop().time, done[-1]
    bound_s = BOUNDS_S.get(last["do"], VALUE_S)
    stays = last["do"] == "stays"
    began = clock()
    while lines := await _differences(world, model):
        late = lines if clock() > settled_at else [line for line in lines if not line.startswith(OF_ALARMS)]
        if late and clock() > began + bound_s:
            raise DiffersError(done, late, clock() - began)
        await asyncio.sleep(EVERY_S)
    began = clock()
    while stays and clock() < began + last["seconds"]:
        if lines := await _differences(world, model):
            raise DiffersError(done, lines, clock() - began)
        await asyncio.sleep(EVERY_S)


async def _differences(world: World, model: Model) -> list[str]:
    expected = model.expected()
    try:
        return differences(expected, await world.actual(expected))
    except LabError as error:
        return [str(error)]
