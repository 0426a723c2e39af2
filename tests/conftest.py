"""Home Assistant with core's mqtt on a fake broker, and IoT Bridge in it."""

import asyncio
from collections.abc import AsyncGenerator
import logging
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from hypothesis import HealthCheck, settings
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MqttMockHAClient, MqttMockHAClientGenerator

# Before the test kit puts its own folder of this name in front.
import custom_components.iotbridge
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .automation import automate, names
from .broker import Broker, until
from .kit import Kit
from .wire import wire

if TYPE_CHECKING:
    from .assist import Assist

__all__ = ["automate", "custom_components", "names", "wire"]

# The load of the machine is irrelevant for the code.
settings.register_profile("iotbridge", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("iotbridge")

# The test kit enables every log line of Home Assistant and of its database. Set here once and not by pytest, which
# would set it, and reset all loggers, six times for each test.
for name in (None, "sqlalchemy.engine"):
    logging.getLogger(name).setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
async def _no_origins(enable_event_loop_debug: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep asyncio's debug checks, without the creation tracebacks of tasks, futures and timers.

    Recording them takes half as long again as the tests themselves, and helps only if one of them was left behind:
    PYTHONASYNCIODEBUG=1 enables it.
    """
    if not os.environ.get("PYTHONASYNCIODEBUG"):
        monkeypatch.setattr(asyncio.get_running_loop(), "get_debug", lambda: False)


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Make Home Assistant load the integration from this repository; a test without a Home Assistant is unaffected."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give each test a configuration folder of its own: its files must not affect the next test."""
    return hass_tmp_config_dir


@pytest.fixture
async def mqtt(
    hass: HomeAssistant, mock_hass_config: None, mqtt_mock_entry: MqttMockHAClientGenerator
) -> AsyncGenerator[MqttMockHAClient]:
    """Return core's mqtt, connected to a fake broker."""
    # Core subscribes in rounds in the background: their progress depends on the speed of the machine, and dependent
    # actions (a subscription that is cancelled once it was made) would run during the teardown.
    with patch("homeassistant.components.mqtt.util.create_eager_task", hass.async_create_task):
        yield await mqtt_mock_entry()


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return the config entry of IoT Bridge, not yet set up."""
    entry = MockConfigEntry(domain="iotbridge", title="IoT Bridge", unique_id="iotbridge")
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def enabled_counts(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Register the counts that are disabled at first as an earlier release did: enabled."""
    severities = ("critical", "warning", "info")
    counts = [f"alarms_{kind}_{severity}" for kind in ("active", "unacknowledged") for severity in severities]
    registry = er.async_get(hass)
    for key in (*counts, "messages_rejected"):
        registry.async_get_or_create("sensor", "iotbridge", f"{entry.entry_id}_{key}", config_entry=entry)


@pytest.fixture
async def kit(
    hass: HomeAssistant, mqtt: MqttMockHAClient, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> Kit:
    """Return a running IoT Bridge and the world around it."""
    # With a manually advanced clock every step looks like a slow callback.
    hass.loop.slow_callback_duration = math.inf
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return Kit(hass, mqtt, freezer)


@pytest.fixture
async def assist(kit: Kit) -> Assist:
    """Return the conversation agent of Home Assistant beside a running IoT Bridge."""
    from .assist import Assist, start_assist  # noqa: PLC0415 - the libraries of the agent take a second

    await start_assist(kit.hass)
    return Assist(kit)


@pytest.fixture
async def broker(socket_enabled: None, tmp_path: Path) -> AsyncGenerator[Broker]:
    """Return a running Mosquitto."""
    broker = Broker(tmp_path)
    broker.start()
    await until(broker.listens)
    yield broker
    broker.kill()


@pytest.fixture
async def home(
    hass: HomeAssistant, mock_hass_config: None, broker: Broker, entry: MockConfigEntry
) -> AsyncGenerator[HomeAssistant]:
    """Return a Home Assistant with IoT Bridge whose core mqtt is connected to the Mosquitto."""
    data = {"broker": "127.0.0.1", "port": broker.port, "protocol": "5"}
    mqtt = MockConfigEntry(domain="mqtt", version=2, minor_version=1, data=data, options={"birth_message": {}})
    mqtt.add_to_hass(hass)
    assert await hass.config_entries.async_setup(mqtt.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield hass
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_unload(mqtt.entry_id)
