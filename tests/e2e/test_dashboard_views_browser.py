"""The dashboard in the real frontend, in a real browser: on a desktop and on a phone, in light and dark.

Pictures of every view stay in the folder that IOTBRIDGE_PICTURES names.
"""

from collections.abc import AsyncGenerator
import os
from pathlib import Path
import re
import shutil

from lab.browser import DESKTOP, PHONE, Screen, browsing, collect_errors, refuse_commands
from lab.client import Json
from lab.lab import Lab
from lab.things import LEARNED, learn
from lab.waiting import until
from lab.wizard import Wizard
from playwright.async_api import Locator, Page, expect  # type: ignore[import-not-found, unused-ignore]
import pytest

from .accessibility import findings
from .host import Host, messages
from .thing import device, replaying

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")

VIEWS = {"now": "iotbridge-fleet-table", "things": None, "readings": "iotbridge-readings-table", "history": None}
SCREENS = [DESKTOP, PHONE, DESKTOP.darkened(), PHONE.darkened()]
PATIENCE_MS = 60_000
# Home Assistant's pages have errors of their own; ours name the path of the module, or one of its elements.
OURS = "iotbridge"
# Where magic packets are sent to: no one listens.
LOOPBACK = {"broadcast": "127.0.0.1", "port": 9}


@pytest.fixture
async def page(lab: Lab, request: pytest.FixtureRequest) -> AsyncGenerator[Page]:
    """Return a page on a screen; at its end there must have been no error of ours."""
    screen: Screen = getattr(request, "param", DESKTOP)
    async with browsing(lab, width=screen.width, height=screen.height, is_dark=screen.is_dark) as page:
        page.set_default_timeout(PATIENCE_MS)
        errors = collect_errors(page, OURS)
        yield page
        assert errors == []


@pytest.fixture
async def open_dashboard(page: Page, lab: Lab) -> str:
    """Follow the link at the end of the set-up; return the address of the dashboard."""
    await page.goto(f"{lab.home_assistant.url}/iotbridge")
    await page.wait_for_url("**/iot-bridge/now")
    return str(page.url).removesuffix("/now")


def row(page: Page, node_id: str) -> Locator:
    """Return the row of a host in the fleet table."""
    return page.locator("iotbridge-fleet-table tbody tr").filter(has=page.get_by_text(node_id, exact=True))


async def choose(page: Page, node_id: str, *names: str) -> None:
    """Open the menu of a host, and choose an item of each menu that follows."""
    await row(page, node_id).get_by_role("button", name="Actions").click()
    for name in names:
        await page.get_by_role("menuitem", name=name).click()


def command(page: Page, name: str) -> Locator:
    """Return the tile of a command on the page of a host."""
    return page.locator("hui-tile-card").filter(has_text=re.compile(rf"^\s*{name}\s*$"))


async def picture(page: Page, name: str) -> None:
    """Save a picture where somebody wants to look at it."""
    if folder := os.environ.get("IOTBRIDGE_PICTURES"):
        await page.wait_for_timeout(1500)
        await page.screenshot(path=Path(folder) / f"dashboard-{name}.png")


async def test_link_adds_the_dashboard_once_and_opens_it(page: Page, lab: Lab, host: Host) -> None:
    for _ in range(2):
        await page.goto(f"{lab.home_assistant.url}/iotbridge")
        await page.wait_for_url("**/iot-bridge/now")
        await expect(row(page, host.node_id)).to_contain_text("On")

    dashboards = await lab.client.command("lovelace/dashboards/list")
    assert [board["url_path"] for board in dashboards if board["url_path"].startswith("iot-bridge")] == ["iot-bridge"]


@pytest.mark.usefixtures("host")
async def test_dashboard_is_offered_where_dashboards_are_added(page: Page, lab: Lab) -> None:
    await page.goto(f"{lab.home_assistant.url}/config/lovelace/dashboards")
    await page.get_by_role("button", name="Add dashboard").click()

    await expect(page.get_by_text("Hosts, things and alarms: what is broken comes first.")).to_be_visible()


