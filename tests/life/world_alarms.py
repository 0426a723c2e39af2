"""Alarms in the real household: rules created in the dialogs, and phones that record their notifications."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Any

from lab import alarms
from lab.client import Client
from lab.lab import Lab
from lab.waiting import LabError
from lab.wizard import FLOWS, suggestions

from ..e2e.alarm import Phone, phone
from .kept import OWN
from .model_alarms import message_topic
from .world_registry import Entity, Registry

RAISED = {"Information", "Warning", "Critical"}
OVER_BY_ITSELF_S = 4


class Alarms:
    """Creation and changes of rules and groups."""

    def __init__(self, lab: Lab, registry: Registry, stack: AsyncExitStack) -> None:
        self._lab = lab
        self._registry = registry
        self._stack = stack
        self._phones: dict[str, Phone] = {}
        self._subentries: dict[str, str] = {}
        self._rules: dict[str, Mapping[str, Any]] = {}

    @property
    def _client(self) -> Client:
        return self._lab.client

    async def actual(self, rows: Iterable[Entity]) -> dict[str, Any]:
        """Return the sections about alarms."""
        names = {row.entity_id: row.label for row in rows}
        found = await self._client.call("iotbridge.list", {}, response=True)
        return {
            "alarms": {
                f"{row['rule']} {names.get(row['entity_id'], row['entity_id'] or '')}".strip(): row["state"]
                for row in found["alarms"]
            },
            "notified": self._notified(),
            "repairs": {
                f"{row['translation_key']} {row['translation_placeholders']}"
                for row in await self._client.repairs("iotbridge")
            },
        }

    def _notified(self) -> dict[str, list[str]]:
        notified = defaultdict(list)
        for group, rang in self._phones.items():
            for message in rang.messages:
                begin, _, rest = message["title"].partition(": ")
                news = "raised" if begin in RAISED else begin.lower()
                notified[f"{group}: {rest.partition(':')[0]}"].append(news)
        return dict(notified)

    # ------------------------------------------------------------------ operations

    async def empty(self) -> None:
        """Clear the recorded notifications; rules and groups are removed elsewhere."""
        for rang in self._phones.values():
            rang.messages.clear()
        self._subentries.clear()
        self._rules.clear()

    async def do_add_group(self, group: str) -> None:
        if group not in self._phones:
            self._phones[group] = await self._stack.enter_async_context(phone(self._lab, f"{group} phone"))
        self._subentries[group] = await alarms.add_group(self._client, group, phones=[self._phones[group].action])

    async def do_remove_group(self, group: str) -> None:
        await alarms.remove(self._client, self._subentries.pop(group))

    async def do_add_rule(self, rule: Mapping[str, Any]) -> None:
        name = rule["name"]
        on = [await self._registry.entity_id(label) for label in rule.get("on", [])]
        labels = [await self._registry.label_id(rule["label"])] if "label" in rule else []
        timing: dict[str, Any] = {"clear_after": {"seconds": rule["clear_after"]}} if "clear_after" in rule else {}
        self._rules[name] = rule
        self._subentries[name] = await alarms.add_rule(
            self._client,
            rule["kind"],
            name,
            condition=_condition(rule, on),
            entities=[] if rule["kind"] == "template" else on,
            steps=[(0, rule["groups"])],
            labels=labels,
            **timing,
        )

    async def do_remove_rule(self, rule: str) -> None:
        await alarms.remove(self._client, self._subentries.pop(rule))

    async def do_edit_rule(
        self,
        rule: str,
        *,
        limit: float | None = None,
        groups: list[str] | None = None,
        clear_after: float | None = None,
    ) -> None:
        forms: dict[str, Any] = {}
        if limit is not None:
            forms["condition"] = {"above": limit}
        if groups is not None:
            forms["telling"] = {"steps": [{"after": 0, "groups": groups}]}
        if clear_after is not None:
            forms["timing"] = {"clear_after": {"seconds": clear_after}}
        await self._change(rule, forms)

    async def _change(self, rule: str, forms: Mapping[str, Any]) -> None:
        (entry,) = await self._client.entries("iotbridge")
        start = {"handler": [entry["entry_id"], alarms.RULE], "subentry_id": self._subentries[rule]}
        shown = await self._client.rest("POST", FLOWS, start)
        path = f"{FLOWS}/{shown['flow_id']}"
        for step, answers in forms.items():
            shown = await self._client.rest("POST", path, {"next_step_id": step})
            shown = await self._client.rest("POST", path, suggestions(shown["data_schema"]) | answers)
        shown = await self._client.rest("POST", path, {"next_step_id": "save"})
        if shown["type"] != "abort":
            raise LabError(f"the rule {rule} was not changed: {shown}")

    async def do_happen(self, rule: str) -> None:
        if self._rules[rule]["kind"] == "event":
            await self._client.rest("POST", f"events/{rule.lower()}", {})
            return
        async with self._lab.broker.client(f"{OWN}voice") as mqtt:
            await mqtt.publish(message_topic(rule), "now", qos=1)

    async def do_wait_over(self, rule: str) -> None:
        """Do nothing: time passes on its own."""


def _condition(rule: Mapping[str, Any], on: list[str]) -> dict[str, Any]:
    match rule["kind"]:
        case "above":
            return {"above": rule["limit"]}
        case "template":
            (entity,) = on
            has_value = f"has_value('{entity}')"
            return {"template": f"{{{{ {has_value} and states('{entity}') | float > {rule['limit']} }}}}"}
        case "rate":
            return {"change": rule["limit"], "per": {"minutes": 10}}
        case "event":
            return {"event_type": rule["name"].lower()}
        case "message":
            return {"topic": message_topic(rule["name"])}
    raise LookupError(f"there is no kind {rule['kind']}")
