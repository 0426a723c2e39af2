"""Detection of other agents with this agent's node_id, by the announces on its own topic."""

from collections import deque
from enum import Enum
import logging
import math
import time

from iotbridge_agent.protocol.fields import MessageError
from iotbridge_agent.protocol.messages import Announce, parse_announce
from iotbridge_agent.protocol.topics import Topics

FORGET_AFTER_S = 86400.0
"""Duration of a conflict after the last sighting of the other agent."""
ASK_BEFORE_S = 60.0
"""Time an agent has to announce itself before its sightings expire."""
ANSWER_AGAIN_S = 60.0
"""Time after which the same announce is answered again."""
MOST_REMEMBERED = 20
"""Limit of each collection here, because messages may be hostile."""
TWIN_SIGHTINGS = 2
TWIN_WINDOW_S = 600.0
REMEDY = (
    "Their values are mixed up, and commands reach both. Give each its own node_id under [agent]; if a machine or its "
    "disk was copied, delete the state folder of the copy as well."
)
_LOG = logging.getLogger(__name__)


class Sender(Enum):
    """Sender of an announce, as far as the announce shows it."""

    THIS_RUN = "this agent since its start"
    THIS_INSTANCE = "an earlier run of this installation, or a twin: an agent with a copy of its state folder"
    THIS_MACHINE = "another installation on this machine"
    ANOTHER_MACHINE = "an installation on another machine"


class Sighting(Enum):
    """Presence of the sender when its announce was received."""

    ONLINE = "connected at the same time"
    LEFT = "about to disconnect"
    RETAINED = "connected at some time in the past"


class Twins:
    """Detection of a twin, an agent with a copy of this one's state folder.

    Twins have the same client id and take the connection over from each other, so that at each new connection the
    broker retains an announce of the other one's run. After the broker was restored from an old backup, it retains one
    of an earlier run of this very agent. A known run is therefore counted only if the previous connection was cut short
    while the broker was still there.
    """

    def __init__(self) -> None:
        """Start without any sighting."""
        self._is_announced = False
        self._runs: deque[str | None] = deque(maxlen=MOST_REMEMBERED)
        self._sightings: deque[float] = deque(maxlen=TWIN_SIGHTINGS)

    def own_announce(self, *, is_retained: bool) -> None:
        """Record an announce of this run; a retained one shows that no other was published since."""
        self._is_announced = True
        if is_retained:
            self._sightings.clear()

    def retained_announce(self, run: str | None, *, was_cut_short: bool) -> None:
        """Record a retained announce of this instance and another run, an earlier one if this one has not announced."""
        if self._is_announced and (run not in self._runs or was_cut_short):
            self._sightings.append(time.monotonic())
        if run not in self._runs:
            self._runs.append(run)

    @property
    def has_any(self) -> bool:
        """Return whether there were enough sightings in a short time."""
        return len(self._sightings) == TWIN_SIGHTINGS and time.monotonic() - self._sightings[0] < TWIN_WINDOW_S

    def clear(self) -> None:
        """Clear the sightings: this agent has an instance of its own now."""
        self._sightings.clear()


