"""Simulated lab: hosts that stop, start, fail and hang, and a UPS, beside the engine that runs a plan over them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from custom_components.iotbridge.power_plans.engine.advance import Advance, OrderResult, Restart, Signal, advance
from custom_components.iotbridge.power_plans.engine.draft import Order, OrderKind, World
from custom_components.iotbridge.power_plans.engine.plan import Plan
from custom_components.iotbridge.power_plans.engine.power import PowerReading
from custom_components.iotbridge.power_plans.engine.run import AT_WORK, PlanRun, PlanRunEvent, StepState

START = 1_800_000_000.0


@dataclass
class Lab:
    """Lab with a clock; ``on`` is what runs, ``hung`` never obeys, ``refusing`` responds that it will not."""

    plan: Plan
    run: PlanRun
    on: set[str]
    hung: set[str] = field(default_factory=set)
    refusing: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    """Hosts whose services do not start."""
    offline: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    unproven: set[str] = field(default_factory=set)
    """Hosts that are on, without a further proof of that."""
    asleep: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)
    """Devices that are on, outside of the plan; of others there nothing is known."""
    power: PowerReading | None = None
    now: float = START
    takes_s: float = 20.0
    orders: list[tuple[float, Order]] = field(default_factory=list)
    events: list[PlanRunEvent] = field(default_factory=list)
    due: float | None = None
    watch: Callable[[Lab, Order], None] | None = None
    _changes: list[tuple[float, OrderKind, str]] = field(default_factory=list)
    _results: list[OrderResult] = field(default_factory=list)

    @property
    def world(self) -> World:
        """Return what is proven."""
        off = self.plan.by_key.keys() - self.on
        devices = {self.plan.by_key[key].device_id for key in self.on - self.unknown} - {""}
        unknown = {self.plan.by_key[key].device_id for key in self.unknown} - {""}
        members = {device for cluster in self.plan.clusters for device in cluster.devices}
        outside = members - {step.device_id for step in self.plan.steps}
        return World(
            off=frozenset(off - self.unknown - self.asleep),
            asleep=frozenset(self.asleep),
            on=frozenset(self.on - self.unknown - self.unproven),
            hosts_on=frozenset(self.on - self.unknown),
            devices_on=frozenset(devices | self.elsewhere),
            devices_unknown=frozenset(unknown | outside - self.elsewhere),
            power=self.power,
        )

    def step(self, signal: Signal | None = None) -> Advance:
        """Advance the run once, with the results that are due."""
        result = advance(self.plan, self.run, self.world, self.now, signal)
        # Whatever is stored comes back the same.
        self.run = PlanRun.from_dict(result.run.as_dict())
        self.due = result.due
        self.events += result.events
        for order in result.orders:
            self._obey(order)
        while self._results:
            self.step(self._results.pop())
        return result

    def pass_time(self, seconds: float) -> None:
        """Advance the clock, with everything that happens meanwhile."""
        end = self.now + seconds
        self.step()
        while (at := min([change[0] for change in self._changes] + [self.due or end, end])) < end or self._is_due(end):
            self.now = max(self.now, at)
            self._change()
            self.step()
        self.now = end
        self._change()
        self.step()

    def restart(self, *, was_sent: bool = True, has_response: bool = True) -> None:
        """Restart Home Assistant, killed before its last orders were sent, before their responses, or after those."""
        at_work = {key for key, step in self.run.steps.items() if step.state in AT_WORK}
        if not has_response or not was_sent:
            steps = {key: replace(step, has_response=False) for key, step in self.run.steps.items()}
            self.run = replace(self.run, steps=steps)
        if not was_sent:
            self._changes = [change for change in self._changes if change[2] not in at_work]
        self.step(Restart())

    def states(self) -> dict[str, str]:
        """Return the states of the steps."""
        return {key: step.state.value for key, step in self.run.steps.items()}

    def order_of(self, kind: OrderKind) -> list[str]:
        """Return the keys that were ordered, in that order."""
        return [order.key for _, order in self.orders if order.kind is kind]

    def reasons(self, state: StepState) -> dict[str, str]:
        """Return the reasons of the steps in a state."""
        return {key: step.reason.value for key, step in self.run.steps.items() if step.state is state}

    def _is_due(self, end: float) -> bool:
        return any(change[0] < end for change in self._changes)

    def _obey(self, order: Order) -> None:
        if self.watch:
            self.watch(self, order)
        self.orders.append((self.now, order))
        key, kind = order.key, order.kind
        if key in self.offline:
            self._results.append(OrderResult(key=key, is_ok=False, message="offline", is_sent=False, kind=kind))
            return
        if key in self.refusing:
            self._results.append(OrderResult(key=key, is_ok=False, message="no", kind=kind))
            return
        if key not in self.hung:
            self._changes.append((self.now + self.takes_s, kind, key))
        if kind is not OrderKind.SERVICES:
            self._results.append(OrderResult(key=key, is_ok=True, kind=kind))

    def _change(self) -> None:
        for change in [change for change in self._changes if change[0] <= self.now]:
            self._changes.remove(change)
            _, kind, key = change
            if kind is OrderKind.SERVICES:
                is_ok = key not in self.failing
                message = "all run" if is_ok else "Hub failed to start."
                self._results.append(OrderResult(key=key, is_ok=is_ok, message=message, kind=kind))
                continue
            (self.on.discard if kind is OrderKind.STOP else self.on.add)(key)
