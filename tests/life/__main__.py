"""Life of households without a time limit; see ``scripts/soak --help``."""

import argparse
import asyncio
from collections.abc import Iterable
from itertools import count
from pathlib import Path
import sys
import tempfile
import time

from .life import Life, Outcome, keep
from .sequence import Sequence
from .shrinking import shrink


def main() -> int:
    """Run until the time is up or a difference is found; return the exit status."""
    options = _arguments()
    deadline = time.monotonic() + options.minutes * 60
    failed = False
    for life in _lives(options, deadline):
        outcome = asyncio.run(life.live(options.folder / life.name))
        print(outcome, flush=True)
        failed |= outcome.error is not None
        if outcome.error is not None and not options.replay:
            _keep(outcome, options)
            break
    return int(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long to go on (10)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first household (the time)")
    parser.add_argument("--replay", type=Path, nargs="+", metavar="FILE", help="do these sequences instead")
    parser.add_argument("--shrink", type=float, default=0, metavar="MINUTES", help="make a failing sequence shorter")
    parser.add_argument("--without", nargs="+", default=(), metavar="OPERATION", help="leave these operations out")
    parser.add_argument("--quiet", action="store_true", help="do not print each operation")
    parser.add_argument("--folder", type=Path, help="where households live (a new one in the system's for these)")
    options = parser.parse_args()
    options.folder = options.folder or Path(tempfile.mkdtemp(prefix="life-"))
    return options


def _lives(options: argparse.Namespace, deadline: float) -> Iterable[Life]:
    log = None if options.quiet else _log
    if options.replay:
        for path in options.replay:
            yield Life.of_sequence(path.stem, Sequence.read(path), log=log)
        return
    for seed in count(options.seed):
        if time.monotonic() > deadline:
            return
        yield Life.of_seed(seed, deadline=deadline, log=log, without=options.without)


def _log(line: str) -> None:
    print(line, flush=True)


def _keep(outcome: Outcome, options: argparse.Namespace) -> None:
    path = keep(outcome)
    print(f"Again: scripts/soak --replay {path}", flush=True)
    if options.shrink:
        shorter = asyncio.run(shrink(Sequence.read(path), options.folder, minutes=options.shrink, log=_log))
        path = path.with_name(f"{outcome.name}-shorter.json")
        shorter.write(path)
        print(f"Shorter: scripts/soak --replay {path}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
