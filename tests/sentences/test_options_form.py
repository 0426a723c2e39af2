"""Section of the options form for voice."""

from typing import Any

import pytest

from homeassistant.data_entry_flow import FlowResultType, InvalidData

from ..assist import Assist
from ..kit import Kit

OPTIONS: dict[str, Any] = {"prefixes": ["iotbridge"], "response_timeout": 5, "lost_after": 120}


async def submit(assist: Assist, **voice: Any) -> Any:
    """Submit the options form."""
    flows = assist.kit.hass.config_entries.options
    result = await flows.async_init(assist.entry.entry_id)
    result = await flows.async_configure(result["flow_id"], {**OPTIONS, "voice": voice})
    await assist.kit.hass.async_block_till_done(wait_background_tasks=True)
    return result


def voice_section(form: Any) -> Any:
    """Return the section of the form."""
    (section,) = [value for key, value in form["data_schema"].schema.items() if key == "voice"]
    return section


async def test_languages_and_hosts_are_chosen_by_name(kit: Kit, assist: Assist) -> None:
    nas = await kit.host("nas")
    device_id = assist.device_id(nas)
    flows = kit.hass.config_entries.options
    form = await flows.async_init(assist.entry.entry_id)
    section = voice_section(form)
    hosts = section.schema.schema["voice_power_hosts"].config["options"]
    assert hosts == [{"value": device_id, "label": "nas"}]
    flows.async_abort(form["flow_id"])

    result = await submit(assist, voice_languages=["it"], voice_power_hosts=[device_id], voice_language_models=True)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    kept = {key: value for key, value in assist.entry.options.items() if key.startswith("voice")}
    assert kept == {"voice_languages": ["it"], "voice_power_hosts": [device_id], "voice_language_models": True}
    assert assist.file("it").exists()


async def test_a_host_that_is_gone_does_not_block_the_form(kit: Kit, assist: Assist) -> None:
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"], voice_power_hosts=["gone"])
    flows = kit.hass.config_entries.options
    form = await flows.async_init(assist.entry.entry_id)
    section = voice_section(form)
    suggested = {str(key): key.description["suggested_value"] for key in section.schema.schema if key.description}
    assert suggested == {"voice_languages": ["en"], "voice_power_hosts": []}
    flows.async_abort(form["flow_id"])
    with pytest.raises(InvalidData):
        await submit(assist, voice_power_hosts=["gone"])


async def test_other_values_stay_when_the_section_is_missing(kit: Kit, assist: Assist) -> None:
    await assist.configure(voice_languages=["fr"])
    flows = kit.hass.config_entries.options
    result = await flows.async_init(assist.entry.entry_id)
    await flows.async_configure(result["flow_id"], OPTIONS)
    await kit.hass.async_block_till_done(wait_background_tasks=True)
    assert assist.entry.options["voice_languages"] == ["fr"]
