"""Rendering of alarms in the language of the home: reasons of evaluations, and messages of notifications."""

from dataclasses import replace

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template
from homeassistant.helpers.translation import async_get_cached_translations

from ...const import DOMAIN, LOGGER
from ..engine.escalation import Notification, NotificationKind
from ..engine.flapping import FLAPPING
from ..engine.models import Alarm, AlarmKey, Evaluation
from ..engine.rule import Rule
from ..runtime.display_name import async_name, async_problem_name
from ..runtime.permissions import async_rule_entity
from ..runtime.processor import AlarmProcessor
from ..runtime.suppressor import Suppressor
from .message import Message, alarm_texts, compose, test_message, with_link

_REASONS = f"component.{DOMAIN}.selector.alarm_why.options."


@callback
def async_reason_text(hass: HomeAssistant, evaluation: Evaluation) -> str:
    """Return the reason of an evaluation, as a sentence where it has a translation key."""
    if not evaluation.reason_key:
        return evaluation.reason
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    sentence = texts.get(f"{_REASONS}{evaluation.reason_key}")
    return sentence.format(**dict(evaluation.reason_values)) if sentence else evaluation.reason


@callback
def async_render(
    hass: HomeAssistant, processor: AlarmProcessor, suppressor: Suppressor, notification: Notification
) -> Message | None:
    """Return the message of a notification; None when its alarm was removed."""
    instance = processor.get(notification.key)
    if instance is None:
        return None
    rule, alarm = instance.rule, instance.alarm
    texts = alarm_texts(hass)
    subject = async_name(hass, rule, alarm.key.subject)
    written = _async_written(hass, rule, alarm, subject)
    text = alarm.reason or alarm.value if written is None else written
    if notification.kind is NotificationKind.RAISED and FLAPPING in alarm.suppressed_by:
        text = texts.sentence("flapping", count=len(instance.flapping.times))
    elif suppressor.is_behind_lost_broker(instance):
        text = f"{text}\n{texts.sentence('broker_gone')}"
    message = compose(
        texts,
        notification,
        alarm,
        name=async_problem_name(hass, rule, alarm.key.subject),
        text=text,
        now=processor.now(),
        instructions=rule.instructions,
        children=[async_name(hass, child.rule, child.key.subject) for child in suppressor.children(notification.key)],
    )
    message = replace(message, written=tuple(filter(None, (written, rule.instructions))))
    return with_link(texts, message, async_rule_entity(hass, rule.rule_id))


@callback
def async_render_test(hass: HomeAssistant, rule: Rule, subject: str, now: float) -> Message:
    """Return the test message of a rule, with the texts that the user wrote for it and the value of one entity."""
    texts = alarm_texts(hass)
    state = hass.states.get(subject) if subject else None
    alarm = Alarm(key=AlarmKey(rule.rule_id, subject), severity=rule.severity, value=state.state if state else "")
    message = test_message(texts, rule.rule_id, rule.name, rule.severity, now)
    written = _async_written(hass, rule, alarm, async_name(hass, rule, subject))
    shown = alarm.value if rule.message and written is None else written
    instructions = texts.sentence("instructions", text=rule.instructions) if rule.instructions else ""
    text = "\n".join(filter(None, (message.text, shown, instructions)))
    return replace(message, text=text, written=tuple(filter(None, (written, rule.instructions))))


@callback
def _async_written(hass: HomeAssistant, rule: Rule, alarm: Alarm, subject: str) -> str | None:
    """Return the message that the user wrote for the rule; None without one, or where it cannot be rendered."""
    if not rule.message:
        return None
    variables = {
        "name": subject,
        "rule": rule.name,
        "entity_id": alarm.key.subject,
        "value": alarm.value,
        "reason": alarm.reason,
        "severity": alarm.severity.word,
    }
    try:
        return str(Template(rule.message, hass).async_render(variables, parse_result=False))
    except TemplateError as error:
        # A template with a mistake must not prevent the notification.
        LOGGER.warning("The message of the alarm %s cannot be rendered: %s", rule.name, error)
        return None
