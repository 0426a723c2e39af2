"""Recognition of other agents with this agent's node_id, by the announces on its own topic."""

import logging
import math
import time

from iotbridge_agent.protocol.messages import Announce, MessageError, parse_announce
from iotbridge_agent.protocol.topics import Topics

MOST_ANSWERED = 20
"""Whoever floods the topic gets no flood of announces."""
FORGET_AFTER_S = 86400.0
"""One that left, and does not come back for this long, has a node_id of its own now."""
TWIN_SIGHTINGS = 2
"""A broker that was restored from its backup remembers an earlier run of this very agent, but only once."""
REMEDY = (
    "Their values are mixed, and a command reaches both. Give each its own node_id under [agent]; where a machine or "
    "its disk was copied, delete the state folder of the copy, too."
)
_LOG = logging.getLogger(__name__)


class Namesakes:
    """Other agents with this node_id, as far as they were noticed since the start."""

    def __init__(self, topics: Topics, *, machine: str | None, mac: tuple[str, ...], run: str) -> None:
        """Start without any."""
        self._topics = topics
        self._own = (machine, frozenset(mac))
        self.run = run
        self._known: dict[str, float] = {}
        """Instances of the others, each with the monotonic time until which it is a conflict."""
        self._answered: set[str] = set()
        self._has_spoken = False
        self._twin_sightings = 0

    @property
    def has_any(self) -> bool:
        """Return whether there is a conflict to tell of."""
        return any(until > time.monotonic() for until in self._known.values())

    def received(self, payload: bytes, *, retained: bool, instance: str, has_announced: bool) -> bool:
        """Take an announce from the own topic; return whether the own one has to be said again.

        ``instance``: the own one; ``has_announced``: whether this installation had announced itself before
        the present connection.
        """
        try:
            announce = parse_announce(payload, prefix=self._topics.prefix, node_id=self._topics.node_id)
        except MessageError:
            return False
        if announce.run == self.run:
            self._has_spoken = True
            if retained:
                self._twin_sightings = 0
            return False
        if announce.instance == instance:
            # Before this run said anything, it is the former run's.
            self._twin_sightings += retained and self._has_spoken
            return False
        if retained and (not has_announced or self._is_own_machine(announce)):
            return False  # set up anew, restored from a backup, or in place of a machine that is gone
        return self._heard(announce, retained=retained)

    @property
    def has_twin(self) -> bool:
        """Return whether another agent connects with this one's instance whenever this one is not connected."""
        return self._twin_sightings >= TWIN_SIGHTINGS

    def taken_over(self) -> None:
        """Note that another agent has this one's instance, from a copy of its state folder."""
        self._twin_sightings = 0
        self._known["twin"] = time.monotonic() + FORGET_AFTER_S
        _LOG.warning(
            "Another agent connected as this one: it has a copy of this state folder, and the node_id %s. "
            "This one goes on as a new installation. %s",
            self._topics.node_id,
            REMEDY,
        )

    def _heard(self, announce: Announce, *, retained: bool) -> bool:
        is_new = announce.instance not in self._known and len(self._known) < MOST_ANSWERED
        is_there = announce.power == "on" and not retained
        if not is_there and not retained and self._is_own_machine(announce):
            # The other one on this machine ended, e.g. the former container; it took the availability along.
            self._known.pop(announce.instance, None)
        elif is_new or announce.instance in self._known:
            self._known[announce.instance] = math.inf if is_there else time.monotonic() + FORGET_AFTER_S
            if is_new:
                self._tell(announce, retained=retained)
        return self._answer(f"{announce.run or announce.instance} {is_there}")

    def _tell(self, announce: Announce, *, retained: bool) -> None:
        _LOG.warning(
            "Another agent has the node_id %s: host %s, address %s%s. %s",
            self._topics.node_id,
            announce.hostname,
            announce.ip or "unknown",
            ", seen while this one was away" if retained else "",
            REMEDY,
        )

    def _answer(self, key: str) -> bool:
        if key in self._answered or len(self._answered) >= MOST_ANSWERED:
            return False
        self._answered.add(key)
        return True

    def _is_own_machine(self, announce: Announce) -> bool:
        machine, mac = self._own
        if mac and announce.mac and not mac & {*announce.mac}:
            return False
        return machine is not None and machine == announce.machine
