"""Command line options and error handling that all benchmarks share."""

import argparse
import asyncio
from collections.abc import Callable, Coroutine
import sys
from typing import Any

from lab.waiting import LabError


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Return the parser of ``scripts/bench NAME``, to which the benchmark adds its own options."""
    found = argparse.ArgumentParser(prog=f"scripts/bench {name}", description=description)
    found.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    return found


def run(work: Callable[[argparse.Namespace], Coroutine[Any, Any, None]], options: argparse.Namespace) -> int:
    """Run a benchmark and return its exit status; a LabError is printed without a traceback."""
    try:
        asyncio.run(work(options))
    except LabError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0
