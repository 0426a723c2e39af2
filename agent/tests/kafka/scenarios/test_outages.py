"""Kafka, the broker or the spool fail; the same with more messages is in scripts/soak kafka."""

from __future__ import annotations

from pathlib import Path

from .delivery import damage_spool, fill_spool, lose_kafka, lose_session


def test_nothing_is_lost_while_kafka_is_away(tmp_path: Path) -> None:
    lose_kafka(tmp_path, count=6000, rate=2000, is_frozen=False)


def test_a_full_spool_pauses_the_connector(tmp_path: Path) -> None:
    fill_spool(tmp_path, count=8000, size=300)


def test_a_damaged_spool_is_set_aside(tmp_path: Path) -> None:
    damage_spool(tmp_path, count=100)


def test_a_lost_session_is_begun_again(tmp_path: Path) -> None:
    lose_session(tmp_path, count=100)