@pytest.mark.parametrize("page", SCREENS, indirect=True, ids=str)
async def test_every_view_fits_the_screen_and_is_accessible(
    page: Page, lab: Lab, open_dashboard: str, request: pytest.FixtureRequest
) -> None:
    first, thing = Host(lab, lab.agents[0]), LEARNED[0]
    screen = request.node.callspec.params["page"]
    async with replaying(lab, thing):
        known = {entry["title"] for entry in await (await Wizard.of(lab.client)).subentries()}
        if thing.title not in known:
            await learn(await Wizard.of(lab.client), thing, (await lab.make_areas(["Cellar"]))["Cellar"])
        await device(lab, thing.devices[0])
        await page.reload()
        await expect(row(page, first.node_id)).to_be_visible()
        views: dict[str, str | None] = {**VIEWS, f"host-{await first.device_id()}": None}
        for view, table in views.items():
            await page.goto(f"{open_dashboard}/{view}")
            await expect(page.locator("hui-sections-view hui-card").first).to_be_attached()
            if table:
                await expect(page.locator(f"{table} tbody tr:not(.space)").first).to_be_visible()
                assert await findings(page, table) == []
            await picture(page, f"{screen}-{view.partition('-')[0]}")
            overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, f"{view} is {overflow} px too wide"
            assert await page.locator("hui-error-card, hui-warning").count() == 0


async def test_dashboard_is_built_when_home_assistant_has_started(page: Page, host: Host, open_dashboard: str) -> None:
    is_set_up = await refuse_commands(page, "iotbridge/")
    await page.goto(f"{open_dashboard}/now")
    await page.get_by_role("heading", name="IoT Bridge is not running.").wait_for()
    is_set_up.set()
    await expect(row(page, host.node_id)).to_be_visible(timeout=PATIENCE_MS)


async def test_reboot_asks_first_and_its_answer_is_in_the_row(
    page: Page, lab: Lab, host: Host, open_dashboard: str
) -> None:
    async with messages(lab, f"{host.topic}/command") as commands:
        await choose(page, host.node_id, "Commands…", "Reboot…")
        question = page.get_by_role("dialog", name=f"Reboot {host.node_id}?")
        await expect(question).to_be_visible()
        assert commands.empty()
        await question.get_by_role("button", name="Reboot").click()

        await expect(row(page, host.node_id)).to_contain_text("Reboot: accepted")
        await expect(row(page, host.node_id)).to_contain_text(re.compile("dry run", re.IGNORECASE))
        assert (await commands.get())["command"] == "reboot"


async def test_page_of_a_host_reboots_it_after_a_question(
    page: Page, lab: Lab, host: Host, open_dashboard: str
) -> None:
    async with messages(lab, f"{host.topic}/command") as commands:
        await page.goto(f"{open_dashboard}/host-{await host.device_id()}")
        await command(page, "Reboot").click()
        await expect(page.get_by_text(f"Reboot {host.node_id}?")).to_be_visible()
        assert commands.empty()
        await page.get_by_role("button", name="Reboot", exact=True).last.click()

        assert (await commands.get())["command"] == "reboot"
    await host.wait_command_event("reboot", "accepted")


