"""Configuration of checks: an HTTP address, a TCP port, or the age of a file or folder."""

import re
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from iotbridge_agent.toml_table import Table

MAX_PORT = 65535


class CheckConfig(NamedTuple):
    """Check of an HTTP address, a TCP port, or the age of a file or folder."""

    name: str
    kind: Literal["http", "tcp", "file"]
    target: str
    """URL, ``host:port`` or path."""
    interval_s: float = 60.0
    timeout_s: float = 10.0
    max_age_h: float | None = None
    """Maximum age of a file in hours; an older one is a problem."""
    expect_status: int | None = None
    """Expected HTTP status; None accepts 200 to 399."""


def parse_checks(root: Table) -> tuple[CheckConfig, ...]:
    """Return the checks of the tables ``[[checks]]``."""
    checks: list[CheckConfig] = []
    for table in root.tables("checks"):
        kinds = [kind for kind in ("http", "tcp", "file") if table.has(kind)]
        if len(kinds) != 1:
            raise table.error("http", "exactly one of http, tcp and file", ", ".join(kinds) or None)
        kind = kinds[0]
        target = parse_target(table, kind)
        check = CheckConfig(
            name=table.text("name", required=True),
            kind=kind,  # type: ignore[arg-type]
            target=target,
            interval_s=table.number("interval_s", default=60, low=5, high=86400),
            timeout_s=table.number("timeout_s", default=10, low=0.1, high=120),
            max_age_h=table.optional_number("max_age_h", low=0.01, high=87600) if kind == "file" else None,
            expect_status=_whole(table.optional_number("expect_status", low=100, high=599)) if kind == "http" else None,
        )
        if any(other.name == check.name for other in checks):
            raise table.error("name", "a unique name", check.name)
        table.done()
        checks.append(check)
    return tuple(checks)


def parse_target(table: Table, kind: str) -> str:
    """Return the address, port or path of a check; raises ConfigError for an invalid one."""
    target = table.text(kind, required=True)
    if kind == "http" and not is_http_address(target):
        raise table.error(kind, "an address that starts with http:// or https:// and has a valid port", target)
    if kind == "tcp" and not is_host_and_port(target):
        raise table.error(kind, "host:port", target)
    return target


def is_http_address(text: str) -> bool:
    """Return whether the text is the address of a page."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_host_and_port(text: str) -> bool:
    """Return whether the text is an address and a port, ``host:port``."""
    match = re.fullmatch(r"(?:\[[^\]]+\]|[^:\s]+):(\d{1,5})", text)
    return match is not None and 1 <= int(match[1]) <= MAX_PORT


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
