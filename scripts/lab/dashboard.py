"""Dashboard of IoT Bridge in the lab's Home Assistant, added as the frontend adds it."""

from .client import Client

PATH = "iot-bridge"
DASHBOARD = {"title": "IoT Bridge", "icon": "mdi:bridge", "show_in_sidebar": True, "require_admin": False}


async def add_dashboard(client: Client) -> None:
    """Add the dashboard unless it exists, and make it the page on which Home Assistant opens."""
    if PATH not in {row["url_path"] for row in await client.command("lovelace/dashboards/list")}:
        await client.command("lovelace/dashboards/create", url_path=PATH, **DASHBOARD)
        await client.command("lovelace/config/save", url_path=PATH, config={"strategy": {"type": "custom:iotbridge"}})
    await client.command("frontend/set_system_data", key="core", value={"default_panel": PATH})
