"""Accessibility of what is on a page, judged by axe-core; its texts, and what does not fit it."""

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


# Elements inside those whose names begin with a prefix, through shadow roots.
INSIDE = """(prefixes) => {
    const found = [];
    const visit = (root, isInside) => {
        for (const element of root.querySelectorAll("*")) {
            const isOurs = isInside || prefixes.some((prefix) => element.localName.startsWith(prefix));
            if (isOurs) found.push(element);
            if (element.shadowRoot) visit(element.shadowRoot, isOurs);
        }
    };
    visit(document, false);
    return found;
}"""
TEXTS = f"""(prefixes) => ({INSIDE})(prefixes).flatMap((element) => [
    ...[...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data),
    ...["aria-label", "title", "placeholder"].map((name) => element.getAttribute(name)),
]).filter((text) => text?.trim())"""
TOO_WIDE = f"""(prefixes) => ({INSIDE})(prefixes).filter((element) => {{
    const {{ left, right, width }} = element.getBoundingClientRect();
    if (width <= 1 || !element.checkVisibility() || (left >= -1 && right <= innerWidth + 1)) return false;
    for (let parent = element; parent; parent = parent.parentElement ?? parent.getRootNode().host) {{
        if (getComputedStyle(parent).clipPath !== "none") return false; // for screen readers alone
    }}
    return true;
}}).map((element) => `${{element.localName}} ${{element.className}}: ${{element.textContent.slice(0, 80)}}`)"""


async def texts_of(page: Page, prefixes: list[str]) -> list[str]:
    """Return the texts of a page inside elements whose names begin with a prefix; names for screen readers as well."""
    texts: list[str] = await page.evaluate(TEXTS, prefixes)
    return texts


async def too_wide(page: Page, prefixes: list[str]) -> list[str]:
    """Return the elements inside those whose names begin with a prefix that are not wholly on the screen."""
    elements: list[str] = await page.evaluate(TOO_WIDE, prefixes)
    return elements
