"""Cards and dialogs in the real frontend, in a real browser: on a desktop and on a phone, light and dark.

Pictures stay in the folder that IOTBRIDGE_PICTURES names.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import os
from pathlib import Path
import re
import shutil
from typing import Any

from lab.alarms import add_group, add_rule, alarms, remove, subentries
from lab.browser import DESKTOP, PATIENCE_MS, PHONE, Screen, browsing, change_commands, collect_errors, refuse_commands
from lab.client import Client, Json
from lab.lab import Lab
from lab.waiting import until
from lab.wizard import suggestions
from playwright.async_api import Locator, Page, Route, expect  # type: ignore[import-not-found, unused-ignore]
import pytest

from .accessibility import findings, texts_of, too_wide
from .alarm import Gauge
from .language import choose_language, translations, words_in

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")

COLD, FULL, OPEN = "Greenhouse is too cold", "Rain barrel is almost full", "Cellar door is open"
GREENHOUSE, BARREL, DOOR = "input_number.greenhouse", "input_number.rain_barrel", "input_boolean.cellar_door"
INSTRUCTIONS = "Switch on the frost heater and close the vent."
GROUPS = ("Anna", "Ben")

expect.set_options(timeout=PATIENCE_MS)
# Home Assistant's pages have errors of their own; ours name the path of the module, or one of its elements.
OURS = "iotbridge"


@dataclass
class Household:
    """Alarms of a household, and the address of a dashboard with the cards."""

    lab: Lab
    dashboard: str
    pictures: Path

    async def set(self, entity_id: str, value: float) -> None:
        """Set the value of a slider."""
        await self.lab.client.call("input_number.set_value", {"entity_id": entity_id, "value": value})

    async def state(self, rule: str) -> str:
        """Return the state of the alarm of a rule."""
        found = await alarms(self.lab.client, rule)
        return str(found[0]["state"]) if found else "normal"

    async def wait_state(self, rule: str, state: str) -> None:
        """Wait until the alarm of a rule has a state."""

        async def has_state() -> bool:
            return await self.state(rule) == state

        await until(has_state, timeout_s=20, what=f"{rule} to be {state}")

    async def link(self, rule: str) -> str:
        """Return the link to a rule's dialog, as notifications have it."""
        (subentry,) = [row for row in await subentries(self.lab.client) if row["title"] == rule]
        row = await self.lab.client.find_entity(f"{subentry['subentry_id']}_alarm")
        assert row is not None
        return f"{self.lab.home_assistant.url}/home/overview?more-info-entity-id={row['entity_id']}"


@pytest.fixture(scope="module")
async def household(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Household]:
    """Return a household with three raised alarms of different severity."""
    client = lab.client
    slider = {"step": 0.1, "initial": 20, "mode": "slider"}
    await client.command("input_number/create", name="Greenhouse", unit_of_measurement="°C", min=-10, max=40, **slider)
    await client.command("input_number/create", name="Rain barrel", unit_of_measurement="%", min=0, max=100, **slider)
    await client.command("input_boolean/create", name="Cellar door")
    async with AsyncExitStack() as stack:

        async def rule(kind: str, name: str, entity_id: str, condition: Json, **how: Any) -> None:
            rule_id = await add_rule(client, kind, name, condition=condition, entities=[entity_id], **how)
            stack.push_async_callback(remove, client, rule_id)

        for group in GROUPS:
            stack.push_async_callback(remove, client, await add_group(client, group, persistent=True))
        steps = [(0.0, ["Anna"]), (20 * 60.0, ["Ben"])]
        more = {"instructions": INSTRUCTIONS}
        await rule("below", COLD, GREENHOUSE, {"below": 5, "hysteresis": 0.5}, steps=steps, more=more)
        await rule("above", FULL, BARREL, {"above": 90, "hysteresis": 2}, steps=steps, severity="critical")
        await rule("state", OPEN, DOOR, {"states": ["on"]}, severity="info")
        await client.command("lovelace/dashboards/create", url_path="alarm-cards", title="Cards", mode="storage")
        pictures = Path(os.environ.get("IOTBRIDGE_PICTURES", tmp_path_factory.mktemp("pictures")))
        yield Household(lab, f"{lab.home_assistant.url}/alarm-cards/now", pictures)


