"""File of one language: names as they are pronounced, and the header."""

from hassil.intents import Intents
from hassil.recognize import recognize
import pytest
import yaml  # type: ignore[import-untyped]

from custom_components.iotbridge.sentences.checking import check
from custom_components.iotbridge.sentences.document import LANGUAGES, Names, document, is_unchanged, spoken_forms

NAMES: Names = {"host": [("nas", "a"), ("web-server2.lan", "b")], "switchable": [], "alarm": [("Too hot", "r")]}


def host(text: str, sentence: str) -> object:
    """Return the value of the host in a sentence, None where it is not understood."""
    result = recognize(sentence, Intents.from_dict(yaml.safe_load(text)))
    return result.entities["host"].value if result else None


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("nas", ["nas"]),
        ("web-server", ["web-server", "web server"]),
        ("nas2", ["nas2", "nas 2"]),
        ("Anna's PC", ["Anna's PC", "Anna s PC"]),
        ("  {all} <the> [x] (y|z) ", ["all the x y z"]),
        ("Büro: Drucker", ["Büro Drucker"]),
        ("***", []),
    ],
)
def test_a_name_has_the_forms_that_speech_recognition_writes(name: str, forms: list[str]) -> None:
    assert spoken_forms(name) == forms


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_of_every_language_is_valid_and_shows_changes(language: str) -> None:
    text = document(language, NAMES)
    check(text)
    assert is_unchanged(text)
    assert not is_unchanged(text + " ")
    assert not is_unchanged(text.replace("nas", "nass"))
    assert not is_unchanged(text.partition("\n")[2])
    assert text == document(language, NAMES)


def test_the_languages_have_the_same_intents() -> None:
    intents = {language: yaml.safe_load(document(language, NAMES))["intents"].keys() for language in LANGUAGES}
    assert intents["en"] == intents["fr"] == intents["it"]


def test_hosts_are_found_by_all_forms_of_their_names() -> None:
    text = document("en", NAMES)
    assert host(text, "how is nas") == "a"
    assert host(text, "how is web server 2 lan") == "b"
    assert host(text, "how is naz") is None


def test_a_form_that_two_hosts_share_has_both() -> None:
    text = document("en", {**NAMES, "host": [("nas2", "a"), ("NAS 2", "b"), ("nas", "c")]})
    assert host(text, "how is nas 2") == "a,b"
    assert host(text, "how is nas2") == "a"
    assert host(text, "how is nas") == "c"


def test_names_of_strangers_cannot_break_the_file() -> None:
    names = ["'", '"', "\n- x", "a: b", "{x}", "<y>", "é\u2028x", "- ", "#", "%", "@", "💡", "\\", "yes", "null"]
    text = document("en", {"host": [(name, "x") for name in names], "switchable": [], "alarm": []})
    check(text)
    assert host(text, "how is yes") == "x"
