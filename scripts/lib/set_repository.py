"""Replacement of the repository's address on GitHub, and of its owner, in every file under version control.

The current address is read from the integration's manifest. Passages between the comments ``unpublished`` and
``/unpublished`` of a page apply only while there is no published repository; they are removed. Passages inside a
comment that begins with ``published`` are shown: badges, and buttons that open the reader's own Home Assistant.
"""

import json
from pathlib import Path
import re
import subprocess
import sys

MANIFEST = Path("custom_components/iotbridge/manifest.json")
GITHUB = "https://github.com/"
REPOSITORY = re.compile(r"(?P<owner>[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?)/(?P<name>[A-Za-z0-9._-]{1,100})")
UNPUBLISHED = re.compile(r"[ \t]*<!-- unpublished -->\n.*?<!-- /unpublished -->\n", re.DOTALL)
PUBLISHED = re.compile(r"<!-- published\n(.*?)/published -->\n", re.DOTALL)


def tracked() -> list[Path]:
    """Return the files under version control, and new ones that are not ignored."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    names = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split("\0")
    return [path for name in names if name and (path := Path(name)).is_file()]


def filled_in(path: Path, text: str, old: str, new: str) -> str:
    """Return a file's text with the new repository, ``OWNER/NAME``, in place of the old one."""
    text = re.sub(rf"(?<=github\.com/){re.escape(old)}(?![\w-])", new, text)
    text = text.replace(_in_a_link(old), _in_a_link(new))
    if path == MANIFEST:
        text = text.replace(f'"@{old.partition("/")[0]}"', f'"@{new.partition("/")[0]}"')
    return PUBLISHED.sub(r"\1", UNPUBLISHED.sub("", text)) if path.suffix == ".md" else text


def _in_a_link(repository: str) -> str:
    """Return the repository as in a link to the Marketplace in the reader's own Home Assistant."""
    owner, _, name = repository.partition("/")
    return f"owner={owner}&repository={name}&"


def main(arguments: list[str]) -> int:
    """Fill in the address; return 2 for anything but one OWNER/NAME as on GitHub."""
    if len(arguments) != 1 or not REPOSITORY.fullmatch(arguments[0]):
        print("usage: scripts/set-repository OWNER/NAME, as in https://github.com/OWNER/NAME", file=sys.stderr)
        return 2
    old, new = json.loads(MANIFEST.read_text("utf-8"))["documentation"].removeprefix(GITHUB), arguments[0]
    for path in tracked():
        data = path.read_bytes()
        try:
            text = data.decode()
        except UnicodeDecodeError:  # a picture, a message in a binary format
            continue
        if (filled := filled_in(path, text, old, new)) != text:
            path.write_bytes(filled.encode())
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