async def test_host_that_is_off_is_woken_from_its_page_and_its_row(
    page: Page, lab: Lab, host: Host, open_dashboard: str
) -> None:
    (entry,) = await lab.client.entries("iotbridge")
    settings: Json = {"macs": ["a8:a1:59:00:00:21"], "shutdown": {}, "network": LOOPBACK}
    answers = {"next_step_id": "known_host"}, {"device_id": await host.device_id(), **settings}
    await lab.client.subentry_flow(entry["entry_id"], "host", *answers, {"next_step_id": "save"})

    await page.goto(f"{open_dashboard}/host-{await host.device_id()}")
    await expect(command(page, "Shut down")).to_be_visible()
    await expect(command(page, "Wake up")).to_have_count(0)
    await host.agent.stop()
    await expect(command(page, "Shut down")).to_have_count(0)
    assert await findings(page, "hui-sections-view") == []
    await picture(page, "host-off")
    await command(page, "Wake up").click()
    await expect(page.get_by_text(f"Wake {host.node_id}?")).to_be_visible()
    await page.get_by_role("button", name="Wake up", exact=True).last.click()
    await expect(command(page, "Starting")).to_be_visible()
    await expect(page.get_by_role("heading", name="Starting")).to_be_visible()
    await expect(command(page, "Wake up")).to_have_count(0)
    await picture(page, "host-starting")

    await page.goto(f"{open_dashboard}/now")
    await expect(row(page, host.node_id)).to_contain_text("Starting")
    await host.agent.start()
    await expect(row(page, host.node_id)).to_contain_text("On")
    await host.agent.stop()
    await choose(page, host.node_id, "Wake up…")
    await page.get_by_role("dialog").get_by_role("button", name="Wake up").click()
    await expect(row(page, host.node_id)).to_contain_text("Starting")
    await host.agent.start()
    await expect(row(page, host.node_id)).to_contain_text("Wake up: done")


async def test_hidden_host_stays_hidden_after_renaming_and_can_be_shown_again(
    page: Page, lab: Lab, host: Host, open_dashboard: str
) -> None:
    await choose(page, host.node_id, "Hide")
    await expect(row(page, host.node_id)).to_have_count(0)
    await expect(page.locator("iotbridge-fleet-table .foot")).to_contain_text("1 hidden")

    device_id = await host.device_id()
    name = f"{host.node_id} renamed"
    await lab.client.command("config/device_registry/update", device_id=device_id, name_by_user=name)
    await page.reload()
    await expect(page.locator("iotbridge-fleet-table .foot")).to_contain_text("1 hidden")
    await expect(row(page, host.node_id)).to_have_count(0)

    await page.get_by_role("button", name="Show it").click()
    await expect(row(page, name)).to_be_visible()
    await choose(page, name, "Show again")
    await expect(page.locator("iotbridge-fleet-table .foot")).not_to_contain_text("hidden")


async def test_table_is_sorted_and_searched_with_the_keyboard(page: Page, host: Host, open_dashboard: str) -> None:
    await expect(row(page, host.node_id)).to_be_visible()
    head = page.locator("iotbridge-fleet-table th").filter(has_text="CPU")

    await head.get_by_role("button").focus()
    await page.keyboard.press("Enter")
    await expect(head).to_have_attribute("aria-sort", "descending")
    await page.keyboard.press("Enter")
    await expect(head).to_have_attribute("aria-sort", "ascending")

    await page.get_by_role("searchbox", name="Search hosts").fill("no host has this name")
    await expect(page.get_by_text("No host matches.")).to_be_visible()
    await page.get_by_role("button", name="Clear").click()
    await expect(row(page, host.node_id)).to_be_visible()


async def test_row_changes_in_place_when_its_host_goes(page: Page, host: Host, open_dashboard: str) -> None:
    await expect(row(page, host.node_id)).to_contain_text("On")
    element = await row(page, host.node_id).element_handle()

    await host.agent.stop()

    await expect(row(page, host.node_id)).to_contain_text("Off")
    assert await element.evaluate("(element) => element.isConnected")


@pytest.fixture
async def own_dashboard(lab: Lab) -> AsyncGenerator[str]:
    """Return the address of a dashboard of the user's own, while it is edited."""
    view = {"type": "sections", "path": "own", "title": "Own", "sections": [{"type": "grid", "cards": []}]}
    board = await lab.client.command("lovelace/dashboards/create", url_path="own-board", title="Own")
    await lab.client.command("lovelace/config/save", url_path="own-board", config={"views": [view]})
    yield f"{lab.home_assistant.url}/own-board/own?edit=1"
    await lab.client.command("lovelace/dashboards/delete", dashboard_id=board["id"])


