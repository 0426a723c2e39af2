"""Sequences that once failed, one for each fault found; they must keep passing."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

from lab.waiting import LabError
import pytest

from .life import Life
from .runner import empty
from .sequence import Sequence
from .world import World

LASTING = {"disable", "put_clock_forward", "restore"}
"""Operations after which a household cannot be reused: they show half a minute later, or with the next one."""
SEQUENCES = sorted(Path(__file__).with_name("sequences").glob("*.json"))


class Street:
    """Series of households: each is reused while it can be emptied."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is for all of them."""
        self._folder = folder
        self._number = 0
        self._world: World | None = None
        self._stack = AsyncExitStack()

    async def household(self) -> World:
        """Return an empty household."""
        try:
            if self._world is not None:
                await empty(self._world)
        except LabError:
            await self.end()
        if self._world is None:
            self._number += 1
            self._world = await self._stack.enter_async_context(World(self._folder / str(self._number)))
        return self._world

    async def end(self) -> None:
        """Stop the household."""
        await self._stack.aclose()
        self._world = None


@pytest.fixture(scope="module")
async def street(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Street]:
    """Return an empty street."""
    street = Street(tmp_path_factory.mktemp("street"))
    yield street
    await street.end()


@pytest.mark.parametrize("path", SEQUENCES, ids=lambda path: path.stem)
async def test_sequence_that_once_failed(path: Path, street: Street) -> None:
    sequence = Sequence.read(path)
    outcome = await Life.of_sequence(path.stem, sequence, log=print).live_in(await street.household())
    if outcome.error is not None or sequence.has(LASTING):
        await street.end()
    assert outcome.error is None, outcome
