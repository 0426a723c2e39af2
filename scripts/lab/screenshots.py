"""scripts/screenshots: the pictures of the documents, taken from the demo in a real browser."""

import asyncio
import json
from pathlib import Path
import shutil
import sys
import tempfile

from playwright.async_api import Page, async_playwright  # type: ignore[import-not-found, unused-ignore]

from .demo import device_page, start, start_things
from .lab import Lab
from .processes import ROOT
from .waiting import LabError

IMAGES = ROOT / "docs" / "images"
# Without these the browser asks its maker's servers about things nobody asked for.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZE = {"width": 1280, "height": 1180}


def main() -> int:
    """Take all pictures; 0 when they are there."""
    try:
        with tempfile.TemporaryDirectory(prefix="iotbridge-shots-") as folder:
            asyncio.run(_run(Path(folder) / "lab"))
    except LabError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


async def _run(folder: Path) -> None:
    async with Lab(folder, name="IoT Bridge demo") as lab:
        entities = await start(lab)
        await start_things(lab)
        power = next(entity.entity_id for entity in entities if entity.unique_id.endswith("_power_state"))
        await lab.client.call("iotbridge.send_command", {"entity_id": power, "command": "reboot"}, response=True)
        tokens = await _tokens(lab)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
            context = await browser.new_context(viewport=SIZE, locale="en-GB")
            await context.add_init_script(f"localStorage.hassTokens = {json.dumps(json.dumps(tokens))}")
            page = await context.new_page()
            await _shoot(page, await device_page(lab, entities), "Device info", "host.png")
            await browser.close()


async def _shoot(page: Page, address: str, text: str, name: str) -> None:
    """Open a page, wait until it shows a text and stands still, and save its picture."""
    await page.goto(address)
    await page.get_by_text(text).first.wait_for(timeout=60_000)
    await page.wait_for_load_state("networkidle")
    IMAGES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=IMAGES / name, animations="disabled")
    print(f"docs/images/{name}")


async def _tokens(lab: Lab) -> dict[str, object]:
    """Return what the frontend keeps of a login, with a token that outlives the pictures."""
    url = lab.home_assistant.url
    return {
        "access_token": await lab.home_assistant.token(),
        "refresh_token": "",
        "token_type": "Bearer",
        "expires_in": 1800,
        "expires": 4_102_444_800_000,
        "hassUrl": url,
        "clientId": f"{url}/",
    }


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        raise LabError("there is no Chromium; scripts/setup shots brings it")
    return found


if __name__ == "__main__":
    sys.exit(main())