def _card(show: str) -> Json:
    return {"type": "custom:iotbridge-alarm-list", "show": show, "heading": True, "history_path": "/history"}


CARDS: Json = {
    "views": [
        {
            "title": "Now",
            "path": "now",
            "type": "sections",
            "max_columns": 3,
            "sections": [
                {"type": "grid", "column_span": 2, "cards": [_card("needs_you")]},
                {"type": "grid", "cards": [_card(show) for show in ("silent", "maintenance", "snoozed")]},
                {"type": "grid", "cards": [_card("history")]},
            ],
        }
    ]
}


@pytest.fixture
async def raised(household: Household) -> Household:
    """Return the household with all alarms unacknowledged; an alarm that still is stays as it is."""
    await household.lab.client.command("lovelace/config/save", url_path="alarm-cards", config=CARDS)
    if await household.state(COLD) != "unacknowledged":
        for value, state in ((20, "normal"), (9, "normal"), (3.8, "unacknowledged")):
            await household.set(GREENHOUSE, value)
            await household.wait_state(COLD, state)
    await household.set(BARREL, 97)
    await household.lab.client.call("input_boolean.turn_on", {"entity_id": DOOR})
    for rule in (FULL, OPEN):
        await household.wait_state(rule, "unacknowledged")
    return household


# Names of entities, which have no language of a user.
NAMES = ("Greenhouse", "Rain barrel", "Cellar door", "Hosts online")
# Elements whose texts are ours: cards, dialogs, and Home Assistant's cards with a title of ours.
WITH_OUR_TEXTS = ["iotbridge-", "hui-heading-card", "hui-markdown-card"]


@asynccontextmanager
async def quiet_hours(client: Client, start: str, end: str) -> AsyncGenerator[None]:
    """Hold back what is not critical between two times of the day; IoT Bridge is loaded again for it."""
    (entry,) = await client.entries("iotbridge")
    (rule, *_) = [entity_id for entity_id in client.states if entity_id.startswith("binary_sensor.alarms_")]
    before_reload = len(client.history)

    def is_loaded_again() -> bool:
        states = [row["state"] for row in client.history[before_reload:] if row["entity_id"] == rule]
        return "unavailable" in states and states[-1] != "unavailable"

    form = await client.options_flow(entry["entry_id"])
    before = suggestions(form["data_schema"])
    quiet = before | {"alarms": before["alarms"] | {"quiet_start": start, "quiet_end": end}}
    result = await client.options_flow(entry["entry_id"], quiet)
    assert result["type"] == "create_entry", result
    try:
        await client.wait_until(is_loaded_again, timeout_s=30, what="the reload")
        yield
    finally:
        await client.options_flow(entry["entry_id"], before)


SCREENS = [DESKTOP, PHONE, DESKTOP.darkened(), PHONE.darkened()]


@pytest.fixture
async def page(request: pytest.FixtureRequest, raised: Household) -> AsyncGenerator[Page]:
    """Return a page on a screen; at its end there must have been no error of ours."""
    screen: Screen = getattr(request, "param", DESKTOP)
    async with browsing(raised.lab, width=screen.width, height=screen.height, is_dark=screen.is_dark) as page:
        errors = collect_errors(page, OURS)
        yield page
        assert errors == []


def row(page: Page, rule: str) -> Locator:
    return page.locator("li.alarm").filter(has_text=rule)


def block(page: Page, title: str) -> Locator:
    return page.locator("iotbridge-alarm-list").filter(has=page.get_by_role("heading", name=title, exact=True))


async def open_cards(page: Page, household: Household) -> None:
    await page.goto(household.dashboard)
    for rule in (COLD, FULL, OPEN):
        await row(page, rule).wait_for()


