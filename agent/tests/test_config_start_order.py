"""Configuration of the start order: services, their proofs, and a one-line error for each mistake."""

import tomllib

import pytest

from iotbridge_agent.config import Config, parse_config
from iotbridge_agent.config_checks import CheckConfig
from iotbridge_agent.config_start_order import OrderedService
from iotbridge_agent.errors import ConfigError


def parse(text: str) -> Config:
    return parse_config(tomllib.loads(f"[broker]\nurl = 'mqtt://b'\n{text}"), source="agent.toml", environ={})


def test_services_keep_their_order_and_have_proofs() -> None:
    config = parse("""
        [[start_order]]
        name = "Broker"
        unit = "mosquitto"
        tcp = "127.0.0.1:1883"

        [[start_order]]
        container = "hub"
        http = "http://127.0.0.1:8080/health"
        timeout_s = 120

        [[start_order]]
        unit = "sites@lab.service"
    """)
    assert config.start_order == (
        OrderedService(
            "Broker", "unit", "mosquitto.service", CheckConfig("Broker", "tcp", "127.0.0.1:1883", timeout_s=5)
        ),
        OrderedService(
            "hub", "container", "hub", CheckConfig("hub", "http", "http://127.0.0.1:8080/health", timeout_s=5), 120
        ),
        OrderedService("sites@lab", "unit", "sites@lab.service"),
    )
    assert not config.start_services
    assert config.startable_units == (), "nothing may be started unless it is enabled"


def test_only_the_units_of_the_order_may_be_started() -> None:
    config = parse("[commands]\nstart_services = true\n[[start_order]]\nunit='a'\n[[start_order]]\ncontainer='b'")
    assert config.startable_units == ("a.service",)
    assert config.enabled_commands == ("start_services",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[start_order]]", "start_order[0].unit: expected exactly one of unit and container"),
        (
            "[[start_order]]\nunit='a'\ncontainer='b'",
            "expected exactly one of unit and container, found 'unit, contain",
        ),
        ("[[start_order]]\nunit='a b'", "start_order[0].unit: expected the name of a systemd service, found 'a b'"),
        (
            "[[start_order]]\nunit='systemd-poweroff'",
            "expected a service that leaves the machine on, found 'systemd-powero",
        ),
        ("[[start_order]]\nunit='systemd-suspend-then-hibernate.service'", "a service that leaves the machine on"),
        ("[[start_order]]\nunit='systemd-soft-reboot.service'", "a service that leaves the machine on"),
        ("[[start_order]]\nunit='reboot.target'", "a service that leaves the machine on"),
        ("[[start_order]]\nunit='kexec.target'", "a service that leaves the machine on"),
        ("[[start_order]]\nunit='/etc/x'", "start_order[0].unit: expected the name of a systemd service"),
        ("[[start_order]]\ncontainer='../x'", "start_order[0].container: expected the name of a container"),
        ("[[start_order]]\nunit='a'\ntcp='h:1'\nhttp='http://h'", "start_order[0].http: expected only one of http and"),
        ("[[start_order]]\nunit='a'\ntcp='h'", "start_order[0].tcp: expected host:port, found 'h'"),
        ("[[start_order]]\nunit='a'\nhttp='h'", "start_order[0].http: expected an address that starts with http://"),
        ("[[start_order]]\nunit='a'\ntimeout_s=0", "start_order[0].timeout_s: expected a number from 1 to 3600"),
        ("[[start_order]]\nunit='a'\nfile='/x'", "start_order[0].file: there is no such key"),
        ("[[start_order]]\nunit='a'\n[[start_order]]\nunit='a'", "start_order[1].name: expected a unique name"),
        ("\n".join(f"[[start_order]]\nunit='u{n}'" for n in range(33)), "start_order: expected at most 32 services"),
        ("[commands]\nstart_services = true", "start_order: expected tables headed [[start_order]]"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_targets_and_timers_are_no_services() -> None:
    """A target becomes the name of a service that does not exist, and is never started."""
    assert parse("[[start_order]]\nunit='rescue.target'").start_order[0].target == "rescue.target.service"
