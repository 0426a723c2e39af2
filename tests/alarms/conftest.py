"""Fixtures of alarm tests: a phone that receives notifications, hosts, and a clock that can be set."""

from collections.abc import Callable
from datetime import timedelta
import time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep
from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, UrlManager
from homeassistant.components.frontend.storage import async_setup_frontend_storage
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

from ..kit import FakeHost, Kit
from .home import SetClock


@pytest.fixture
def notifications(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the notifications sent to Anna's phone."""
    calls: list[ServiceCall] = async_mock_service(hass, "notify", "mobile_app_anna")
    return calls


@pytest.fixture
async def policy(kit: Kit, entry: MockConfigEntry, notifications: list[ServiceCall]) -> EscalationPolicy:
    """Return the policy that notifies Anna at once."""
    data: dict[str, Any] = {"targets": [{"kind": "mobile_app", "action": "notify.mobile_app_anna"}]}
    subentry = ConfigSubentry(data=marked(NOTIFIER, data), subentry_type="notifier", title="Anna", unique_id=None)  # type: ignore[arg-type]
    kit.hass.config_entries.async_add_subentry(entry, subentry)
    return EscalationPolicy(steps=(EscalationStep(after_s=0, groups=(subentry.subentry_id,)),))


@pytest.fixture
def add_notifier_group(kit: Kit, entry: MockConfigEntry) -> Callable[..., ConfigSubentry]:
    """Return a function that adds a notifier group of phones and other targets."""

    def add(title: str, phone: str, *targets: dict[str, Any]) -> ConfigSubentry:
        phones = [{"kind": "mobile_app", "action": phone}] if phone else []
        data: dict[str, Any] = {"targets": [*phones, *targets]}
        subentry = ConfigSubentry(data=marked(NOTIFIER, data), subentry_type="notifier", title=title, unique_id=None)  # type: ignore[arg-type]
        kit.hass.config_entries.async_add_subentry(entry, subentry)
        return subentry

    return add


@pytest.fixture
async def frontend(hass: HomeAssistant) -> None:
    """Set up the frontend's list of modules and its storage; its pages are a package of a hundred megabytes."""
    assert await async_setup_component(hass, "http", {})
    hass.data[DATA_EXTRA_MODULE_URL] = UrlManager(lambda _change, _url: None, [])
    hass.config.components.add("frontend")
    await async_setup_frontend_storage(hass)


@pytest.fixture
async def hosts(kit: Kit) -> list[FakeHost]:
    """Return two hosts that are online."""
    return [await kit.host("nas"), await kit.host("pi")]


@pytest.fixture
def set_clock(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Return a function that sets the system's clock by some seconds; the monotonic clock is not affected."""
    real = time.monotonic
    offset_s = 0.0

    def set_by(seconds: float) -> None:
        nonlocal offset_s
        offset_s += seconds
        kit.freezer.tick(timedelta(seconds=seconds))

    monkeypatch.setattr(time, "monotonic", lambda: real() - offset_s)
    return set_by


@pytest.fixture
def alarms(kit: Kit, entry: MockConfigEntry) -> Callable[[], AlarmsManager]:
    """Return a function that returns the running manager, which a reload replaces."""
    return lambda: entry.runtime_data.alarms
