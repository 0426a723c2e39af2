"""Writer of a new configuration: agent.toml, and the password in a file of its own beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
import os
from pathlib import Path
import secrets
from typing import Any

from iotbridge_agent.config import Config, parse_config
from iotbridge_agent.errors import AgentError

PASSWORD_FILE = "password"  # noqa: S105 - the name of a file


class WriteError(AgentError):
    """Failure to write the configuration."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Answers to the questions of setup; None stands for the default."""

    url: str
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None
    node_id: str | None = None
    prefix: str | None = None
    language: str | None = None
    page: str | None = None
    commands: tuple[str, ...] = ()
    """Enabled commands."""


def to_config(answers: Answers) -> Config:
    """Return the configuration for the answers; raises ConfigError for an invalid answer."""
    document = _document(answers)
    if answers.password is not None:
        document["broker"]["password"] = answers.password
    return parse_config(document, source="setup", environ={})


def write(path: Path, answers: Answers) -> None:
    """Write both files with mode 600, each atomically; raises WriteError."""
    document = _document(answers)
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if answers.password is not None:
            password_file = path.absolute().with_name(PASSWORD_FILE)
            document["broker"]["password_file"] = str(password_file)
            _replace(password_file, answers.password + "\n")
        _replace(path, to_toml(document))
    except OSError as error:
        raise WriteError(f"{error.filename or path} cannot be written ({error.strerror}); try with sudo.") from error


def to_toml(document: Mapping[str, Mapping[str, Any]]) -> str:
    """Return tables of texts and flags as TOML."""
    lines = ["# Written by `iotbridge-agent setup`. Every key is explained in the agent's README."]
    for name, table in document.items():
        lines += [
            "",
            f"[{name}]",
            *(f"{key} = {_toml_value(value)}" for key, value in table.items()),
        ]
    return "\n".join(lines) + "\n"


def _toml_value(value: str | bool) -> str:
    # JSON strings and booleans are valid TOML, apart from this one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _document(answers: Answers) -> dict[str, dict[str, Any]]:
    broker = {"url": answers.url, "username": answers.username, "ca_file": answers.ca_file}
    agent = {
        "node_id": answers.node_id,
        "prefix": answers.prefix,
        "language": answers.language,
        "url": answers.page,
    }
    tables: dict[str, dict[str, Any]] = {
        "agent": agent,
        "broker": broker,
        "commands": dict.fromkeys(answers.commands, True),
    }
    filled = {name: {key: value for key, value in table.items() if value} for name, table in tables.items()}
    return {name: table for name, table in filled.items() if table or name == "broker"}


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            _keep_owner(path, file.fileno())
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _keep_owner(path: Path, descriptor: int) -> None:
    """Give the new file the owner and mode of the one it replaces: the service's user must still be able to read it."""
    if path.exists() and hasattr(os, "fchown"):
        before = path.stat()
        os.fchown(descriptor, before.st_uid, before.st_gid)
        os.fchmod(descriptor, before.st_mode & 0o640)
