"""Doing a sequence of operations in world and model alike, and comparing both after each."""

import asyncio
from collections.abc import Iterable
from typing import Any

from lab.waiting import LabError

from .model import Model, differences
from .world import World

type Operation = dict[str, Any]
"""``do`` is the name of the operation, the rest are its arguments; all of it is JSON."""

VALUE_S = 5.0
RESTART_S = 60.0
BOUNDS_S = {"restart": RESTART_S, "restart_broker": RESTART_S, "reload_mqtt": RESTART_S, "learn": 15.0}
EVERY_S = 0.1


class Differs(AssertionError):
    """The world is not as the model says, and its time is over."""

    def __init__(self, done: list[Operation], lines: list[str], seconds: float) -> None:
        self.done = done
        self.lines = lines
        told = "\n".join(f"  {line}" for line in lines)
        super().__init__(f"{seconds:g} s after operation {len(done)}, {done[-1]}:\n{told}")


async def run(world: World, operations: Iterable[Operation]) -> int:
    """Do the operations; return how many. Differs when the world is not as it has to be."""
    model, done = Model(), list[Operation]()
    for operation in operations:
        done.append(operation)
        name, arguments = operation["do"], {key: value for key, value in operation.items() if key != "do"}
        await getattr(world, f"do_{name}")(**arguments)
        getattr(model, f"do_{name}")(**arguments)
        await _compare(world, model, done)
    return len(done)


async def _compare(world: World, model: Model, done: list[Operation]) -> None:
    bound_s = BOUNDS_S.get(done[-1]["do"], VALUE_S)
    deadline = asyncio.get_running_loop().time() + bound_s
    while True:
        try:
            lines = differences(model.expected(), await world.actual())
        except LabError as error:
            lines = [str(error)]
        if not lines:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise Differs(done, lines, bound_s)
        await asyncio.sleep(EVERY_S)
