"""Check of Markdown files whose names, ended by NUL, are on standard input: prints dead links within the repository."""

from functools import cache
from pathlib import Path
import re
import sys

LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@cache
def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub creates them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def problem(page: Path, link: str) -> str | None:
    """Return the problem of a link, or None."""
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return f"{page}: {link}: there is no such file"
    if anchor and target.suffix == ".md" and anchor not in anchors(target.resolve()):
        return f"{page}: {link}: the page has no such heading"
    return None


def main() -> int:
    """Check all pages; return 1 if a link is dead."""
    pages = [Path(name) for name in sys.stdin.read().split("\0") if name and Path(name).exists()]
    links = ((page, link) for page in pages for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))))
    problems = [text for page, link in links if (text := problem(page, link))]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
