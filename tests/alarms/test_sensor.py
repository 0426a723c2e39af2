"""Sensors of the numbers of alarms by severity."""

from custom_components.iotbridge.alarms.engine.models import Severity
from tests.kit import Kit
from tests.rules import add_rule, call, set_state


def counts(kit: Kit) -> dict[str, str]:
    """Return the values of the alarms' sensors, without the zeros."""
    kinds = [
        f"{kind}_{severity}" for kind in ("active", "unacknowledged") for severity in ("critical", "warning", "info")
    ]
    values = {kind: kit.bridge(f"alarms_{kind}") for kind in kinds}
    return {kind: value for kind, value in values.items() if value != "0"}


async def test_alarms_are_counted_by_severity(kit: Kit) -> None:
    assert counts(kit) == {}
    await add_rule(kit, "sensor.one", "sensor.two", severity=Severity.CRITICAL)
    await add_rule(kit, "sensor.two", severity=Severity.INFO)

    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")
    assert counts(kit) == {
        "active_critical": "2",
        "unacknowledged_critical": "2",
        "active_info": "1",
        "unacknowledged_info": "1",
    }

    await call(kit, "acknowledge", entity_id="sensor.one")
    assert counts(kit)["active_critical"] == "2"
    assert counts(kit)["unacknowledged_critical"] == "1"
    await call(kit, "suppress", entity_id="sensor.two")
    assert counts(kit) == {"active_critical": "1"}
    await set_state(kit, "sensor.one", "20")
    assert counts(kit) == {}


async def test_alarms_are_counted_again_after_a_restart(kit: Kit) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")

    await kit.hass.config_entries.async_reload(kit.hass.config_entries.async_entries("iotbridge")[0].entry_id)
    await kit.hass.async_block_till_done()

    assert counts(kit) == {"active_warning": "1", "unacknowledged_warning": "1"}


async def test_the_alarms_of_a_removed_rule_do_not_count(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")

    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    kit.hass.config_entries.async_remove_subentry(entry, rule_id)
    await kit.hass.async_block_till_done()

    assert counts(kit) == {}
