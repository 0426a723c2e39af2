"""Rules for texts that users read which can be counted: words, plurals, form of address, and how they begin and end."""

from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

import pytest

import homeassistant.components

from .test_translations import LANGUAGES, ROOT, flat, load

BLUEPRINTS = sorted((ROOT.parents[1] / "blueprints").rglob("*.yaml"))
COMPONENTS = Path(homeassistant.components.__file__).parent
PLACEHOLDER = re.compile(r"\{\w+\}|`[^`]*`")

# One thing, one word: what is no word of ours, by language. Home Assistant's own translations have the others.
FOREIGN = {
    "en": re.compile(
        r"\b(nobody|somebody|anybody|everybody|whom|whoever|tells?|told|says?|speaks?|spoke|talks?|heard|watch(es|ed)?"
        r"|shelv\w+|put aside|silenc\w+|over (after|already)|(is|are) over|worse|patient|wizard|by (it|them)sel\w+"
        r"|silent(?! mode| or do not disturb))\b",
        re.IGNORECASE,
    ),
    "it": re.compile(
        r"\b(topics?(?! e payload|, keys)|template|trigger|scoperta|impara\w*|conferm\w*|rimand\w*|rinvi\w*|obiettiv\w*"
        r"|cronologia|tac(e|ciono)|silenzios[oi]|sorvegli\w*|messo da parte|(è|sono) finit\w+)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(zones?|courtier|jokers?|template|trigger|prév(enir|enue?s?|ient)|se tai\w+|mise? de côté"
        r"|traqueurs?|(?<!mode )silencieu(x|se))\b",
        re.IGNORECASE,
    ),
}
# A number that can be 1, and a word behind it that would have to follow.
COUNTED = re.compile(r"\{(count|devices|entities|known|left_out|on|seconds)\}\*{0,2} \w{3,}")
NEVER_ONE = {
    "selector.alarm_text.options.and_more",  # no plural: "and 1 more"
    "selector.voice.options.and_more",
    "selector.alarm_logbook.options.suppressed_many",
    "selector.alarm_logbook.options.unsuppressed_many",
    "selector.alarm_text.options.days",  # "day" is the other
    "selector.alarm_text.options.flapping",
    "selector.alarm_text.options.line_often",
    "selector.alarm_text.options.passed_often",
    "selector.alarm_text.options.title_digest",
    "exceptions.payload_too_many_devices.message",
    "issues.thing_flooding.description",  # the devices are names
    "issues.thing_refused.description",
}
# Home Assistant says tu in Italian and vous in French.
OTHER_ADDRESS = {
    "it": re.compile(
        r"\b(Lei|Suo|Sua|Suoi|Sue|voi|vostr[oaei])\b|(?:^|[.:;!] |, poi |, oppure )\w+(are|ere|ire)(l[aoie])? "
    ),
    "fr": re.compile(r"\b(tu|toi|ton|ta|tes)\b", re.IGNORECASE),
}
LABELS = {"data", "menu_options", "initiate_flow"}, {"name", "title", "entry_type", "submit"}
SENTENCES = (
    {"data_description", "menu_option_descriptions", "abort", "error", "progress", "create_entry"},
    {"description", "message"},
)
BEGINNINGS = {
    "en": {"triggers": "Triggers when ", "conditions": "Tests if "},
    "it": {"triggers": "Si attiva quando ", "conditions": "Verifica se "},
    "fr": {"triggers": "Se déclenche lorsqu", "conditions": "Vérifie si "},
}


@cache
def texts(language: str) -> dict[str, str]:
    return dict(flat(load(language)))


def texts_of(kind: tuple[set[str], set[str]], language: str) -> dict[str, str]:
    """Return the labels or the sentences: all in some groups, and what has some names elsewhere."""
    groups, names = kind
    found = {}
    for key, text in texts(language).items():
        *_, above, group, name = "", "", *key.split(".")
        is_grouped = group in LABELS[0] | SENTENCES[0] and above != "fields"
        if group in groups if is_grouped else name in names:
            found[key] = text
    return found


