"""Validated access to a TOML document: every error names the place and the expected value."""

from collections.abc import Callable
from pathlib import Path
import re
from typing import Any

import pytest

from iotbridge_agent.errors import ConfigError
from iotbridge_agent.toml_table import Table

LETTERS = re.compile("[a-z]+")


def table(values: object, path: str = "broker", **environ: str) -> Table:
    return Table(values, "agent.toml", path, environ)


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (lambda t: t.text("key"), 5, "expected a text, found 5"),
        (lambda t: t.text("key"), "", "expected a text, found ''"),
        (
            lambda t: t.text("key", pattern=re.compile("[a-z]+"), expected="letters"),
            "A1",
            "expected letters, found 'A1'",
        ),
        (lambda t: t.choice("key", ("a", "b"), default="a"), "c", "expected one of a, b, found 'c'"),
        (lambda t: t.number("key", default=1, low=0, high=9), 10, "expected a number from 0 to 9, found 10"),
        (lambda t: t.number("key", default=1, low=0, high=9), True, "expected a number from 0 to 9, found True"),
        (lambda t: t.flag("key", default=False), "yes", "expected true or false, found 'yes'"),
        (lambda t: t.tables("key"), {"a": 1}, "expected a list of tables"),
        (lambda t: t.table("key"), 1, "expected a table, found 1"),
        (lambda t: t.readable_file("key"), "/no/such/file", "expected a file that can be read (No such file"),
        (lambda t: t.hex_secret("key"), "xyz", "expected hexadecimal digits"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_place(
    read: Callable[[Table], Any], value: object, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(table({"key": value}))

    assert str(caught.value).startswith("agent.toml: broker.key: ")
    assert message in str(caught.value)


def test_a_missing_key_has_its_default() -> None:
    empty = table({})

    assert empty.text("key", default="x") == "x"
    assert empty.optional_text("key") is None
    assert empty.optional_number("key", low=0, high=9) is None
    assert empty.tables("rows") == []
    assert empty.secret("password") is None
    with pytest.raises(ConfigError, match=r"broker\.key: expected a text; it is missing"):
        empty.text("key", required=True)
    with pytest.raises(ConfigError, match=r"\[broker\.inner\]: expected this table, it is missing"):
        empty.table("inner", required=True)


def test_an_unread_key_is_unknown() -> None:
    read = table({"username": "u", "pasword": "x"})
    read.text("username")
    read.secret("password")

    with pytest.raises(ConfigError, match=r"broker\.pasword: there is no such key; did you mean password\?"):
        read.done()


def test_the_environment_overrides_the_file_and_is_named_in_errors() -> None:
    read = table({"port": 1}, IOTBRIDGE_BROKER_PORT="7", IOTBRIDGE_BROKER_HOST="")

    assert read.number("port", default=0, low=0, high=9) == 7
    with pytest.raises(ConfigError, match=r"^environment variable IOTBRIDGE_BROKER_HOST: expected a text"):
        read.text("host")


def test_a_variable_of_a_key_that_does_not_exist_is_unknown() -> None:
    read = table({}, IOTBRIDGE_BROKER_HOTS="x")
    read.text("host", default="h")

    with pytest.raises(ConfigError, match=r"_HOTS: there is no such key; did you mean IOTBRIDGE_BROKER_HOST\?"):
        read.done()


def test_rows_of_a_list_are_named_by_their_number() -> None:
    first, second = table({"checks": [{"name": "a"}, {"name": 5}]}, "").tables("checks")

    assert first.text("name") == "a"
    with pytest.raises(ConfigError, match=r"agent\.toml: checks\[1\]\.name: expected a text"):
        second.text("name")


def test_a_secret_is_in_no_error(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2\n")
    assert table({"password_file": str(file)}).secret("password") == "hunter2"

    with pytest.raises(ConfigError) as caught:
        table({"password": "hunter2", "password_file": str(file)}).secret("password")
    assert "either password or password_file" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    file.write_text("\n")
    with pytest.raises(ConfigError, match="password_file: expected a file that is not empty"):
        table({"password_file": str(file)}).secret("password")
