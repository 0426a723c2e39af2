"""Sequences of operations as files."""

from collections.abc import Collection
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from .operations import Operation


@dataclass(frozen=True)
class Sequence:
    """Operations, and a description of their purpose."""

    about: str
    operations: list[Operation]

    @classmethod
    def read(cls, path: Path) -> Sequence:
        """Read a file."""
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(document["about"], document["operations"])

    def has(self, names: Collection[str]) -> bool:
        """Return whether it contains one of these operations, also within another."""
        inner = (each for operation in self.operations for each in (operation, *operation.get("meanwhile", ())))
        return any(operation["do"] in names for operation in inner)

    def write(self, path: Path) -> None:
        """Write a file, with an operation on each line."""
        lines = ",\n".join(f"    {json.dumps(operation)}" for operation in self.operations)
        about = json.dumps(self.about, ensure_ascii=False)
        path.write_text(f'{{\n  "about": {about},\n  "operations": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
