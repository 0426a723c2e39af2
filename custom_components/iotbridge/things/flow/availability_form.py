"""The topic on which a device says whether it is there: guessed from what was heard, asked for in a form."""

from collections.abc import Iterable, Mapping
import json
import re
from typing import Any

import voluptuous as vol

from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector

from ...topic_filters import fault, is_topic, matches
from ..decoders import decode
from ..model.discovery_config import is_safe
from ..model.message import DecodeError, LibraryNeededError, Path, Sample
from ..model.profile import Availability, key_of

SECTION = "availability"
LEAVES = ("LWT", "availability", "available", "status", "online", "connected", "$state")
_OPPOSITES = {
    "online": "offline", "connected": "disconnected", "available": "unavailable", "alive": "dead", "up": "down",
    "ready": "lost", "true": "false", "1": "0", "yes": "no", "on": "off",
}  # fmt: skip
_BACK = {off: on for on, off in _OPPOSITES.items()}
# On a topic that is called status these are the state of something else.
_WORDS = frozenset(_OPPOSITES) - {"true", "1", "yes", "on"}
_TELLING = frozenset({"lwt", "availability", "available", "online", "connected"})
LEARN, NEVER, AFTER = EXPIRIES = ("learn", "never", "after")


def neighbours(topic: str) -> list[str]:
    """Return the topics where a device on this topic or filter may say whether it is there."""
    own = topic.removesuffix("/#")
    parent = own.rpartition("/")[0]
    bases = [base for base in (own, parent) if base and not set(base) <= {"+", "#", "/"}]
    beside = [f"{base}/{leaf}" for base in bases for leaf in LEAVES]
    # A topic that is just short enough has none that a broker would take.
    return [found for found in beside if found != topic and fault(found) is None]


def guess(topic: str, samples: Iterable[Sample], beside: Iterable[Sample], *, several: bool) -> Availability | None:
    """Return where the device says whether it is there; None when nothing heard looks like it.

    ``several`` devices need a topic with the wildcards of their filter: one of them speaks for no other.
    """
    for sample in (*beside, *samples):
        leaf = sample.topic.rpartition("/")[2]
        if leaf not in LEAVES:
            continue
        pattern = _pattern(topic, sample.topic)
        if (found := _found(sample, leaf)) and ("+" in pattern or not several):
            path, online, offline = found
            return Availability(topic=pattern, online=online, offline=offline, path=path)
    return None


def _found(sample: Sample, leaf: str) -> tuple[Path, str, str] | None:
    """Return where in a message a device says that it is there or gone, and its words for both."""
    if words := _words(sample.payload.decode("utf-8", "replace").strip(), leaf):
        return (), *words
    try:
        decoded = decode(sample)
    except DecodeError, LibraryNeededError:
        return None
    if not decoded.exact:
        return None
    for report in decoded.reports:
        for field in report.fields:
            text = json.dumps(field.value) if isinstance(field.value, bool) else str(field.value)
            # A key that says it, or any that is usual here: a ``state`` below ``availability``.
            if is_safe(field.path) and _is_plain(field.path) and (words := _words(text, str(field.path[-1]))):
                return field.path, *words
    return None


def _words(text: str, leaf: str) -> tuple[str, str] | None:
    on = _BACK.get(text.lower(), text.lower())
    if on not in _OPPOSITES or not (on in _WORDS or leaf.lower() in _TELLING):
        return None
    return _as(on, text), _as(_OPPOSITES[on], text)


def _as(word: str, example: str) -> str:
    """Write a word in capitals where the example does."""
    if len(example) > 1 and example.isupper():
        return word.upper()
    return word.capitalize() if example[:1].isupper() else word


def _pattern(topic: str, heard: str) -> str:
    """Return the topic that was heard, with the wildcards of the filter in it as far as it is one of its neighbours."""
    return next((found for found in neighbours(topic) if matches(found, heard)), heard)


def schema() -> section:
    """Return the folded part of a form."""
    text = selector.TextSelector()
    return section(
        vol.Schema(
            {
                vol.Optional("topic"): text,
                vol.Optional("online"): text,
                vol.Optional("offline"): text,
                vol.Optional("path"): text,
                vol.Required("expiry", default=LEARN): selector.SelectSelector(
                    selector.SelectSelectorConfig(options=list(EXPIRIES), translation_key="expiry")
                ),
                vol.Optional("seconds"): selector.NumberSelector(
                    selector.NumberSelectorConfig(
                        min=10, max=31 * 86400, mode=selector.NumberSelectorMode.BOX, unit_of_measurement="s"
                    )
                ),
            }
        ),
        {"collapsed": True},
    )


def suggested(availability: Availability | None, expire_after_s: int | None) -> dict[str, Any]:
    """Return what the part of the form shows at first."""
    shown: dict[str, Any] = {"expiry": {None: LEARN, 0: NEVER}.get(expire_after_s, AFTER)}
    if expire_after_s:
        shown["seconds"] = expire_after_s
    if availability:
        shown |= {"topic": availability.topic, "online": availability.online, "offline": availability.offline}
        if availability.path:
            shown["path"] = key_of("", availability.path)
    return shown


def read(given: Mapping[str, Any], blanks: int) -> tuple[Availability | None, int | None]:
    """Return availability and expiry of the form; raise ValueError with an error of the flow.

    ``blanks`` is how many ``+`` of the topic can be filled for each device.
    """
    topic = given.get("topic", "").strip()
    online, offline = given.get("online", "online").strip(), given.get("offline", "offline").strip()
    if topic and not is_topic(topic.replace("+", "x")):
        raise ValueError("availability_topic")
    if topic.split("/").count("+") > blanks:
        raise ValueError("availability_plus")
    path = _path(given.get("path", "").strip())
    if path and not is_safe(path):
        raise ValueError("availability_path")
    if topic and (not online or not offline or online == offline):
        raise ValueError("availability_words")
    if given["expiry"] == AFTER and not given.get("seconds"):
        raise ValueError("no_seconds")
    expire = {LEARN: None, NEVER: 0}.get(given["expiry"], int(given.get("seconds") or 0))
    return Availability(topic=topic, online=online, offline=offline, path=path) if topic else None, expire


_PART = re.compile(r"\[([0-9]{1,4})\]|([^.\[\]]+)")


def _path(text: str) -> Path:
    """Read a path as ``key_of`` writes it."""
    return tuple(int(index) if index else name for index, name in _PART.findall(text))


def _is_plain(path: Path) -> bool:
    """Return whether a path can be read again from its text."""
    return _path(key_of("", path)) == path
