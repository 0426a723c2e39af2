"""Announces on the own topic, and the conclusions from them."""

from collections.abc import Callable
import time
from typing import Any

import pytest

from iotbridge_agent.namesakes import FORGET_AFTER_S, Namesakes
from iotbridge_agent.protocol.messages import Announce, encode_announce
from iotbridge_agent.protocol.topics import Topics, device_uid

MAC = ("00:11:22:33:44:01",)
OTHER_MAC = ("00:11:22:33:44:02",)
TOPICS = Topics("iotbridge", "nas")
Advance = Callable[[float], None]


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    """Advance the monotonic clock by some seconds; it stands still otherwise."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def move(seconds: float) -> None:
        now[0] += seconds

    return move


def announce(**fields: Any) -> bytes:
    """Return the payload of another agent on another machine, except for the given fields."""
    known: dict[str, Any] = {
        "agent": "1.0.0",
        "node_id": "nas",
        "hostname": "nas",
        "uid": device_uid("iotbridge", "nas"),
    }
    known |= {"instance": "other", "power": "on", "interval_s": 30.0, "commands": ("ping",)}
    known |= {"machine": "other", "mac": OTHER_MAC, "run": "other-1"}
    return encode_announce(Announce(**(known | fields)))


class Listener:
    """Agent on the machine ``here`` that receives announces."""

    def __init__(self, machine: str | None = "here", mac: tuple[str, ...] = MAC) -> None:
        self.namesakes = Namesakes(TOPICS, machine=machine, mac=mac, run="own-2")
        self._own: dict[str, Any] = {"instance": "own", "machine": machine, "mac": mac or None}

    def receive(self, *, retained: bool = False, was_cut_short: bool = False, **fields: Any) -> bool:
        """Receive another agent's announce."""
        return self.namesakes.received(
            announce(**fields),
            is_retained=retained,
            instance="own",
            has_announced=True,
            was_cut_short=was_cut_short,
        )

    def connect(self, *, retained_run: str, was_cut_short: bool = False) -> None:
        """Connect to a broker that retains an announce of this instance, and announce this run."""
        self.receive(retained=True, run=retained_run, was_cut_short=was_cut_short, **self._own)
        self.receive(run="own-2", **self._own)


def test_an_agent_that_restarts_all_the_time_is_answered_each_time(advance: Advance) -> None:
    listener = Listener()
    for number in range(50):
        assert listener.receive(run=f"run-{number}")
        assert not listener.receive(run=f"run-{number}")
        assert listener.receive(run=f"run-{number}", power="off")
        advance(30)


def test_the_same_agent_is_answered_again_after_a_minute(advance: Advance) -> None:
    listener = Listener()
    assert listener.receive()
    advance(59)
    assert not listener.receive()
    advance(2)
    assert listener.receive()


def test_a_conflict_ends_a_day_after_the_last_sighting(advance: Advance) -> None:
    listener = Listener()
    listener.receive()
    advance(FORGET_AFTER_S - 1)
    assert listener.namesakes.has_any
    listener.receive()
    advance(FORGET_AFTER_S - 1)
    assert listener.namesakes.has_any
    advance(2)
    assert not listener.namesakes.has_any


def test_more_agents_than_are_remembered_do_not_hide_a_later_one(
    advance: Advance, caplog: pytest.LogCaptureFixture
) -> None:
    listener = Listener()
    for number in range(500):
        listener.receive(instance=f"flood-{number}", run=f"flood-{number}")
    assert len(caplog.records) == 20
    advance(FORGET_AFTER_S + 1)
    assert not listener.namesakes.has_any
    assert listener.receive()
    assert listener.namesakes.has_any


def test_a_broker_restored_from_an_old_backup_is_not_a_twin(advance: Advance) -> None:
    listener = Listener()
    for _ in range(5):
        listener.connect(retained_run="own-1")
        advance(20)
        assert not listener.namesakes.has_twin


def test_two_old_backups_of_the_broker_in_a_week_are_not_a_twin(advance: Advance) -> None:
    listener = Listener()
    listener.connect(retained_run="own-2")
    for run in ("own-0", "own-1"):
        listener.connect(retained_run=run)
        advance(7 * 86400 / 2)
        assert not listener.namesakes.has_twin


@pytest.mark.parametrize("runs", [("twin", "twin"), ("twin-1", "twin-2")])
def test_a_twin_is_found_by_its_second_sighting(advance: Advance, runs: tuple[str, str]) -> None:
    listener = Listener()
    listener.connect(retained_run="own-1")
    listener.connect(retained_run=runs[0], was_cut_short=True)
    assert not listener.namesakes.has_twin
    advance(20)
    listener.connect(retained_run=runs[1], was_cut_short=runs[0] == runs[1])
    assert listener.namesakes.has_twin


@pytest.mark.parametrize(
    ("own", "other", "is_conflict"),
    [
        ((None, MAC), (None, MAC), False),
        ((None, MAC), ("some", MAC), False),
        (("here", MAC), (None, MAC), False),
        ((None, MAC), (None, OTHER_MAC), True),
        ((None, MAC), (None, (*MAC, *OTHER_MAC)), True),
        ((None, ()), (None, None), True),
        (("here", MAC), ("here", None), False),
        (("here", MAC), ("here", (*MAC, *OTHER_MAC)), False),
        (("here", MAC), ("here", OTHER_MAC), True),
        (("here", MAC), ("other", MAC), True),
    ],
)
def test_a_restored_backup_is_distinguished_from_a_copy_by_machine_and_addresses(
    own: tuple[str | None, tuple[str, ...]], other: tuple[str | None, tuple[str, ...] | None], is_conflict: bool
) -> None:
    listener = Listener(*own)
    assert listener.receive(retained=True, machine=other[0], mac=other[1]) is is_conflict
    assert listener.namesakes.has_any is is_conflict
