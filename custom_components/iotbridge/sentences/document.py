"""File of one language: the sentences with the generated lists of names, and a header that shows later changes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
import hashlib
import json
from pathlib import Path
import re
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = tuple(sorted(path.stem for path in TEMPLATES.glob("*.yaml")))
VERSION = 1

HEADER = re.compile(r"# iotbridge (\d+) ([0-9a-f]{64})\n")
NOTE = "# Written by IoT Bridge, which renews it. Once you change it, IoT Bridge leaves it as it is.\n"
# Joins the ids of everything that has the same name: the sentence is understood, and its answer asks for another name.
JOINT = ","
MINUTES, HOURS = (1, 180), (1, 72)

_OUTSIDE_OF_WORDS = re.compile(r"[^\w' .-]+")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_LETTER_AND_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")

# Names by list, each with the ids of what has it.
type Names = Mapping[str, Iterable[tuple[str, str]]]


def spoken_forms(name: str) -> list[str]:
    """Return the ways to pronounce a name, as speech recognition writes them, without signs of sentence templates."""
    plain = " ".join(_OUTSIDE_OF_WORDS.sub(" ", name).split()).strip(" .'-")
    words = " ".join(_BETWEEN_WORDS.sub(" ", plain).split())
    apart = " ".join(_LETTER_AND_DIGIT.sub(" ", words).split())
    return [form for form in dict.fromkeys((plain, words, apart)) if form]


def document(language: str, names: Names) -> str:
    """Return the file of a language."""
    lists: dict[str, Mapping[str, Any]] = {
        "iotbridge_minutes": {"range": {"from": MINUTES[0], "to": MINUTES[1]}},
        "iotbridge_hours": {"range": {"from": HOURS[0], "to": HOURS[1]}},
    } | {f"iotbridge_{key}": {"values": _values(of_list)} for key, of_list in names.items()}
    template = (TEMPLATES / f"{language}.yaml").read_text("utf-8")
    body = "\n".join([f"{NOTE}{template}lists:", *(_list(name, of_list) for name, of_list in lists.items()), ""])
    return f"# iotbridge {VERSION} {_digest(body)}\n{body}"


def is_unchanged(text: str) -> bool:
    """Return whether a file is as IoT Bridge wrote it, in any version."""
    header = HEADER.match(text)
    return header is not None and header[2] == _digest(text[header.end() :])


def _list(name: str, of_list: Mapping[str, Any]) -> str:
    """Return a list in YAML, with one line for each value; JSON is YAML, and ten times as fast to write."""
    (key, content), *_ = of_list.items()
    if isinstance(content, list) and content:
        lines = ",\n".join(f"      {json.dumps(value, ensure_ascii=False)}" for value in content)
        return f"  {name}:\n    {key}: [\n{lines}\n    ]"
    return f"  {name}: {{{key}: {json.dumps(content)}}}"


def _values(names: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Return the values of a list; a form that several ids share has all of them."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    written: dict[str, str] = {}
    for name, value in names:
        for form in spoken_forms(name):
            ids[form.casefold()].add(value)
            written.setdefault(form.casefold(), form)
    return [{"in": written[form], "out": JOINT.join(sorted(values))} for form, values in sorted(ids.items())]


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
