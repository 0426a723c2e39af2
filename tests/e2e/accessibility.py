"""Accessibility of what is on a page, judged by axe-core."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-not-found, unused-ignore]
from playwright.async_api import Page  # type: ignore[import-not-found, unused-ignore]

# Rules about a whole page, which is Home Assistant's.
OF_THE_PAGE = ["region", "page-has-heading-one", "landmark-one-main"]


async def findings(page: Page, element: str) -> list[str]:
    """Return the findings of axe-core inside an element, of any impact."""
    await page.evaluate(f"window.axe ?? (() => {{ {AXE_SCRIPT} }})()")
    rules = {rule: {"enabled": False} for rule in OF_THE_PAGE}
    result: dict[str, Any] = await page.evaluate("(options) => axe.run(document, options)", {"rules": rules})
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:200]}"
        for violation in result["violations"]
        for node in violation["nodes"]
        if element in str(node["target"])
    ]
