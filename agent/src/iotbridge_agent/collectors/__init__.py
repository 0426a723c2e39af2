"""The subjects an agent can read, one file each."""

from dataclasses import replace

from iotbridge_agent.collectors import (
    battery,
    boot,
    cpu,
    disk,
    docker,
    fan,
    load,
    memory,
    network,
    processes,
    swap,
    systemd,
    temperature,
    updates,
    users,
)
from iotbridge_agent.collectors.base import CollectorSpec
from iotbridge_agent.collectors.checks import check_specs
from iotbridge_agent.config import Config

COLLECTORS: tuple[CollectorSpec, ...] = (
    CollectorSpec(name="cpu", create=cpu.create),
    CollectorSpec(name="load", create=load.create),
    CollectorSpec(name="memory", create=memory.create),
    CollectorSpec(name="swap", create=swap.create),
    CollectorSpec(name="disk", create=disk.create),
    CollectorSpec(name="network", create=network.create),
    CollectorSpec(name="temperature", create=temperature.create),
    CollectorSpec(name="fan", create=fan.create),
    CollectorSpec(name="battery", create=battery.create),
    CollectorSpec(name="boot", create=boot.create),
    CollectorSpec(name="processes", create=processes.create),
    CollectorSpec(name="users", create=users.create, interval_s=60),
    CollectorSpec(name="updates", create=updates.create, interval_s=600, timeout_s=60),
    CollectorSpec(name="systemd", create=systemd.create),
    CollectorSpec(name="docker", create=docker.create),
)
"""What reads the machine itself. The user's own checks come after these, one row each."""

NEED_NAMES = ("systemd", "docker")


def specs_for(config: Config) -> tuple[CollectorSpec, ...]:
    """Return the collectors to run, with the user's intervals and time-outs."""
    machine = (_with_settings(spec, config) for spec in COLLECTORS if _is_on(spec.name, config))
    checks = check_specs(config.checks) if config.collector("checks").enabled is not False else ()
    return (*machine, *checks)


def _is_on(name: str, config: Config) -> bool:
    settings = config.collector(name)
    return settings.enabled is not False and (name not in NEED_NAMES or bool(settings.names))


def _with_settings(spec: CollectorSpec, config: Config) -> CollectorSpec:
    settings = config.collector(spec.name)
    return replace(
        spec,
        interval_s=spec.interval_s if settings.interval_s is None else settings.interval_s,
        timeout_s=spec.timeout_s if settings.timeout_s is None else settings.timeout_s,
    )
