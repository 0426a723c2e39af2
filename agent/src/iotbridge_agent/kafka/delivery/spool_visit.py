"""Visit of the data path to the spool: everything that is due there, in one call of the spool's thread."""

from collections.abc import Callable
from typing import NamedTuple

from iotbridge_agent.kafka.letters import Letter
from iotbridge_agent.kafka.record import Record
from iotbridge_agent.kafka.spool import Spool
from iotbridge_agent.kafka.spool_file import SpoolError


class Errand(NamedTuple):
    """Work in the spool, in the order in which it is done."""

    delete_to: int
    """Number up to which records are deleted; 0 for none."""
    letters: list[Letter]
    records: list[Record]
    limit: int
    """Number of records to read; 0 for none."""
    after: int
    """Number behind which they are read."""


class Outcome(NamedTuple):
    """Result of a visit; ``error`` is that of the last step that failed."""

    is_deleted: bool
    are_letters_saved: bool
    last_seq: int
    """Number of the last record that was written; 0 if none was."""
    rows: list[tuple[int, Record]]
    has_more: bool
    """True if there are records behind those that were read."""
    error: SpoolError | None


def visit(spool: Spool, errand: Errand) -> Outcome:
    """Do the work; a step that fails does not keep the others from being done."""
    errors: list[SpoolError] = []

    def attempt(step: Callable[[], object]) -> bool:
        try:
            step()
        except SpoolError as error:
            errors.append(error)
            return False
        return True

    last_seq = 0
    rows: list[tuple[int, Record]] = []
    has_more = False

    def append() -> None:
        nonlocal last_seq
        last_seq = spool.append(errand.records)

    def read() -> None:
        nonlocal rows, has_more
        rows = spool.peek(errand.limit, errand.after)
        has_more = bool(rows and spool.peek(1, rows[-1][0]))

    is_deleted = not errand.delete_to or attempt(lambda: spool.delete_up_to(errand.delete_to))
    are_letters_saved = not errand.letters or attempt(lambda: spool.add_letters(errand.letters))
    if errand.records:
        attempt(append)
    if errand.limit and not attempt(read):
        has_more = True
    return Outcome(is_deleted, are_letters_saved, last_seq, rows, has_more, errors[-1] if errors else None)
