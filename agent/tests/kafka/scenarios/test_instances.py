"""Several instances, and restarts that must not repeat what was delivered."""

from __future__ import annotations

from pathlib import Path

from .instances import restart_with_retained, split_filters


def test_retained_messages_are_not_sent_again_after_a_restart(tmp_path: Path) -> None:
    restart_with_retained(tmp_path, count=50)


def test_instances_with_filters_of_their_own_keep_the_order(tmp_path: Path) -> None:
    split_filters(tmp_path, count=2000, rate=2000)
