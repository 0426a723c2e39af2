"""Addresses of devices' own pages: every accepted one is accepted by core, which else drops the device."""

import pytest

from custom_components.iotbridge.things.model.own_page import BRIDGE_PAGE, is_page, is_root
from homeassistant.helpers import config_validation as cv

PAGES = [
    "http://192.168.1.20",
    "http://192.168.1.20/",
    "https://nas.lan:5001/admin?tab=1#top",
    "HTTP://Shelly-1.local",
    "http://[fe80::1]:8080/",
]


@pytest.mark.parametrize("address", [*PAGES, BRIDGE_PAGE])
def test_core_accepts_the_addresses(address: str) -> None:
    assert cv.configuration_url(address) == address


@pytest.mark.parametrize("address", PAGES)
def test_addresses_of_pages(address: str) -> None:
    assert is_page(address)
    assert is_root(address) == ("admin" not in address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "192.168.1.20",
        "ftp://nas.lan",
        "javascript:alert(1)",
        "http://",
        "http://me:secret@nas.lan",
        "http://nas.lan/a b",
        "http://nas.lan/\n",
        "http://nas.lan:0",
        "http://nas.lan:99999",
        "http://nas.lan:x",
        "https://nas.lan\\@evil.example",
        "homeassistant://config",
        f"http://nas.lan/{'x' * 200}",
    ],
)
def test_other_texts_are_none(address: str) -> None:
    assert not is_page(address)
    assert not is_root(address)
