"""Escaping of untrusted texts in markdown, as shown by repairs and descriptions of dialogs. Pure."""

import re

# A link or an image needs a bracket, HTML and autolinks an angle bracket, code a backtick, emphasis a star or an
# underscore outside of a word. The frontend also turns bare URLs and mail addresses into links.
_MARKUP = re.compile(
    r"[\\`*\[\]<>~@|]|!(?=\[)|(?<=\])\(|:(?=//)|(?<=\bwww)\.|(?<![^\W_])_|_(?![^\W_])|^[#+\-=](?=[\s#+\-=])|(?<=^\d)[.)]",
    re.IGNORECASE,
)


def escaped(text: str) -> str:
    """Return a text as one line, with markdown escaped."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def in_code(text: str) -> str:
    """Return a text as one line for use between backticks, where escapes have no effect."""
    return " ".join(text.split()).replace("`", "'")


def device_link(name: str, device_id: str) -> str:
    """Return a link with a name to the page of a device in Home Assistant."""
    return f"[{escaped(name)}](/config/devices/device/{device_id})"
