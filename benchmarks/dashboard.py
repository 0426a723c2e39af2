"""Costs of the dashboard in a real browser: 200 hosts and 3,000 entities of a scripted Home Assistant.

The page in dashboard_page/ loads the modules as they are, and gives them an object like that of Home Assistant's
frontend. Measured are the time until a view is built and until the first row is in the page, and the longest task of
the page while 1,000 states change each second for ten seconds and the page is scrolled: its processor time, because on
a busy machine the browser has to wait in the middle of it. The rows in the page are counted.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
import gzip
import json
from pathlib import Path
import re
import sys
from typing import Any

from aiohttp import web
from lab.browser import FLAGS, chromium_path
from lab.processes import ROOT
from lab.waiting import LabError
from playwright.async_api import Page, async_playwright  # type: ignore[import-not-found, unused-ignore]

from . import command_line
from .report import Report

FRONTEND = ROOT / "custom_components" / "iotbridge" / "dashboard" / "frontend"
PAGE = Path(__file__).with_name("dashboard_page")
CARDS = {"fleet-table": "fleet table, 200 hosts", "readings-table": "readings table, 3,000 entities"}
PER_SECOND = 1000
SECONDS = 10
MAX_BUILD_MS, MAX_FIRST_ROW_MS, MAX_ROWS, MAX_TASK_MS, MAX_KB = 50, 1000, 60, 100, 60
IMPORT = re.compile(r"""^(?:import|\}) .*?"\./([^"]+)";$""", re.MULTILINE)
# What a browser loads before it shows something; all else comes when it is needed.
ENTRY = "iotbridge.js"
LOADED = {
    "every page of Home Assistant": [ENTRY],
    "the first view": [ENTRY, "strategy.js", "alarm-list.js", "fleet-table.js"],
    "the dialog of an alarm on a page without our cards": [ENTRY, "alarm-info.js"],
    "the readings": [ENTRY, "strategy.js", "readings-table.js"],
}
# Names of a task in the browser's trace; older versions have the short one.
TASKS = {"ThreadControllerImpl::RunTask", "RunTask"}
LOAD = "(name) => import(`/frontend/${name}`)"


def main() -> int:
    """Measure and print; return 1 if an aim is missed."""
    parser = command_line.parser("dashboard", __doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="length of the flood of changes")
    return command_line.run(_run, parser.parse_args())


async def _run(options: argparse.Namespace) -> None:
    seconds: int = options.seconds
    report = Report("dashboard")
    rows: list[list[str]] = []
    misses: list[str] = []

    def aim(what: str, value: float, limit: float, unit: str) -> None:
        rows.append([what, f"{value:.0f} {unit}", f"{limit:g} {unit}"])
        if value > limit:
            misses.append(what)

    async with _page() as page:
        build = await page.evaluate(f"build({LOAD})")
        aim("building the dashboard and a view, the first time", build["first"], MAX_BUILD_MS, "ms")
        aim("building the largest view, median of 20", build["view"], MAX_BUILD_MS, "ms")
        aim("finding out whether it has to be built again, median of 20", build["signature"], MAX_BUILD_MS, "ms")
    for name, title in CARDS.items():
        async with _page() as page:
            first = await page.evaluate(f"show('iotbridge-{name}-content', '{name}', {LOAD}).then((shown) => shown.ms)")
            aim(f"{title}: first row", first, MAX_FIRST_ROW_MS, "ms")
            flood = await _flood(page, f"iotbridge-{name}-content", seconds)
            aim(f"{title}: longest task at {PER_SECOND:,} changes/s", flood["cpu"], MAX_TASK_MS, "ms")
            rows.append([f"{title}: the same with the waiting of a busy machine", f"{flood['longest']} ms", ""])
            aim(f"{title}: rows in the page", flood["rows"], MAX_ROWS, "rows")
            rows.append([f"{title}: frames a second meanwhile", f"{flood['frames'] / seconds:.0f}", ""])
    modules = [path.read_bytes() for path in sorted(FRONTEND.glob("*.js"))]
    aim("all JavaScript, compressed together", len(gzip.compress(b"".join(modules), 9)) / 1000, MAX_KB, "kB")
    everything = sorted(path.name for path in FRONTEND.glob("*.js"))
    for title, names in {"all JavaScript": everything, **LOADED}.items():
        loaded = [(FRONTEND / name).read_bytes() for name in _with_imports(names)]
        each = sum(len(gzip.compress(module, 9)) for module in loaded) / 1000
        plain = sum(map(len, loaded)) / 1000
        rows.append([f"{title}: {len(loaded)} modules, each compressed by itself", f"{each:.0f} kB", ""])
        rows.append([f"{title}: the same as Home Assistant sends it", f"{plain:.0f} kB", ""])
    report.add(["what", "measured", "aim"], rows, title="The dashboard in Chromium")
    report.finish(write=options.write)
    if misses:
        raise LabError(f"missed: {', '.join(misses)}")


def _with_imports(names: Sequence[str]) -> list[str]:
    """Return modules with those that they load at once."""
    loaded, waiting = set[str](), [*names]
    while waiting:
        name = waiting.pop()
        if name not in loaded:
            loaded.add(name)
            waiting += IMPORT.findall((FRONTEND / name).read_text("utf-8"))
    return sorted(loaded)


async def _flood(page: Page, tag: str, seconds: int) -> dict[str, Any]:
    """Change states while the page is scrolled, like a person who looks through the rows."""
    settings = f"{{ perSecond: {PER_SECOND}, seconds: {seconds} }}"
    browser = page.context.browser
    assert browser is not None
    await browser.start_tracing(page=page, categories=["toplevel"])
    task = asyncio.create_task(page.evaluate(f"flood([document.querySelector('{tag}')], {settings})"))
    while not task.done():
        await page.mouse.wheel(0, 400)
        await asyncio.wait([task], timeout=0.25)
    events = json.loads(await browser.stop_tracing())["traceEvents"]
    flood: dict[str, Any] = task.result()
    if flood["sent"] < PER_SECOND * seconds * 0.95:
        raise LabError(f"only {flood['sent']} changes could be sent within {seconds} s")
    tasks = [event["tdur"] / 1000 for event in events if event["name"] in TASKS and "tdur" in event]
    if not tasks:
        raise LabError("the browser has recorded no tasks")
    return flood | {"cpu": max(tasks)}


@asynccontextmanager
async def _page() -> AsyncGenerator[Page]:
    """Serve the modules and the page on loopback; return the page in a browser of its own, which must not complain."""
    app = web.Application()
    app.add_routes([web.static("/frontend", FRONTEND), web.static("/page", PAGE)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    errors: list[str] = []
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            page = await browser.new_page(viewport={"width": 1280, "height": 1000})
            page.on("pageerror", lambda error: errors.append(str(error)))
            await page.goto(f"http://127.0.0.1:{port}/page/index.html")
            await page.wait_for_function("typeof window.build === 'function'")
            yield page
            await browser.close()
    finally:
        await runner.cleanup()
    if errors:
        raise LabError("errors in the page: " + "; ".join(errors))


if __name__ == "__main__":
    sys.exit(main())
