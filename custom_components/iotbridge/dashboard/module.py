"""JavaScript module of cards and dialogs, served to Home Assistant's frontend."""

import hashlib
from pathlib import Path

from homeassistant.components import frontend
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

FOLDER = Path(__file__).with_name("frontend")
ENTRY = "iotbridge.js"
PANEL = "iotbridge-create-dashboard"

_URL: HassKey[str] = HassKey(f"{DOMAIN}_module_url")


async def async_add_module(hass: HomeAssistant) -> CALLBACK_TYPE | None:
    """Add the module to every page of the frontend; return a callback that removes it.

    None in a Home Assistant without a frontend, where the integration works as well.
    """
    if "frontend" not in hass.config.components:
        return None
    url = await _async_serve(hass)
    frontend.add_extra_js_url(hass, url)
    # The end of the set-up links to this page, which opens the dashboard and adds it first where there is none.
    panel = {"name": PANEL, "module_url": url, "embed_iframe": False, "trust_external": False}
    frontend.async_register_built_in_panel(
        hass, "custom", frontend_url_path=DOMAIN, config={"_panel_custom": panel}, show_in_sidebar=False
    )

    @callback
    def remove() -> None:
        frontend.async_remove_panel(hass, DOMAIN)
        frontend.remove_extra_js_url(hass, url)

    return remove


async def _async_serve(hass: HomeAssistant) -> str:
    """Serve the folder and return the address of the module; a path stays registered until Home Assistant stops.

    Browsers keep the files for a month. The path has a hash of all files, so that each imports others of its version.
    """
    if (url := hass.data.get(_URL)) is None:
        path = f"/{DOMAIN}_static/{await hass.async_add_executor_job(_version)}"
        url = hass.data[_URL] = f"{path}/{ENTRY}"
        await hass.http.async_register_static_paths([StaticPathConfig(path, str(FOLDER), cache_headers=True)])
    return url


def _version() -> str:
    """Return a hash of all files of the folder."""
    files = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            files.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return files.hexdigest()[:12]