async def open_dialog(page: Page, household: Household, rule: str) -> Locator:
    """Follow the link of a notification, on a page that has none of our cards."""
    await page.goto(await household.link(rule))
    info = page.locator("iotbridge-alarm-info")
    await info.get_by_role("heading", name="What happened").wait_for()
    return info


async def picture(page: Page, household: Household, name: str, screen: Screen) -> None:
    household.pictures.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=household.pictures / f"{name}-{screen}.png", animations="disabled")


@pytest.mark.parametrize(("page", "screen"), [(screen, screen) for screen in SCREENS], ids=str, indirect=["page"])
async def test_cards_and_dialog_fit_every_screen(page: Page, screen: Screen, household: Household) -> None:
    await open_cards(page, household)

    rows = page.locator("li.alarm .name")
    assert [await name.inner_text() for name in await rows.all()] == [FULL, COLD, OPEN]
    await expect(row(page, COLD)).to_contain_text("below 5 °C")
    await expect(row(page, COLD)).to_contain_text(INSTRUCTIONS)
    await expect(row(page, COLD)).to_contain_text("Anna was notified at")
    await expect(row(page, COLD)).to_contain_text(re.compile(r"Ben follows in 1\d:\d\d"))
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await picture(page, household, "cards", screen)
    assert await findings(page, "iotbridge-alarm-list") == []

    info = await open_dialog(page, household, COLD)
    await expect(info).to_contain_text("1.2 °C below the limit of 5 °C")
    await expect(info.locator("svg.graph polyline").first).to_be_attached()
    await picture(page, household, "alarm", screen)
    assert await findings(page, "iotbridge-alarm-info") == []
    await info.get_by_role("button", name="Snooze").click()
    await expect(info.get_by_role("menuitem")).to_have_count(6)
    await picture(page, household, "snooze", screen)
    assert await findings(page, "iotbridge-alarm-info") == []


@pytest.mark.parametrize("page", [DESKTOP, PHONE], ids=str, indirect=True)
async def test_one_press_acknowledges_and_can_be_undone(page: Page, household: Household) -> None:
    await open_cards(page, household)

    await row(page, COLD).get_by_role("button", name="Acknowledge").click()
    await expect(row(page, COLD)).to_contain_text("Demo knows")
    await household.wait_state(COLD, "acknowledged")

    await row(page, COLD).get_by_role("button", name="Undo").click()
    await household.wait_state(COLD, "unacknowledged")
    await expect(row(page, COLD).get_by_role("button", name="Acknowledge")).to_be_visible()
    await expect(row(page, FULL).get_by_role("button", name="Acknowledge")).to_be_visible()


async def test_snoozed_alarm_moves_to_its_block_and_back(page: Page, household: Household) -> None:
    await open_cards(page, household)
    snoozed = block(page, "Snoozed")
    await expect(snoozed).to_be_hidden()

    await row(page, FULL).get_by_role("button", name="Snooze").click()
    await page.get_by_role("menuitem", name="1 hour").click()
    await household.wait_state(FULL, "snoozed")
    await expect(snoozed.get_by_role("button", name=FULL, exact=True)).to_be_visible()

    await snoozed.get_by_role("button", name="Take back").click()
    await household.wait_state(FULL, "unacknowledged")
    await expect(snoozed).to_be_hidden()


async def test_dialog_acknowledges_with_a_comment_and_starts_maintenance(page: Page, household: Household) -> None:
    info = await open_dialog(page, household, COLD)

    await info.get_by_role("button", name="More about").click()
    await info.get_by_role("menuitem", name="Acknowledge with a comment").click()
    await info.get_by_role("textbox", name="Comment").fill("The heater <b>is</b> on")
    await info.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
    await household.wait_state(COLD, "acknowledged")
    await expect(info).to_contain_text("Demo knows")
    await expect(info.locator(".comment")).to_contain_text("The heater <b>is</b> on")

    await info.get_by_role("button", name="More about").click()
    await info.get_by_role("menuitem", name="Maintenance for 1 hour").click()
    await household.wait_state(COLD, "suppressed")
    await page.goto(household.dashboard)
    maintenance = block(page, "In maintenance")
    await expect(maintenance).to_contain_text("Greenhouse")
    await maintenance.get_by_role("button", name="End now").click()
    await household.wait_state(COLD, "acknowledged")
    await expect(maintenance).to_be_hidden()