@pytest.mark.parametrize("name", ["fleet", "readings"])
async def test_card_is_offered_with_a_preview(page: Page, host: Host, own_dashboard: str, name: str) -> None:
    await page.goto(own_dashboard)
    await page.get_by_role("button", name="Add card").first.click()
    await page.get_by_text("By card").click()
    await page.locator("hui-card-picker ha-input-search input").fill("IoT Bridge")

    rows = page.locator(f"hui-card-picker iotbridge-{name}-table tbody tr:not(.space)")
    await expect(rows.first).to_be_visible()
    assert 1 <= await rows.count() <= 5
    await picture(page, f"card-{name}")


async def test_section_is_offered_with_a_preview_and_added(
    page: Page, lab: Lab, host: Host, own_dashboard: str
) -> None:
    await page.goto(own_dashboard)
    await page.get_by_role("button", name="Create section").click()
    await page.get_by_text("Automatic section").click()
    option = page.get_by_role("button", name="IoT Bridge hosts")
    await expect(option.locator("iotbridge-fleet-table table")).to_be_visible()
    await picture(page, "section")
    await option.click()
    await expect(page.get_by_role("combobox", name="Area")).to_be_visible()
    await page.get_by_role("button", name="Save").click()

    async def added() -> bool:
        config = await lab.client.command("lovelace/config", url_path="own-board")
        return {"type": "custom:iotbridge-hosts"} in [row.get("strategy") for row in config["views"][0]["sections"]]

    await until(added, timeout_s=30, what="the section")
    await expect(page.locator("hui-sections-view iotbridge-fleet-table table")).to_be_visible()


async def test_who_may_only_read_a_host_is_told_who_can_command_it(lab: Lab, host: Host, open_dashboard: str) -> None:
    token = await lab.home_assistant.add_user("Visitor", "system-read-only")
    async with browsing(lab, token=token) as page:
        errors = collect_errors(page, OURS)
        await page.goto(f"{open_dashboard}/now")
        await expect(row(page, host.node_id)).to_contain_text("On")
        await row(page, host.node_id).get_by_role("button", name="Actions").click()
        await expect(page.get_by_text("You may not send commands to this host. Demo can.")).to_be_visible()
        await expect(page.get_by_role("menuitem")).to_have_text(["Device page", "Hide"])
        await picture(page, "no-right")

        await page.goto(f"{open_dashboard}/host-{await host.device_id()}")
        await expect(page.get_by_text("You may not send commands to this host. Demo can.")).to_be_visible()
        await expect(command(page, "Reboot")).to_have_count(0)
        assert errors == []


async def test_broker_that_is_gone_is_said_once_and_no_host_is_judged(
    page: Page, lab: Lab, host: Host, open_dashboard: str
) -> None:
    await expect(row(page, host.node_id)).to_contain_text("On")
    note = page.locator("iotbridge-fleet-table").get_by_text("The MQTT broker is not connected.")
    await lab.broker.stop()
    try:
        await expect(note).to_have_count(1)
        await expect(page.get_by_role("heading", name="The MQTT broker is not connected")).to_be_visible()
        await expect(page.get_by_text("Hosts lost")).to_have_count(0)
        await expect(row(page, host.node_id)).to_contain_text("Not known")
        await expect(page.locator("iotbridge-fleet-table .host.lost")).to_have_count(0)
        await picture(page, "no-broker")
    finally:
        await lab.broker.start()
    await expect(row(page, host.node_id)).to_contain_text("On", timeout=PATIENCE_MS)
    await expect(note).to_have_count(0)
    await expect(page.get_by_role("heading", name="The MQTT broker is not connected")).to_have_count(0)
