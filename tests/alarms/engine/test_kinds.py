"""Rows of the alarm kinds, with their texts in all languages, sources and rows in the guide."""

from dataclasses import fields
import json
from pathlib import Path
import re
import string
from typing import Any

import pytest

from custom_components.iotbridge import config_flow
from custom_components.iotbridge.alarms.engine.kinds import KINDS, AlarmKind, Condition, Subjects
from custom_components.iotbridge.alarms.engine.parameters import Parameter, ParameterError, ParameterType
from custom_components.iotbridge.alarms.flow.kind_menu import KindMenu
from custom_components.iotbridge.alarms.flow.rule_flow import RuleFlow
from custom_components.iotbridge.alarms.runtime.sources import SOURCES

from ..conditions import examples, examples_of

ROOT = Path(config_flow.__file__).parent
GUIDE = Path(__file__).parents[3] / "docs" / "alarms.md"
TRANSLATIONS = {
    language: json.loads((ROOT / "translations" / f"{language}.json").read_text("utf-8"))
    for language in ("en", "it", "fr")
}
PARAMETERS = [parameter for traits in KINDS.values() for parameter in traits.parameters]
LEARNING = {
    kind
    for kind, traits in KINDS.items()
    if any(parameter.type is ParameterType.LEARNED_DURATION for parameter in traits.parameters)
}

each_kind = pytest.mark.parametrize("kind", AlarmKind)
each_language = pytest.mark.parametrize("language", TRANSLATIONS)


def steps(language: str) -> dict[str, Any]:
    """Return the texts of the rule's dialog."""
    found: dict[str, Any] = TRANSLATIONS[language]["config_subentries"]["alarm"]["step"]
    return found


def own(language: str) -> dict[str, str]:
    """Return the texts that the dialog composes itself."""
    found: dict[str, str] = TRANSLATIONS[language]["selector"]["wizard"]["options"]
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


# ---------------------------------------------------------------- rows


def test_every_kind_has_a_row_and_an_evaluator_or_a_source() -> None:
    evaluated = {kind for kind, traits in KINDS.items() if traits.evaluator}

    assert KINDS.keys() == set(AlarmKind)
    assert {kind for kind, traits in KINDS.items() if traits.has_entities} == evaluated
    assert SOURCES.keys() == set(AlarmKind) - evaluated
    assert {kind for kind, traits in KINDS.items() if traits.subjects is Subjects.HOSTS} == {AlarmKind.HOST_LOST}


def test_no_other_file_lists_the_kinds() -> None:
    """A new kind has to be a row, not a case in many places."""
    named = {
        path.relative_to(ROOT / "alarms").as_posix(): set(
            re.findall(r"\bAlarmKind\.([A-Z_]+)", path.read_text("utf-8"))
        )
        for path in (ROOT / "alarms").rglob("*.py")
    }

    assert {name for name, kinds in named.items() if len(kinds) > 1} == {
        "engine/kinds.py",
        "runtime/sources.py",
        "flow/yaml_import.py",  # finds the kinds that express alerts of other integrations
    }


def test_every_field_of_a_condition_is_a_parameter_of_some_kind() -> None:
    assert {parameter.field for parameter in PARAMETERS} == {each.name for each in fields(Condition)} - {"kind", "unit"}


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_a_parameter_has_one_type(parameter: Parameter) -> None:
    """Labels, suggestions and stored values depend on the name."""
    assert {other.type for other in PARAMETERS if other.name == parameter.name} == {parameter.type}


@pytest.mark.parametrize("condition", examples_of(*AlarmKind), ids=lambda condition: condition.kind)
def test_a_kind_accepts_its_examples(condition: Condition) -> None:
    if check := condition.traits.check:
        check(condition)


@pytest.mark.parametrize(
    ("kind", "values", "parameter", "key"),
    [
        ("above", {"above": 5.0, "hysteresis": -1.0}, "hysteresis", "hysteresis_negative"),
        ("above", {"above": 5.0, "worse_above": 5.0}, "worse_above", "worse_above_low"),
        ("below", {"below": 5.0, "worse_below": 5.0}, "worse_below", "worse_below_high"),
        ("outside", {"below": 5.0, "above": 5.0}, "above", "limits_crossed"),
        ("outside", {"below": 5.0, "above": 7.0, "hysteresis": 1.0}, "hysteresis", "hysteresis_wide"),
    ],
)
def test_contradicting_parameters_are_rejected(kind: str, values: dict[str, float], parameter: str, key: str) -> None:
    condition = Condition(kind=AlarmKind(kind), **values)  # type: ignore[arg-type]
    assert condition.traits.check is not None
    with pytest.raises(ParameterError) as caught:
        condition.traits.check(condition)

    assert (caught.value.parameter, caught.value.key) == (parameter, key)


# ---------------------------------------------------------------- texts


@each_kind
def test_every_kind_has_a_step(kind: AlarmKind) -> None:
    name = f"async_step_{kind}"

    assert getattr(RuleFlow, name) is getattr(KindMenu, name), "another step has the name of the kind"


@each_language
@each_kind
def test_every_kind_is_in_the_menu(kind: AlarmKind, language: str) -> None:
    menu = steps(language)["user"]

    assert kind in menu["menu_options"]
    assert kind in menu["menu_option_descriptions"]


@each_language
@each_kind
def test_every_kind_has_sentences(kind: AlarmKind, language: str) -> None:
    texts = own(language)
    names = {parameter.name for parameter in KINDS[kind].parameters}

    for key in [f"is_{kind}", *([f"is_{kind}_learned"] if kind in LEARNING else [])]:
        assert placeholders(texts[key]) <= names
    subject = {"what"} if KINDS[kind].has_entities else set()
    assert placeholders(texts[f"name_{kind}"]) <= names | subject


@each_language
def test_sentences_belong_to_kinds(language: str) -> None:
    expected = {f"{head}_{kind}" for head in ("is", "name") for kind in AlarmKind}
    expected |= {f"is_{kind}_learned" for kind in LEARNING}

    assert {key for key in own(language) if key.startswith(("is_", "name_"))} == expected


@each_language
def test_every_parameter_has_a_label_and_a_description(language: str) -> None:
    form = steps(language)["condition"]
    names = {parameter.name for parameter in PARAMETERS} | {"rhythm", "unit"}

    assert form["data"].keys() == form["data_description"].keys() == names


@each_language
def test_every_required_parameter_has_an_error(language: str) -> None:
    errors = TRANSLATIONS[language]["config_subentries"]["alarm"]["error"]

    assert {parameter.missing_key for parameter in PARAMETERS} - {""} <= errors.keys()


# ---------------------------------------------------------------- the guide


@each_kind
def test_every_kind_is_in_the_guide(kind: AlarmKind) -> None:
    section = GUIDE.read_text("utf-8").partition("\n## Kinds of alarms\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| *")]
    label = steps("en")["user"]["menu_options"][kind]

    assert any(f"*{label}*" in row for row in rows), f"docs/alarms.md has no row for {label}"


def test_the_examples_use_every_parameter() -> None:
    """The tests of all kinds use them."""
    for kind in AlarmKind:
        full = examples(kind)[0]
        unused = [
            parameter.name
            for parameter in KINDS[kind].parameters
            if not getattr(full, parameter.field) and parameter.name != "attribute"
        ]
        assert unused == []