async def test_keyboard_reaches_everything_and_escape_gives_the_focus_back(page: Page, household: Household) -> None:
    await open_cards(page, household)
    name = row(page, FULL).get_by_role("button", name=FULL, exact=True)
    await name.focus()

    reached = []
    for _ in range(3):
        await page.keyboard.press("Tab")
        reached.append(await page.locator("li.alarm button:focus").get_attribute("aria-label") or "Acknowledge")
    assert reached == ["Acknowledge", f"Snooze {FULL}", f"More about {FULL}"]
    await page.keyboard.press("Enter")
    first = page.get_by_role("menuitem").first
    await expect(first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem").nth(1)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menuitem")).to_have_count(0)
    await expect(row(page, FULL).get_by_role("button", name="More about")).to_be_focused()

    await row(page, COLD).get_by_role("button", name="Acknowledge").focus()
    await page.keyboard.press("Enter")
    await household.wait_state(COLD, "acknowledged")
    await expect(row(page, COLD).locator("button:focus")).to_have_count(1)
    await row(page, COLD).get_by_role("button", name="Undo").click()
    await household.wait_state(COLD, "unacknowledged")

    info = await open_dialog(page, household, FULL)
    await info.get_by_role("button", name="Snooze").click()
    await page.keyboard.press("Escape")
    await expect(info.get_by_role("menuitem")).to_have_count(0)
    await expect(info.get_by_role("button", name="Snooze")).to_be_visible()


async def test_card_is_suggested_for_a_rule_and_has_an_editor(page: Page, household: Household) -> None:
    await open_cards(page, household)
    await page.goto(f"{household.dashboard}?edit=1")
    await page.locator("hui-card-edit-mode").first.click()
    editor = page.locator("hui-dialog-edit-card")
    await expect(editor.get_by_text("IoT Bridge alarms card configuration")).to_be_visible()
    await expect(editor.locator("li.alarm")).to_have_count(3)
    for text in ("Show", "Heading", "Only alarms of this rule are shown.", "Only alarms of this area are shown."):
        await expect(editor.get_by_text(text).first).to_be_visible()
    await editor.get_by_role("button", name="Cancel").click()

    await page.locator("hui-section .add").first.click()
    picker = page.locator("hui-dialog-create-card")
    await picker.locator("input").first.fill(COLD)
    await picker.get_by_text("Binary sensor").first.click()
    await expect(picker.locator("li.alarm")).to_have_count(1)
    await picker.get_by_text("IoT Bridge alarms").click()
    await expect(page.locator("li.alarm").filter(has_text=COLD)).to_have_count(2)


async def test_values_stay_while_the_connection_is_lost(page: Page, household: Household) -> None:
    await open_cards(page, household)
    await page.evaluate("""() => {
        const { connection } = document.querySelector("home-assistant").hass;
        connection.suspendReconnectUntil(new Promise((resolve) => { window.reconnect = resolve; }));
        connection.suspend();
    }""")

    cards = block(page, "Needs you")
    await expect(cards).to_contain_text(re.compile(r"not reachable\. These alarms are from \d\d:\d\d"))
    await expect(row(page, COLD)).to_be_visible()
    await row(page, COLD).get_by_role("button", name="Acknowledge").click()
    await expect(row(page, COLD)).to_contain_text("Nothing has changed.")

    await page.evaluate("window.reconnect()")
    await expect(cards).not_to_contain_text("not reachable")
    await row(page, COLD).get_by_role("button", name="Acknowledge").click()
    await household.wait_state(COLD, "acknowledged")


