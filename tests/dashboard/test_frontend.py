"""Files of the frontend: their texts, their size, and that nothing is put into the page as markup."""

from collections.abc import Iterable
import gzip
import json
from pathlib import Path
import re

import pytest

from custom_components.iotbridge.const import ALARM_ELEMENT
from custom_components.iotbridge.dashboard.module import ENTRY, FOLDER
from tests.test_translations import LANGUAGES
from tests.test_wording import FOREIGN, OTHER_ADDRESS

MODULES = sorted(FOLDER.rglob("*.js"))
MAX_COMPRESSED = 60_000
# Loaded only where a power plan is shown (decision 0023).
OF_PLANS = {FOLDER / name for name in ("plan-page.js", "plan-timeline.js", "power-plan.js")}
MAX_OF_PLANS = 10_000
MAX_ENTRY = 8_000
# The guides' address, which scripts/set-repository replaces here as well.
REPOSITORY = "https://github.com/owner.invalid/iot-bridge"
MAX_LINES = 400
IMPORT = re.compile(r"""^(?:import|\}) .*?"\./([^"]+)";$""", re.MULTILINE)
# What a browser loads before it shows something.
PAGES = {
    "first view": ["strategy.js", "alarm-list.js", "fleet-table.js"],
    "dialog": ["alarm-info.js"],
    "readings": ["strategy.js", "readings-table.js"],
    "plans": ["strategy.js", "plan-page.js", "power-plan.js"],
}
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Keys in the source: whole ones, and the beginnings of those that end with a word of the data.
KEY = re.compile(r"""["`]([a-z_]+\.[a-z_.0-9]+)(["`]|\$\{)""")
FORMS = {"one", "other"}


def texts(language: str) -> dict[str, str]:
    """Return all texts of a language; each form of a text with several has the form behind its key."""
    loaded = json.loads((FOLDER / "texts" / f"{language}.json").read_text("utf-8"))
    flat: dict[str, str] = {}
    for key, text in loaded.items():
        if isinstance(text, dict):
            assert text.keys() == FORMS, key
            flat |= {f"{key}:{form}": words for form, words in text.items()}
        else:
            flat[key] = text
    return flat


def size(paths: Iterable[Path]) -> int:
    """Return the size of files that are compressed together."""
    return len(gzip.compress(b"".join(path.read_bytes() for path in paths), 9, mtime=0))


def imports(*modules: str) -> set[Path]:
    """Return modules with those that they load at once."""
    loaded, waiting = set[Path](), [FOLDER / name for name in modules]
    while waiting:
        path = waiting.pop()
        if path not in loaded:
            loaded.add(path)
            waiting += [FOLDER / name for name in IMPORT.findall(path.read_text("utf-8"))]
    return loaded


def test_the_modules_are_small() -> None:
    assert size(path for path in MODULES if path not in OF_PLANS) <= MAX_COMPRESSED
    assert size(sorted(OF_PLANS)) <= MAX_OF_PLANS
    # On every page of Home Assistant.
    entry = imports(ENTRY)
    assert {"lazy.js", "texts.js"} <= {path.name for path in entry}
    assert size(sorted(entry)) <= MAX_ENTRY


def test_no_other_page_loads_what_is_of_the_plans() -> None:
    for page in PAGES.keys() - {"plans"}:
        assert imports(ENTRY, *PAGES[page]).isdisjoint(OF_PLANS)
    assert imports(*PAGES["plans"]) >= OF_PLANS


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_small_when_each_module_is_compressed_by_itself(page: str) -> None:
    loaded = imports(ENTRY, *PAGES[page])

    assert {"dom.js", "alarms.js"} <= {path.name for path in loaded}
    assert sum(size([path]) for path in loaded) <= MAX_COMPRESSED


def test_the_dialog_of_a_rule_finds_its_element() -> None:
    assert f'defineLazily("{ALARM_ELEMENT}"' in (FOLDER / ENTRY).read_text("utf-8")


def test_there_is_no_other_file_and_none_is_long() -> None:
    files = {path.relative_to(FOLDER) for path in FOLDER.rglob("*") if path.is_file()}
    assert {path.suffix for path in files} == {".js", ".json"}
    assert {path.stem for path in files if path.suffix == ".json"} == set(LANGUAGES)
    assert {path.name for path in MODULES if len(path.read_text("utf-8").splitlines()) > MAX_LINES} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_texts_of_others_never_become_markup(path: Path) -> None:
    source = path.read_text("utf-8").replace(REPOSITORY, "")

    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc", source) == []
    )
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", source) == []
    assert re.findall(r"console\.|debugger", source) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_imported_files_exist(path: Path) -> None:
    source = path.read_text("utf-8")
    names = re.findall(r"""from "(\./[^"]+)"|import\("(\./[^"]+)"\)""", source)

    assert [name for pair in names for name in pair if name and not (path.parent / name).is_file()] == []


def test_every_language_has_the_same_texts_and_placeholders() -> None:
    english = texts("en")

    for language in LANGUAGES:
        translated = texts(language)
        assert translated.keys() == english.keys()
        assert list(translated) == sorted(translated)
        differing = {
            key: (english[key], text)
            for key, text in translated.items()
            if key.endswith((":other",)) or ":" not in key
            if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(english[key]))
        }
        assert differing == {}


def test_no_text_is_missing_or_unused() -> None:
    source = "\n".join(path.read_text("utf-8") for path in MODULES)
    named = KEY.findall(source)
    whole = {key for key, end in named if end != "${"}
    beginnings = tuple({key for key, end in named if end == "${"} | set(re.findall(r"`([a-z_]+\.)\$\{", source)))
    keys = {key.partition(":")[0] for key in texts("en")}
    prefixes = {key.partition(".")[0] for key in keys}

    assert {key for key in whole if key.partition(".")[0] in prefixes and not key.endswith(".js")} <= keys
    assert {key for key in keys - whole if not key.startswith(beginnings)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_those_of_the_dialogs(language: str) -> None:
    found = {key: PLACEHOLDER.sub("", text) for key, text in texts(language).items()}

    assert {key: match[0] for key, text in found.items() if (match := FOREIGN[language].search(text))} == {}


@pytest.mark.parametrize("language", ["it", "fr"])
def test_there_is_one_form_of_address_and_the_punctuation_of_home_assistant(language: str) -> None:
    questions = {key: text for key, text in texts(language).items() if not text.endswith("?")}

    assert {key: match[0] for key, text in questions.items() if (match := OTHER_ADDRESS[language].search(text))} == {}
    assert [key for key, text in texts(language).items() if re.search("[\u2019\u201c\u201d]", text)] == []
    if language == "fr":
        assert [key for key, text in texts("fr").items() if re.search(r"[^\s{][:;?!](\s|$)", text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_no_sentences(language: str) -> None:
    labels = {key: text for key, text in texts(language).items() if key.startswith(("severity.", "time.", "menu."))}

    assert labels
    assert {key: text for key, text in labels.items() if text.endswith((".", ":", "!"))} == {}
