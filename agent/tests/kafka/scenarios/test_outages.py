"""The broker or the spool fails; the same with more messages, and Kafka away, is in scripts/soak kafka."""

from __future__ import annotations

from pathlib import Path

from .delivery import damage_spool, fill_spool, lose_session


def test_a_full_spool_pauses_the_connector(tmp_path: Path) -> None:
    fill_spool(tmp_path, count=8000, size=300)


def test_a_damaged_spool_is_set_aside(tmp_path: Path) -> None:
    damage_spool(tmp_path, count=100)


def test_a_lost_session_is_begun_again(tmp_path: Path) -> None:
    lose_session(tmp_path, count=100)
