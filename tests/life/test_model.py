"""The model is independent: it imports nothing of the integration."""

import ast
from collections.abc import Iterator
from pathlib import Path
import sys

from .differences import About, Notified, differences
from .model import Model

HERE = Path(__file__).parent
ITS_OWN = {"catalogue", "differences", "model", "model_alarms", "model_hosts", "model_things", "operations"}
"""Modules of the model, the only ones of this folder that it may import."""
FROM_ELSEWHERE = {"lab.things"}
"""An encoder of CBOR."""


def _imports(module: str) -> Iterator[tuple[int, str]]:
    """Return the level and the name of each import."""
    for node in ast.walk(ast.parse((HERE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


def test_the_model_imports_nothing_of_the_product() -> None:
    for module in ITS_OWN:
        for level, name in _imports(module):
            if level:
                assert (level, name in ITS_OWN) == (1, True), f"{module} imports {name}"
            else:
                assert name in FROM_ELSEWHERE or name.split(".")[0] in sys.stdlib_module_names, (
                    f"{module} imports {name}"
                )


def test_nothing_is_raised_by_what_is_learned_while_the_broker_is_away() -> None:
    model = Model()
    dry = {"name": "Dry", "kind": "above", "on": ["Shed/humidity"], "limit": 19, "groups": ["Family"]}
    model.do({"do": "learn", "things": ["Shed"]})
    model.do({"do": "say", "thing": "Shed", "values": {"temperature": 20, "humidity": 7}, "retain": True})
    model.do({"do": "add_rule", "rule": dry})
    model.do({"do": "remove", "thing": "Shed"})
    learn = {"do": "learn", "things": ["Shed"]}

    model.do({"do": "restart_broker", "memory": True, "meanwhile": [learn]})

    assert model.expected()["alarms"] == model.expected()["notified"] == {}


def test_states_that_a_person_would_accept() -> None:
    expected = {"values": {"Attic/temperature": frozenset({"21.5", "unknown"}), "Shed/humidity": frozenset({"40"})}}
    assert differences(expected, {"values": {"Attic/temperature": "unknown", "Shed/humidity": "40"}}) == []
    assert differences(expected, {"values": {"Attic/temperature": "unknown", "Shed/humidity": "41"}}) == [
        "values: Shed/humidity is 41, not 40"
    ]
    assert differences(expected, {"values": {"Attic/temperature": "21.5"}}) == [
        "values: Shed/humidity is absent, not 40"
    ]


def test_order_and_number_of_what_was_told() -> None:
    expected = {"notified": {"Family: Hot": Notified(("raised", "cleared?", "raised?", "cleared"))}}
    for news in (["raised", "cleared"], ["raised", "cleared", "raised", "cleared"]):
        assert differences(expected, {"notified": {"Family: Hot": news}}) == []
    for news in ([], ["raised"], ["cleared", "raised"], ["raised", "raised", "cleared", "cleared"]):
        assert differences(expected, {"notified": {"Family: Hot": news}})


def test_repairs_that_are_about_a_rule() -> None:
    expected = {"repairs": About({"Hot", "Warm?"})}
    assert differences(expected, {"repairs": {"watches nothing: Hot"}}) == []
    assert differences(expected, {"repairs": {"watches nothing: Hot", "watches nothing: Warm"}}) == []
    assert differences(expected, {"repairs": set()}) == ["repairs: nothing about Hot"]
    assert differences(expected, {"repairs": {"Hot", "disk full"}}) == ["repairs: disk full is there"]
