"""Notifications for each kind of target, as Home Assistant really has it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockUser,
    async_mock_service,
    mock_config_flow,
    mock_integration,
    mock_platform,
    setup_test_component_platform,
)

from custom_components.iotbridge.alarms.engine.escalation import Notification, NotificationKind, Sound
from custom_components.iotbridge.alarms.engine.models import Actor, Alarm, AlarmKey, Severity
from custom_components.iotbridge.alarms.notifications.message import (
    Message,
    alarm_texts,
    compose,
    digest,
    raised_and_cleared,
    tag_of,
    test_message as message_of_test,
)
from custom_components.iotbridge.alarms.notifications.notifier import DeliveryError, Notifier
from custom_components.iotbridge.alarms.notifications.phone_buttons import async_listen_buttons
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.components.notify.const import NotifyEntityFeature
from homeassistant.components.persistent_notification import async_register_callback
from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigSubentry
from homeassistant.core import Context, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.setup import async_setup_component

KEY = AlarmKey("rule", "sensor.attic")
TAG = tag_of(KEY)
NOW = 1_800_000_000.0
PHONE = {"kind": "mobile_app", "action": "notify.mobile_app_anna"}
PERSISTENT = {"kind": "persistent"}


@pytest.fixture(autouse=True)
async def words(hass: HomeAssistant) -> None:
    await hass.config.async_set_time_zone("Europe/Rome")
    hass.config.components.add("iotbridge")
    await async_load_integrations(hass, {"iotbridge"})


@pytest.fixture
def notifier(hass: HomeAssistant, entry: MockConfigEntry) -> Notifier:
    return Notifier(hass, entry, timeout_s=0.05)


@pytest.fixture
def group(hass: HomeAssistant, entry: MockConfigEntry) -> Callable[..., str]:
    """Return what adds a notifier group to the entry."""

    def add(*targets: dict[str, Any], fallback: Iterable[dict[str, Any]] = (), break_through: bool = False) -> str:
        data = {"targets": list(targets), "fallback": list(fallback), "break_through": break_through}
        subentry = ConfigSubentry(data=marked(NOTIFIER, data), subentry_type="notifier", title="Family", unique_id=None)  # type: ignore[arg-type]
        hass.config_entries.async_add_subentry(entry, subentry)
        return subentry.subentry_id

    return add


def alarm(**changes: Any) -> Alarm:
    return Alarm(key=KEY, **{"active": True, "episode": 1, "raised_at": NOW - 1200, **changes})


def message(
    hass: HomeAssistant,
    news: NotificationKind = NotificationKind.RAISED,
    severity: Severity = Severity.WARNING,
    *,
    about: Alarm | None = None,
    at: float = NOW,
    key: AlarmKey = KEY,
    name: str = "Attic temperature",
    manner: Sound = Sound.NORMAL,
    **more: Any,
) -> Message:
    notice = Notification(kind=news, key=key, episode=1, groups=("family",), severity=severity, at=at, sound=manner)
    return compose(alarm_texts(hass), notice, about or alarm(), name=name, text="31 °C, above 28 °C", now=NOW, **more)


# -------------------------------------------------------------------- the texts


@pytest.mark.parametrize(
    ("news", "language", "title", "text"),
    [
        (NotificationKind.RAISED, "en", "Warning: Attic", "31 °C, above 28 °C"),
        (NotificationKind.RAISED, "it", "Avviso: Attic", "31 °C, above 28 °C"),
        (NotificationKind.WORSENED, "en", "Warning: Attic", "The severity increased. 31 °C, above 28 °C"),
        (NotificationKind.REPEATED, "en", "Warning: Attic", "Active for 20 min. 31 °C, above 28 °C"),
        (NotificationKind.REPEATED, "fr", "Avertissement : Attic", "Active depuis 20 min. 31 °C, above 28 °C"),
        (
            NotificationKind.ESCALATED,
            "en",
            "Warning: Attic",
            "No one has acknowledged this alarm for 20 min. 31 °C, above 28 °C",
        ),
        (
            NotificationKind.ACKNOWLEDGED,
            "it",
            "Riconosciuto: Attic",
            "Anna ha riconosciuto questo allarme.\nIch gehe hin",
        ),
        (NotificationKind.CLEARED, "en", "Cleared: Attic", "Back to normal after 2 h 10 min."),
        (NotificationKind.CLEARED, "it", "Rientrato: Attic", "Di nuovo nella norma dopo 2 h 10 min."),
        (NotificationKind.WITHDRAWN, "en", "Withdrawn: Attic", ""),
    ],
)
async def test_texts(hass: HomeAssistant, news: NotificationKind, language: str, title: str, text: str) -> None:
    await hass.config.async_update(language=language)
    await async_load_integrations(hass, {"iotbridge"})
    about = alarm(cleared_at=NOW - 1200 + 7805, acknowledged_by=Actor("Anna", "phone", "Ich gehe hin"))

    told = message(hass, news, name="Attic", about=about)

    assert (told.title, told.text) == (title, text)
    assert Message.from_dict(told.as_dict()) == told


@pytest.mark.parametrize(
    ("language", "back", "title", "text"),
    [
        ("en", [7200], "Already cleared: Attic", "31 °C, above 28 °C\nRaised at 07:00, cleared at 09:00 after 2 h."),
        ("en", [0], "Already cleared: Attic", "31 °C, above 28 °C\nThis happened at 09:00 and has cleared."),
        ("en", [7200, 60], "Already cleared: Attic",
         "31 °C, above 28 °C\nRaised 2 times, last at 08:59; cleared at 09:00."),
        ("it", [60], "Già rientrato: Attic",
         "31 °C, above 28 °C\nScattato alle 08:59, rientrato alle 09:00 dopo 1 min."),
        ("fr", [60], "Déjà terminée : Attic",
         "31 °C, above 28 °C\nDéclenchée à 08:59, terminée à 09:00 après 1 min."),
    ],
)  # fmt: skip
async def test_what_is_over_before_it_was_told(
    hass: HomeAssistant, language: str, back: list[float], title: str, text: str
) -> None:
    await hass.config.async_update(language=language)
    await async_load_integrations(hass, {"iotbridge"})
    begun = [message(hass, at=NOW - seconds, name="Attic", instructions="Open the window.") for seconds in back]

    told = raised_and_cleared(alarm_texts(hass), [*begun, message(hass, NotificationKind.CLEARED, name="Attic")])

    assert (told.title, told.text) == (title, text)
    assert (told.kind, told.acknowledge, told.snooze) == (NotificationKind.CLEARED, "", "")


async def test_what_is_over_before_it_was_told_and_waits_to_be_acknowledged_is_a_call(hass: HomeAssistant) -> None:
    about = alarm(active=False, returned=True, cleared_at=NOW)
    begun = message(hass, instructions="Open the window.")

    told = raised_and_cleared(
        alarm_texts(hass), [begun, message(hass, NotificationKind.CLEARED, Severity.CRITICAL, about=about)]
    )

    assert told.title == "Critical: Attic temperature"
    assert told.text.splitlines() == [
        "31 °C, above 28 °C",
        "This happened at 09:00 and has cleared.",
        "No one has acknowledged it yet.",
        "Instructions: Open the window.",
    ]
    assert (told.kind, told.acknowledge, told.snooze) == (NotificationKind.RAISED, "Acknowledge", "")


async def test_instructions_and_what_else_is_affected(hass: HomeAssistant) -> None:
    more: dict[str, Any] = {
        "instructions": "Open the window.",
        "children": [f"Disk {number}" for number in range(1, 13)],
    }

    assert message(hass, **more).text.splitlines()[1:] == [
        "Also affected: Disk 1, Disk 2, Disk 3, Disk 4, Disk 5, Disk 6, Disk 7, Disk 8, Disk 9, Disk 10, and 2 more",
        "Instructions: Open the window.",
    ]
    assert message(hass, NotificationKind.CLEARED, **more).text == "Back to normal."


async def test_what_is_told_late_says_when_it_was(hass: HomeAssistant) -> None:
    assert message(hass, at=NOW - 299).text == "31 °C, above 28 °C"
    assert message(hass, at=NOW - 3600).text == "31 °C, above 28 °C\nThis happened at 08:00."


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [(-3, "0 s"), (59.9, "59 s"), (60, "1 min"), (3600, "1 h"), (7805, "2 h 10 min"), (86400, "1 day"),
     (93600, "1 day 2 h"), (200000, "2 days 7 h")],
)  # fmt: skip
async def test_durations(hass: HomeAssistant, seconds: float, spoken: str) -> None:
    assert alarm_texts(hass).duration(seconds) == spoken


async def test_a_digest_has_one_line_for_each_alarm_the_worst_first(hass: HomeAssistant) -> None:
    other: dict[str, Any] = {"key": AlarmKey("rule", "sensor.cellar"), "name": "Cellar"}
    third: dict[str, Any] = {"key": AlarmKey("rule", "sensor.door"), "name": "Door"}
    told = digest(
        alarm_texts(hass),
        [
            message(hass, at=NOW - 7200, name="Attic"),
            message(hass, NotificationKind.CLEARED, at=NOW - 3600, name="Attic"),
            message(hass, severity=Severity.CRITICAL, at=NOW - 60, **other),
            *(message(hass, news, Severity.INFO, at=NOW - back, **third) for back, news in
              [
                  (900, NotificationKind.RAISED), (840, NotificationKind.CLEARED),
                  (780, NotificationKind.RAISED), (720, NotificationKind.CLEARED),
              ]),
        ],
    )  # fmt: skip

    assert told.title == "3 alarms"
    assert told.severity is Severity.CRITICAL
    assert told.text.splitlines() == [
        "Critical: Cellar (raised at 08:59)",
        "Warning: Attic (raised at 07:00, cleared at 08:00)",
        "Information: Door (raised 2 times, last at 08:47, cleared at 08:48)",
    ]


async def test_a_digest_has_an_end(hass: HomeAssistant) -> None:
    many = [message(hass, key=AlarmKey("rule", f"sensor.s{number}"), name=f"S{number}") for number in range(25)]

    assert digest(alarm_texts(hass), many).text.splitlines()[19:] == ["Warning: S19 (raised at 09:00)", "and 5 more"]


# --------------------------------------------------------------------- phones


async def test_a_phone_has_buttons(hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")

    await notifier.async_send(group(PHONE), [message(hass)])

    assert [call.data for call in calls] == [
        {
            "title": "Warning: Attic temperature",
            "message": "31 °C, above 28 °C",
            "data": {
                "tag": TAG,
                "group": "iotbridge",
                "actions": [
                    {"action": f"IOTBRIDGE_ACK_{TAG}", "title": "Acknowledge"},
                    {"action": f"IOTBRIDGE_SNOOZE_{TAG}", "title": "Snooze for 1 h"},
                ],
            },
        }
    ]
    assert calls[0].context.id


async def test_only_critical_calls_may_break_through(
    hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")
    loud, soft = group(PHONE, break_through=True), group(PHONE)

    for group_id, news, severity in [
        (loud, NotificationKind.RAISED, Severity.CRITICAL),
        (soft, NotificationKind.RAISED, Severity.CRITICAL),
        (loud, NotificationKind.RAISED, Severity.WARNING),
        (loud, NotificationKind.CLEARED, Severity.CRITICAL),
    ]:
        await notifier.async_send(group_id, [message(hass, news, severity)])

    first = calls[0].data["data"]
    assert first["push"] == {
        "interruption-level": "critical",
        "sound": {"name": "default", "critical": 1, "volume": 1.0},
    }
    assert (first["ttl"], first["priority"], first["channel"]) == (0, "high", "alarm_stream")
    assert not any({"push", "priority", "ttl", "channel"} & call.data["data"].keys() for call in calls[1:])


async def test_the_end_takes_the_place_of_the_call(
    hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")
    family = group(PHONE)

    for news in (NotificationKind.ACKNOWLEDGED, NotificationKind.CLEARED, NotificationKind.WITHDRAWN):
        await notifier.async_send(family, [message(hass, news)])

    assert [call.data["data"]["tag"] for call in calls] == [TAG] * 3
    assert not any("actions" in call.data["data"] for call in calls)
    assert calls[0].data["data"]["alert_once"] is True
    assert calls[2].data == {"message": "clear_notification", "data": {"tag": TAG}}


async def test_the_end_of_what_was_put_aside_makes_no_sound(
    hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")

    await notifier.async_send(group(PHONE), [message(hass, NotificationKind.CLEARED, manner=Sound.SILENT)])

    (call,) = calls
    assert call.data["title"] == "Cleared: Attic temperature"
    assert call.data["data"] == {
        "tag": TAG,
        "group": "iotbridge",
        "push": {"interruption-level": "passive"},
        "channel": "IoT Bridge",
        "importance": "low",
    }


async def test_what_its_cause_explains_is_over_without_a_word_where_it_was_taken_away(
    hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]
) -> None:
    assert await async_setup_component(hass, "persistent_notification", {})
    phone = async_mock_service(hass, "notify", "mobile_app_anna")
    mail = async_mock_service(hass, "script", "mail")
    family = group(PHONE, PERSISTENT, {"kind": "action", "action": "script.mail"})
    over = message(hass, NotificationKind.CLEARED, manner=Sound.NONE)
    other = message(hass, NotificationKind.CLEARED, key=AlarmKey("rule", "sensor.nas"), name="NAS")

    await notifier.async_send(family, [over])
    await notifier.async_send(family, [over, other])

    assert [call.data["message"] for call in phone] == ["clear_notification", "Back to normal.", "clear_notification"]
    assert [call.data["title"] for call in mail] == ["Cleared: Attic temperature", "2 alarms"]


async def test_what_waits_to_be_acknowledged_keeps_its_button(
    hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")
    over = message(hass, NotificationKind.CLEARED, about=alarm(active=False, returned=True, cleared_at=NOW))

    await notifier.async_send(group(PHONE), [over])

    (call,) = calls
    assert call.data["title"] == "Cleared: Attic temperature"
    assert call.data["message"] == "Back to normal after 20 min.\nNo one has acknowledged it yet."
    assert call.data["data"]["actions"] == [{"action": f"IOTBRIDGE_ACK_{TAG}", "title": "Acknowledge"}]


async def test_what_a_digest_ends_goes_from_the_phone(
    hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")
    other = AlarmKey("rule", "sensor.cellar")

    await notifier.async_send(
        group(PHONE), [message(hass, NotificationKind.CLEARED), message(hass, key=other, name="Cellar")]
    )

    assert [call.data["message"] for call in calls][1:] == ["clear_notification"]
    assert calls[1].data["data"] == {"tag": TAG}
    assert "actions" not in calls[0].data["data"]


class Manager:
    """Alarm manager that records the actions of the buttons."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    def alarms(self) -> list[Alarm]:
        return [alarm(), Alarm(key=AlarmKey("rule", "sensor.cellar"))]

    def async_acknowledge(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        self.done.append(("ack", list(keys), by))
        return []

    def async_snooze(self, keys: Iterable[AlarmKey], until: float, by: Actor) -> list[AlarmKey]:
        self.done.append(("snooze", list(keys), until, by))
        return []


async def test_buttons_act(hass: HomeAssistant) -> None:
    manager, user = Manager(), MockUser(name="Anna", is_owner=True).add_to_hass(hass)
    stop = async_listen_buttons(hass, manager, lambda seconds: NOW + seconds)

    def press(action: object, context: Context | None = None, **more: Any) -> None:
        hass.bus.async_fire("mobile_app_notification_action", {"action": action, **more}, context=context)

    press(f"IOTBRIDGE_ACK_{TAG}", Context(user_id=user.id))
    press(f"IOTBRIDGE_SNOOZE_{TAG}", device_name="Anna's phone")
    press(f"IOTBRIDGE_ACK_{TAG}")
    for strange in ("IOTBRIDGE_ACK_iotbridge_other_000000000000", "TURN_OFF", None, 7):
        press(strange)
    await hass.async_block_till_done()
    stop()
    press(f"IOTBRIDGE_ACK_{TAG}")
    await hass.async_block_till_done()

    assert manager.done == [
        ("ack", [KEY], Actor("Anna", "phone")),
        ("snooze", [KEY], NOW + 3600, Actor("Anna's phone", "phone")),
        ("ack", [KEY], Actor("", "phone")),
    ]


@pytest.mark.parametrize(
    ("user", "policy", "may"),
    [
        ({}, {"entities": True}, True),
        ({}, {"entities": {"entity_ids": {KEY.subject: True}}}, True),
        ({}, {"entities": {"all": {"read": True}}}, False),
        ({}, {}, False),
        ({"is_owner": True}, None, True),
        ({"is_owner": True, "is_active": False}, None, False),
        (None, None, False),
    ],
    ids=["everything", "this one", "only reading", "nothing", "the owner", "switched off", "removed"],
)
async def test_buttons_act_for_those_who_may(
    hass: HomeAssistant, user: dict[str, bool] | None, policy: dict[str, Any] | None, may: bool
) -> None:
    manager = Manager()
    if user is not None:
        owner = MockUser(id="anna", **user).add_to_hass(hass)
        if policy is not None:
            owner.mock_policy(policy)
    stop = async_listen_buttons(hass, manager, lambda seconds: NOW + seconds)

    for action in (f"IOTBRIDGE_ACK_{TAG}", f"IOTBRIDGE_SNOOZE_{TAG}"):
        hass.bus.async_fire("mobile_app_notification_action", {"action": action}, context=Context(user_id="anna"))
    await hass.async_block_till_done()
    stop()

    assert [what for what, *_ in manager.done] == (["ack", "snooze"] if may else [])


# --------------------------------------------------------------- other targets


class Letterbox(Entity):
    """A notify entity, as an integration for any service has it."""

    def __init__(self, name: str, *, has_titles: bool = True, available: bool = True) -> None:
        self._attr_name = self._attr_unique_id = name
        self._attr_available = available
        self._attr_supported_features = NotifyEntityFeature.TITLE if has_titles else NotifyEntityFeature(0)
        self.got: list[tuple[str | None, str]] = []


def letterbox(name: str, **how: bool) -> Letterbox:
    from homeassistant.components.notify import NotifyEntity  # noqa: PLC0415

    class Box(Letterbox, NotifyEntity):
        async def async_send_message(self, message: str, title: str | None = None) -> None:
            self.got.append((title, message))

    return Box(name, **how)


async def set_up(hass: HomeAssistant, boxes: list[Letterbox]) -> None:
    """Have an integration with notify entities."""

    async def forward(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, ["notify"])
        return True

    mock_integration(hass, MockModule("test", async_setup_entry=forward))
    setup_test_component_platform(hass, "notify", boxes, from_config_entry=True)
    mock_platform(hass, "test.config_flow", None)
    entry = MockConfigEntry(domain="test")
    entry.add_to_hass(hass)
    with mock_config_flow("test", ConfigFlow):
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def test_notify_entities(hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]) -> None:
    boxes = [letterbox("mail"), letterbox("sms", has_titles=False), letterbox("off", available=False)]
    await set_up(hass, boxes)
    hass.states.async_set("notify.gone", "unavailable")
    ids = [box.entity_id for box in boxes]
    family = group(*({"kind": "notify", "entity_id": each} for each in [*ids, "notify.nowhere"]))

    with pytest.raises(DeliveryError) as raised:
        await notifier.async_send(family, [message(hass)])

    assert boxes[0].got == [("Warning: Attic temperature", "31 °C, above 28 °C")]
    assert boxes[1].got == [(None, "Warning: Attic temperature\n31 °C, above 28 °C")]
    # Home Assistant says nothing when it cannot tell these; we do.
    assert raised.value.failed == {
        ids[2]: f"{ids[2]} is unavailable",
        "notify.nowhere": "notify.nowhere is unavailable",
    }
    await notifier.async_send(
        group({"kind": "notify", "entity_id": ids[0]}), [message(hass, NotificationKind.WITHDRAWN)]
    )
    assert len(boxes[0].got) == 1


