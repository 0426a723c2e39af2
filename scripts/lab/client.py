"""Client of Home Assistant: its REST and WebSocket interfaces, as used by its own frontend."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
import contextlib
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Self

import aiohttp

from .waiting import LabError

type Json = dict[str, Any]


class Client:
    """Authenticated connection."""

    def __init__(self, url: str, token: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.states: dict[str, Json] = {}
        """The states as of the last event; filled by :meth:`watch_states`."""
        self.history: list[Json] = []
        """Every state since then, including short ones."""
        self._token = token
        self._session = session
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._next_id = 0
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._events: dict[int, Callable[[Any], None]] = {}
        self._changed = asyncio.Event()

    @classmethod
    async def connect(cls, url: str, token: str) -> Self:
        """Log in with a token."""
        headers = {"Authorization": f"Bearer {token}"}
        client = cls(url, token, aiohttp.ClientSession(url, headers=headers))
        try:
            await client._open_socket()
        except BaseException:
            await client.close()
            raise
        return client

    async def close(self) -> None:
        """Close the connection; commands under way fail with LabError."""
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._socket:
            await self._socket.close()
        await self._session.close()

    # -- REST

    async def rest(self, method: str, path: str, body: Any = None) -> Any:
        """Call ``/api/<path>``; LabError with Home Assistant's error message if it refuses."""
        async with self._session.request(method, f"/api/{path}", json=body) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise LabError(f"{method} /api/{path}: {answer.status}: {text}")
            return await answer.json() if answer.content_type == "application/json" else text

    async def is_running(self) -> bool:
        """Return whether Home Assistant has finished its start."""
        return bool((await self.rest("GET", "config"))["state"] == "RUNNING")

    async def call(self, action: str, data: Mapping[str, Any] | None = None, *, response: bool = False) -> Any:
        """Call an action such as ``button.press``; targets (``entity_id``, ``device_id``) are part of ``data``.

        With ``response`` the action's response data is returned.
        """
        path = f"services/{action.replace('.', '/')}" + ("?return_response" if response else "")
        answer = await self.rest("POST", path, dict(data or {}))
        return answer["service_response"] if response else answer

    async def state(self, entity_id: str) -> Json:
        """Return the current state of an entity."""
        state: Json = await self.rest("GET", f"states/{entity_id}")
        return state

    async def diagnostics(self, entry_id: str, device_id: str | None = None) -> Json:
        """Download the diagnostics of a config entry, or of one of its devices."""
        path = f"diagnostics/config_entry/{entry_id}" + (f"/device/{device_id}" if device_id else "")
        document: Json = await self.rest("GET", path)
        return document

    # -- flows

    async def flow(self, handler: str, *answers: Json) -> Json:
        """Walk through a config flow with one answer per form; return the last result."""
        return await self._walk("config/config_entries/flow", {"handler": handler}, answers)

    async def options_flow(self, entry_id: str, *answers: Json) -> Json:
        """Complete the options flow of an entry, like ``flow``."""
        return await self._walk("config/config_entries/options/flow", {"handler": entry_id}, answers)

    async def subentry_flow(self, entry_id: str, kind: str, *answers: Json) -> Json:
        """Complete the flow of a new subentry of an entry, like ``flow``."""
        return await self._walk("config/config_entries/subentries/flow", {"handler": [entry_id, kind]}, answers)

    async def change_subentry(self, entry_id: str, kind: str, subentry_id: str, *answers: Json) -> Json:
        """Complete the flow that changes a subentry, like ``flow``."""
        start = {"handler": [entry_id, kind], "subentry_id": subentry_id}
        return await self._walk("config/config_entries/subentries/flow", start, answers)

    async def continue_flow(self, flow_id: str, *answers: Json) -> Json:
        """Complete a flow that Home Assistant started itself."""
        result: Json = {"flow_id": flow_id}
        for answer in answers:
            result = await self.rest("POST", f"config/config_entries/flow/{flow_id}", answer)
        return result

    async def discovered(self, handler: str) -> list[Json]:
        """Return the flows that Home Assistant offers for an integration."""
        flows = await self.command("config_entries/flow/progress")
        return [flow for flow in flows if flow["handler"] == handler]

    async def entries(self, domain: str) -> list[Json]:
        """Return the config entries of an integration."""
        entries: list[Json] = await self.command("config_entries/get", domain=domain)
        return entries

    async def _walk(self, path: str, start: Json, answers: tuple[Json, ...]) -> Json:
        result: Json = await self.rest("POST", path, start)
        for answer in answers:
            if "flow_id" not in result or result["type"] in ("abort", "create_entry"):
                raise LabError(f"the flow {start['handler']} ended before {answer}: {result}")
            result = await self.rest("POST", f"{path}/{result['flow_id']}", answer)
        return result

    # -- registries

    async def entities(self) -> list[Json]:
        """Return the entity registry."""
        entities: list[Json] = await self.command("config/entity_registry/list")
        return entities

    async def devices(self) -> list[Json]:
        """Return the device registry."""
        devices: list[Json] = await self.command("config/device_registry/list")
        return devices

    async def find_entity(self, unique_id: str) -> Json | None:
        """Return the registry's row of an entity; None when there is none."""
        return next((row for row in await self.entities() if row["unique_id"] == unique_id), None)

    async def repairs(self, domain: str) -> list[Json]:
        """Return the open issues of an integration."""
        answer = await self.command("repairs/list_issues")
        return [issue for issue in answer["issues"] if issue["domain"] == domain]

    # -- WebSocket

    async def command(self, kind: str, **fields: Any) -> Any:
        """Send a command over the WebSocket and return its result; LabError if Home Assistant rejects it."""
        return await self._send(self._new_id(), kind, fields)

    def events(self, event_type: str) -> AbstractAsyncContextManager[asyncio.Queue[Json]]:
        """Subscribe to an event type; the queue has one item per event, from now on."""
        return self.subscribe("subscribe_events", event_type=event_type)

    @contextlib.asynccontextmanager
    async def subscribe(self, kind: str, **fields: Any) -> AsyncIterator[asyncio.Queue[Json]]:
        """Send a command that is a subscription; the queue receives its events from now on."""
        queue: asyncio.Queue[Json] = asyncio.Queue()
        number = self._new_id()
        self._events[number] = queue.put_nowait
        await self._send(number, kind, fields)
        try:
            yield queue
        finally:
            del self._events[number]
            if not self._session.closed:
                await self.command("unsubscribe_events", subscription=number)

    async def watch_states(self) -> None:
        """Keep :attr:`states` up to date from now on."""
        number = self._new_id()
        self._events[number] = self._take_state
        await self._send(number, "subscribe_events", {"event_type": "state_changed"})
        for state in await self.command("get_states"):
            self.states.setdefault(state["entity_id"], state)

    async def wait_until[T](
        self, condition: Callable[[], T | Literal[False] | None], *, timeout_s: float, what: str
    ) -> T:
        """Return the first true value of ``condition``, evaluated again after every state change."""
        try:
            async with asyncio.timeout(timeout_s):
                while not (value := condition()):
                    self._changed.clear()
                    await self._changed.wait()
                return value
        except TimeoutError:
            raise LabError(f"{what} did not happen within {timeout_s:g} s") from None

    async def wait_state(self, entity_id: str, *expected: str, timeout_s: float = 60) -> Json:
        """Wait until an entity has one of the states; LabError contains the current one."""

        def found() -> Json | None:
            state = self.states.get(entity_id)
            return state if state and state["state"] in expected else None

        try:
            return await self.wait_until(found, timeout_s=timeout_s, what=" or ".join(expected))
        except LabError as error:
            actual = self.states.get(entity_id, {}).get("state", "not there")
            raise LabError(f"{entity_id} is {actual}; {error}") from None

    def _take_state(self, event: Json) -> None:
        data = event["data"]
        if data["new_state"] is None:
            self.states.pop(data["entity_id"], None)
        else:
            self.states[data["entity_id"]] = data["new_state"]
            self.history.append(data["new_state"])
        self._changed.set()

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    async def _send(self, number: int, kind: str, fields: Mapping[str, Any]) -> Any:
        if self._socket is None or self._socket.closed:
            raise LabError("the connection to Home Assistant is closed")
        future = self._results[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "type": kind, **fields})
        async with asyncio.timeout(30):
            return await future

    async def _open_socket(self) -> None:
        self._socket = await self._session.ws_connect("/api/websocket", max_msg_size=0)
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": self._token})
        answer = await self._socket.receive_json()
        if answer["type"] != "auth_ok":
            raise LabError(f"Home Assistant does not accept the token: {answer}")
        self._reader = asyncio.create_task(self._read(self._socket))

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                self._dispatch(message.json())
        finally:
            for future in self._results.values():
                if not future.done():
                    future.set_exception(LabError("Home Assistant closed the connection"))

    def _dispatch(self, message: Json) -> None:
        if message["type"] == "event":
            if (receiver := self._events.get(message["id"])) is not None:
                receiver(message["event"])
        elif (future := self._results.pop(message["id"], None)) is not None and not future.done():
            if message.get("success", True):
                future.set_result(message.get("result"))
            else:
                future.set_exception(LabError(f"{message['error']['code']}: {message['error']['message']}"))
