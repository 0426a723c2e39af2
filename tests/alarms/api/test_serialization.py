"""Fields of an alarm in lists and events."""

from tests.kit import Kit
from tests.rules import add_rule, call, set_state


async def test_the_list_has_all_fields(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one", instructions="Open the valve.")
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")

    (alarm,) = (await call(kit, "list", answer=True))["alarms"]

    assert alarm.pop("since") is not None
    assert "90" in alarm.pop("reason")
    assert alarm == {
        "rule_id": rule_id,
        "rule": "Hot",
        "alarm": "Boiler",
        "entity_id": "sensor.one",
        "severity": "warning",
        "state": "unacknowledged",
        "active": True,
        "value": "90",
        "undetermined": None,
        "episode": 1,
        "cleared_at": None,
        "acknowledged_by": None,
        "snoozed_until": None,
        "snoozed_by": None,
        "suppressed_by": [],
        "out_of_service_by": None,
        "instructions": "Open the valve.",
    }