async def test_alarms_come_back_after_home_assistant_has_started(page: Page, household: Household) -> None:
    is_set_up = await refuse_commands(page, "iotbridge/")
    cards = block(page, "Needs you")
    await page.goto(household.dashboard)
    await expect(cards).to_contain_text("IoT Bridge is not running.")
    is_set_up.set()
    await row(page, COLD).wait_for()

    is_set_up.clear()
    await page.evaluate("document.querySelector('home-assistant').hass.connection.reconnect(true)")
    await expect(cards).to_contain_text("IoT Bridge is not running.")
    is_set_up.set()
    await expect(cards).not_to_contain_text("IoT Bridge is not running.")
    await row(page, COLD).get_by_role("button", name="Acknowledge").click()
    await household.wait_state(COLD, "acknowledged")


async def test_history_that_cannot_be_read_is_not_an_empty_one(page: Page, household: Household) -> None:
    await refuse_commands(page, "iotbridge/alarms/episodes")
    await open_cards(page, household)

    await expect(block(page, "History")).to_contain_text("The history could not be loaded.")


async def test_history_says_that_it_does_not_count_all_alarms(page: Page, household: Household) -> None:
    await change_commands(page, "iotbridge/alarms/episodes", limit=1)
    await open_cards(page, household)

    history = block(page, "History")
    await expect(history.locator(".time li")).to_have_count(1)
    await expect(history.locator(".note")).to_have_text(re.compile(r"These are the newest 1 alarms\. There were more"))


async def test_line_of_the_history_opens_what_happened_then(page: Page, household: Household) -> None:
    client = household.lab.client
    await client.call("iotbridge.acknowledge", {"entity_id": GREENHOUSE, "comment": "Vent closed."})
    for value, state in ((20, "normal"), (3.8, "unacknowledged")):
        await household.set(GREENHOUSE, value)
        await household.wait_state(COLD, state)
    await open_cards(page, household)

    lines = block(page, "History").locator(".time li").filter(has_text=COLD)
    await expect(lines.nth(1)).to_contain_text("Demo acknowledged it after")
    await lines.nth(1).get_by_role("button", name=COLD).click()
    info = page.locator("iotbridge-alarm-info")
    chain = info.locator(".chain")
    await expect(chain).to_contain_text("Home Assistant was notified")
    await expect(chain).to_contain_text("Acknowledged by Demo “Vent closed.”")
    await expect(info.get_by_role("button", name="Acknowledge", exact=True)).to_be_hidden()
    assert await findings(page, "iotbridge-alarm-info") == []
    await picture(page, household, "past", DESKTOP)

    await info.get_by_role("button", name="The alarm as it is now").click()
    await expect(chain).not_to_contain_text("Vent closed.")
    await expect(info.get_by_role("button", name="Acknowledge", exact=True)).to_be_visible()
    await info.locator(".before li").first.get_by_role("button").click()
    await expect(chain).to_contain_text("Vent closed.")


async def test_dialog_explains_who_would_be_notified_for_a_severity_and_a_time(
    page: Page, household: Household
) -> None:
    client = household.lab.client
    await household.set(BARREL, 20)
    rule_id = await add_rule(
        client, "above", "Rain barrel is filling", condition={"above": 95}, entities=[BARREL], steps=[(0.0, ["Anna"])]
    )
    later = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=2)
    start, end = (f"{later + timedelta(hours=hours):%H:%M:00}" for hours in (-1, 1))
    try:
        async with quiet_hours(client, start, end):
            await page.goto(await household.link("Rain barrel is filling"))
            info = page.locator("iotbridge-alarm-info")
            severity, time = info.locator(".assumed button").first, info.locator(".assumed button").last
            answer = info.get_by_role("status").filter(has_text="The alarm is raised")
            await expect(severity).to_have_text("Severity of the rule")
            await expect(time).to_have_text("Now")
            await expect(answer).to_contain_text("Anna is notified.")
            await expect(answer).not_to_contain_text("Quiet hours")

            await time.click()
            await page.get_by_role("menuitem", name="Another time…").click()
            await info.get_by_label("When is it raised?").last.fill(f"{later:%Y-%m-%dT%H:%M}")
            await info.get_by_role("button", name="Show").click()
            await expect(time).to_contain_text(f"{later:%H:%M}")
            await expect(answer).to_contain_text("Held back: Quiet hours.")
            await picture(page, household, "explain", DESKTOP)

            await severity.click()
            await page.get_by_role("menuitem", name="Critical").click()
            await expect(severity).to_have_text("Critical")
            await expect(severity).to_be_focused()
            await expect(answer).not_to_contain_text("Quiet hours")
            await expect(answer).to_contain_text(f"{later:%H:%M}")

            await time.click()
            await page.get_by_role("menuitem", name="At night").click()
            await expect(answer).to_contain_text(re.compile(r"The alarm is raised .*23:00\."))
            assert await findings(page, "iotbridge-alarm-info") == []
    finally:
        await remove(client, rule_id)


