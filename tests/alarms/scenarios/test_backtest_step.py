"""Backtest step of the rule flow, with a recorder."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util
from tests.kit import Kit

from ...dialog import Dialog
from ..flow.rule_dialog import save

ATTIC = "sensor.attic"


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: object, enable_custom_integrations: None) -> None:
    """Run the recorder in memory before the fixtures of every test."""


@pytest.fixture
def dialog(kit: Kit) -> Dialog:
    return Dialog(kit.hass, "alarm")


async def record_values(hass: HomeAssistant, freezer: FrozenDateTimeFactory, *values: tuple[float, float]) -> None:
    """Record values of the attic from a number of hours ago."""
    now = dt_util.utcnow()
    for hours, value in values:
        freezer.move_to(now - timedelta(hours=hours))
        hass.states.async_set(ATTIC, str(value), {"friendly_name": "Attic", "unit_of_measurement": "°C"})
        await hass.async_block_till_done()
    freezer.move_to(now)
    await async_wait_recording_done(hass)


async def run_backtest(dialog: Dialog, kind: str = "above", **condition: object) -> str:
    await dialog.start(kind)
    await dialog.submit(entities=[ATTIC])
    if condition:
        await dialog.submit(**condition)
    await dialog.submit()
    await dialog.submit()
    await dialog.tried()
    return dialog.text


async def test_the_number_and_list_of_outages_are_shown(dialog: Dialog, freezer: FrozenDateTimeFactory) -> None:
    await record_values(dialog.hass, freezer, (30, 20), (20, 31.5), (18, 20), (3, 33))
    text = await run_backtest(dialog, above=30)

    assert "Alarms in the last 7 days: **2**\n- Longest alarm: 3 h\n" in text
    lines = text.partition("\n\n- ")[2].splitlines()
    at = dt_util.as_local(dt_util.utcnow() - timedelta(hours=20)).strftime("%Y-%m-%d %H:%M")
    assert len(lines) == 2
    assert lines[0].endswith("**Attic**, 33 °C, 3 h …")
    assert lines[1] == f"- {at}: **Attic**, 31.5 °C, 2 h"


async def test_a_backtest_without_outages_shows_zero(dialog: Dialog, freezer: FrozenDateTimeFactory) -> None:
    await record_values(dialog.hass, freezer, (30, 20), (3, 21))

    text = await run_backtest(dialog, above=30)

    assert "Alarms in the last 7 days: **0**\n- Longest alarm: -\n- Entities checked: 1\n" in text


async def test_a_changed_rule_can_be_tested_again(dialog: Dialog, freezer: FrozenDateTimeFactory) -> None:
    await record_values(dialog.hass, freezer, (30, 20), (20, 31.5), (18, 20))
    assert "**1**\n- Longest alarm: 2 h\n" in await run_backtest(dialog, above=30)
    await dialog.choose("overview")
    await dialog.choose("condition")
    await dialog.submit(above=40)
    await dialog.choose("trial")
    await dialog.tried()
    assert "**0**" in dialog.text
    await save(dialog)

    assert dialog.result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_list_is_limited(dialog: Dialog, freezer: FrozenDateTimeFactory) -> None:
    values = [(50 - number, 20 + 20 * (number % 2)) for number in range(47)]
    await record_values(dialog.hass, freezer, *values)
    text = await run_backtest(dialog, above=30)

    assert "**23**" in text
    assert text.count("**Attic**") == 20
    assert "Up to 20 alarms are listed, the newest first." in text


async def test_a_backtest_of_missing_data_mentions_the_limits_of_history(
    dialog: Dialog, freezer: FrozenDateTimeFactory
) -> None:
    await record_values(dialog.hass, freezer, (30, 20), (20, 21), (19, 22))
    text = await run_backtest(dialog, "no_data", rhythm="fixed", silent={"hours": 5})

    assert "at most **2**" in text
    assert "The history only records changes" in text


async def test_the_number_of_skipped_entities_is_shown(
    dialog: Dialog, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.iotbridge.alarms.runtime.backtest.MAX_ENTITIES", 1)
    await record_values(dialog.hass, freezer, (30, 20))
    dialog.hass.states.async_set("sensor.b", "5")
    await dialog.start("above")
    await dialog.submit(entities=[ATTIC, "sensor.b"])
    await dialog.submit(above=30)
    await dialog.submit()
    await dialog.submit()
    await dialog.tried()

    assert "Entities checked: 1\n- Entities skipped because of the time limit: 1" in dialog.text


async def test_a_rule_without_matching_entities_has_no_backtest(dialog: Dialog) -> None:
    await dialog.start("above")
    await dialog.submit(all={"device_classes": ["water"]})
    await dialog.submit(above=30)
    assert dialog.text == "Matches right now: 0"
    await dialog.submit()
    await dialog.submit()
    await dialog.tried()

    assert dialog.step == "no_matches"


async def test_closing_the_dialog_cancels_the_backtest(dialog: Dialog, freezer: FrozenDateTimeFactory) -> None:
    await record_values(dialog.hass, freezer, (30, 20))
    await dialog.start("above")
    await dialog.submit(entities=[ATTIC])
    await dialog.submit(above=30)
    await dialog.submit()
    await dialog.submit()
    assert dialog.result["type"] is FlowResultType.SHOW_PROGRESS
    dialog.hass.config_entries.subentries.async_abort(dialog.result["flow_id"])
    await dialog.hass.async_block_till_done(wait_background_tasks=True)

    assert not dialog.hass.config_entries.subentries.async_progress()
