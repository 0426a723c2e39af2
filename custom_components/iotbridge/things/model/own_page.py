"""Address of a device's own page, which Home Assistant opens from the page of the device. Pure."""

import re

# The page of IoT Bridge in Home Assistant, to which devices without a page of their own lead.
BRIDGE_PAGE = "homeassistant://config/integrations/integration/iotbridge"
MAX_LENGTH = 200
MAX_PORT = 65535

# Core drops the whole device if it does not accept the address. No credentials: everyone may read them there.
_HOST = r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])"
_PAGE = re.compile(rf"https?://{_HOST}(?::(\d{{1,5}}))?(/[!-~]*)?", re.IGNORECASE)


def is_page(text: str) -> bool:
    """Return whether a text is the address of a page."""
    match = _PAGE.fullmatch(text)
    if match is None or len(text) > MAX_LENGTH:
        return False
    return match[1] is None or 0 < int(match[1]) <= MAX_PORT


def is_root(text: str) -> bool:
    """Return whether a text is the address of the first page of a server."""
    return is_page(text) and text.rstrip("/").count("/") == 2  # noqa: PLR2004 - those of https://