async def test_silent_entity_is_in_its_block_until_it_reports(page: Page, household: Household) -> None:
    client = household.lab.client
    meadow = Gauge(household.lab, "meadow")
    await meadow.discover()
    await meadow.publish(12.0)
    condition = {"rhythm": "fixed", "silent": {"seconds": 5}}
    rule_id = await add_rule(client, "no_data", "Meadow is silent", condition=condition, entities=[meadow.entity_id])
    try:
        await household.wait_state("Meadow is silent", "unacknowledged")
        await open_cards(page, household)
        silent = block(page, "No data")
        await expect(silent).to_contain_text(re.compile(r"meadow\s*No data for \d+ s"))
        await expect(row(page, "Meadow is silent")).to_have_count(0)
        await picture(page, household, "silent", DESKTOP)

        await silent.get_by_role("button", name="Acknowledge").click()
        await expect(silent).to_contain_text("Acknowledged")
        await household.wait_state("Meadow is silent", "acknowledged")
        await meadow.publish(13.0)
        await expect(silent).to_be_hidden()
    finally:
        await remove(client, rule_id)


@pytest.mark.parametrize("language", ["it", "fr"])
async def test_page_is_in_the_language_of_the_user(raised: Household, language: str) -> None:
    lab = raised.lab
    board = await lab.client.command("lovelace/dashboards/create", url_path=f"board-{language}", title="Board")
    own = {"strategy": {"type": "custom:iotbridge"}}
    await lab.client.command("lovelace/config/save", url_path=f"board-{language}", config=own)
    await choose_language(lab.client, language)
    url = lab.home_assistant.url
    # What was recorded is in the language of the home.
    episodes = (await lab.client.command("iotbridge/alarms/episodes"))["episodes"]
    recorded = {episode["reason"] for episode in episodes if " " in episode["reason"]}
    hosts, opened = {"it": ("Host", "Acceso"), "fr": ("Hôtes", "Activé")}[language]
    pages = {
        "now": (f"{url}/board-{language}/now", "hui-heading-card", hosts),
        "dialog": (await raised.link(COLD), "iotbridge-alarm-info .chain li", ""),
        "history": (f"{url}/board-{language}/history", ".time li", f"{OPEN}: {opened}"),
    }
    try:
        async with browsing(lab, width=PHONE.width, height=PHONE.height) as page:
            errors = collect_errors(page, OURS)
            for name, (address, sign, text) in pages.items():
                await page.goto(address)
                await page.locator(sign).filter(has_text=re.compile(rf"{text}(?!\w)")).first.wait_for()
                await picture(page, raised, f"{name}-{language}", PHONE)
                shown = "\n".join(await texts_of(page, WITH_OUR_TEXTS))
                for known in (COLD, FULL, OPEN, INSTRUCTIONS, *NAMES, *recorded):
                    shown = shown.replace(known, "")
                assert words_in(shown, translations(language)), name
                assert words_in(shown, translations("en") - translations(language)) == set(), name
                assert await too_wide(page, WITH_OUR_TEXTS) == [], name
            assert errors == []
    finally:
        await choose_language(lab.client, None)
        await lab.client.command("lovelace/dashboards/delete", dashboard_id=board["id"])


