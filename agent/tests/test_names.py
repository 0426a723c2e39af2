"""Names of entities in every language, with the same placeholders."""

import ast
from pathlib import Path
from string import Formatter

import pytest

import iotbridge_agent
from iotbridge_agent.config import LANGUAGES
from iotbridge_agent.names import TRANSLATIONS, translate
from iotbridge_agent.protocol import discovery


def _texts(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    assert isinstance(node, ast.Constant), f"line {node.lineno}: a name must stand there as text, to be translated"
    return [str(node.value)]


def templates() -> set[str]:
    """Return the names written in the source."""
    found = {name for name, *_ in discovery._COMMAND_BUTTONS.values()}
    for path in Path(iotbridge_agent.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("SensorDescription", "replace"):
                found |= {text for word in node.keywords if word.arg == "name" for text in _texts(word.value)}
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "translate":
                found |= {str(word.value) for word in node.args if isinstance(word, ast.Constant)}
    return found


def placeholders(text: str) -> set[str | None]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_every_name_is_translated_and_no_other() -> None:
    assert len(templates()) > 25
    assert templates() == set(TRANSLATIONS)


@pytest.mark.parametrize("template", TRANSLATIONS)
def test_translations_keep_the_placeholders(template: str) -> None:
    for language in LANGUAGES:
        assert placeholders(translate(template, language)) == placeholders(template)


def test_each_language_has_its_own_words() -> None:
    assert translate("CPU usage", "en") == "CPU usage"
    assert translate("CPU usage", "it") == "Uso della CPU"
    assert translate("CPU usage", "fr") == "Utilisation du processeur"


def test_a_users_own_name_stays() -> None:
    assert translate("My backup", "it") == "My backup"
