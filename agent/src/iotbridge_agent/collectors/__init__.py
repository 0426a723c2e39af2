"""Collectors of the agent, one module for each subject."""

from dataclasses import replace
from importlib import import_module

from iotbridge_agent.collector import Collector, CollectorSpec
from iotbridge_agent.collectors.checks import check_specs
from iotbridge_agent.config import Config


def _row(name: str, *, interval_s: float | None = None, timeout_s: float = 10.0) -> CollectorSpec:
    """Return the row of the module of that name, which the collector's thread imports: psutil is slow to load."""

    def create(config: Config) -> Collector:
        collector: Collector = import_module(f"{__name__}.{name}").create(config)
        return collector

    return CollectorSpec(name=name, create=create, interval_s=interval_s, timeout_s=timeout_s)


COLLECTORS: tuple[CollectorSpec, ...] = (
    _row("cpu"),
    _row("load"),
    _row("memory"),
    _row("swap"),
    _row("disk"),
    _row("network"),
    _row("temperature"),
    _row("fan"),
    _row("battery"),
    _row("boot"),
    _row("processes"),
    _row("users", interval_s=60),
    _row("updates", interval_s=600, timeout_s=60),
    _row("systemd"),
    _row("docker"),
    _row("start_order", timeout_s=60),
    _row("broker", interval_s=60, timeout_s=30),
)
"""Collectors of the machine itself. The user's own checks follow these, one row each."""

NEED_NAMES = ("systemd", "docker")
OFF_BY_DEFAULT = ("broker",)


def specs_for(config: Config) -> tuple[CollectorSpec, ...]:
    """Return the collectors to run, with the user's intervals and time-outs."""
    machine = (_with_settings(spec, config) for spec in COLLECTORS if _is_on(spec.name, config))
    checks = check_specs(config.checks) if config.collector("checks").enabled is not False else ()
    return (*machine, *checks)


def _is_on(name: str, config: Config) -> bool:
    settings = config.collector(name)
    if name == "start_order":
        return settings.enabled is not False and bool(config.start_order)
    if name in OFF_BY_DEFAULT:
        return settings.enabled is True
    return settings.enabled is not False and (name not in NEED_NAMES or bool(settings.names))


def _with_settings(spec: CollectorSpec, config: Config) -> CollectorSpec:
    settings = config.collector(spec.name)
    return replace(
        spec,
        interval_s=spec.interval_s if settings.interval_s is None else settings.interval_s,
        timeout_s=spec.timeout_s if settings.timeout_s is None else settings.timeout_s,
    )
