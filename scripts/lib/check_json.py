"""Reads file names, ended by NUL, from standard input and says which are no JSON or say one key twice."""

import json
from pathlib import Path
import sys


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the object; raise ValueError for a key that is there twice: the first one would be lost in silence."""
    keys = [key for key, _ in pairs]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"expected every key once, found twice: {', '.join(sorted(twice))}")
    return dict(pairs)


def main() -> int:
    """Check all files; 1 when one is wrong."""
    wrong = 0
    for name in filter(None, sys.stdin.read().split("\0")):
        try:
            json.loads(Path(name).read_bytes(), object_pairs_hook=unique)
        except FileNotFoundError:
            continue  # deleted, and the deletion is not committed yet
        except ValueError as error:
            wrong += 1
            print(f"{name}: {error}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
