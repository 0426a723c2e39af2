"""Diagnostics of alarms."""

import json

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep
from tests.downloads import PRIVATE, download
from tests.kit import Kit
from tests.rules import add_rule, call, set_state


async def test_diagnostics_of_alarms_contain_no_private_words(kit: Kit, hass_client: ClientSessionGenerator) -> None:
    policy = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=("rossi-group",)),), repeat_s=600)
    await add_rule(kit, "sensor.rossi", "sensor.two", name="rossi", escalation=policy, instructions="a-secret-word")
    await set_state(kit, "sensor.rossi", "90")
    await call(kit, "maintenance_start", entity_id="sensor.two", duration=600, name="rossi", comment="a-secret-word")

    alarms = (await download(kit, hass_client))["alarms"]

    assert [word for word in PRIVATE if word in json.dumps(alarms)] == []
    assert alarms == {
        "maintenance": False,
        "windows": 1,
        "rules": [
            {
                "kind": "above",
                "severity": "warning",
                "timing": {"hold_s": 0.0, "clear_after_s": 0.0, "latching": False},
                "steps": [{"after_s": 0, "groups": 1}],
                "repeat_s": 600,
                "selected_by": ["entities"],
                "parents": 0,
                "states": {"unacknowledged": 1, "suppressed": 1},
                "not_judged": 1,
            }
        ],
    }
