"""Validated access to a parsed TOML document; every error names the file, the key and the expected value."""

from collections.abc import Mapping
from pathlib import Path
import re
from typing import Any

from iotbridge_agent.errors import ConfigError

SHOWN_LENGTH = 60


class Table:
    """TOML table that returns validated values, and records which keys were read."""

    def __init__(self, values: object, source: str, path: str, environ: Mapping[str, str] | None) -> None:
        if not isinstance(values, Mapping):
            msg = f"{source}: {path}: expected a table, found {_shown(values)}"
            raise ConfigError(msg)
        self._values: Mapping[str, Any] = values
        self._source = source
        self._path = path
        self._environ = environ
        self._read_keys: set[str] = set()

    def error(self, key: str, expected: str, actual: object) -> ConfigError:
        """Return the error for a key, with the expected value."""
        where = f"{self._source}: {self._key(key)}"
        if variable := self._variable(key):
            where = f"environment variable {variable}"
        return ConfigError(f"{where}: expected {expected}" + ("" if actual is None else f", found {_shown(actual)}"))

    def has(self, key: str) -> bool:
        """Return whether the key exists."""
        return key in self._values

    def names(self) -> list[str]:
        """Return the keys."""
        return list(self._values)

    def table(self, key: str, *, required: bool = False, overridable: bool = False) -> "Table":
        """Return the table below ``key``; empty where it is missing. ``overridable``: by the environment."""
        self._read_keys.add(key)
        has_override = overridable and any(name.startswith(f"IOTBRIDGE_{key.upper()}_") for name in self._environ or ())
        if required and key not in self._values and not has_override:
            msg = f"{self._source}: [{self._key(key)}]: expected this table, it is missing"
            raise ConfigError(msg)
        return Table(self._values.get(key, {}), self._source, self._key(key), self._environ if overridable else None)

    def tables(self, key: str) -> list["Table"]:
        """Return the tables of the list below ``key``."""
        self._read_keys.add(key)
        values = self._values.get(key, [])
        if not isinstance(values, list):
            raise self.error(key, f"a list of tables, each headed [[{key}]]", values)
        return [Table(value, self._source, f"{key}[{index}]", None) for index, value in enumerate(values)]

    def text(
        self,
        key: str,
        *,
        default: str | None = None,
        required: bool = False,
        pattern: re.Pattern[str] | None = None,
        expected: str = "a text",
        can_be_empty: bool = False,
    ) -> str:
        """Return a text, which is not empty unless it can be."""
        value = self._value(key, default)
        if value is None and required:
            raise self.error(key, f"{expected}; it is missing", None)
        is_empty = not value and not can_be_empty
        if not isinstance(value, str) or is_empty or (pattern and not pattern.fullmatch(value)):
            raise self.error(key, expected, value)
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a text, or None where the key is missing."""
        return None if self._value(key, None) is None else self.text(key)

    def choice(self, key: str, choices: tuple[str, ...], *, default: str) -> str:
        """Return one of ``choices``."""
        expected = f"one of {', '.join(choices)}"
        value = self.text(key, default=default, expected=expected)
        if value not in choices:
            raise self.error(key, expected, value)
        return value

    def optional_choice(self, key: str, choices: tuple[str, ...]) -> str | None:
        """Return one of ``choices``, or None where the key is missing."""
        return None if self._value(key, None) is None else self.choice(key, choices, default="")

    def scalar(self, key: str) -> str | float:
        """Return a text, a number, true or false."""
        value = self._value(key, None)
        if not isinstance(value, str | int | float):
            raise self.error(key, "a text, a number, true or false", value)
        return value

    def number(self, key: str, *, default: float, low: float, high: float) -> float:
        """Return a number from ``low`` to ``high``."""
        value = self._value(key, default)
        if isinstance(value, str) and self._variable(key):
            try:
                value = float(value)
            except ValueError:
                raise self.error(key, f"a number from {low:g} to {high:g}", value) from None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.error(key, f"a number from {low:g} to {high:g}", value)
        return value

    def optional_number(self, key: str, *, low: float, high: float) -> float | None:
        """Return a number, or None where the key is missing."""
        return None if self._value(key, None) is None else self.number(key, default=low, low=low, high=high)

    def flag(self, key: str, *, default: bool | None) -> Any:
        """Return true or false, or ``default`` where the key is missing."""
        value = self._value(key, default)
        if isinstance(value, str) and self._variable(key):
            value = {"true": True, "1": True, "false": False, "0": False}.get(value.lower(), value)
        if value is not default and not isinstance(value, bool):
            raise self.error(key, "true or false", value)
        return value

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """Return a list of texts; in a variable of the environment commas separate them."""
        value = self._value(key, None)
        if isinstance(value, str) and self._variable(key):
            value = [item.strip() for item in value.split(",")]
        if value is None and not required:
            return ()
        if (
            not isinstance(value, list)
            or (required and not value)
            or not all(isinstance(item, str) and item for item in value)
        ):
            raise self.error(key, 'a list of texts, e.g. ["a", "b"]', value)
        return tuple(value)

    def readable_file(self, key: str) -> Path | None:
        """Return a path after opening it once."""
        value = self.optional_text(key)
        if value is None:
            return None
        try:
            path = Path(value).expanduser()
            with path.open("rb"):
                return path
        except (OSError, ValueError, RuntimeError) as error:  # no such file, a NUL in the name, no such user
            reason = getattr(error, "strerror", None) or error
            raise self.error(key, f"a file that can be read ({reason})", value) from error

    def secret(self, key: str) -> str | None:
        """Return a secret from ``key``, or from the file named by ``key_file``; no error ever shows it.

        The environment overrides the file.
        """
        file_key = f"{key}_file"
        direct: str | None = self._value(key, None)
        if direct is not None and (not isinstance(direct, str) or not direct):
            raise self.error(key, "a text that is not empty", None)
        if self._variable(key) and not self._variable(file_key):
            self._read_keys.add(file_key)
            return str(direct)
        if self._variable(file_key) and not self._variable(key):
            direct = None
        path = self.readable_file(file_key)
        if direct is not None and path is not None:
            raise self.error(key, f"either {key} or {key}_file, not both", None)
        if path is None:
            return direct
        try:
            secret = path.read_text(encoding="utf-8").strip("\r\n")
        except UnicodeDecodeError:
            raise self.error(f"{key}_file", "a text file", str(path)) from None
        if not secret:
            raise self.error(f"{key}_file", "a file that is not empty", str(path))
        return secret

    def hex_secret(self, key: str) -> bytes | None:
        """Return a secret of hexadecimal digits as bytes."""
        value = self.secret(key)
        if value is None:
            return None
        try:
            return bytes.fromhex(value)
        except ValueError:
            raise self.error(key, "hexadecimal digits, as in the broker's PSK file", None) from None

    def done(self) -> None:
        """Raise ConfigError for the first unknown key: a misspelt one must not be ignored silently."""
        for key in self._values:
            if key not in self._read_keys:
                raise self._unknown(f"{self._source}: {self._key(key)}", key, self._read_keys)
        variables = {f"IOTBRIDGE_{self._path}_{key}".upper() for key in self._read_keys}
        for variable in self._environ or ():
            if variable.startswith(f"IOTBRIDGE_{self._path}_".upper()) and variable not in variables:
                raise self._unknown(f"environment variable {variable}", variable, variables)

    @staticmethod
    def _unknown(where: str, word: str, known: set[str]) -> ConfigError:
        import difflib  # noqa: PLC0415 - a configuration is seldom wrong

        near = difflib.get_close_matches(word, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(sorted(known))}"
        return ConfigError(f"{where}: there is no such key; {hint}")

    def _key(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _variable(self, key: str) -> str | None:
        variable = f"IOTBRIDGE_{self._path}_{key}".upper()
        return variable if self._environ and variable in self._environ else None

    def _value(self, key: str, default: object) -> Any:
        self._read_keys.add(key)
        if self._environ and (variable := self._variable(key)):
            return self._environ[variable]
        return self._values.get(key, default)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 3]}..."
