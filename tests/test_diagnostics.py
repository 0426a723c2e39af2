"""Diagnostics of the whole integration, without personal data."""

import json

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.downloads import PRIVATE, download, household

from .kit import Kit


async def test_no_personal_data_are_included(kit: Kit, hass_client: ClientSessionGenerator) -> None:
    await household(kit)

    text = json.dumps(await download(kit, hass_client))

    assert [word for word in PRIVATE if word in text] == []


async def test_custom_prefixes_are_pseudonymized(kit: Kit, hass_client: ClientSessionGenerator) -> None:
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    options = {"prefixes": ["rossi/home", "iotbridge"], "response_timeout": 5, "lost_after": 120}
    kit.hass.config_entries.async_update_entry(entry, options=options)
    await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.host("nas", prefix="rossi/home", uid="rossi_home_nas")

    data = await download(kit, hass_client)

    assert "rossi" not in json.dumps(data)
    assert data["options"] == {"prefixes": ["prefix_1", "iotbridge"], "response_timeout": 5, "lost_after": 120}
    assert data["hosts"][0]["topic"] == "prefix_1/device/host_1"
