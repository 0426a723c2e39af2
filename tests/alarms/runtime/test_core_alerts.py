"""Home Assistant's own Alerts: what the frontend is given, read and written as it does itself."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.runtime import core_alerts
from homeassistant.helpers import entity_registry as er
from tests.kit import Kit
from tests.rules import add_rule, rule_entity

pytestmark = pytest.mark.usefixtures("frontend")

DOOR = {"entity": "lock.door", "severity": "alert"}
FAVORITES = {"favorite_entities": ["camera.yard"]}

type Security = Callable[..., Awaitable[Any]]


@pytest.fixture
async def security(kit: Kit, hass_ws_client: WebSocketGenerator) -> Security:
    """Return a function that reads what the Security page reads, after writing what it is given."""
    client = await hass_ws_client(kit.hass)

    async def exchange(*value: Any) -> Any:
        for config in value:
            await client.send_json_auto_id({"type": "frontend/set_system_data", "key": "security", "value": config})
            assert (await client.receive_json())["success"]
        await kit.hass.async_block_till_done()
        await client.send_json_auto_id({"type": "frontend/get_system_data", "key": "security"})
        return (await client.receive_json())["result"]["value"]

    return exchange


async def test_rules_are_added_with_their_severity_beside_the_entries_of_others(kit: Kit, security: Security) -> None:
    await security({**FAVORITES, "alert_entities": [DOOR]})

    await core_alerts.async_update(
        kit.hass, {f"binary_sensor.{severity.word}": severity for severity in reversed(Severity)}
    )

    assert await security() == {
        **FAVORITES,
        "alert_entities": [
            DOOR,
            {"entity": "binary_sensor.critical", "severity": "alert"},
            {"entity": "binary_sensor.warning", "severity": "warning"},
            {"entity": "binary_sensor.info", "severity": "warning"},
        ],
    }


async def test_a_severity_that_a_person_chose_stays(kit: Kit, security: Security) -> None:
    chosen = {"alert_entities": [{"entity": "binary_sensor.hot", "severity": "warning"}, {"entity": "lock.door"}]}
    await security(chosen)

    await core_alerts.async_update(kit.hass, {"binary_sensor.hot": Severity.CRITICAL, "lock.door": Severity.CRITICAL})

    assert await security() == chosen


async def test_the_last_entry_leaves_no_list(kit: Kit, security: Security) -> None:
    assert await security() is None
    await core_alerts.async_update(kit.hass, {"binary_sensor.hot": Severity.CRITICAL})
    assert await core_alerts.async_listed(kit.hass) == ["binary_sensor.hot"]

    await core_alerts.async_update(kit.hass, {}, ["binary_sensor.hot"])

    assert await security() == {}


@pytest.mark.parametrize(
    "config",
    [
        ["alert_entities"],
        "alert_entities",
        {"alert_entities": {"lock.door": "alert"}},
        {"alert_entities": ["lock.door"]},
        {"alert_entities": [{"entity_id": "lock.door"}]},
        {"alert_entities": [{"entity": 1}]},
        {"alert_entities": [DOOR, {**DOOR, "severity": "disaster"}]},
        {"alert_entities": [{**DOOR, "after": 60}]},
    ],
)
async def test_a_list_of_another_shape_is_left_alone(kit: Kit, security: Security, config: Any) -> None:
    await security(config)

    with pytest.raises(core_alerts.UnknownAlertsError):
        await core_alerts.async_update(kit.hass, {"binary_sensor.hot": Severity.CRITICAL})
    with pytest.raises(core_alerts.UnknownAlertsError):
        await core_alerts.async_listed(kit.hass)
    await core_alerts.async_remove(kit.hass, ["lock.door"])

    assert await security() == config


async def test_without_the_frontend_there_are_no_alerts(kit: Kit) -> None:
    kit.hass.config.components.remove("frontend")

    with pytest.raises(core_alerts.UnknownAlertsError):
        await core_alerts.async_listed(kit.hass)


async def test_a_store_of_another_version_is_left_alone(
    kit: Kit, security: Security, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeassistant.components.frontend.storage.STORAGE_VERSION_SYSTEM_DATA", 2)

    with pytest.raises(core_alerts.UnknownAlertsError):
        await core_alerts.async_update(kit.hass, {"binary_sensor.hot": Severity.CRITICAL})

    assert await security() is None


async def test_a_rule_leaves_the_list_when_it_is_removed(kit: Kit, entry: MockConfigEntry, security: Security) -> None:
    rule_id, other_id = await add_rule(kit, "sensor.one"), await add_rule(kit, "sensor.one", name="Other")
    await security({"alert_entities": [DOOR]})
    rules = {rule_entity(kit, rule): Severity.CRITICAL for rule in (rule_id, other_id)}
    await core_alerts.async_update(kit.hass, rules)

    kit.hass.config_entries.async_remove_subentry(entry, rule_id)
    await kit.hass.async_block_till_done()

    other = {"entity": rule_entity(kit, other_id), "severity": "alert"}
    assert await security() == {"alert_entities": [DOOR, other]}
    await kit.hass.config_entries.async_remove(entry.entry_id)
    assert await security() == {"alert_entities": [DOOR]}


async def test_a_rule_stays_in_the_list_over_a_reload_and_a_rename(
    kit: Kit, entry: MockConfigEntry, security: Security
) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    await core_alerts.async_update(kit.hass, {rule_entity(kit, rule_id): Severity.CRITICAL})

    assert await kit.hass.config_entries.async_reload(entry.entry_id)
    er.async_get(kit.hass).async_update_entity(rule_entity(kit, rule_id), new_entity_id="binary_sensor.boiler")
    await kit.hass.async_block_till_done()

    assert await security() == {"alert_entities": [{"entity": "binary_sensor.boiler", "severity": "alert"}]}


@pytest.mark.parametrize(("chosen", "shown"), [("warning", "alert"), ("alert", "alert"), (None, None)])
async def test_the_severity_of_an_edited_rule_is_followed_unless_a_person_chose_one(
    kit: Kit, entry: MockConfigEntry, security: Security, chosen: str | None, shown: str | None
) -> None:
    rule_id = await add_rule(kit, "sensor.one", severity=Severity.WARNING)
    listed = {"entity": rule_entity(kit, rule_id), **({"severity": chosen} if chosen else {})}
    await security({"alert_entities": [DOOR, listed]})
    subentry = entry.subentries[rule_id]

    kit.hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "severity": "critical"})
    await kit.hass.async_block_till_done()

    changed = {**listed, "severity": shown} if shown else listed
    assert await security() == {"alert_entities": [DOOR, changed]}
