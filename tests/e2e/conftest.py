"""Fixtures of a household shared by all tests; every test has hosts of its own in it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
import json
from pathlib import Path
import re
import shutil
from typing import Any

from lab.lab import Lab
import pytest

from .host import Host

TEXT_SATELLITE = Path(__file__).with_name("text_satellite")

type NewHost = Callable[..., Awaitable[Host]]


def add_text_satellite(folder: Path) -> None:
    """Add the voice satellite of the tests to a configuration folder; Home Assistant searches it at its start only."""
    target = folder / "custom_components" / TEXT_SATELLITE.name
    shutil.copytree(TEXT_SATELLITE, target)
    manifest = {"domain": TEXT_SATELLITE.name, "name": "Text satellite", "version": "1.0.0", "config_flow": True}
    manifest["dependencies"] = ["assist_satellite", "stt", "tts"]
    (target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture(scope="session")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Lab]:
    """Return a running household in which IoT Bridge was set up because an agent announced itself."""
    async with Lab(tmp_path_factory.mktemp("lab")) as lab:
        add_text_satellite(lab.home_assistant.folder)
        await lab.broker.start()
        await lab.home_assistant.start()
        await lab.set_up_mqtt()
        await lab.add_agent("first").start()
        await lab.accept_iotbridge()
        await lab.client.watch_states()
        yield lab


@pytest.fixture
async def new_host(lab: Lab, request: pytest.FixtureRequest) -> AsyncGenerator[NewHost]:
    """Return a function that starts an agent named after the test, and waits until Home Assistant has it."""
    hosts: list[Host] = []

    async def new(suffix: str = "", *, started: bool = True, **options: Any) -> Host:
        name = re.sub(r"[\[\]]", "-", request.node.name.removeprefix("test_").replace("_", "-")).strip("-")
        node_id = name[:50] + suffix
        settings = {"agent": {"interval_s": 5}} | options.pop("settings", {})
        host = Host(lab, lab.add_agent(node_id, settings=settings, **options))
        hosts.append(host)
        if started:
            await host.agent.start()
            await host.wait_power("on")
        return host

    yield new
    for host in hosts:
        await host.agent.stop()
        lab.agents.remove(host.agent)


@pytest.fixture
async def host(new_host: NewHost) -> Host:
    """Return a host in dry run."""
    return await new_host()


RECORDING_AGENT = Path(__file__).with_name("recording_agent.py")


@pytest.fixture
async def recording_host(new_host: NewHost) -> Host:
    """Return a host that executes power commands up to the last step, which is only recorded."""
    return await new_host(script=RECORDING_AGENT, settings={"agent": {"interval_s": 5, "dry_run": False}})


def command(**fields: Any) -> str:
    """Return the payload of a command."""
    return json.dumps(fields)
