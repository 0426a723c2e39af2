"""Value and limits of an alarm, in the unit of its entity."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from tests.alarms.home import wait
from tests.kit import Kit
from tests.rules import add_rule, set_state

from .dialog import ask

CELSIUS = {"unit_of_measurement": "°C", "device_class": "temperature"}
FAHRENHEIT = {"unit_of_measurement": "°F", "device_class": "temperature"}
ABOVE = Condition(kind=AlarmKind.ABOVE, above=30, hysteresis=2, worse_above=40, unit="°C")
BELOW = Condition(kind=AlarmKind.BELOW, below=5, hysteresis=0.5, worse_below=0, unit="°C")
OUTSIDE = Condition(kind=AlarmKind.OUTSIDE, below=10, above=30, hysteresis=1, unit="°C")


@pytest.mark.parametrize(
    ("condition", "value", "attributes", "side", "limits", "reason"),
    [
        pytest.param(ABOVE, "31", CELSIUS, "above", (30, 28, 40), "31 °C, above 30 °C", id="above"),
        pytest.param(ABOVE, "45", CELSIUS, "above", (40, 28, None), "45 °C, above 40 °C", id="above the second"),
        pytest.param(BELOW, "3.8", CELSIUS, "below", (5, 5.5, 0), "3.8 °C, below 5 °C", id="below"),
        pytest.param(BELOW, "30", FAHRENHEIT, "below", (32, 41.9, None), "30 °F, below 32 °F", id="in another unit"),
        pytest.param(OUTSIDE, "35", CELSIUS, "above", (30, 29, None), "35 °C, above 30 °C", id="outside, above"),
        pytest.param(OUTSIDE, "2", CELSIUS, "below", (10, 11, None), "2 °C, below 10 °C", id="outside, below"),
        pytest.param(BELOW, "3", {}, "below", (5, 5.5, 0), "3, below 5", id="without a unit"),
    ],
)
async def test_limits_are_those_of_the_side_and_severity(
    kit: Kit,
    client: MockHAClientWebSocket,
    condition: Condition,
    value: str,
    attributes: dict[str, Any],
    side: str,
    limits: tuple[float | None, ...],
    reason: str,
) -> None:
    rule_id = await add_rule(kit, "sensor.one", condition=condition)
    await set_state(kit, "sensor.one", value, **attributes)

    row = (await ask(client, "details", rule_id=rule_id, entity_id="sensor.one"))["alarm"]

    assert (row["side"], row["limit"], row["clear_limit"], row["worse_limit"]) == (side, *limits)
    assert (row["value_number"], row["unit"]) == (float(value), attributes.get("unit_of_measurement"))
    assert row["reason"] == reason


async def test_a_state_has_no_limits(kit: Kit, client: MockHAClientWebSocket) -> None:
    rule_id = await add_rule(kit, "sensor.one", condition=Condition(kind=AlarmKind.STATE, states=("jammed",)))
    await set_state(kit, "sensor.one", "jammed")
    await kit.wait(120)

    row = (await ask(client, "details", rule_id=rule_id, entity_id="sensor.one", language="fr"))["alarm"]

    assert (row["value"], row["value_number"], row["side"], row["limit"]) == ("jammed", None, None, None)
    assert row["reason"] == "jammed depuis 2 min"


async def test_a_silent_entity_has_its_interval(kit: Kit, hass_ws_client: WebSocketGenerator) -> None:
    rule_id = await add_rule(kit, "sensor.one", condition=Condition(kind=AlarmKind.NO_DATA))
    for number in range(12):
        await set_state(kit, "sensor.one", str(number))
        await kit.wait(60)
    await wait(kit, 600, 60)
    client = await hass_ws_client(kit.hass)

    row = (await ask(client, "details", rule_id=rule_id, entity_id="sensor.one", language="it"))["alarm"]

    assert (row["state"], row["usual_s"]) == ("unacknowledged", 60)
    assert row["last_seen"] < row["raised_at"]
    assert row["reason"].startswith("nessun dato da ")
    assert row["reason"].endswith("di solito ogni 60 s")
