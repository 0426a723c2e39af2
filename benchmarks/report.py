"""Tables of results: on the screen, and in the marked blocks of docs/performance.md."""

from collections.abc import Sequence
from datetime import UTC, datetime
import os
from pathlib import Path
import re

from lab.processes import ROOT
from lab.report import table
from lab.waiting import LabError

PAGE = ROOT / "docs" / "performance.md"

type Rows = Sequence[Sequence[str]]


class Report:
    """Results of one run of a benchmark, with the load of the machine around it."""

    def __init__(self, name: str) -> None:
        """``name`` is that of the block in the page."""
        self.name = name
        self._started = datetime.now(UTC)
        self._load_before = os.getloadavg()[0]
        self._parts: list[str] = []
        self._markdown: list[str] = []

    def add(self, head: Sequence[str], rows: Rows, *, title: str) -> None:
        """Add a table."""
        self._parts.append(f"{title}\n\n{table(list(head), [list(row) for row in rows])}")
        lines = [head, ["---"] * len(head), *rows]
        text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        self._markdown.append(f"{title}:\n\n{text}")

    def finish(self, *, write: bool) -> None:
        """Print everything; with ``write``, put it into the page as well."""
        print("\n\n".join(["", *self._parts, self._when()]))
        if write:
            replace_block(PAGE, self.name, "\n\n".join([self._when(), *self._markdown]))
            print(f"\nwritten into {PAGE.relative_to(ROOT)}")

    def _when(self) -> str:
        loads = f"{self._load_before:.2f} before and {os.getloadavg()[0]:.2f} after"
        return f"Measured on {self._started:%Y-%m-%d at %H:%M} UTC; load average of the machine {loads}."


def replace_block(page: Path, name: str, text: str) -> None:
    """Replace the content between the marks of a block; LabError if the page has no such block."""
    old = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(old):
        raise LabError(f"{page} has no block between {begin} and {end}")
    page.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", old), encoding="utf-8")
