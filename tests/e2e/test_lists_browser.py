"""Home Assistant's own pages of to-do lists and of Activity, in a real browser: what they make of alarms.

Pictures stay in the folder that IOTBRIDGE_PICTURES names.
"""

from collections.abc import AsyncGenerator
from functools import partial
import os
from pathlib import Path
import shutil

from lab.alarms import add_rule, alarms, remove
from lab.browser import DESKTOP, PATIENCE_MS, PHONE, Screen, browsing
from lab.client import Json
from lab.lab import Lab
from lab.waiting import until
from playwright.async_api import Page, expect  # type: ignore[import-not-found, unused-ignore]
import pytest

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")

RULE, TANK, LIST = "Tank is too hot", "input_number.tank", "todo.iot_bridge_alarms"
ITEM = f"{RULE}: Tank"

expect.set_options(timeout=PATIENCE_MS)


async def state(lab: Lab) -> Json | None:
    found = await alarms(lab.client, RULE)
    return found[0] if found else None


@pytest.fixture(scope="module")
async def raised(lab: Lab) -> AsyncGenerator[Lab]:
    """Return a household with a raised alarm."""
    slider = {"min": 0, "max": 100, "step": 1, "initial": 20, "mode": "slider", "unit_of_measurement": "°C"}
    await lab.client.command("input_number/create", name="Tank", **slider)
    rule_id = await add_rule(
        lab.client,
        "above",
        RULE,
        condition={"above": 80},
        entities=[TANK],
        severity="critical",
        more={"instructions": "Open the valve."},
    )
    await lab.client.call("input_number.set_value", {"entity_id": TANK, "value": 93})
    await until(lambda: state(lab), timeout_s=20, what="the alarm")
    yield lab
    await remove(lab.client, rule_id)


@pytest.fixture
async def page(request: pytest.FixtureRequest, raised: Lab) -> AsyncGenerator[Page]:
    """Return a page on a screen."""
    screen: Screen = getattr(request, "param", DESKTOP)
    async with browsing(raised, width=screen.width, height=screen.height, is_dark=screen.is_dark) as page:
        yield page


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return the folder of the pictures."""
    folder = Path(os.environ.get("IOTBRIDGE_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize(
    ("page", "screen"), [(screen, screen) for screen in (DESKTOP, PHONE.darkened())], ids=str, indirect=["page"]
)
async def test_a_tick_by_hand_acknowledges_and_the_next_takes_it_back(
    page: Page, screen: Screen, raised: Lab, pictures: Path
) -> None:
    async def has_state(name: str) -> bool:
        alarm = await state(raised)
        return alarm is not None and alarm["state"] == name

    await page.goto(f"{raised.home_assistant.url}/todo?entity_id={LIST}")
    await expect(page.get_by_text(ITEM)).to_be_visible()
    await expect(page.get_by_text("Critical: above 80 °C")).to_be_visible()
    await expect(page.get_by_text("Instructions: Open the valve.")).to_be_visible()
    await expect(page.get_by_text("93")).to_have_count(0)
    await expect(page.get_by_label("Add item")).to_have_count(0)
    await page.screenshot(path=pictures / f"to-do-{screen}.png", animations="disabled")

    for name in ("acknowledged", "unacknowledged"):
        await page.locator("ha-checkbox").first.click()
        await until(partial(has_state, name), timeout_s=20, what=name)

    await page.get_by_text(ITEM).click()
    dialog = page.locator("dialog-todo-item-editor")
    await dialog.locator("ha-checkbox").click()
    await dialog.get_by_role("button", name="Save").click()
    await until(lambda: has_state("acknowledged"), timeout_s=20, what="acknowledged in the dialog")
    await page.locator("ha-checkbox").first.click()
    await until(lambda: has_state("unacknowledged"), timeout_s=20, what="unacknowledged")


@pytest.mark.parametrize(
    ("page", "screen"), [(screen, screen) for screen in (DESKTOP, PHONE)], ids=str, indirect=["page"]
)
async def test_activity_has_sentences_and_no_changes_of_the_rules_entities(
    page: Page, screen: Screen, raised: Lab, pictures: Path
) -> None:
    await page.goto(f"{raised.home_assistant.url}/logbook")

    await expect(page.get_by_text(f"alarm {RULE} was raised (Critical): 93 °C > 80 °C").first).to_be_visible()
    await page.screenshot(path=pictures / f"activity-{screen}.png", animations="disabled")
    assert await page.get_by_text(f"Alarms {RULE}").count() == 0