@pytest.mark.parametrize("are_texts_late", [True, False], ids=["texts_come_later", "no_texts"])
async def test_card_without_its_module_says_that_the_page_must_be_reloaded(
    raised: Household, are_texts_late: bool
) -> None:
    is_refused = asyncio.Event()

    async def refuse(route: Route) -> None:
        await route.fulfill(status=404)
        is_refused.set()

    async def answer_later(route: Route) -> None:
        await is_refused.wait()
        await route.continue_()

    async with browsing(raised.lab) as page:
        await page.route("**/alarm-list.js", refuse)
        await page.route("**/texts/en.json", answer_later if are_texts_late else refuse)
        await page.goto(raised.dashboard)

        await expect(page.locator("iotbridge-alarm-list").first).to_have_text(re.compile("reload the page"))


async def test_what_a_cause_explains_is_folded_into_its_row(page: Page, household: Household) -> None:
    client = household.lab.client
    await client.command("input_number/create", name="Cellar humidity", min=0, max=100, initial=5)
    rule, entity_id = "Cellar is humid", "input_number.cellar_humidity"
    more = {"parent_entities": [DOOR]}
    rule_id = await add_rule(client, "above", rule, condition={"above": 70}, entities=[entity_id], more=more)
    try:
        await household.set(entity_id, 90)
        await household.wait_state(rule, "suppressed")
        await open_cards(page, household)

        await expect(page.locator("li.alarm")).to_have_count(3)
        await row(page, OPEN).get_by_text("1 more is quiet because of it").click()
        await expect(row(page, OPEN).locator(".kids li")).to_contain_text(rule)
    finally:
        await remove(client, rule_id)


async def test_dialog_of_a_rule_with_several_alarms_lists_them(page: Page, household: Household) -> None:
    client = household.lab.client
    names = ("Disk one", "Disk two", "Disk three")
    ids = [f"input_number.{name.lower().replace(' ', '_')}" for name in names]
    for name in names:
        await client.command(
            "input_number/create", name=name, unit_of_measurement="%", min=0, max=100, step=0.1, initial=5
        )
    rule = "Storage is almost full"
    rule_id = await add_rule(client, "above", rule, condition={"above": 90, "hysteresis": 2}, entities=ids)
    try:
        await household.set(ids[0], 91)
        await household.set(ids[1], 99)
        await page.goto(await household.link(rule))
        info = page.locator("iotbridge-alarm-info")
        await expect(info.locator("li.alarm .name")).to_have_text(["Disk two", "Disk one"])

        await info.get_by_role("button", name="Disk one", exact=True).click()
        await expect(info).to_contain_text("1% above the limit of 90%")
        await info.get_by_role("button", name="All 2 alarms").click()
        await info.get_by_role("listitem").filter(has_text="Disk two").get_by_role("button", name="Acknowledge").click()
        await expect(info.locator("li.alarm").first).to_contain_text("Demo knows")
        await expect(info.locator("li.alarm .name")).to_have_text(["Disk two", "Disk one"])
        await page.mouse.move(0, 0)
        await info.locator("li.alarm :focus").evaluate("(button) => button.blur()")
        await expect(info.locator("li.alarm .name")).to_have_text(["Disk one", "Disk two"])
    finally:
        await remove(client, rule_id)


async def test_who_may_only_read_is_told_who_can_acknowledge(raised: Household) -> None:
    token = await raised.lab.home_assistant.add_user("Guest", "system-read-only")
    async with browsing(raised.lab, token=token) as page:
        errors = collect_errors(page, OURS)
        await open_cards(page, raised)

        await expect(row(page, COLD)).to_contain_text("You may read this alarm, but not acknowledge it. Demo can.")
        await expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
        await page.goto(await raised.link(COLD))
        info = page.locator("iotbridge-alarm-info")
        await expect(info.locator(".acting")).to_contain_text("Demo can.")
        await expect(info.get_by_role("button", name="Snooze")).to_have_count(0)
        assert errors == []
