"""Start order of services: the state of each, its proof, and starting it."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, Self, TypeAlias

from iotbridge_agent.collectors.checks import answers
from iotbridge_agent.config import Config
from iotbridge_agent.config_start_order import OrderedService
from iotbridge_agent.errors import CollectorError
from iotbridge_agent.names import translate
from iotbridge_agent.system.container_engine import ContainerEngine
from iotbridge_agent.system.units import Units, start_unit

ServiceState: TypeAlias = Literal["running", "starting", "stopped", "failed", "missing"]

ACTIVE_STATES: Mapping[object, ServiceState] = {"active": "running", "inactive": "stopped", "failed": "failed"}
"""ServiceState of each ActiveState of systemd; the others are transitions."""


class StartOrder(NamedTuple):
    """Services in the order in which they start, and the access to them."""

    services: tuple[OrderedService, ...]
    units: Units
    engine: ContainerEngine

    @classmethod
    def of(cls, config: Config) -> Self:
        """Return the start order of the configuration."""
        return cls(config.start_order, Units(), ContainerEngine.of(config))

    def state(self, service: OrderedService) -> ServiceState:
        """Return the state of a service, ``running`` with its proof only; raises DBusError or CollectorError."""
        state = self._unit(service.target) if service.kind == "unit" else self._container(service.target)
        if state == "running" and service.proof and not answers(service.proof):
            return "starting"
        return state

    def start(self, service: OrderedService) -> None:
        """Start a service; raises DBusError or CollectorError."""
        if service.kind == "unit":
            start_unit(service.target)
        else:
            self.engine.start(service.target)

    def chain(self) -> Iterator[tuple[OrderedService, ServiceState]]:
        """Yield each service with its state, in order; raises DBusError or CollectorError."""
        for service in self.services:
            yield service, self.state(service)

    def _unit(self, unit: str) -> ServiceState:
        properties = self.units.properties(unit)
        if properties.get("LoadState") == "not-found":
            return "missing"
        job = properties.get("Job")
        if isinstance(job, tuple | list) and job and job[0]:
            return "starting"  # systemd has work for it in its queue
        return ACTIVE_STATES.get(properties.get("ActiveState"), "starting")

    def _container(self, name: str) -> ServiceState:
        try:
            state = self.engine.inspect(name)
        except CollectorError as error:
            if isinstance(error.__cause__, FileNotFoundError | ConnectionRefusedError):
                return "starting"  # after a boot, the engine itself is not there yet
            raise
        if not state:
            return "missing"
        if state.get("Running") is not True:
            return "stopped"
        health = state.get("Health")
        status = health.get("Status") if isinstance(health, Mapping) else None
        return "running" if status in (None, "none", "healthy") else "starting"


def summary(order: StartOrder, language: str) -> str:
    """Return the state of the chain in a few words: that of its first service that does not run."""
    for service, state in order.chain():
        if state == "failed":
            text = translate("{service} failed", language)
        elif state == "missing":
            text = translate("{service} does not exist", language)
        elif state == "running":
            continue
        else:
            text = translate("waits for {service}", language)
        return text.format(service=service.name)
    return translate("all running", language)
