"""Checks of the user: an HTTP address, a TCP port, the age of a file or folder."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
import socket
import time

from iotbridge_agent.collector import Collector, CollectorSpec, Reading, SensorDescription
from iotbridge_agent.config_checks import CheckConfig
from iotbridge_agent.sensor_keys import unique_slugs

ACCEPTED = range(200, 400)


class AnswerCheck:
    """Collector of one HTTP or TCP target: whether it answers, and its response time."""

    def __init__(self, check: CheckConfig, slug: str) -> None:
        self._check = check
        self._answers = SensorDescription(
            key=f"check_{slug}",
            name="{check}",
            placeholders={"check": check.name},
            platform="binary_sensor",
            device_class="connectivity",
        )
        self._latency = SensorDescription(
            key=f"latency_{slug}",
            name="{check} response time",
            placeholders={"check": check.name},
            unit="ms",
            device_class="duration",
            state_class="measurement",
            category="diagnostic",
            enabled=False,
            decimals=0,
            dead_band=20.0,
        )

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; every failure to reach the target, including a bad certificate, counts as no answer."""
        start = time.monotonic()
        is_answered = answers(self._check)
        yield Reading(self._answers, is_answered)
        yield Reading(self._latency, (time.monotonic() - start) * 1000 if is_answered else None)


class AgeCheck:
    """Collector of one file or folder: its last change, and whether that is too long ago."""

    def __init__(self, check: CheckConfig, slug: str) -> None:
        self._check = check
        self._problem = SensorDescription(
            key=f"check_{slug}",
            name="{check}",
            placeholders={"check": check.name},
            platform="binary_sensor",
            device_class="problem",
        )
        # A timestamp changes only with the file; an age would change with every reading.
        self._changed = SensorDescription(
            key=f"changed_{slug}",
            name="{check} last changed",
            placeholders={"check": check.name},
            device_class="timestamp",
            enabled=check.max_age_h is None,
        )

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; a missing, empty or unreadable target is a problem."""
        changed = _changed(Path(self._check.target).expanduser())
        max_age_s = float("inf") if self._check.max_age_h is None else self._check.max_age_h * 3600
        yield Reading(self._problem, changed is None or time.time() - changed > max_age_s)
        text = None if changed is None else datetime.fromtimestamp(changed, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield Reading(self._changed, text)


def answers(check: CheckConfig) -> bool:
    """Return whether an address or a port answers as expected."""
    return _http_answers(check) if check.kind == "http" else _tcp_answers(check)


def _http_answers(check: CheckConfig) -> bool:
    from http.client import HTTPException  # noqa: PLC0415 (only needed for such a check)

    try:
        status = _http_status(check)
    except (OSError, HTTPException, ValueError):  # ValueError: an address that no request can carry
        return False
    return status in ACCEPTED if check.expect_status is None else status == check.expect_status


def _http_status(check: CheckConfig) -> int:
    from http.client import HTTPConnection, HTTPSConnection  # noqa: PLC0415 (only needed for such a check)
    from urllib.parse import urlsplit  # noqa: PLC0415 (the same)

    url = urlsplit(check.target)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=check.timeout_s)
    try:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("GET", path, headers={"User-Agent": "iotbridge-agent", "Connection": "close"})
        return connection.getresponse().status
    finally:
        connection.close()


def _tcp_answers(check: CheckConfig) -> bool:
    host, _, port = check.target.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=check.timeout_s):
            return True
    except (OSError, OverflowError):  # OverflowError: a port above 65535
        return False


def _changed(path: Path) -> float | None:
    """Return the time of the last change; for a folder that of its newest entry, as deleting changes the folder."""
    try:
        if path.is_dir():
            times = (_written(entry) for entry in path.iterdir())
            return max((seconds for seconds in times if seconds is not None), default=None)
    except OSError:
        return None
    return _written(path)


def _written(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _spec(check: CheckConfig, slug: str) -> CollectorSpec:
    def create(_config: object) -> Collector:
        return AgeCheck(check, slug) if check.kind == "file" else AnswerCheck(check, slug)

    # The check's own timeout is shorter, so that a silent target is a reading and not a failed collector.
    return CollectorSpec(
        name=f"check_{slug}", create=create, interval_s=check.interval_s, timeout_s=check.timeout_s * 2 + 1
    )


def check_specs(checks: tuple[CheckConfig, ...]) -> tuple[CollectorSpec, ...]:
    """Return one row per check, each with its own interval."""
    slugs = unique_slugs(check.name for check in checks)
    return tuple(_spec(check, slugs[check.name]) for check in checks)
