"""Entities and devices in Home Assistant's registries, by labels that a person would use."""

from dataclasses import dataclass
from typing import Any

from lab.client import Client, Json
from lab.lab import Lab


@dataclass(frozen=True, kw_only=True)
class Entity:
    """An entity of MQTT or IoT Bridge with its state; None when there is none."""

    label: str
    """The name of its device, a slash, and its own name in small letters."""
    device: str
    """The name of its device."""
    entity_id: str
    is_disabled: bool
    is_mqtt: bool
    state: str | None


class Registry:
    """Actions of a user on the pages of entities, and the entities that these show."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._undo: dict[str, dict[str, Any]] = {}

    @property
    def _client(self) -> Client:
        return self._lab.client

    async def read(self) -> list[Entity]:
        """Return the entities on devices, those of other integrations left out."""
        devices = {row["id"]: row["name_by_user"] or row["name"] for row in await self._client.devices()}
        rows = [
            row
            for row in await self._client.entities()
            if row["platform"] in ("mqtt", "iotbridge") and row["device_id"]
        ]
        return [self._entity(row, devices[row["device_id"]]) for row in rows if row["device_id"] in devices]

    def _entity(self, row: Json, device: str) -> Entity:
        state = self._client.states.get(row["entity_id"])
        return Entity(
            label=f"{device}/{(row['original_name'] or device).lower()}",
            device=device,
            entity_id=row["entity_id"],
            is_disabled=row["disabled_by"] is not None,
            is_mqtt=row["platform"] == "mqtt",
            state=state["state"] if state else None,
        )

    async def entity_id(self, label: str) -> str:
        """Return the id of an entity."""
        return next(row.entity_id for row in await self.read() if row.label == label)

    async def restore(self) -> None:
        """Undo the changes of operations: Home Assistant remembers those of a removed entity."""
        for label, undo in self._undo.items():
            await self._update(label, **undo)
        self._undo.clear()
        for row in await self._client.command("config/label_registry/list"):
            await self._client.command("config/label_registry/delete", label_id=row["label_id"])

    async def do_rename(self, label: str, to: str) -> None:
        self._undo.setdefault(label, {}).setdefault("new_entity_id", await self.entity_id(label))
        await self._update(label, new_entity_id=to)

    async def do_disable(self, label: str) -> None:
        await self._update(label, disabled_by="user")

    async def do_enable(self, label: str) -> None:
        await self._update(label, disabled_by=None)

    async def do_unit(self, label: str, unit: str) -> None:
        self._undo.setdefault(label, {}).update(options_domain="sensor", options=None)
        await self._update(label, options_domain="sensor", options={"unit_of_measurement": unit})

    async def do_add_label(self, label: str, on: list[str]) -> None:
        row = await self._client.command("config/label_registry/create", name=label)
        for each in on:
            await self._update(each, labels=[row["label_id"]])

    async def do_remove_label(self, label: str) -> None:
        await self._client.command("config/label_registry/delete", label_id=await self.label_id(label))

    async def label_id(self, label: str) -> str:
        """Return Home Assistant's id of a label."""
        rows = await self._client.command("config/label_registry/list")
        return str(next(row["label_id"] for row in rows if row["name"] == label))

    async def _update(self, label: str, **changes: Any) -> None:
        entity_id = await self.entity_id(label)
        await self._client.command("config/entity_registry/update", entity_id=entity_id, **changes)