class Namesakes:
    """Other agents with this node_id, as far as they were seen since the start."""

    def __init__(self, topics: Topics, *, machine: str | None, mac: tuple[str, ...], run: str) -> None:
        """Start without any."""
        self._topics = topics
        self._machine = machine
        self._mac = frozenset(mac)
        self.run = run
        self._twins = Twins()
        self._twin_conflict_end = -math.inf
        self._conflict_ends: dict[str, float] = {}
        """Monotonic times, by the instance of the other agent."""
        self._answered: dict[tuple[str, Sighting], float] = {}
        """Monotonic times until which an announce is not answered again, oldest first."""

    @property
    def has_any(self) -> bool:
        """Return whether there is a conflict."""
        return self.conflict_end is not None

    @property
    def conflict_end(self) -> float | None:
        """Return the monotonic time at which the conflict ends unless another agent is seen until then, or None."""
        end = max(self._twin_conflict_end, *self._conflict_ends.values(), -math.inf)
        return end if end > time.monotonic() else None

    @property
    def has_twin(self) -> bool:
        """Return whether another agent connects with this one's instance whenever this one is not connected."""
        return self._twins.has_any

    def received(
        self, payload: bytes, *, is_retained: bool, instance: str, has_announced: bool, was_cut_short: bool
    ) -> bool:
        """Process an announce on the own topic; return whether the own announce has to be published again.

        ``instance``: the own one; ``has_announced``: whether this installation had announced itself before the present
        connection; ``was_cut_short``: whether the connection before it was lost soon, though the broker was there.
        """
        try:
            announce = parse_announce(payload, prefix=self._topics.prefix, node_id=self._topics.node_id)
        except MessageError:
            return False
        sighting = _sighting(announce, is_retained=is_retained)
        match self._sender(announce, instance), sighting:
            case Sender.THIS_RUN, _:
                self._twins.own_announce(is_retained=is_retained)
                return False
            case Sender.THIS_INSTANCE, _:
                if is_retained:
                    self._twins.retained_announce(announce.run, was_cut_short=was_cut_short)
                return False
            case Sender.THIS_MACHINE, Sighting.RETAINED:
                return False  # this machine was set up anew, or restored from a backup
            case Sender.ANOTHER_MACHINE, Sighting.RETAINED if not has_announced:
                return False  # this machine replaces another one that is gone
            case Sender.THIS_MACHINE, Sighting.LEFT:
                self._conflict_ends.pop(announce.instance, None)  # replaced, e.g. the former container
            case _:
                self._extend_conflict(announce, sighting)
        return self._is_to_answer(announce, sighting)

    def taken_over(self) -> None:
        """Record that another agent has this one's instance, from a copy of its state folder."""
        self._twins.clear()
        self._twin_conflict_end = time.monotonic() + FORGET_AFTER_S
        _LOG.warning(
            "Another agent connected as this one: it has a copy of this state folder, and the node_id %s. "
            "This one continues as a new installation. %s",
            self._topics.node_id,
            REMEDY,
        )

    def _sender(self, announce: Announce, instance: str) -> Sender:
        if announce.run == self.run:
            return Sender.THIS_RUN
        if announce.instance == instance:
            return Sender.THIS_INSTANCE
        return Sender.THIS_MACHINE if self._is_this_machine(announce) else Sender.ANOTHER_MACHINE

    def _is_this_machine(self, announce: Announce) -> bool:
        mac = {*(announce.mac or ())}
        if self._machine is None or announce.machine is None:
            return bool(mac) and mac == self._mac
        if mac and self._mac and not mac & self._mac:
            return False  # a clone took the machine id along
        return announce.machine == self._machine

    def _extend_conflict(self, announce: Announce, sighting: Sighting) -> None:
        now = time.monotonic()
        self._conflict_ends = {instance: end for instance, end in self._conflict_ends.items() if end > now}
        is_new = announce.instance not in self._conflict_ends
        if is_new and len(self._conflict_ends) >= MOST_REMEMBERED:
            return
        self._conflict_ends[announce.instance] = now + FORGET_AFTER_S
        if is_new:
            _LOG.warning(
                "Another agent has the node_id %s: host %s, address %s%s. %s",
                self._topics.node_id,
                announce.hostname,
                announce.ip or "unknown",
                ", seen while this one was away" if sighting is Sighting.RETAINED else "",
                REMEDY,
            )

    def _is_to_answer(self, announce: Announce, sighting: Sighting) -> bool:
        """Return whether the same announce was not answered recently, so that two agents stop answering each other."""
        now = time.monotonic()
        self._answered = {key: until for key, until in self._answered.items() if until > now}
        key = (announce.run or announce.instance, sighting)
        if key in self._answered:
            return False
        if len(self._answered) >= MOST_REMEMBERED:
            del self._answered[next(iter(self._answered))]
        self._answered[key] = now + ANSWER_AGAIN_S
        return True


def _sighting(announce: Announce, *, is_retained: bool) -> Sighting:
    if is_retained:
        return Sighting.RETAINED
    return Sighting.ONLINE if announce.power == "on" else Sighting.LEFT
