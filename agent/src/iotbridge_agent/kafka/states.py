"""States of a connector, and the facts that decide them; pure."""

from enum import StrEnum
from typing import NamedTuple

PATIENCE_S = 5.0
"""Seconds for which a record may wait for Kafka before it goes to the disk."""
SHORT_PATIENCE_S = 0.1
"""The same when the broker cannot send much more: its own queue is short, and it drops messages without a word."""


class ConnectorState(StrEnum):
    """State of the data path."""

    LIVE = "live"
    """Records go to Kafka directly."""
    SPOOLING = "spooling"
    """Kafka does not answer: records go to the disk."""
    CATCHING_UP = "catching_up"
    """Kafka answers: records from the disk are sent first, and new ones go there."""
    PAUSED = "paused"
    """The disk has no room: nothing is read from the broker."""


class Situation(NamedTuple):
    """Facts that decide the state."""

    is_held: bool
    """True while an error keeps the producer from sending."""
    is_answering: bool
    """True if no record waits for Kafka, or Kafka has confirmed some lately, and since the state became spooling."""
    age_s: float
    """Seconds for which the oldest unconfirmed record that is not on the disk has waited; 0 if there is none."""
    is_half_full: bool
    """True when half of the messages that the broker may send ahead wait for their acknowledgement."""
    is_drained: bool
    """True when no record of the spool is left to be sent."""
    is_full: bool
    """True when the last records found no room in the spool."""


def next_state(state: ConnectorState, situation: Situation) -> ConnectorState:
    """Return the state that follows."""
    is_late = state is ConnectorState.LIVE and has_late_record(situation)
    is_silent = state is not ConnectorState.LIVE and not situation.is_answering
    if situation.is_held or is_late or is_silent:
        return ConnectorState.PAUSED if situation.is_full else ConnectorState.SPOOLING
    if situation.is_drained:
        return ConnectorState.LIVE
    return ConnectorState.PAUSED if situation.is_full else ConnectorState.CATCHING_UP


def has_late_record(situation: Situation) -> bool:
    """Return whether records wait for Kafka longer than the broker's patience allows."""
    return situation.age_s > (SHORT_PATIENCE_S if situation.is_half_full else PATIENCE_S)