def blueprint_texts() -> Iterator[tuple[str, str]]:
    """Yield what a blueprint's dialog shows."""
    for path in BLUEPRINTS:
        for number, line in enumerate(path.read_text("utf-8").partition("\nmode:")[0].splitlines(), 1):
            yield f"{path.name}:{number}", re.sub(r"\{\{.*?\}\}|trigger\.\w+", "", line)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_thing_has_one_word(language: str) -> None:
    found = {key: PLACEHOLDER.sub("", text) for key, text in texts(language).items()}
    if language == "en":
        found |= dict(blueprint_texts())

    assert {key: match[0] for key, text in found.items() if (match := FOREIGN[language].search(text))} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_of_one_is_no_mistake(language: str) -> None:
    found = {key: match[0] for key, text in texts(language).items() if (match := COUNTED.search(text))}

    assert found.keys() - NEVER_ONE == set()
    assert [key for key in texts(language) if key.endswith("unit_of_measurement")] == []


@pytest.mark.parametrize("language", ["it", "fr"])
def test_there_is_one_form_of_address(language: str) -> None:
    found = {key: PLACEHOLDER.sub("", text) for key, text in texts(language).items() if not text.endswith("?")}

    assert {key: match[0] for key, text in found.items() if (match := OTHER_ADDRESS[language].search(text))} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_no_sentences_and_descriptions_are(language: str) -> None:
    labels, sentences = texts_of(LABELS, language), texts_of(SENTENCES, language)

    assert len(labels) > 200
    assert len(sentences) > 300
    assert {key: text for key, text in labels.items() if text.endswith((".", ":", "!"))} == {}
    assert {key: text for key, text in sentences.items() if not text.endswith((".", "?", "}"))} == {}


@pytest.mark.parametrize("language", ["it", "fr"])
def test_punctuation_is_that_of_home_assistant(language: str) -> None:
    """Its translations have straight apostrophes, and in French a space before a high sign."""
    assert [key for key, text in texts(language).items() if re.search("[\u2019\u201c\u201d]", text)] == []
    if language == "fr":
        assert [key for key, text in texts("fr").items() if re.search(r"[^\s{][;?!](\s|$)", text)] == []


# ---------------------------------------------------------------- names that are searched


def names_of_home_assistant(kind: str, language: str) -> set[str]:
    """Return the names of all its own triggers or conditions."""
    names = set()
    for path in COMPONENTS.glob(f"*/translations/{language}.json"):
        elements: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8")).get(kind, {})
        names |= {element["name"] for element in elements.values() if "name" in element}
    return names


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["triggers", "conditions"])
def test_triggers_and_conditions_are_told_apart_from_all_others(kind: str, language: str) -> None:
    """Require other names than "Alarm triggered", "Alarm armed" and so on, which alarm control panels have."""
    ours = {name: element["name"] for name, element in load(language)[kind].items()}
    theirs = names_of_home_assistant(kind, language)

    assert theirs
    assert len(set(ours.values())) == len(ours)
    assert set(ours.values()) & theirs == set()
    assert [name for name, text in ours.items() if "alarm" in name and "IoT Bridge" not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["triggers", "conditions"])
def test_triggers_and_conditions_begin_as_those_of_home_assistant(kind: str, language: str) -> None:
    described = {name: element["description"] for name, element in load(language)[kind].items()}

    assert [name for name, text in described.items() if not text.startswith(BEGINNINGS[language][kind])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_sensors_measure(language: str) -> None:
    """The device class of a door, a button or a socket is a kind."""
    steps = load(language)["config_subentries"]["device"]["step"]
    described = {step: text for step in steps if (text := steps[step].get("data_description", {}).get("device_class"))}
    measured = described.pop("sensor")
    assert described.keys() >= {"binary_sensor", "event", "switch"}
    assert len(set(described.values())) == 1
    assert measured not in described.values()
