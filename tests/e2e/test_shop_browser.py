"""Example of the shop in a real browser: a button of the page, and what arrives of it behind Kafka."""

from collections.abc import AsyncGenerator
import json
import shutil

from lab.browser import FLAGS, PATIENCE_MS, chromium_path
from lab.shop import Shop
from lab.waiting import until
from playwright.async_api import Page, async_playwright, expect  # type: ignore[import-not-found, unused-ignore]
import pytest

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")
ARRIVAL_S = 20
MINUS, PLUS = "stock \N{MINUS SIGN}1", "stock +1"


@pytest.fixture
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Shop]:
    """Return the running shop."""
    async with Shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
async def page(shop: Shop) -> AsyncGenerator[Page]:
    """Return the page of the shop, whose address logs in."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        context = await browser.new_context()
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(shop.page)
        yield page
        await browser.close()


async def wait_stock(shop: Shop, product: str, stock: int) -> None:
    """Wait until the stand-in for Strapi has a stock."""

    async def has_stock() -> bool:
        return (await shop.products()).get(product, {}).get("stock") == stock

    await until(has_stock, timeout_s=ARRIVAL_S, what=f"{product}: {stock} in Strapi")


async def press(page: Page, product: str, label: str) -> None:
    """Press a button of a product."""
    await page.get_by_role("button", name=f"{product}: {label}").click()


async def wait_shown(page: Page, product: str, stock: str) -> None:
    """Wait until the page shows a stock."""
    row = page.get_by_role("listitem").filter(has_text=product)
    await expect(row.locator("output")).to_have_text(stock, timeout=PATIENCE_MS)


async def test_a_pressed_button_arrives_behind_kafka(shop: Shop, page: Page) -> None:
    await press(page, "Lamp", MINUS)
    await expect(page.locator("#state")).to_have_text("Connected. All is acknowledged.", timeout=PATIENCE_MS)
    await wait_stock(shop, "lamp", 19)

    (record,) = await shop.records(1)
    assert record["key"] == "lamp"
    value = json.loads(record["value"])
    assert (value["product"], value["stock"]) == ("lamp", 19)
    assert record["headers"]["mqtt-topic"] == "shop/lamp/stock"
    assert record["headers"]["content-type"] == "application/json"
    assert record["headers"]["source"] == "shop-page"


async def test_what_is_sold_while_strapi_is_away_arrives_later(shop: Shop, page: Page) -> None:
    await shop.programs["strapi"].kill()
    for _ in range(5):
        await press(page, "Chair", MINUS)
    await wait_shown(page, "Chair", "15")
    await shop.start_strapi()
    await wait_stock(shop, "chair", 15)


async def test_a_page_begins_with_the_stock_of_the_others(shop: Shop, page: Page) -> None:
    await press(page, "Teapot", PLUS)
    await wait_stock(shop, "teapot", 21)
    other = await page.context.new_page()
    await other.goto(shop.page)
    await wait_shown(other, "Teapot", "21")
    await press(other, "Teapot", MINUS)
    await wait_shown(page, "Teapot", "20")
