"""The step "try it" of the dialog, with a recorder."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util
from tests.kit import Kit

from ...dialog import Dialog

ATTIC = "sensor.attic"


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: object, enable_custom_integrations: None) -> None:
    """Run the recorder in memory, and only then what every test has."""


@pytest.fixture
def dialog(kit: Kit) -> Dialog:
    return Dialog(kit.hass, "alarm")


async def past(hass: HomeAssistant, freezer: FrozenDateTimeFactory, *values: tuple[float, float]) -> None:
    """Let the attic have had values, so many hours ago."""
    now = dt_util.utcnow()
    for hours, value in values:
        freezer.move_to(now - timedelta(hours=hours))
        hass.states.async_set(ATTIC, str(value), {"friendly_name": "Attic", "unit_of_measurement": "°C"})
        await hass.async_block_till_done()
    freezer.move_to(now)
    await async_wait_recording_done(hass)


async def try_it(dialog: Dialog, kind: str = "above", **condition: object) -> str:
    await dialog.start(kind)
    if condition:
        await dialog.submit(**condition)
    await dialog.submit(entities=[ATTIC])
    await dialog.submit()
    await dialog.submit()
    await dialog.tried()
    return dialog.text


async def test_how_often_and_how_long_is_said_with_the_list(dialog: Dialog, freezer: FrozenDateTimeFactory) -> None:
    await past(dialog.hass, freezer, (30, 20), (20, 31.5), (18, 20), (3, 33))
    said = await try_it(dialog, above=30)

    assert "Alarms in the last 7 days: **2**\n- Longest alarm: 3 h\n" in said
    lines = said.partition("\n\n- ")[2].splitlines()
    at = dt_util.as_local(dt_util.utcnow() - timedelta(hours=20)).strftime("%Y-%m-%d %H:%M")
    assert len(lines) == 2
    assert lines[0].endswith("**Attic**, 33 °C, 3 h …")
    assert lines[1] == f"- {at}: **Attic**, 31.5 °C, 2 h"


async def test_what_was_never_wrong_is_said(dialog: Dialog, freezer: FrozenDateTimeFactory) -> None:
    await past(dialog.hass, freezer, (30, 20), (3, 21))

    said = await try_it(dialog, above=30)

    assert "Alarms in the last 7 days: **0**\n- Longest alarm: -\n- Entities checked: 1\n" in said


async def test_after_a_change_it_can_be_tried_again(dialog: Dialog, freezer: FrozenDateTimeFactory) -> None:
    await past(dialog.hass, freezer, (30, 20), (20, 31.5), (18, 20))
    assert "**1**\n- Longest alarm: 2 h\n" in await try_it(dialog, above=30)
    await dialog.choose("overview")
    await dialog.choose("condition")
    await dialog.submit(above=40)
    await dialog.choose("trial")
    await dialog.tried()
    assert "**0**" in dialog.text
    await dialog.choose("save")

    assert dialog.result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_long_list_is_cut(dialog: Dialog, freezer: FrozenDateTimeFactory) -> None:
    values = [(50 - number, 20 + 20 * (number % 2)) for number in range(47)]
    await past(dialog.hass, freezer, *values)
    said = await try_it(dialog, above=30)

    assert "**23**" in said
    assert said.count("**Attic**") == 20
    assert "Up to 20 alarms are listed, the newest first." in said


async def test_of_silence_it_is_said_what_the_history_does_not_know(
    dialog: Dialog, freezer: FrozenDateTimeFactory
) -> None:
    await past(dialog.hass, freezer, (30, 20), (20, 21), (19, 22))
    said = await try_it(dialog, "no_data", rhythm="fixed", silent={"hours": 5})

    assert "at most **2**" in said
    assert "The history only records changes" in said


async def test_entities_that_were_not_reached_are_said(
    dialog: Dialog, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.iotbridge.alarms.runtime.backtest.MAX_ENTITIES", 1)
    await past(dialog.hass, freezer, (30, 20))
    dialog.hass.states.async_set("sensor.b", "5")
    await dialog.start("above")
    await dialog.submit(above=30)
    await dialog.submit(entities=[ATTIC, "sensor.b"])
    await dialog.submit()
    await dialog.submit()
    await dialog.tried()

    assert "Entities checked: 1\n- Entities skipped because of the time limit: 1" in dialog.text


async def test_without_an_entity_there_is_nothing_to_try(dialog: Dialog) -> None:
    await dialog.start("above")
    await dialog.submit(above=30)
    await dialog.submit(all={"device_classes": ["water"]})
    assert dialog.text == "Matches right now: 0"
    await dialog.submit()
    await dialog.submit()
    await dialog.tried()

    assert dialog.step == "no_matches"


async def test_a_dialog_that_is_closed_tries_no_more(dialog: Dialog, freezer: FrozenDateTimeFactory) -> None:
    await past(dialog.hass, freezer, (30, 20))
    await dialog.start("above")
    await dialog.submit(above=30)
    await dialog.submit(entities=[ATTIC])
    await dialog.submit()
    await dialog.submit()
    assert dialog.result["type"] is FlowResultType.SHOW_PROGRESS
    dialog.hass.config_entries.subentries.async_abort(dialog.result["flow_id"])
    await dialog.hass.async_block_till_done(wait_background_tasks=True)

    assert not dialog.hass.config_entries.subentries.async_progress()
