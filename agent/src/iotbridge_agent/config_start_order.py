"""Configuration of the start order: systemd units and containers, each with the proof that it is ready."""

import re
from typing import Literal, NamedTuple

from iotbridge_agent.config_checks import CheckConfig, parse_target
from iotbridge_agent.toml_table import Table

UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]{1,240}")
POWER_UNIT = re.compile(
    r"(systemd-)?(poweroff|halt|reboot|soft-reboot|kexec|suspend|hibernate|hybrid-sleep|suspend-then-hibernate)"
    r"(\.target)?\.service"
)
"""Units whose start is a power command, which has a switch of its own in the configuration."""
CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
MAX_SERVICES = 32
PROOF_TIMEOUT_S = 5.0


class OrderedService(NamedTuple):
    """Service in the start order."""

    name: str
    kind: Literal["unit", "container"]
    target: str
    """Full name of the systemd unit, or name of the container."""
    proof: CheckConfig | None = None
    """Address or port that answers when the service is ready; None: it is ready when it runs."""
    timeout_s: float = 60.0
    """Seconds in which it has to be ready."""


def parse_start_order(root: Table) -> tuple[OrderedService, ...]:
    """Return the services of the tables ``[[start_order]]``, in their order."""
    services: list[OrderedService] = []
    for table in root.tables("start_order"):
        service = _parse_service(table)
        if any(other.name == service.name for other in services):
            raise table.error("name", "a unique name", service.name)
        if len(services) == MAX_SERVICES:
            raise root.error("start_order", f"at most {MAX_SERVICES} services", None)
        table.done()
        services.append(service)
    return tuple(services)


def _parse_service(table: Table) -> OrderedService:
    kinds = [kind for kind in ("unit", "container") if table.has(kind)]
    if len(kinds) != 1:
        raise table.error("unit", "exactly one of unit and container", ", ".join(kinds) or None)
    kind: Literal["unit", "container"] = "unit" if kinds == ["unit"] else "container"
    if kind == "unit":
        target = table.text("unit", pattern=UNIT, expected="the name of a systemd service")
        target = target if target.endswith(".service") else f"{target}.service"
        if POWER_UNIT.fullmatch(target):
            raise table.error("unit", "a service that leaves the machine on", target)
    else:
        target = table.text("container", pattern=CONTAINER, expected="the name of a container")
    name = table.text("name", default=target.removesuffix(".service")[:64], pattern=NAME, expected="1 to 64 characters")
    proofs = [proof for proof in ("http", "tcp") if table.has(proof)]
    if len(proofs) > 1:
        raise table.error("http", "only one of http and tcp", ", ".join(proofs))
    proof = CheckConfig(name, proofs[0], parse_target(table, proofs[0]), timeout_s=PROOF_TIMEOUT_S) if proofs else None  # type: ignore[arg-type]
    return OrderedService(name, kind, target, proof, table.number("timeout_s", default=60, low=1, high=3600))
