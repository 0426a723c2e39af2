"""Rules of inference: each example has the result of its rule, and another one without the rule."""

from collections.abc import Iterator
import json
import re
from typing import Any

import pytest

from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.inference.quantities import adjectives, rules as quantity_rules
from custom_components.iotbridge.things.inference.roles import rules as role_rules
from custom_components.iotbridge.things.inference.rule_table import Example, Reads, Table, TableRule
from custom_components.iotbridge.things.inference.states import binary_rules, event_rules
from custom_components.iotbridge.things.inference.units import rules as unit_rules, unit_system
from custom_components.iotbridge.things.inference.visibility import rules as visibility_rules
from custom_components.iotbridge.things.model.message import Sample
from tests.things.sample_sets import SETS, load

MODULES = (unit_system, unit_rules, adjectives, quantity_rules, role_rules, binary_rules, event_rules, visibility_rules)


def rules() -> Iterator[Any]:
    """Yield each rule with its table."""
    for module in MODULES:
        for name, table in vars(module).items():
            if isinstance(table, Table):
                for index, rule in enumerate(table.rows):
                    yield pytest.param(table, rule, id=f"{name}-{index}-{rule.example.source}")


def first_path(payload: Any) -> tuple[str | int, ...]:
    """Return the path of the first value."""
    if isinstance(payload, dict):
        key = next(iter(payload))
        return (key, *first_path(payload[key]))
    return (0, *first_path(payload[0])) if isinstance(payload, list) else ()


def sent(payload: Any) -> bytes:
    """Return a payload as it is published."""
    return (payload if isinstance(payload, str) else json.dumps(payload)).encode()


def read(example: Example) -> Reads | None:
    """Return the reading of the first value of an example, as the wizard proposes it."""
    messages = [Sample(topic, sent(payload)) for topic, payload in ((example.topic, example.payload), *example.beside)]
    path = first_path(example.payload)
    for device in analyse(messages).devices:
        for reading in device.readings:
            channel = reading.channel
            if path in (channel.path, reading.raw_path) and example.topic.endswith(channel.subtopic):
                return Reads(reading.value, channel.unit, channel.device_class, channel.platform, channel.enabled)
    return None


@pytest.mark.parametrize(("table", "rule"), rules())
def test_the_example_of_a_rule_needs_it(
    table: Table[Any, TableRule[Any, Any]], rule: TableRule[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(rule.example) == rule.example.gives

    monkeypatch.setattr(table, "rows", tuple(other for other in table.rows if other is not rule))

    assert read(rule.example) != rule.example.gives


def test_an_example_names_its_source() -> None:
    """A sample of this repository, or a vendor or a collection and the product."""
    ids = {f"{name}/{sample['id']}" for name in SETS for sample in load(name)}
    sources = {parameters.values[1].example.source for parameters in rules()}

    assert [source for source in sources - ids if not re.fullmatch(r"[\w .]+: .+", source)] == []
