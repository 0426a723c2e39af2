"""Dialogs of a device, driven through Home Assistant's interface like its frontend does."""

from typing import Any

from .client import Client, Json
from .waiting import LabError, until

FLOWS = "config/config_entries/subentries/flow"
KIND = "device"
# Menus that are shown while the wizard waits for messages.
WAITING = ("waiting", "listening")


class Wizard:
    """Dialog from "Add device" or "Reconfigure" to its end; ``result`` is the step shown now."""

    def __init__(self, client: Client, entry_id: str) -> None:
        """``entry_id`` is that of IoT Bridge."""
        self.result: Json = {}
        self._client = client
        self._entry_id = entry_id

    @classmethod
    async def of(cls, client: Client) -> Wizard:
        """Return a wizard of the only entry of IoT Bridge."""
        (entry,) = await client.entries("iotbridge")
        return cls(client, entry["entry_id"])

    # ------------------------------------------------------------------ steps

    async def start(self, *choices: str) -> Json:
        """Open "Add device" and choose from its menus."""
        return await self._open({}, choices)

    async def change(self, subentry_id: str, *choices: str) -> Json:
        """Open Reconfigure of a device and choose from its menus."""
        return await self._open({"subentry_id": subentry_id}, choices)

    async def choose(self, choice: str) -> Json:
        """Choose from a menu; LabError if it does not offer that."""
        self._expect("menu")
        if choice not in self.result["menu_options"]:
            raise LabError(f"the menu has no {choice}: {self.result}")
        return await self._configure({"next_step_id": choice})

    async def submit(self, **answers: Any) -> Json:
        """Submit a form with its suggestions and with these answers; None removes a suggestion."""
        self._expect("form")
        data = self.suggested | answers
        return await self._configure({key: value for key, value in data.items() if value is not None})

    async def edit(self, key: str, kind: str, **answers: Any) -> Json:
        """Change a channel in the list of the form, and return to the list."""
        await self.submit(edit=[key])
        await self.choose(kind)
        return await self.submit(**answers)

    async def wait(self, *, timeout_s: float = 60) -> Json:
        """Wait until progress has ended; LabError if it takes longer."""

        async def over() -> bool:
            self.result = await self._client.rest("GET", f"{FLOWS}/{self.result['flow_id']}")
            return bool(self.result["type"] != "progress" and self.step not in WAITING)

        await until(over, timeout_s=timeout_s, what=f"the end of the step {self.step}", every_s=0.2)
        return self.result

    async def learn(self, topic: str, *, timeout_s: float = 60) -> Json:
        """Wait for messages on a topic and return the next step, also for a system that has an integration."""
        await self.start("topic")
        await self.submit(topic=topic)
        self._expect("progress")
        await self.wait(timeout_s=timeout_s)
        if self.step.startswith("system_"):
            await self.choose("go_on")
        return self.result

    async def add(self, topic: str, *, joining: str = "ask", timeout_s: float = 60, **answers: Any) -> str:
        """Learn a device and add it as proposed, with these answers; return the id of its subentry."""
        await self.learn(topic, timeout_s=timeout_s)
        if self.step == "split":
            await self.submit(joining=joining)
        return await self.finish(**answers)

    async def finish(self, **answers: Any) -> str:
        """Submit the last form; return the id of the new subentry."""
        before = {row["subentry_id"] for row in await self.subentries()}
        await self.submit(**answers)
        self._expect("create_entry")
        (new,) = {row["subentry_id"] for row in await self.subentries()} - before
        return str(new)

    async def subentries(self) -> list[Json]:
        """Return the devices that were added."""
        rows: list[Json] = await self._client.command("config_entries/subentries/list", entry_id=self._entry_id)
        return rows

    async def remove(self, subentry_id: str) -> None:
        """Delete a device."""
        await self._client.command("config_entries/subentries/delete", entry_id=self._entry_id, subentry_id=subentry_id)

    async def close(self) -> None:
        """Close the dialog, as with the cross in its corner."""
        await self._client.rest("DELETE", f"{FLOWS}/{self.result['flow_id']}")

    # --------------------------------------------------------------- what it shows

    @property
    def step(self) -> str:
        """The current step; for a finished flow, its result type."""
        return str(self.result.get("reason") or self.result.get("step_id") or self.result["type"])

    @property
    def placeholders(self) -> dict[str, str]:
        """Placeholders in the description of the step."""
        return dict(self.result.get("description_placeholders") or {})

    @property
    def errors(self) -> dict[str, str]:
        """The errors of the form."""
        return dict(self.result.get("errors") or {})

    @property
    def suggested(self) -> dict[str, Any]:
        """Values that the form would submit unchanged."""
        return suggestions(self.result["data_schema"])

    @property
    def channels(self) -> dict[str, str]:
        """The lines of the form's channels by their keys."""
        (row,) = [row for row in self.result["data_schema"] if row["name"] == "channels"]
        return {option["value"]: option["label"] for option in row["selector"]["select"]["options"]}

    async def _open(self, more: Json, choices: tuple[str, ...]) -> Json:
        self.result = await self._client.rest("POST", FLOWS, {"handler": [self._entry_id, KIND], **more})
        for choice in choices:
            await self.choose(choice)
        return self.result

    async def _configure(self, data: Json) -> Json:
        self.result = await self._client.rest("POST", f"{FLOWS}/{self.result['flow_id']}", data)
        return self.result

    def _expect(self, kind: str) -> None:
        if self.result["type"] != kind:
            raise LabError(f"the wizard shows no {kind}: {self.result}")


def suggestions(schema: list[Json]) -> dict[str, Any]:
    """Return the suggested values and defaults of a form as Home Assistant sends it, those of its sections too."""
    found: dict[str, Any] = {}
    for row in schema:
        if row.get("type") == "expandable":
            found[row["name"]] = suggestions(row["schema"])
        elif "suggested_value" in (row.get("description") or {}):
            found[row["name"]] = row["description"]["suggested_value"]
        elif "default" in row:
            found[row["name"]] = row["default"]
    return found
