"""Form section for the availability topic of a device, guessed from the samples."""

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
_OPPOSITES_BACK = {off: on for on, off in _OPPOSITES.items()}
# On a topic called status these words are the state of something else.
_WORDS = frozenset(_OPPOSITES) - {"true", "1", "yes", "on"}
_AVAILABILITY_KEYS = frozenset({"lwt", "availability", "available", "online", "connected"})
LEARN, NEVER, AFTER = EXPIRIES = ("learn", "never", "after")


def candidate_topics(topic: str) -> list[str]:
    """Return the topics where a device on this topic or filter may report its availability."""
    own = topic.removesuffix("/#")
    parent = own.rpartition("/")[0]
    bases = [base for base in (own, parent) if base and not set(base) <= {"+", "#", "/"}]
    topics = [f"{base}/{leaf}" for base in bases for leaf in LEAVES]
    # A topic just within the limit has none that a broker would accept.
    return [candidate for candidate in topics if candidate != topic and fault(candidate) is None]


def guess(topic: str, samples: Iterable[Sample], nearby: Iterable[Sample], *, several: bool) -> Availability | None:
    """Return the availability topic of the device; None if no sample looks like one.

    ``several`` devices need a topic with the wildcards of their filter: one of them cannot report for the others.
    """
    for sample in (*nearby, *samples):
        leaf = sample.topic.rpartition("/")[2]
        if leaf not in LEAVES:
            continue
        pattern = _pattern(topic, sample.topic)
        if (match := _find(sample, leaf)) and ("+" in pattern or not several):
            path, online, offline = match
            return Availability(topic=pattern, online=online, offline=offline, path=path)
    return None


def _find(sample: Sample, leaf: str) -> tuple[Path, str, str] | None:
    """Return the path of the availability in a message, and the words for online and offline."""
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
            # A key that names an availability, or any key with words that do: a ``state`` below ``availability``.
            path = field.paths[-1]
            if is_safe(path) and _is_plain(path) and (words := _words(text, str(path[-1]))):
                return path, *words
    return None


def _words(text: str, leaf: str) -> tuple[str, str] | None:
    on = _OPPOSITES_BACK.get(text.lower(), text.lower())
    if on not in _OPPOSITES or not (on in _WORDS or leaf.lower() in _AVAILABILITY_KEYS):
        return None
    return _as(on, text), _as(_OPPOSITES[on], text)


def _as(word: str, example: str) -> str:
    """Return a word in capitals if the example is."""
    if len(example) > 1 and example.isupper():
        return word.upper()
    return word.capitalize() if example[:1].isupper() else word


def _pattern(topic: str, received: str) -> str:
    """Return the topic with the wildcards of the filter, as far as it is one of its candidates."""
    return next((candidate for candidate in candidate_topics(topic) if matches(candidate, received)), received)


def schema() -> section:
    """Return the collapsed section of a form."""
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
    """Return the suggested values of the section."""
    shown: dict[str, Any] = {"expiry": {None: LEARN, 0: NEVER}.get(expire_after_s, AFTER)}
    if expire_after_s:
        shown["seconds"] = expire_after_s
    if availability:
        shown |= {"topic": availability.topic, "online": availability.online, "offline": availability.offline}
        if availability.path:
            shown["path"] = key_of("", availability.path)
    return shown


def read(user_input: Mapping[str, Any], blanks: int) -> tuple[Availability | None, int | None]:
    """Return availability and expiry of the form; raise ValueError with an error key of the flow.

    ``blanks`` is the number of ``+`` in the topic that can be filled for each device.
    """
    topic = user_input.get("topic", "").strip()
    online, offline = user_input.get("online", "online").strip(), user_input.get("offline", "offline").strip()
    if topic and not is_topic(topic.replace("+", "x")):
        raise ValueError("availability_topic")
    if topic.split("/").count("+") > blanks:
        raise ValueError("availability_plus")
    path = _path(user_input.get("path", "").strip())
    if path and not is_safe(path):
        raise ValueError("availability_path")
    if topic and (not online or not offline or online == offline):
        raise ValueError("availability_words")
    if user_input["expiry"] == AFTER and not user_input.get("seconds"):
        raise ValueError("no_seconds")
    expire = {LEARN: None, NEVER: 0}.get(user_input["expiry"], int(user_input.get("seconds") or 0))
    return Availability(topic=topic, online=online, offline=offline, path=path) if topic else None, expire


_PART = re.compile(r"\[([0-9]{1,4})\]|([^.\[\]]+)")


def _path(text: str) -> Path:
    """Parse a path in the format of ``key_of``."""
    return tuple(int(index) if index else name for index, name in _PART.findall(text))


def _is_plain(path: Path) -> bool:
    """Return whether a path can be parsed from its text."""
    return _path(key_of("", path)) == path
