"""Delivery of messages by Home Assistant's actions: notify entities, phones, persistent notifications, any other."""

import asyncio
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from homeassistant.components.notify.const import NotifyEntityFeature
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES, STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.template import Template, is_template_string

from ...const import DOMAIN, LOGGER, SUBENTRY_NOTIFIER
from ...migration import check
from ...subentries import UNREADABLE
from ..engine.escalation import ACTIONABLE, NotificationKind, Sound
from ..engine.models import Severity
from .message import AlarmTexts, Message, alarm_texts, digest
from .mobile_app import alert_data, captured_failures, withdrawal_data

TIMEOUT_S = 10.0
KINDS = frozenset({"action", "mobile_app", "notify", "persistent"})


class DeliveryError(HomeAssistantError):
    """Not everybody of a group could be told. ``failed`` are the reasons, by the name of the target."""

    def __init__(self, title: str, failed: Mapping[str, str]) -> None:
        """``title`` is what the user calls the group."""
        self.title, self.failed = title, failed
        reasons = "; ".join(dict.fromkeys(failed.values()))
        super().__init__(
            translation_domain=DOMAIN,
            translation_key="notifier_failed",
            translation_placeholders={"name": title, "reasons": reasons},
        )
        self.reasons = reasons

    def joined(self, others: Sequence[DeliveryError]) -> DeliveryError:
        """Return this and others of the same group as one."""
        failed = dict(self.failed)
        for other in others:
            failed |= other.failed
        return DeliveryError(self.title, failed)


@dataclass(frozen=True, slots=True)
class Group:
    """A notifier group: targets as the subentry has them, by names that stay the same while they do."""

    title: str
    targets: Mapping[str, Mapping[str, Any]]
    fallback: Mapping[str, Mapping[str, Any]]
    breaks_through: bool

    @classmethod
    def of_subentry(cls, _group_id: str, title: str, data: Mapping[str, Any]) -> Group:
        """Read the data of a subentry."""
        named = _named([*data["targets"], *data.get("fallback", ())])
        if unknown := {target["kind"] for _, target in named} - KINDS:
            raise ValueError(f"it has targets of kinds that are not known here: {sorted(unknown)}")
        count = len(data["targets"])
        return cls(title, dict(named[:count]), dict(named[count:]), bool(data.get("break_through", False)))


class Groups(Protocol):
    """Source of notifier groups: the config entry, or a dialog with a group that is not saved yet."""

    @property
    def subentries(self) -> Mapping[str, ConfigSubentry]:
        """Return them by their ids."""


