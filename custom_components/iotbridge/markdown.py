"""Texts of strangers in what the frontend shows as markdown: repairs, and the descriptions of dialogs. Pure."""

import re

# A link or an image needs a bracket, HTML and addresses an angle bracket, code a backtick, emphasis a star or an
# underscore outside of a word. The frontend also makes links of addresses and mail addresses that stand for themselves.
_MARKUP = re.compile(
    r"[\\`*\[\]<>~@|]|!(?=\[)|(?<=\])\(|:(?=//)|(?<=\bwww)\.|(?<![^\W_])_|_(?![^\W_])|^[#+\-=](?=[\s#+\-=])|(?<=^\d)[.)]",
    re.IGNORECASE,
)


def escaped(text: str) -> str:
    """Return a text as one line that markdown shows as it is."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def in_code(text: str) -> str:
    """Return a text for between backticks, where nothing can be escaped."""
    return " ".join(text.split()).replace("`", "'")
