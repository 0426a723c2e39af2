"""Check of JSON files whose names, ended by NUL, are on standard input: prints invalid ones and duplicate keys."""

import json
from pathlib import Path
import sys


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the object; raise ValueError for a duplicate key: the first one would be lost silently."""
    keys = [key for key, _ in pairs]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"expected every key once, found twice: {', '.join(sorted(twice))}")
    return dict(pairs)


def main() -> int:
    """Check all files; return 1 if one is invalid."""
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