async def test_persistent_notifications(hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]) -> None:
    assert await async_setup_component(hass, "persistent_notification", {})
    seen: list[tuple[str, str, str]] = []

    @callback
    def changed(kind: str, notifications: dict[str, Any]) -> None:
        seen.extend((kind, each, notifications[each]["message"]) for each in notifications)

    async_register_callback(hass, changed)
    family = group(PERSISTENT)

    for news in (NotificationKind.RAISED, NotificationKind.CLEARED, NotificationKind.WITHDRAWN):
        await notifier.async_send(family, [message(hass, news)])

    assert seen == [
        ("added", TAG, "31 °C, above 28 °C"),
        ("updated", TAG, "Back to normal."),
        ("removed", TAG, "Back to normal."),
    ]


async def test_any_action_with_templates(hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]) -> None:
    calls = async_mock_service(hass, "tts", "speak")
    data = {
        "entity_id": ["media_player.kitchen"],
        "message": "{{ severity }}: {{ alarm }}. {{ message }}",
        "options": {"about": "{{ entity_id }}", "urgent": "{{ kind == 'raised' }}", "plain": "{as it is}"},
    }
    plain = async_mock_service(hass, "script", "announce")
    speak, announce = ({"kind": "action", "action": action} for action in ("tts.speak", "script.announce"))
    family = group({**speak, "data": data}, announce)

    await notifier.async_send(family, [message(hass)])
    await notifier.async_send(family, [message(hass, NotificationKind.WITHDRAWN)])

    assert [call.data for call in calls] == [
        {
            "entity_id": ["media_player.kitchen"],
            "message": "warning: Attic temperature. 31 °C, above 28 °C",
            "options": {"about": "sensor.attic", "urgent": True, "plain": "{as it is}"},
        }
    ]
    assert [call.data for call in plain] == [{"title": "Warning: Attic temperature", "message": "31 °C, above 28 °C"}]


