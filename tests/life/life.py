"""Life of a household: from a seed or from a sequence, until it ends or differs from the model."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
import time
from typing import Self

from lab.waiting import LabError

from .choosing import Chooser, household
from .model import Model
from .operations import Operation
from .runner import DiffersError, run
from .sequence import Sequence
from .world import World

type Log = Callable[[str], None] | None

HOUSEHOLD_OPERATIONS = 300
"""Operations after which a new household starts, to find faults at the start, and to keep its logs readable."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Result of a life: its duration, the operations done, and the error if it failed."""

    name: str
    folder: Path
    seconds: float
    done: list[Operation]
    error: str | None

    def __str__(self) -> str:
        """Return a sentence about it."""
        words = f"{self.name}: {len(self.done)} operations in {self.seconds:.0f} s"
        return words if self.error is None else f"{words}\n{self.error}\nIts logs are in {self.folder}"


def keep(outcome: Outcome) -> Path:
    """Write the operations of a life beside its folder, to be replayed; return the file."""
    path = outcome.folder.with_name(f"{outcome.name}.json")
    Sequence(f"{outcome.name}: {outcome.error}".splitlines()[0], outcome.done).write(path)
    return path


class Life:
    """Household with its operations, to be lived once."""

    def __init__(self, name: str, seed: int, operations: Callable[[Model], Iterable[Operation]], log: Log) -> None:
        """``operations`` receives the model and yields operations; ``log`` is called with each of them."""
        self.name = name
        self._seed = seed
        self._operations = operations
        self._log = log
        self._began = time.monotonic()
        self._done: list[Operation] = []

    @classmethod
    def of_seed(cls, seed: int, *, deadline: float, log: Log = None, without: Collection[str] = ()) -> Self:
        """Return a life of random operations that ends at a time of :func:`time.monotonic`.

        ``without`` are names of excluded operations.
        """

        def operations(model: Model) -> Iterator[Operation]:
            for number, operation in enumerate(chain(household(), Chooser(seed, model, without))):
                if number >= HOUSEHOLD_OPERATIONS or time.monotonic() > deadline:
                    return
                yield operation

        return cls(f"seed-{seed}", seed, operations, log)

    @classmethod
    def of_sequence(cls, name: str, sequence: Sequence, *, log: Log = None) -> Self:
        """Return a life of the operations of a sequence."""
        return cls(name, 0, lambda _: sequence.operations, log)

    async def live(self, folder: Path) -> Outcome:
        """Run it in a household of its own, in a folder."""
        async with World(folder, seed=self._seed) as world:
            return await self.live_in(world)

    async def live_in(self, world: World) -> Outcome:
        """Run it in an empty household."""
        self._began = time.monotonic()
        error, model = None, Model()
        try:
            await run(world, self._noted(self._operations(model)), model)
        except (DiffersError, LabError) as problem:
            error = str(problem)
        seconds = time.monotonic() - self._began
        return Outcome(name=self.name, folder=world.lab.folder, seconds=seconds, done=self._done, error=error)

    def _noted(self, operations: Iterable[Operation]) -> Iterator[Operation]:
        for operation in operations:
            self._done.append(operation)
            if self._log:
                self._log(f"{time.monotonic() - self._began:6.1f} s  {operation}")
            yield operation
