"""Dialog of power plans in the real frontend, in a real browser.

Pictures of every step stay in the folder that IOTBRIDGE_PICTURES names.
"""

import os
from pathlib import Path
import shutil

from lab.alarms import remove, subentries
from lab.browser import browsing
from lab.lab import Lab
from lab.walk import ADDRESS, Walk
import pytest

from .conftest import NewHost

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")


async def test_a_plan_is_added_by_clicking(lab: Lab, new_host: NewHost, tmp_path: Path) -> None:
    desk, nas = await new_host("-desk"), await new_host("-nas")
    async with browsing(lab, height=1500) as page:
        walk = Walk(page, lab, Path(os.environ.get("IOTBRIDGE_PICTURES", tmp_path)))
        await page.goto(lab.home_assistant.url + ADDRESS)
        await page.get_by_role("button", name="Add power plan").first.click()
        await walk.see("In the order in which they stop.")
        await page.locator("ha-form input").first.fill("Power cut")
        for host in (desk, nas):
            await page.locator("ha-selector-select").filter(has_text="Hosts").get_by_role("button", name="Add").click()
            await page.locator("ha-picker-combo-box").get_by_text(host.node_id, exact=True).click()
        await walk.picture("plan-hosts.png")
        await walk.press("Next")
        await walk.see("Without these machines, nothing else can be stopped any more.")
        await walk.picture("plan-roles.png")
        await walk.press("Next")
        await walk.see("It stops in this order")
        shown = await page.locator("ol li").all_inner_texts()
        assert [line.strip() for line in shown] == [desk.node_id, nas.node_id]
        await walk.picture("plan-ready.png")

        await page.get_by_text("Change a step").click()
        await page.locator("ha-selector-select").get_by_text(nas.node_id, exact=True).click()
        await walk.press("Next")
        await walk.see("Machines that all others depend on stop last.")
        await walk.picture("plan-step.png")
        await (
            page.locator("ha-selector-select")
            .filter(has_text="Role")
            .locator("ha-picker-field, ha-select")
            .first.click()
        )
        await page.get_by_text("Runs Home Assistant").last.click()
        await walk.press("Next")
        await walk.see("It stops in this order")
        await page.get_by_text("UPS", exact=True).click()
        await walk.see("Shorter power cuts are ignored.")
        await walk.picture("plan-ups.png")
        await walk.press("Next")
        await page.get_by_text("Save", exact=True).click()
        await walk.see("The power plan was added.")
        await walk.picture("plan-done.png")

    (plan,) = [row for row in await subentries(lab.client) if row["subentry_type"] == "plan"]
    assert plan["title"] == "Power cut"
    await remove(lab.client, plan["subentry_id"])
