"""Page of a power plan in the real frontend, in a real browser: on a desktop and on a phone, in light and dark.

Pictures stay in the folder that IOTBRIDGE_PICTURES names.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
import os
from pathlib import Path
import re
import shutil
from typing import Any

from lab.alarms import remove
from lab.browser import DESKTOP, PATIENCE_MS, PHONE, Screen, browsing, collect_errors, refuse_commands
from lab.client import Json
from lab.lab import Lab
from playwright.async_api import Locator, Page, expect  # type: ignore[import-not-found, unused-ignore]
import pytest

from .accessibility import findings
from .conftest import NewHost
from .host import Host
from .language import choose_language

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")

SCREENS = [DESKTOP, PHONE, DESKTOP.darkened(), PHONE.darkened()]
HAS_THEME = "(isDark) => document.querySelector('home-assistant').hass.themes.darkMode === isDark"
# All of the page.
PICTURE_HEIGHT = 1700
PLAN = "iotbridge-power-plan"
OURS = "iotbridge"
STATUS, CHARGE, RUNTIME = "sensor.rack_status", "sensor.rack_charge", "sensor.rack_runtime"
NAMES = GUEST, PROXMOX, NAS = "guest", "proxmox", "nas"
UPS_FORM = {
    "status": STATUS,
    "on_battery": ["ob"],
    "battery": CHARGE,
    "runtime": RUNTIME,
    "steady_for": {"seconds": 1},
    "battery_at_least": 50,
}
STEP = {
    "command": "shutdown",
    "role": "none",
    "off_within": {"minutes": 5},
    "on_within": {"minutes": 5},
    "on_failure": "notify",
    "is_started": True,
    "stage": {},
    "proofs": {},
}
# Four seconds behind each other; the states of hosts, which also draw the page anew, come seldom.
COUNTS = r"""(element) => {
    const seconds = Number(/stopping, (\d+) s of at most 5 min/.exec(element.textContent)?.[1]);
    const seen = (element.seen ??= []);
    if (seconds !== seen.at(-1)) seen.push(seconds);
    return [1, 2, 3].every((back) => seen.at(-1) - seen.at(-1 - back) === back);
}"""

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class PlanLab:
    """Plan over three hosts in dry run, which stop one behind the other, and the address of its page."""

    lab: Lab
    entry_id: str
    plan_id: str
    hosts: list[Host]
    address: str
    is_removed: bool = False

    async def change(self, *answers: Json) -> None:
        """Change the plan through its dialog."""
        client, save = self.lab.client, {"next_step_id": "save"}
        done = await client.change_subentry(self.entry_id, "plan", self.plan_id, *answers, save)
        assert done["reason"] == "reconfigure_successful", done

    async def remove(self) -> None:
        """Remove the plan."""
        if not self.is_removed:
            self.is_removed = True
            await remove(self.lab.client, self.plan_id)

    async def ups(self, status: str, charge: int, runtime_s: int) -> None:
        """Set the states of the UPS."""
        percent, seconds = {"unit_of_measurement": "%"}, {"unit_of_measurement": "s"}
        for entity_id, state, attributes in (
            (STATUS, status, {}),
            (CHARGE, str(charge), percent | {"device_class": "battery"}),
            (RUNTIME, str(runtime_s), seconds | {"device_class": "duration"}),
        ):
            await self.lab.client.rest("POST", f"states/{entity_id}", {"state": state, "attributes": attributes})


@pytest.fixture
async def plan(lab: Lab, new_host: NewHost, request: pytest.FixtureRequest) -> AsyncGenerator[PlanLab]:
    """Return a plan whose UPS does not begin it soon; parameters are settings of agents, by name."""
    settings: dict[str, Any] = getattr(request, "param", {})
    hosts = [
        await new_host(f"-{name}", settings={"agent": {"interval_s": 60}} | settings.get(name, {})) for name in NAMES
    ]
    (entry,) = await lab.client.entries("iotbridge")
    chosen = [await host.device_id() for host in hosts]
    await rename(lab, dict(zip(chosen, NAMES, strict=True)))
    result = await lab.client.subentry_flow(
        entry["entry_id"],
        "plan",
        {"name": "Power cut", "hosts": chosen, "order": "one_by_one"},
        {},
        {"next_step_id": "ups"},
        UPS_FORM | {"on_battery_for": {"hours": 2}, "steady_for": {"minutes": 5}},
        {"next_step_id": "save"},
    )
    assert result["type"] == "create_entry", result
    rows = await lab.client.command("config_entries/subentries/list", entry_id=entry["entry_id"])
    (plan_id,) = [row["subentry_id"] for row in rows if row["title"] == "Power cut"]
    made = PlanLab(lab, entry["entry_id"], plan_id, hosts, f"{lab.home_assistant.url}/iot-bridge/plans")
    await made.ups("OL CHRG", 100, 5400)
    yield made
    await made.remove()
    await rename(lab, dict.fromkeys(chosen))


async def rename(lab: Lab, names: Mapping[str, str | None]) -> None:
    """Give devices names, or their own again."""
    for device_id, name in names.items():
        await lab.client.command("config/device_registry/update", device_id=device_id, name_by_user=name)


@pytest.fixture
async def page(lab: Lab) -> AsyncGenerator[Page]:
    """Return a page with the dashboard; at its end there must have been no error of ours."""
    async with browsing(lab) as page:
        errors = collect_errors(page, OURS)
        await page.goto(f"{lab.home_assistant.url}/iotbridge")
        await page.wait_for_url("**/iot-bridge/now")
        yield page
        assert errors == []


def row(page: Page, name: str) -> Locator:
    """Return the row of a host in the timeline."""
    return page.locator(f"{PLAN} tbody tr").filter(has=page.get_by_text(name, exact=True))


def bars(page: Page, name: str, kind: str) -> Locator:
    """Return the bars of a kind in the row of a host."""
    return row(page, name).locator(f".bar.{kind}")


async def show(page: Page, screen: Screen, height: int | None = None) -> None:
    """Show the page on a screen, in its theme."""
    await page.set_viewport_size({"width": screen.width, "height": height or screen.height})
    await page.emulate_media(color_scheme="dark" if screen.is_dark else "light")
    await page.wait_for_function(HAS_THEME, arg=screen.is_dark)


async def picture(page: Page, name: str) -> None:
    """Save a picture on each screen, where somebody wants to look at it."""
    folder = os.environ.get("IOTBRIDGE_PICTURES")
    for screen in SCREENS if folder else []:
        await show(page, screen, PICTURE_HEIGHT)
        await page.wait_for_timeout(1500)
        await page.screenshot(path=Path(str(folder)) / f"plan-{name}-{screen}.png")
    await show(page, DESKTOP)


async def check(page: Page) -> None:
    """Check that the page is accessible and fits the screen, wide and narrow, in light and dark."""
    for screen in SCREENS:
        await show(page, screen)
        assert await findings(page, PLAN) == []
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await show(page, DESKTOP)


async def stop_all(page: Page) -> None:
    """Run the plan, after the question that names what it stops."""
    await page.locator(PLAN).get_by_role("button", name="Stop…").click()
    question = page.get_by_role("dialog", name="Stop with “Power cut”?")
    await expect(question).to_contain_text("These are stopped, in order: guest, proxmox and nas.")
    await question.get_by_role("button", name="Stop").click()


async def test_plan_is_run_followed_and_aborted_on_its_page(page: Page, plan: PlanLab) -> None:
    guest, proxmox, _ = plan.hosts
    await page.goto(plan.address)
    card = page.locator(PLAN)
    await expect(card.get_by_role("heading", name="Power cut")).to_be_visible()
    await expect(card.get_by_text("This plan has not run yet")).to_have_count(2)
    await expect(card.get_by_role("button", name="100%")).to_be_visible()
    await card.get_by_role("button", name="Dry run: start").click()
    await expect(card.get_by_text("Everything is on already.")).to_be_visible()
    await card.get_by_role("button", name="Dry run: stop").click()
    await expect(card.get_by_text("3 steps, about 3 min. Nothing is sent.")).to_be_visible()
    await expect(card.locator(".bar.wait")).to_have_count(3)
    await check(page)
    await picture(page, "idle")

    await stop_all(page)
    await expect(bars(page, GUEST, "run")).to_be_visible()
    await expect(row(page, GUEST)).to_contain_text("Stopping")
    await expect(row(page, PROXMOX)).to_contain_text("Waits for guest")
    await expect(card.get_by_text("guest: accepted")).to_be_visible()
    await expect(card.get_by_text("If it takes longer, the plan notifies and goes on.")).to_be_visible()

    await guest.agent.stop()
    await expect(bars(page, GUEST, "done")).to_be_visible()
    await expect(row(page, GUEST)).to_contain_text("Off")
    await expect(bars(page, PROXMOX, "run")).to_be_visible()
    element = await row(page, PROXMOX).element_handle()
    await page.wait_for_function(COUNTS, arg=await card.locator(".act b").element_handle())
    assert await element.evaluate("(element) => element.isConnected")
    await plan.ups("OB DISCHRG", 71, 1080)
    await expect(card.get_by_role("button", name=re.compile(r"On battery for \d:\d\d"))).to_be_visible()
    await expect(card.get_by_role("button", name="18 min left")).to_be_visible()
    await check(page)
    await picture(page, "running")

    await card.get_by_role("button", name="Stop here").click()
    question = page.get_by_role("dialog", name="Stop “Power cut” here?")
    await expect(question).to_contain_text("These stay off: guest.")
    await picture(page, "question")
    await question.get_by_role("button", name="Stop here").click()
    await expect(row(page, NAS)).to_contain_text("Stays on (the plan was aborted)")
    await expect(card.get_by_role("button", name="Stop here")).to_have_count(0)
    await expect(card.get_by_text("and nothing further begins.")).to_be_visible()
    await proxmox.agent.stop()
    await expect(card.locator(".act b")).to_have_text(re.compile("Last run, .*: aborted after"))
    await expect(card.locator(".bar.done")).to_have_count(2)
    await expect(card.get_by_text("Demo stopped the plan here")).to_be_visible()
    await expect(row(page, NAS)).to_contain_text("Stays on")
    await check(page)
    await picture(page, "aborted")


@pytest.mark.parametrize("plan", [{NAS: {"commands": {"shutdown": False}}}], indirect=True)
async def test_power_cut_shows_what_failed_and_why_until_the_power_is_back(page: Page, plan: PlanLab) -> None:
    guest, _, _ = plan.hosts
    devices = [await host.device_id() for host in plan.hosts]
    short = {"on_within": {"seconds": 15}}, {"off_within": {"seconds": 15}}
    for device, needed, times in zip(devices, devices[1:], short, strict=False):
        step = {**STEP, "needs": [needed], **times}
        await plan.change({"next_step_id": "steps"}, {"step": device}, step)
    await plan.change({"next_step_id": "ups"}, UPS_FORM | {"on_battery_for": {"seconds": 0}})
    await page.goto(plan.address)
    card, log = page.locator(PLAN).first, page.locator(PLAN).last
    await expect(log.get_by_text("This plan has not run yet")).to_be_visible()

    await plan.ups("OB DISCHRG", 71, 1080)
    await expect(bars(page, GUEST, "run")).to_be_visible()
    await expect(card.get_by_text("When the power comes back, what has not begun stays on")).to_be_visible()
    await expect(log.get_by_text("The plan began because the UPS was on battery")).to_be_visible()
    for tile in ("rack charge", "rack runtime"):
        await expect(
            page.locator("hui-tile-card").filter(has_text=tile).locator("hui-trend-graph-card-feature")
        ).to_be_visible()
    await guest.agent.stop()
    await expect(bars(page, PROXMOX, "bad")).to_be_visible()
    await expect(row(page, PROXMOX)).to_contain_text("Not stopped (not proven in time)")
    await expect(row(page, NAS)).to_contain_text("Not stopped (shutdown is not enabled")
    now = card.locator(".act b")
    await expect(now).to_have_text("The plan waits for the power. Not stopped: proxmox and nas.")
    await check(page)
    await picture(page, "cut-failed")

    await plan.ups("OL CHRG", 80, 1500)
    await expect(log.get_by_text("The power is back")).to_be_visible()
    await expect(bars(page, GUEST, "bad").last).to_be_visible()
    await expect(row(page, GUEST)).to_contain_text("Not started (")
    await expect(now).to_have_text(re.compile(r"Last run, .* Failed: proxmox, nas and guest$"))
    await expect(log.get_by_text("proxmox: Not stopped (not proven in time)")).to_be_visible()
    await check(page)
    await picture(page, "cut-over")
    try:
        for language, text in {"it": "Non spento", "fr": "Non arrêté"}.items():
            await choose_language(plan.lab.client, language)
            await expect(row(page, NAS)).to_contain_text(text)
            await check(page)
            await picture(page, f"cut-over-{language}")
    finally:
        await choose_language(plan.lab.client, None)


async def test_who_is_no_administrator_is_told_who_can_run_the_plan(page: Page, plan: PlanLab) -> None:
    token = await plan.lab.home_assistant.add_user("Guest", "system-read-only")
    async with browsing(plan.lab, token=token) as other:
        errors = collect_errors(other, OURS)
        await other.goto(plan.address)
        card = other.locator(PLAN)
        await expect(card.get_by_text("You may not run this plan. Demo can.")).to_be_visible()
        await expect(card.get_by_role("button", name=re.compile("Stop…|Start…"))).to_have_count(0)
        await expect(card.locator(".bar.wait")).to_have_count(3)
        assert errors == []


async def test_card_says_what_it_waits_for_and_why_a_plan_was_not_run(page: Page, plan: PlanLab) -> None:
    client, url = plan.lab.client, f"{plan.lab.home_assistant.url}/plan-board/own"
    cards = [{"type": f"custom:{PLAN}", "plan": "sensor.of_no_plan"}, {"type": f"custom:{PLAN}"}]
    view = {"type": "sections", "path": "own", "sections": [{"type": "grid", "cards": cards}]}
    board = await client.command("lovelace/dashboards/create", url_path="plan-board", title="Own")
    try:
        await client.command("lovelace/config/save", url_path="plan-board", config={"views": [view]})
        is_set_up = await refuse_commands(page, "iotbridge/power_plans")
        await page.goto(url)
        await expect(page.get_by_text("IoT Bridge is not running.")).to_have_count(2)
        is_set_up.set()
        none, first = page.locator(PLAN).first, page.locator(PLAN).last
        await expect(none.get_by_text("There is none yet.")).to_be_visible()
        add = none.get_by_role("link", name="Add a power plan")
        await expect(add).to_have_attribute("href", "/config/integrations/integration/iotbridge")
        await expect(first.get_by_role("heading", name="Power cut")).to_be_visible()
        assert await findings(page, PLAN) == []

        await plan.ups("OB DISCHRG", 71, 1080)
        await first.get_by_role("button", name="Start…").click()
        question = page.get_by_role("dialog", name="Start with “Power cut”?")
        await expect(question).to_contain_text("Everything is on already.")
        await question.get_by_role("button", name="Start").click()
        refused = "Nothing has changed: Power cut cannot start anything while its UPS is on battery."
        await expect(first.get_by_role("alert")).to_contain_text(refused)
    finally:
        await client.command("lovelace/dashboards/delete", dashboard_id=board["id"])


async def test_page_says_what_is_away_in_any_language_and_goes_with_its_plan(page: Page, plan: PlanLab) -> None:
    await page.goto(plan.address)
    card = page.locator(PLAN)
    await expect(card.get_by_role("heading", name="Power cut")).to_be_visible()
    away = card.get_by_text("The MQTT broker is not connected.")
    await plan.lab.broker.stop()
    try:
        await expect(away).to_have_count(1)
        await picture(page, "no-broker")
    finally:
        await plan.lab.broker.start()
    await expect(away).to_have_count(0)

    await choose_language(plan.lab.client, "it")
    try:
        await expect(card.get_by_text("Questo piano non è ancora stato eseguito")).to_have_count(2)
        view = page.get_by_role("tab", name="Piani")
        await expect(view).to_have_count(1)
        await plan.remove()
        await expect(view).to_have_count(0)
    finally:
        await choose_language(plan.lab.client, None)
