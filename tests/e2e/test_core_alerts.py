"""Home Assistant's own Alerts, in its frontend: chosen rules are there until they are removed.

Pictures stay in the folder that IOTBRIDGE_PICTURES names.
"""

import os
from pathlib import Path
import shutil

from lab.alarms import add_rule, remove
from lab.browser import browsing
from lab.lab import Lab
from lab.wizard import suggestions
from playwright.async_api import Page, expect  # type: ignore[import-not-found, unused-ignore]
import pytest

from .alarm import Gauge

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")


async def show_in_alerts(page: Page, picture: Path | None = None) -> None:
    """Choose the item in the menu of the alarm whose dialog is open."""
    await page.get_by_role("button", name="More about").first.click()
    item = page.get_by_text("Show in Home Assistant's Alerts").first
    await item.wait_for()
    if picture:
        await page.screenshot(path=picture)
    await item.click()


async def test_a_chosen_rule_is_on_the_security_page_until_it_is_removed(lab: Lab, tmp_path: Path) -> None:
    pictures = Path(os.environ.get("IOTBRIDGE_PICTURES", tmp_path))
    gauge = Gauge(lab, "boiler_temperature")
    await gauge.discover()
    await gauge.publish(20.0)
    rule_id = await add_rule(
        lab.client, "above", "Boiler too hot", condition={"above": 80}, entities=[gauge.entity_id], severity="critical"
    )
    rows = [row for row in await lab.client.entities() if row["unique_id"] == f"{rule_id}_alarm"]
    by_domain = {row["entity_id"].partition(".")[0]: row["entity_id"] for row in rows}
    assert by_domain.keys() == {"binary_sensor", "sensor", "event", "button"}
    await gauge.publish(90.0)
    await lab.client.wait_state(by_domain["binary_sensor"], "on")
    await lab.client.wait_state(by_domain["sensor"], "unacknowledged")

    link = f"{lab.home_assistant.url}/security?more-info-entity-id={by_domain['binary_sensor']}"
    async with browsing(lab) as page:
        await page.goto(link)
        await show_in_alerts(page, picture=pictures / "core-alerts-menu.png")
        await page.get_by_text("Shown in Home Assistant's Alerts").first.wait_for()
        await expect(page.get_by_role("button", name="Undo")).to_be_visible()
        await page.goto(link)
        await show_in_alerts(page)
        await page.get_by_text("Shown in Home Assistant's Alerts").first.wait_for()
        await expect(page.get_by_role("button", name="Undo")).to_have_count(0)
        for name, address, text in (
            ("security", "/security", "Active alerts"),
            ("overview", "/home", "1 active alert"),
        ):
            await page.goto(lab.home_assistant.url + address)
            await page.get_by_text(text).filter(visible=True).first.wait_for()
            await page.wait_for_load_state("networkidle")
            await page.screenshot(path=pictures / f"core-alerts-{name}.png")
            if name == "security":
                await page.get_by_text("Boiler too hot").first.wait_for()

    (entry,) = await lab.client.entries("iotbridge")
    form = await lab.client.options_flow(entry["entry_id"])
    assert suggestions(form["data_schema"])["alarms"]["core_alerts"] == [by_domain["binary_sensor"]]
    await remove(lab.client, rule_id)
    security = await lab.client.command("frontend/get_system_data", key="security")
    assert security["value"] == {}
