"""Notifier: delivers messages to all targets of a notifier group, each through the channel of its kind."""

import asyncio
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ...const import DOMAIN, LOGGER, SUBENTRY_NOTIFIER
from ...migration import check
from ...subentries import UNREADABLE
from .channels import CHANNELS
from .channels.channel import DeliveryContext, Target
from .message import AlarmTexts, Message, alarm_texts

TIMEOUT_S = 10.0


class DeliveryError(HomeAssistantError):
    """Failed delivery to targets of a group. ``failed`` are the reasons by the name of the target."""

    def __init__(self, title: str, failed: Mapping[str, str]) -> None:
        """Take the title of the group."""
        self.title, self.failed = title, failed
        reasons = "; ".join(dict.fromkeys(failed.values()))
        super().__init__(
            translation_domain=DOMAIN,
            translation_key="notifier_failed",
            translation_placeholders={"name": title, "reasons": reasons},
        )
        self.reasons = reasons

    def joined(self, others: Sequence[DeliveryError]) -> DeliveryError:
        """Return one error for this and others of the same group."""
        failed = dict(self.failed)
        for other in others:
            failed |= other.failed
        return DeliveryError(self.title, failed)


@dataclass(frozen=True, slots=True)
class Group:
    """Notifier group: its targets, and the fallback if these fail, by names that stay the same while they do."""

    title: str
    targets: Mapping[str, Target]
    fallback: Mapping[str, Target]
    breaks_through: bool

    @classmethod
    def of_subentry(cls, _group_id: str, title: str, data: Mapping[str, Any]) -> Group:
        """Read the data of a subentry."""
        targets = [*data["targets"], *data.get("fallback", ())]
        if unknown := {target["kind"] for target in targets} - CHANNELS.keys():
            raise ValueError(f"it has targets of kinds that are not known here: {sorted(unknown)}")
        named, count = _named(targets), len(data["targets"])
        return cls(title, dict(named[:count]), dict(named[count:]), bool(data.get("break_through", False)))


class Groups(Protocol):
    """Source of notifier groups: the config entry, or a dialog with a group that is not saved yet."""

    @property
    def subentries(self) -> Mapping[str, ConfigSubentry]:
        """Return the subentries by id."""


class Notifier:
    """Delivers messages to the groups of the config entry, with their present configuration."""

    def __init__(self, hass: HomeAssistant, entry: Groups, *, timeout_s: float = TIMEOUT_S) -> None:
        """Take ``timeout_s``, the timeout of a delivery to one target."""
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
            DeliveryError: The delivery to some targets failed; the others have the messages.

        """
        texts = alarm_texts(self._hass)
        group = self.group(group_id)
        if group is None or not group.targets:
            title = group.title if group else group_id
            raise DeliveryError(title, {"": texts.sentence("no_targets" if group else "no_group")})
        targets = group.targets if only is None else {**group.targets, **group.fallback}
        names = [name for name in targets if only is None or name in only]
        context = DeliveryContext(self._hass, texts, group.breaks_through)
        results = await asyncio.gather(
            *(self._async_deliver(context, targets[name], messages) for name in names), return_exceptions=True
        )
        failed = {
            name: self._reason(name, result, texts)
            for name, result in zip(names, results, strict=True)
            if isinstance(result, BaseException)
        }
        if failed:
            raise DeliveryError(group.title, failed)

    async def _async_deliver(self, context: DeliveryContext, target: Target, messages: Sequence[Message]) -> None:
        channel = CHANNELS[target["kind"]]
        delivery = channel.async_send(context, target, messages)
        if channel.is_done_at_timeout:
            await self._async_begin(delivery, channel.name_of(target))
            return
        async with asyncio.timeout(self._timeout_s):
            await delivery

    async def _async_begin(self, delivery: Coroutine[Any, Any, None], name: str) -> None:
        """Wait for a delivery until the timeout, after which it continues in the background."""
        task = self._hass.async_create_background_task(delivery, f"iotbridge notify {name}", eager_start=True)
        done, _ = await asyncio.wait({task}, timeout=self._timeout_s)
        if done:
            task.result()
        else:
            task.add_done_callback(partial(_log_failure, name))

    def _reason(self, name: str, error: BaseException, texts: AlarmTexts) -> str:
        """Return the reason of a failed delivery for the user."""
        if isinstance(error, TimeoutError):
            return texts.sentence("no_answer", name=name, seconds=round(self._timeout_s))
        if not isinstance(error, HomeAssistantError):
            LOGGER.warning("Delivery to %s failed", name, exc_info=error)
        return str(error) or texts.sentence("not_available", name=name)


def _log_failure(name: str, task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()):
        LOGGER.warning("Delivery to %s failed after it had started: %s", name, error)


def _named(targets: Iterable[Target]) -> list[tuple[str, Target]]:
    """Return the targets with their names; a repeated name is numbered."""
    named: dict[str, Target] = {}
    for target in targets:
        name = CHANNELS[target["kind"]].name_of(target)
        same = sum(known.partition("#")[0] == name for known in named)
        named[f"{name}#{same + 1}" if same else name] = target
    return list(named.items())
