"""Real browser that is logged in to the lab's Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
import json
import shutil
from typing import override

from playwright.async_api import Page, WebSocketRoute, async_playwright  # type: ignore[import-not-found, unused-ignore]

from .lab import Lab
from .waiting import LabError

# Without these the browser contacts its vendor's servers on its own.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The first page after the browser's start takes longer to compile.
PATIENCE_MS = 30_000


@dataclass(frozen=True)
class Screen:
    """Screen of a device; its name is part of the names of pictures."""

    name: str
    width: int
    height: int
    is_dark: bool = False

    @override
    def __str__(self) -> str:
        """Return the name, with the theme."""
        return f"{self.name}-{'dark' if self.is_dark else 'light'}"

    def darkened(self) -> Screen:
        """Return the screen with the dark theme."""
        return replace(self, is_dark=True)


DESKTOP = Screen("desktop", 1280, 1180)
PHONE = Screen("phone", 390, 844)


@asynccontextmanager
async def browsing(
    lab: Lab,
    *,
    width: int = DESKTOP.width,
    height: int = DESKTOP.height,
    is_dark: bool = False,
    token: str | None = None,
) -> AsyncGenerator[Page]:
    """Return a page without an address yet; waiting for a missing element fails after half a minute.

    ``token`` is an access token of another user than the owner.
    """
    tokens = json.dumps(_tokens(lab, token or await lab.home_assistant.token()))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        context = await browser.new_context(
            viewport={"width": width, "height": height}, locale="en-GB", color_scheme="dark" if is_dark else "light"
        )
        await context.add_init_script(f"localStorage.hassTokens = {json.dumps(tokens)}")
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        try:
            yield page
        finally:
            await browser.close()


async def refuse_commands(page: Page, prefix: str) -> asyncio.Event:
    """Answer commands as Home Assistant does before an integration is set up; the event says that it is."""
    is_set_up = asyncio.Event()

    def send(client: WebSocketRoute, server: WebSocketRoute, text: str | bytes) -> None:
        message = json.loads(text)
        if is_set_up.is_set() or not str(message.get("type")).startswith(prefix):
            server.send(text)
            return
        error = {"code": "unknown_command", "message": "Unknown command."}
        client.send(json.dumps({"id": message["id"], "type": "result", "success": False, "error": error}))

    await _intercept(page, send)
    return is_set_up


async def change_commands(page: Page, command: str, **fields: object) -> None:
    """Send a command of the page with other fields than its own."""

    def send(_client: WebSocketRoute, server: WebSocketRoute, text: str | bytes) -> None:
        message = json.loads(text)
        server.send(json.dumps(message | fields) if message.get("type") == command else text)

    await _intercept(page, send)


async def _intercept(page: Page, send: Callable[[WebSocketRoute, WebSocketRoute, str | bytes], None]) -> None:
    """Give each message of the page to a function, with both ends of the connection."""

    def connect(client: WebSocketRoute) -> None:
        client.on_message(partial(send, client, client.connect_to_server()))

    await page.route_web_socket("**/api/websocket", connect)


def collect_errors(page: Page, part: str) -> list[str]:
    """Return a list that receives the errors of a page that name a part of it, such as the path of a module."""
    errors: list[str] = []

    def add(text: str, *, is_error: bool = True) -> None:
        if is_error and part in text:
            errors.append(text)

    page.on("console", lambda line: add(f"{line.text} {line.location.get('url')}", is_error=line.type == "error"))
    page.on("pageerror", lambda error: add(f"{error.message}\n{error.stack}"))
    page.on("response", lambda answer: add(f"{answer.status} {answer.url}", is_error=answer.status >= 400))
    return errors


def _tokens(lab: Lab, token: str) -> dict[str, object]:
    """Return the frontend's stored login, with a token that outlives the pictures."""
    url = lab.home_assistant.url
    return {
        "access_token": token,
        "refresh_token": "",
        "token_type": "Bearer",
        "expires_in": 1800,
        "expires": 4_102_444_800_000,
        "hassUrl": url,
        "clientId": f"{url}/",
    }


def chromium_path() -> str:
    """Return the path of the browser; LabError where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        raise LabError("there is no Chromium; scripts/setup shots brings it")
    return found
