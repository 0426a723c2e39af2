"""Two minutes of a household's life, the same each time."""

from pathlib import Path
import time

from .life import Life, keep

SEED = 8
MINUTES = 2


async def test_two_minutes_of_a_households_life(tmp_path: Path) -> None:
    life = Life.of_seed(SEED, deadline=time.monotonic() + MINUTES * 60, log=print)
    outcome = await life.live(tmp_path / "life")
    assert outcome.error is None, f"{outcome}\nTo see it again: scripts/soak --replay {keep(outcome)}"
