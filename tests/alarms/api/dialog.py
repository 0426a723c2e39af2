"""Questions of a dialog over the WebSocket."""

from typing import Any

from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket

from tests.kit import Kit


async def ask(client: MockHAClientWebSocket, command: str, **more: Any) -> Any:
    """Return the result of a command."""
    await client.send_json_auto_id({"type": f"iotbridge/alarms/{command}", **more})
    answer = await client.receive_json()
    assert answer["success"], answer
    return answer["result"]


async def subscribe(client: MockHAClientWebSocket, **more: Any) -> dict[str, Any]:
    """Subscribe to the open alarms; return the first event."""
    await ask(client, "open", **more)
    return await received(client)


async def received(client: MockHAClientWebSocket) -> dict[str, Any]:
    """Return the next event."""
    event: dict[str, Any] = (await client.receive_json())["event"]
    return event


async def changes(kit: Kit, client: MockHAClientWebSocket) -> dict[str, Any]:
    """Return the event that follows when changes have been collected."""
    await kit.wait(1)
    return await received(client)
