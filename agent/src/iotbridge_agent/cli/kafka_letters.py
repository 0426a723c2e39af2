"""Dead letters of a connector on the command line: list, retry and drop them, also while the connector runs."""

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from iotbridge_agent.cli.terminal import write_line
from iotbridge_agent.errors import ConfigError
from iotbridge_agent.kafka.letters import Letter, Route
from iotbridge_agent.kafka.record import RejectReason
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.spool import Spool

_PAGE = 500
REASONS = tuple(reason.value for reason in RejectReason)


def main(settings: ConnectorSettings, arguments: argparse.Namespace) -> int:
    """Run the command and return the exit code."""
    if arguments.verb != "list" and bool(arguments.ids) == arguments.all:
        raise ConfigError(f"letters {arguments.verb}: expected ids, or --all")
    if arguments.verb != "list" and arguments.ids and arguments.reason:
        raise ConfigError("--reason: expected together with --all")
    if arguments.reason not in (None, *REASONS):
        raise ConfigError(f"--reason: expected one of {', '.join(REASONS)}, found {arguments.reason!r}")
    with _spool(settings) as spool:
        match arguments.verb:
            case "list":
                return _list(spool, arguments)
            case "retry":
                return _retry(spool, arguments, _route(settings))
            case _:
                return _drop(spool, arguments)


@contextmanager
def _spool(settings: ConnectorSettings) -> Iterator[Spool]:
    with closing(Spool(settings.spool.path, settings.spool.max_bytes)) as spool:
        spool.open_beside()
        yield spool


def _route(settings: ConnectorSettings) -> Route:
    from iotbridge_agent.kafka.route import Router  # noqa: PLC0415 - for this verb only

    return Router(settings).route


def _list(spool: Spool, arguments: argparse.Namespace) -> int:
    page = spool.letters(max(arguments.limit, 1), arguments.after, arguments.reason)
    for letter_id, letter in page:
        write_line(_line(letter_id, letter))
        if arguments.payload:
            write_line(f"        {_payload(letter.value)}")
    more = len(spool.letters(1, page[-1][0], arguments.reason)) if page else 0
    if more:
        write_line(f"There are more: `--after {page[-1][0]}` shows the next ones.")
    elif not page:
        write_line("There are no dead letters." if arguments.after == 0 else "There are no more dead letters.")
    return 0


def _retry(spool: Spool, arguments: argparse.Namespace, route: Route) -> int:
    if arguments.all:
        result, missing = spool.retry_all(route, arguments.reason), []
    else:
        missing = _missing(spool, arguments.ids)
        result = spool.retry(arguments.ids, route)
    for letter_id, rejection in result.kept.items():
        write_line(f"Dead letter {letter_id} stays: {rejection.reason}: {printable(rejection.detail)}")
    for letter_id in missing:
        write_line(f"There is no dead letter {letter_id}.")
    write_line(f"{_letters(result.retried)} put back: the connector sends what waits in order, this last.")
    return 1 if missing or result.kept else 0


def _drop(spool: Spool, arguments: argparse.Namespace) -> int:
    missing: list[int] = []
    dropped = 0
    if arguments.all:
        while page := spool.letters(_PAGE, reason=arguments.reason):
            dropped += spool.drop([letter_id for letter_id, _ in page])
    else:
        missing = _missing(spool, arguments.ids)
        dropped = spool.drop(arguments.ids)
    for letter_id in missing:
        write_line(f"There is no dead letter {letter_id}.")
    write_line(f"{_letters(dropped)} dropped.")
    return 1 if missing else 0


def _missing(spool: Spool, ids: list[int]) -> list[int]:
    return [letter_id for letter_id in ids if [found for found, _ in spool.letters(1, letter_id - 1)] != [letter_id]]


def _letters(number: int) -> str:
    return "1 dead letter was" if number == 1 else f"{number} dead letters were"


def _line(letter_id: int, letter: Letter) -> str:
    time = datetime.fromtimestamp(letter.time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    target = f" -> {printable(letter.target)}" if letter.target else ""
    kept = f", {len(letter.value)} kept" if letter.is_cut else ""
    return (
        f"{letter_id:6}  {time}  {letter.reason}  {printable(letter.topic)}{target}  ({letter.size} bytes{kept})  "
        f"{printable(letter.detail)}"
    )


def _payload(value: bytes) -> str:
    try:
        return printable(value.decode())
    except UnicodeDecodeError:
        return repr(value)


def printable(text: str) -> str:
    """Return the text with escapes for characters that would control the terminal."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