# ------------------------------------------------------------------- failures


async def test_one_that_does_not_work_does_not_stop_the_others(
    hass: HomeAssistant, notifier: Notifier, group: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")

    async def hangs(_call: ServiceCall) -> None:
        """A script that speaks for minutes has begun; it is not begun again."""
        await asyncio.Event().wait()

    async def refuses(_call: ServiceCall) -> None:
        raise HomeAssistantError("no credit")

    async def breaks(_call: ServiceCall) -> None:
        raise KeyError("webhook")

    async def gives_up(_call: ServiceCall) -> None:
        raise asyncio.CancelledError

    handlers = {"hangs": hangs, "refuses": refuses, "breaks": breaks, "gives_up": gives_up}
    for name, handler in handlers.items():
        hass.services.async_register("notify", name, handler)
    broken = {"kind": "action", "action": "notify.mobile_app_anna", "data": {"message": "{{ nothing() }}"}}
    others = [{"kind": "action", "action": f"notify.{name}"} for name in (*handlers, "missing")]
    others.append({"kind": "mobile_app", "action": "notify.gives_up"})

    with pytest.raises(DeliveryError) as raised:
        await notifier.async_send(group(broken, *others, PHONE), [message(hass)])

    assert len(calls) == 1
    failed = raised.value.failed
    assert failed["notify.refuses"] == "no credit"
    assert failed["notify.breaks"] == "'webhook'"
    assert failed["notify.gives_up"] == "notify.gives_up is unavailable"
    assert failed.keys() == {
        "notify.mobile_app_anna",
        "notify.refuses",
        "notify.breaks",
        "notify.missing",
        "notify.gives_up",
        "notify.gives_up#2",
    }
    assert "Family" in str(raised.value)
    assert "no credit" in str(raised.value)


async def test_who_is_told_can_be_chosen(hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]) -> None:
    anna, ben = async_mock_service(hass, "notify", "mobile_app_anna"), async_mock_service(hass, "notify", "ben")
    family = group(PHONE, PHONE, fallback=[{"kind": "action", "action": "notify.ben"}])

    await notifier.async_send(family, [message(hass)])
    assert (len(anna), len(ben)) == (2, 0)

    await notifier.async_send(family, [message(hass)], only={"notify.mobile_app_anna#2", "notify.ben"})
    assert (len(anna), len(ben)) == (3, 1)


async def test_a_group_that_is_gone_is_an_error_with_a_reason(
    hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]
) -> None:
    with pytest.raises(DeliveryError, match="no longer exists"):
        await notifier.async_send("gone", [message(hass)])
    with pytest.raises(DeliveryError, match="no recipients"):
        await notifier.async_send(group(), [message(hass)])


async def test_a_test_looks_like_a_test(hass: HomeAssistant, notifier: Notifier, group: Callable[..., str]) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")
    words = alarm_texts(hass)

    await notifier.async_send(group(PHONE), [message_of_test(words, "rule", "Attic", Severity.WARNING, NOW)])

    assert calls[0].data["title"] == "Test: Attic"
    assert calls[0].data["data"].keys() == {"tag", "group"}
