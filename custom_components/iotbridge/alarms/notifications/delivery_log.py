"""Log of deliveries: the records of one attempt to notify the targets of a group."""

from collections.abc import Collection, Iterator, Sequence
from string import capwords

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ...phone_actions import MOBILE_APP, async_phone_actions
from ..engine.escalation import NotificationKind, Sound
from ..runtime.delivery_records import DeliveryRecord, DeliveryRecords, DeliveryResult, recorded
from .channels import CHANNELS
from .channels.channel import Target
from .notifier import DeliveryError, Group
from .queued_notification import QueuedNotification

# The titles of actions of phones begin with it.
_PHONE = f"{MOBILE_APP.replace('_', ' ')} "


@callback
def async_delivery_records(
    hass: HomeAssistant,
    group: Group | None,
    items: Sequence[QueuedNotification],
    names: Collection[str],
    failure: DeliveryError | None,
) -> DeliveryRecords:
    """Return the records of an attempt to deliver items to targets; a group without targets has one without a name."""
    now = dt_util.utcnow().timestamp()
    failed = failure.failed if failure else {}
    known = {**group.targets, **group.fallback} if group else {}

    def records() -> Iterator[DeliveryRecord]:
        for item in items:
            for name in {*names, *failed}:
                if (kind := _received_kind(item, name, known.get(name))) is None:
                    continue
                is_regular = group is None or name not in group.fallback
                done = DeliveryResult.DELIVERED if is_regular else DeliveryResult.FALLBACK
                yield DeliveryRecord(
                    number=item.id,
                    target=name,
                    at=now,
                    rule_id=item.key.rule_id,
                    subject=item.key.subject,
                    episode=item.episode,
                    group_name=group.title if group else "",
                    title=async_target_title(hass, known[name]) if name in known else "",
                    kind=kind,
                    result=DeliveryResult.REFUSED if name in failed else done,
                    reason=failed.get(name, ""),
                    held_by=item.digest or "",
                    attempts=item.attempts,
                )

    return recorded(records())


def _received_kind(item: QueuedNotification, name: str, target: Target | None) -> NotificationKind | None:
    """Return the kind of message that a target gets with an item; None for a withdrawal where nothing can be withdrawn.

    A target that was not informed before gets the beginning and the end as one message.
    """
    can_withdraw = target is None or CHANNELS[target["kind"]].can_withdraw
    if item.kind is NotificationKind.WITHDRAWN or (item.sound is Sound.NONE and can_withdraw):
        return NotificationKind.WITHDRAWN if can_withdraw else None
    return NotificationKind.RAISED if item.is_new_to(name) else item.kind


@callback
def async_target_title(hass: HomeAssistant, target: Target) -> str:
    """Return the name of a target for people: that of its entity or of its phone, or one made from its action."""
    channel = CHANNELS[target["kind"]]
    name = channel.name_of(target)
    if channel.entity_key and (state := hass.states.get(name)):
        return state.name
    phone = hass.config_entries.async_get_entry(async_phone_actions(hass).get(name, ""))
    return phone.title if phone else capwords(channel.title_of(target).removeprefix(_PHONE))
