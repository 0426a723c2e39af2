"""Power plan, with its steps and its UPS: the data of one subentry. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from ...migration import PLAN, marked
from ...parsing import check, plain

MAX_STEPS = 100
# Longest time that can be configured: a machine that stops its guests first takes its time, but not a day.
MAX_SECONDS = 86400.0
HOST_COMMANDS = ("shutdown", "suspend")


class Role(StrEnum):
    """Role of a machine that the others depend on: it stops after all of them, and starts before them."""

    NONE = ""
    UPS_MONITOR = "ups_monitor"
    BROKER = "broker"
    ROUTER = "router"
    HOME_ASSISTANT = "home_assistant"
    """Last of all, because nothing can be stopped after it."""


class FailurePolicy(StrEnum):
    """Consequence of a step that is not proven in time, or whose command fails."""

    CONTINUE = "continue"
    NOTIFY = "notify"
    """Continue, and run the plan's notification."""
    STOP = "stop"
    """Begin no further step, and run the plan's notification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Proof by an entity: its state is one of ``states``, or its number is below ``below``."""

    entity_id: str
    states: tuple[str, ...] = ()
    below: float | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Proof:
        """Read stored data."""
        return cls(**{**data, "states": tuple(data.get("states", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Thresholds of a UPS on battery; a step with some begins when the first of them is reached."""

    on_battery_s: float | None = None
    battery_below: float | None = None
    """In percent."""
    runtime_below_s: float | None = None

    @property
    def is_immediate(self) -> bool:
        """Return whether there is no threshold to wait for."""
        return self == Stage()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Host, or any other thing that actions switch off and on.

    The power state of a host proves that it is off or on; the proofs of ``off_proofs`` and ``on_proofs`` come on top,
    and all of them are needed. A step without a host has its actions and at least one proof for each direction it has.
    """

    key: str
    """Unique in its plan, and the same as long as the step exists."""
    name: str = ""
    """Empty for a host: the name of its device."""
    device_id: str = ""
    """Device of a host; empty for other things."""
    command: str = "shutdown"
    """Command that stops a host."""
    off_actions: tuple[Mapping[str, Any], ...] = ()
    """Actions as in a script; of a host, they replace its command."""
    on_actions: tuple[Mapping[str, Any], ...] = ()
    """Actions as in a script; of a host, they replace waking it."""
    off_proofs: tuple[Proof, ...] = ()
    on_proofs: tuple[Proof, ...] = ()
    needs: tuple[str, ...] = ()
    """Keys of the steps that have to be on as long as this one is on."""
    role: Role = Role.NONE
    is_started: bool = True
    """True if the plan starts it again after it stopped it."""
    start_services: bool = False
    """True if the host starts its services in their order as the last part of starting it."""
    off_within_s: float = 300.0
    on_within_s: float = 600.0
    settle_s: float = 0.0
    """Pause after the proof, before the next steps begin."""
    on_failure: FailurePolicy = FailurePolicy.NOTIFY
    stage: Stage = field(default_factory=Stage)

    @property
    def is_host(self) -> bool:
        """Return whether the step is a host."""
        return bool(self.device_id)

    @property
    def is_last(self) -> bool:
        """Return whether the step stops after all others."""
        return self.role is not Role.NONE

    @property
    def runs_home_assistant(self) -> bool:
        """Return whether the step is the machine that runs Home Assistant."""
        return self.role is Role.HOME_ASSISTANT

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Step:
        """Read stored data."""
        values = {
            "off_actions": tuple(data.get("off_actions", ())),
            "on_actions": tuple(data.get("on_actions", ())),
            "off_proofs": tuple(map(Proof.from_dict, data.get("off_proofs", ()))),
            "on_proofs": tuple(map(Proof.from_dict, data.get("on_proofs", ()))),
            "needs": tuple(data.get("needs", ())),
            "role": Role(data.get("role", "")),
            "on_failure": FailurePolicy(data.get("on_failure", FailurePolicy.NOTIFY)),
            "stage": Stage(**data.get("stage", {})),
        }
        return cls(**{**data, **values})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Cluster of hosts, by their devices; a plan that is not for the whole site leaves its majority on."""

    name: str
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ups:
    """UPS by its entities. On battery, the plan begins when the first of its thresholds is reached.

    A status that is unavailable, unknown or not understood is no power cut, and no return of the power either.
    """

    entity_id: str
    """Entity of the status: of NUT, or any other."""
    on_battery: tuple[str, ...] = ("on battery", "ob", "onbatt")
    """States, or words in a state, in any case: those of NUT and apcupsd. *Discharging* is also said during a test."""
    on_mains: tuple[str, ...] = ("online", "ol", "on line", "on mains")
    """The same for the power that is back. A state with none of the words is neither."""
    battery_entity_id: str = ""
    runtime_entity_id: str = ""
    on_battery_s: float | None = 30.0
    battery_below: float | None = None
    runtime_below_s: float | None = None
    steady_s: float = 300.0
    """Time for which the power has to be back before anything is started."""
    battery_at_least: float = 0.0
    """Charge in percent that is needed before anything is started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Power plan: an ordered graph of steps, used backwards to stop and forwards to start."""

    plan_id: str
    name: str
    user_id: str
    """User who made the plan: its actions run with the rights of that user."""
    steps: tuple[Step, ...]
    stagger_s: float = 10.0
    """Least time between the starts of two steps."""
    clusters: tuple[Cluster, ...] = ()
    is_whole_site: bool = False
    """True if the plan may stop the majority of a cluster, because it stops everything."""
    ups: Ups | None = None
    notify: tuple[Mapping[str, Any], ...] = ()
    """Actions as in a script, with ``title``, ``message``, ``plan``, ``kind`` and ``step`` as variables."""

    @property
    def by_key(self) -> dict[str, Step]:
        """Return the steps by their keys."""
        return {step.key: step for step in self.steps}

    def as_dict(self) -> dict[str, Any]:
        """Return the data of the subentry, whose title is the name."""
        data = asdict(self)
        del data["plan_id"], data["name"]
        return marked(PLAN, plain(data))

    @classmethod
    def from_dict(cls, plan_id: str, name: str, data: Mapping[str, Any]) -> Plan:
        """Read the data of a subentry. Raises ValueError for a value that is not of its type and an impossible plan."""
        ups = data.get("ups")
        if ups is not None:
            ups = {**ups, **{key: tuple(ups[key]) for key in ("on_battery", "on_mains") if key in ups}}
        plan = cls(
            plan_id=plan_id,
            name=name,
            user_id=data["user_id"],
            steps=tuple(map(Step.from_dict, data["steps"])),
            stagger_s=data.get("stagger_s", 10.0),
            clusters=tuple(Cluster(name=c["name"], devices=tuple(c["devices"])) for c in data.get("clusters", ())),
            is_whole_site=data.get("is_whole_site", False),
            ups=None if ups is None else Ups(**ups),
            notify=tuple(data.get("notify", ())),
        )
        check(plan)
        if mistakes := plan_mistakes(plan):
            raise ValueError(", ".join(f"{mistake} ({key})" for mistake, key in mistakes))
        return plan


def plan_mistakes(plan: Plan) -> list[tuple[str, str]]:
    """Return the mistakes that make a plan impossible, each with the key of its step or the name of its cluster.

    ``no_steps``, ``too_many_steps``, ``key_twice``, ``device_twice``, ``need_unknown``, ``cycle``, ``nothing_to_do``,
    ``no_proof``, ``command_unknown``, ``time_invalid``, ``role_twice``, ``no_user``, ``stage_without_battery``,
    ``stage_without_runtime``.
    """
    keys = [step.key for step in plan.steps]
    mistakes = [("no_user", "")] if not plan.user_id else []
    if not keys:
        mistakes.append(("no_steps", ""))
    if len(keys) > MAX_STEPS:
        mistakes.append(("too_many_steps", ""))
    mistakes += [("key_twice", key) for key in _repeated(keys)]
    mistakes += [("device_twice", device_id) for device_id in _repeated(s.device_id for s in plan.steps if s.is_host)]
    if sum(step.role is Role.HOME_ASSISTANT for step in plan.steps) > 1:
        mistakes.append(("role_twice", Role.HOME_ASSISTANT))
    for step in plan.steps:
        mistakes += [(mistake, step.key) for mistake in _step_mistakes(step, keys)]
        if plan.ups:
            mistakes += [(mistake, step.key) for mistake in _stage_mistakes(step.stage, plan.ups)]
    if not mistakes and (key := cycle(plan)):
        mistakes.append(("cycle", key))
    return mistakes


def effective_needs(plan: Plan) -> dict[str, frozenset[str]]:
    """Return the keys that each step needs: its own, and those of the machines that all depend on.

    Machines with a role need those whose role is stopped later: the monitor of the UPS stops first, then the broker,
    the router, and the machine that runs Home Assistant at the very end.
    """
    ranks = {step.key: _rank(step) for step in plan.steps}
    return {
        step.key: frozenset(step.needs) | {key for key, rank in ranks.items() if rank > ranks[step.key]}
        for step in plan.steps
    }


def dependents(plan: Plan) -> dict[str, frozenset[str]]:
    """Return the keys of the steps that need each step, and therefore stop before it."""
    needs = effective_needs(plan)
    return {key: frozenset(other for other, needed in needs.items() if key in needed) for key in needs}


def waves(plan: Plan) -> list[list[str]]:
    """Return the keys in the order of starting, those that need nothing first; a cycle is left out."""
    needs, done, found = effective_needs(plan), set[str](), list[list[str]]()
    while wave := [step.key for step in plan.steps if step.key not in done and needs[step.key] <= done]:
        found.append(wave)
        done.update(wave)
    return found


def cycle(plan: Plan) -> str | None:
    """Return the key of the first step that waits for itself; None where the order is possible."""
    ordered = {key for wave in waves(plan) for key in wave}
    return next((step.key for step in plan.steps if step.key not in ordered), None)


def _rank(step: Step) -> int:
    return list(Role).index(step.role)


def _step_mistakes(step: Step, keys: list[str]) -> list[str]:
    mistakes = []
    if any(need not in keys for need in step.needs):
        mistakes.append("need_unknown")
    if step.key in step.needs:
        mistakes.append("cycle")
    if (step.is_host and step.command not in HOST_COMMANDS) or (step.start_services and not step.is_host):
        mistakes.append("command_unknown")
    if not step.is_host and not step.off_actions and not step.on_actions:
        mistakes.append("nothing_to_do")
    if not step.is_host and (
        bool(step.off_actions) > bool(step.off_proofs) or bool(step.on_actions) > bool(step.on_proofs)
    ):
        mistakes.append("no_proof")
    if any(bool(proof.states) == (proof.below is not None) for proof in (*step.off_proofs, *step.on_proofs)):
        mistakes.append("no_proof")
    times = (step.off_within_s, step.on_within_s, step.settle_s)
    if not all(0 <= seconds <= MAX_SECONDS for seconds in times) or not all(times[:2]):
        mistakes.append("time_invalid")
    return mistakes


def _stage_mistakes(stage: Stage, ups: Ups) -> list[str]:
    """Return the limits that are never reached, because the UPS has no entity for them."""
    mistakes = []
    if stage.battery_below is not None and not ups.battery_entity_id:
        mistakes.append("stage_without_battery")
    if stage.runtime_below_s is not None and not ups.runtime_entity_id:
        mistakes.append("stage_without_runtime")
    return mistakes


def _repeated(values: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]
