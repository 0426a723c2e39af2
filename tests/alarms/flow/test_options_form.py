"""Section of the options form for alarms."""

from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.models import Severity
from homeassistant.components.frontend.storage import async_system_store
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import FlowResultType
from tests.kit import Kit
from tests.rules import add_rule, rule_entity

from ...dialog import check_form
from ...things.wizard import suggestions

MAIN = {"prefixes": ["iotbridge"], "response_timeout": 5, "lost_after": 120}
ALARMS = {"quiet_severities": ["info"], "storm_per_minute": 5, "flapping_per_hour": 4}


async def open_form(kit: Kit) -> ConfigFlowResult:
    (entry,) = kit.hass.config_entries.async_entries("iotbridge")
    result = await kit.hass.config_entries.options.async_init(entry.entry_id)
    check_form(result, "options")
    return result


async def submit(kit: Kit, **alarms: Any) -> ConfigFlowResult:
    result = await open_form(kit)
    flows = kit.hass.config_entries.options
    result = await flows.async_configure(result["flow_id"], {**MAIN, "alarms": {**ALARMS, **alarms}})
    await kit.hass.async_block_till_done()
    return result


def options(kit: Kit) -> dict[str, Any]:
    (entry,) = kit.hass.config_entries.async_entries("iotbridge")
    return dict(entry.options)


async def test_the_defaults_are_suggested(kit: Kit) -> None:
    shown = suggestions((await open_form(kit))["data_schema"])

    assert shown["alarms"] == {
        "quiet_severities": ["info", "warning"], "storm_per_minute": 10, "flapping_per_hour": 6,
    }  # fmt: skip


async def test_options_of_alarms_are_stored_and_suggested(kit: Kit) -> None:
    result = await submit(kit, quiet_start="22:00:00", quiet_end="07:00:00", storm_per_minute=20.0)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    stored = {**MAIN, **ALARMS, "quiet_start": "22:00:00", "quiet_end": "07:00:00", "storm_per_minute": 20}
    assert options(kit) == stored
    assert isinstance(options(kit)["storm_per_minute"], int)
    shown = suggestions((await open_form(kit))["data_schema"])
    assert shown["alarms"] == {key: value for key, value in stored.items() if key not in MAIN}
    await submit(kit)

    assert "quiet_start" not in options(kit), "an emptied field is removed"


@pytest.mark.parametrize(
    "alarms",
    [
        {"quiet_start": "22:00:00"},
        {"quiet_end": "22:00:00"},
        {"quiet_start": "22:00:00", "quiet_end": "22:00:00"},
    ],
)
async def test_incomplete_quiet_hours_have_an_error(kit: Kit, alarms: dict[str, str]) -> None:
    result = await submit(kit, **alarms)

    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": "quiet_half"})
    assert suggestions(result["data_schema"])["alarms"] == ALARMS | alarms
    check_form(result, "options")


async def test_a_reconfiguration_keeps_the_options_of_alarms(kit: Kit) -> None:
    await submit(kit, quiet_start="22:00:00", quiet_end="07:00:00")
    (entry,) = kit.hass.config_entries.async_entries("iotbridge")
    result: Any = await entry.start_reconfigure_flow(kit.hass)  # type: ignore[attr-defined]
    await kit.hass.config_entries.flow.async_configure(result["flow_id"], {**MAIN, "prefixes": ["lab"]})
    await kit.hass.async_block_till_done()

    assert options(kit)["prefixes"] == ["lab"]
    assert options(kit)["quiet_start"] == "22:00:00"


async def test_options_without_the_section_keep_the_options_of_alarms(kit: Kit) -> None:
    await submit(kit)
    result = await open_form(kit)
    await kit.hass.config_entries.options.async_configure(result["flow_id"], MAIN)

    assert options(kit) == MAIN | ALARMS


async def alerts(kit: Kit) -> Any:
    """Return what Home Assistant's Security page shows under Alerts."""
    return ((await async_system_store(kit.hass)).data.get("security") or {}).get("alert_entities")


@pytest.mark.usefixtures("frontend")
async def test_chosen_rules_are_shown_in_the_alerts_of_home_assistant(kit: Kit) -> None:
    hot = rule_entity(kit, await add_rule(kit, "sensor.one", severity=Severity.CRITICAL))
    cold = rule_entity(kit, await add_rule(kit, "sensor.one", name="Cold"))
    assert "core_alerts" not in suggestions((await open_form(kit))["data_schema"])["alarms"]
    await submit(kit)
    before = options(kit)

    result = await submit(kit, core_alerts=[hot, cold])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert await alerts(kit) == [{"entity": hot, "severity": "alert"}, {"entity": cold, "severity": "warning"}]
    assert options(kit) == before, "Home Assistant keeps the list, not the options"
    assert suggestions((await open_form(kit))["data_schema"])["alarms"]["core_alerts"] == [hot, cold]

    await submit(kit, core_alerts=[cold])
    assert await alerts(kit) == [{"entity": cold, "severity": "warning"}]
    await submit(kit)
    assert await alerts(kit) is None, "an emptied field"


@pytest.mark.usefixtures("frontend")
async def test_alerts_of_an_unknown_shape_are_an_error_only_when_a_rule_is_chosen(kit: Kit) -> None:
    unknown = {"alert_entities": {"lock.door": "alert"}}
    await (await async_system_store(kit.hass)).async_set_item("security", unknown)
    hot = rule_entity(kit, await add_rule(kit, "sensor.one"))

    result = await submit(kit, core_alerts=[hot])
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": "alerts_unknown"})
    check_form(result, "options")
    assert await alerts(kit) == unknown["alert_entities"]

    assert (await submit(kit))["type"] is FlowResultType.CREATE_ENTRY
