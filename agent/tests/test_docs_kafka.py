"""Guide docs/kafka.md: its configuration, commands and reference are those of the connector."""

from pathlib import Path
import re
import shlex
import tomllib

import pytest

from iotbridge_agent.cli.command_line import _parser
from iotbridge_agent.errors import ConfigError
from iotbridge_agent.kafka.explain import ExampleMessage, explain
from iotbridge_agent.kafka.exports import ENGINES
from iotbridge_agent.kafka.settings import parse_settings

GUIDE = (Path(__file__).parents[2] / "docs" / "kafka.md").read_text(encoding="utf-8")
MINIMUM = '[broker]\nurl = "mqtt://b"\n[kafka]\nbootstrap = ["k:1"]\n[[route]]\nfilter = "a"\ntopic = "t"\n'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def known_keys(table: str, text: str) -> set[str]:
    """Return the keys of a table, as the message about an unknown one lists them."""
    with pytest.raises(ConfigError) as caught:
        parse_settings(tomllib.loads(text), source="x", environ={}, default_id="stock")
    assert f"{table}.zzzzzzzzzz: there is no such key; known are: " in str(caught.value)
    return set(str(caught.value).rpartition("known are: ")[2].split(", "))


def documented_keys(table: str) -> set[str]:
    """Return the keys of a table in the reference; the first of a row has the table's name in front."""
    keys: set[str] = set()
    for row in re.findall(r"^\| (`[a-z_.`, ]+) \|", GUIDE, re.MULTILINE):
        names = re.findall(r"`([a-z_.]+)`", row)
        if names and names[0].startswith(f"{table}."):
            keys |= {names[0].removeprefix(f"{table}."), *names[1:]}
    return keys


@pytest.mark.parametrize("table", ["connector", "kafka", "spool", "metrics", "route"])
def test_every_key_is_in_the_reference(table: str) -> None:
    unknown = "zzzzzzzzzz = 1\n"
    text = MINIMUM + (unknown if table == "route" else "")
    if table == "kafka":
        text = text.replace("[kafka]\n", f"[kafka]\n{unknown}")
    elif table != "route":
        text += f"[{table}]\n{unknown}"
    assert documented_keys(table) == known_keys("route[0]" if table == "route" else table, text)


def test_the_first_configuration_does_what_the_guide_shows() -> None:
    settings = parse_settings(tomllib.loads(blocks("toml")[0]), source="x", environ={}, default_id="stock")
    lines, is_record = explain(settings, ExampleMessage(topic="shop/7/stock", payload=b"41"), 0)
    assert is_record
    command, _, shown = blocks("console")[0].partition("\n")
    assert command == "$ iotbridge-agent kafka explain shop/7/stock 41"
    assert shown.splitlines() == lines


def test_every_command_exists() -> None:
    commands = re.findall(r"iotbridge-agent ((?:--config \S+ )?kafka [^`#>|\n]+)", GUIDE)
    assert len(commands) > 10
    for command in commands:
        arguments = [word for word in shlex.split(command) if word != "…"]
        _parser().parse_args(arguments)


def test_every_export_is_shown() -> None:
    assert all(f"kafka export {engine} >" in GUIDE for engine in ENGINES)
    assert "None of the three was run here" in GUIDE
    assert "no\nApache Kafka in the tests" in GUIDE


def test_every_heading_has_its_own_anchor() -> None:
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", GUIDE, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    assert len(headings) == len({heading.lower() for heading in headings})