class Notifier:
    """Delivers messages to the groups of the config entry, as they are configured at that moment."""

    def __init__(self, hass: HomeAssistant, entry: Groups, *, timeout_s: float = TIMEOUT_S) -> None:
        """``timeout_s`` is how long one target may take."""
        self._hass = hass
        self._entry = entry
        self._timeout_s = timeout_s

    def group(self, group_id: str) -> Group | None:
        """Return a group, without targets where it cannot be read; None when the user removed it."""
        subentry = self._entry.subentries.get(group_id)
        if subentry is None:
            return None
        try:
            check(SUBENTRY_NOTIFIER, subentry.data)
            return Group.of_subentry(group_id, subentry.title, subentry.data)
        except UNREADABLE:
            return Group(subentry.title, {}, {}, breaks_through=False)

    async def async_send(
        self, group_id: str, messages: Sequence[Message], *, only: Collection[str] | None = None
    ) -> None:
        """Deliver to the targets of a group; several messages go as one digest.

        ``only`` are names of targets, also of the fallback; None is all of them.

        Raises:
            DeliveryError: Some targets did not take it; all others did.

        """
        words = alarm_texts(self._hass)
        group = self.group(group_id)
        if group is None or not group.targets:
            title = group.title if group else group_id
            raise DeliveryError(title, {"": words.say("no_targets" if group else "no_group")})
        targets = group.targets if only is None else {**group.targets, **group.fallback}
        names = [name for name in targets if only is None or name in only]
        results = await asyncio.gather(
            *(self._async_tell(targets[name], messages, words, group.breaks_through) for name in names),
            return_exceptions=True,
        )
        failed = {
            name: self._reason(name, result, words)
            for name, result in zip(names, results, strict=True)
            if isinstance(result, BaseException)
        }
        if failed:
            raise DeliveryError(group.title, failed)

    async def _async_tell(
        self, target: Mapping[str, Any], messages: Sequence[Message], words: AlarmTexts, breaks_through: bool
    ) -> None:
        if target["kind"] == "action":
            await self._async_action(target, _one(words, messages))
            return
        async with asyncio.timeout(self._timeout_s):
            match target["kind"]:
                case "notify":
                    await self._async_entity(target[ATTR_ENTITY_ID], _one(words, messages), words)
                case "mobile_app":
                    await self._async_phone(target["action"], messages, words, breaks_through)
                case "persistent":
                    await self._async_persistent(messages, words)

    async def _async_entity(self, entity_id: str, message: Message, words: AlarmTexts) -> None:
        """Notify an entity; Home Assistant itself reports no error when it is missing or not available."""
        state = self._hass.states.get(entity_id)
        if state is None or state.state == STATE_UNAVAILABLE:
            raise HomeAssistantError(words.say("not_available", name=entity_id))
        if message.kind is NotificationKind.WITHDRAWN:
            return  # nothing can be taken back there
        data = {ATTR_ENTITY_ID: entity_id, "title": message.title, "message": message.text}
        if not state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & NotifyEntityFeature.TITLE:
            data = {ATTR_ENTITY_ID: entity_id, "message": f"{message.title}\n{message.text}"}
        await self._call("notify.send_message", data)

    async def _async_phone(
        self, action: str, messages: Sequence[Message], words: AlarmTexts, breaks_through: bool
    ) -> None:
        """Notify a phone; a refusal of its maker's service, which Home Assistant only logs, is a failure here."""
        shown, gone = _shown(messages)
        pushes = [withdrawal_data(tag) for tag in gone]
        if shown:
            message = _one(words, shown)
            is_critical = breaks_through and message.severity is Severity.CRITICAL
            pushes.insert(0, alert_data(message, breaks_through=is_critical))
        for place, data in enumerate(pushes):
            with captured_failures() as failed:
                await self._call(action, data)
            if failed and not place:  # the others only tidy up: what was said must not be said again for them
                raise HomeAssistantError(failed[0])

    async def _async_persistent(self, messages: Sequence[Message], words: AlarmTexts) -> None:
        shown, gone = _shown(messages)
        if shown:
            message = _one(words, shown)
            data = {"notification_id": message.tag, "title": message.title, "message": message.text}
            await self._call("persistent_notification.create", data)
        for tag in gone:
            await self._call("persistent_notification.dismiss", {"notification_id": tag})

    async def _async_action(self, target: Mapping[str, Any], message: Message) -> None:
        """Carry out what the user wrote; without data the action gets what a notifier gets."""
        if message.kind is NotificationKind.WITHDRAWN:
            return
        data = {"title": "{{ title }}", "message": "{{ message }}"} if not target.get("data") else target["data"]
        variables = {
            "title": message.title,
            "message": message.text,
            "severity": message.severity.word,
            "alarm": message.name,
            "entity_id": message.entity_id,
            "kind": str(message.kind),
        }
        call = self._call(target["action"], self._rendered(data, variables))
        begun = self._hass.async_create_background_task(call, f"iotbridge tell {target['action']}", eager_start=True)
        done, _ = await asyncio.wait({begun}, timeout=self._timeout_s)
        if done:
            begun.result()
            return
        # A script may speak, or wait, for minutes. It has begun: to begin it again would say everything twice.
        begun.add_done_callback(_log_failure)

    def _rendered(self, value: Any, variables: Mapping[str, Any]) -> Any:
        if isinstance(value, Mapping):
            return {key: self._rendered(item, variables) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._rendered(item, variables) for item in value]
        if isinstance(value, str) and is_template_string(value):
            return Template(value, self._hass).async_render(variables)
        return value

    def _call(self, action: str, data: dict[str, Any]) -> Coroutine[Any, Any, Any]:
        domain, _, name = action.partition(".")
        return self._hass.services.async_call(domain, name, data, blocking=True, context=Context())

    def _reason(self, name: str, error: BaseException, words: AlarmTexts) -> str:
        """Return for people why a target could not be told."""
        if isinstance(error, TimeoutError):
            return words.say("no_answer", name=name, seconds=round(self._timeout_s))
        if not isinstance(error, HomeAssistantError):
            LOGGER.warning("Telling %s failed", name, exc_info=error)
        return str(error) or words.say("not_available", name=name)


def _one(words: AlarmTexts, messages: Sequence[Message]) -> Message:
    return messages[0] if len(messages) == 1 else digest(words, messages)


def _shown(messages: Sequence[Message]) -> tuple[list[Message], list[str]]:
    """Return what to show, and the tags of what to take away: what a digest says is over must not keep its buttons."""
    shown = [each for each in messages if each.kind is not NotificationKind.WITHDRAWN and each.sound is not Sound.NONE]
    last = {each.tag: each for each in messages}
    over = [tag for tag, each in last.items() if each.kind not in ACTIONABLE and not each.acknowledge]
    return shown, [tag for tag in over if len(shown) != 1 or tag != shown[0].tag]


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()):
        LOGGER.warning("%s did not work: %s", task.get_name(), error)


def _named(targets: Iterable[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the targets with their names; the second of the same name has its number."""
    named: dict[str, Mapping[str, Any]] = {}
    for target in targets:
        name = target.get(ATTR_ENTITY_ID) or target.get("action") or "persistent_notification"
        same = sum(known.partition("#")[0] == name for known in named)
        named[f"{name}#{same + 1}" if same else name] = target
    return list(named.items())
