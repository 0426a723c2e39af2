"""Language of a user, and the words of ours that a page in it may not have."""

from functools import cache
import json
import re

from lab.client import Client
from lab.processes import ROOT

INTEGRATION = ROOT / "custom_components" / "iotbridge"
PLACEHOLDER = re.compile(r"\{\w+\}")
LEAST_LETTERS = 4


async def choose_language(client: Client, language: str | None) -> None:
    """Choose the language of a user, as their profile does; None is that of the browser."""
    formats = dict.fromkeys(("number_format", "time_format", "date_format", "first_weekday"), "language")
    value = {"language": language, "time_zone": "local", **formats} if language else None
    await client.command("frontend/set_user_data", key="language", value=value)


@cache
def translations(language: str) -> frozenset[str]:
    """Return the parts between placeholders of all texts that cards and dialogs show in a language."""
    frontend = INTEGRATION / "dashboard" / "frontend" / "texts" / f"{language}.json"
    server = json.loads((INTEGRATION / "translations" / f"{language}.json").read_text("utf-8"))
    found = [*json.loads(frontend.read_text("utf-8")).values(), *server["selector"]["alarm_story"]["options"].values()]
    forms = [form for text in found for form in (text.values() if isinstance(text, dict) else [text])]
    parts = (part.strip(" .,:;?!…“”·") for form in forms for part in PLACEHOLDER.split(form))
    return frozenset(part for part in parts if len(re.findall(r"[^\W\d_]", part)) >= LEAST_LETTERS)


def words_in(text: str, words: frozenset[str]) -> set[str]:
    """Return those of some words that a text has."""
    return {word for word in words if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)}
