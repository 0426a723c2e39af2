"""The JavaScript module in a Home Assistant with a frontend, and without."""

from http import HTTPStatus
import re

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, UrlManager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.setup import async_setup_component
from tests.entries import set_up

# Core's mqtt checks its connection every second.
pytestmark = [
    pytest.mark.usefixtures("freezer", "mqtt"),
    pytest.mark.parametrize("expected_lingering_timers", [True]),
]


@pytest.fixture
async def added(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return the modules that are added and removed, in order.

    The real frontend needs a package of a hundred megabytes, so only its list of modules is here.
    """
    changes: list[tuple[str, str]] = []
    assert await async_setup_component(hass, "http", {})
    hass.data[DATA_EXTRA_MODULE_URL] = UrlManager(lambda change, url: changes.append((change, url)), [])
    hass.config.components.add("frontend")
    return changes


async def test_module_is_there_before_the_first_entity(
    hass: HomeAssistant, entry: MockConfigEntry, added: list[tuple[str, str]]
) -> None:
    """A page that is opened for an entity, but without the module, shows no dialog of ours until it is reloaded."""
    modules: list[int] = []

    @callback
    def note(_event: Event[EventStateChangedData]) -> None:
        modules.append(len(added))

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    await set_up(hass, entry)

    assert set(modules) == {1}


async def test_module_is_served_and_removed_on_unload(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    added: list[tuple[str, str]],
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await set_up(hass, entry)

    ((change, url),) = added
    assert change == "added"
    assert re.fullmatch(r"/iotbridge_static/[0-9a-f]{12}/iotbridge\.js", url)
    client = await hass_client_no_auth()
    for path in (url, url.replace("iotbridge.js", "texts/it.json")):
        response = await client.get(path)
        assert response.status == HTTPStatus.OK
        assert "max-age" in response.headers["Cache-Control"]
    assert (await client.get(url.replace("iotbridge.js", "../module.py"))).status == HTTPStatus.NOT_FOUND

    assert await hass.config_entries.async_unload(entry.entry_id)
    assert added[1:] == [("removed", url)]

    await set_up(hass, entry)
    assert added[2:] == [("added", url)]


async def test_home_assistant_without_a_frontend_needs_no_module(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert "frontend" not in hass.config.components
