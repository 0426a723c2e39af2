"""Visit to the spool: each step, and what a step that fails leaves undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iotbridge_agent.kafka.delivery.spool_visit import Errand, visit
from iotbridge_agent.kafka.letters import Letter
from iotbridge_agent.kafka.record import Record
from iotbridge_agent.kafka.spool import Spool

NOTHING = Errand(delete_to=0, letters=[], records=[], limit=0, after=0)
LETTER = Letter("shop/1", "stock", b"", b"41", [], "refused", "Kafka refused it.", 0, 2)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """Open a spool."""
    spool = Spool(tmp_path / "spool.db", 1024 * 1024)
    spool.open()
    yield spool
    spool.close()


def records(*numbers: int, size: int = 0) -> list[Record]:
    """Return numbered records."""
    return [Record("stock", b"", b"%d" % number + bytes(size), [], number) for number in numbers]


def test_all_steps_in_one_visit(spool: Spool) -> None:
    visit(spool, NOTHING._replace(records=records(1, 2, 3)))
    errand = Errand(delete_to=1, letters=[LETTER], records=records(4, 5), limit=2, after=1)
    outcome = visit(spool, errand)
    assert outcome[:3] == (True, True, 5)
    assert [seq for seq, _ in outcome.rows] == [2, 3]
    assert outcome.has_more
    assert outcome.error is None
    assert (spool.count, spool.letter_count) == (4, 1)


def test_the_end_of_the_records_is_seen(spool: Spool) -> None:
    visit(spool, NOTHING._replace(records=records(1, 2)))
    assert not visit(spool, NOTHING._replace(limit=2)).has_more
    assert visit(spool, NOTHING._replace(limit=2, after=2))[3:5] == ([], False)


def test_a_full_spool_is_still_read(spool: Spool) -> None:
    visit(spool, NOTHING._replace(records=records(1)))
    outcome = visit(spool, NOTHING._replace(records=records(2, size=2_000_000), limit=10))
    assert outcome.last_seq == 0
    assert "full" in str(outcome.error) or "room" in str(outcome.error)
    assert [seq for seq, _ in outcome.rows] == [1]


def test_a_spool_that_cannot_be_used_fails_in_every_step(spool: Spool) -> None:
    spool.close()
    outcome = visit(spool, Errand(1, [LETTER], records(1), 10, 0))
    assert outcome[:3] == (False, False, 0)
    assert outcome.rows == []
    assert outcome.has_more
    assert "closed" in str(outcome.error)
