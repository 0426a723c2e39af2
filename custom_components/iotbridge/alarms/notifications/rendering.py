"""Puts alarms into the words of the home: why something is bad, and what a notice says of it."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template
from homeassistant.helpers.translation import async_get_cached_translations

from ...const import DOMAIN, LOGGER
from ..engine.escalation import Notification, NotificationKind
from ..engine.flapping import FLAPPING
from ..engine.models import Alarm, Evaluation
from ..engine.rule import Rule
from ..runtime.display_name import async_name
from ..runtime.processor import AlarmProcessor
from ..runtime.suppressor import Suppressor
from .message import Message, alarm_texts, compose

_WHY = f"component.{DOMAIN}.selector.alarm_why.options."


@callback
def async_reason_text(hass: HomeAssistant, verdict: Evaluation) -> str:
    """Return why something is bad: a sentence where there is one, otherwise what the verdict says."""
    if not verdict.reason_key:
        return verdict.reason
    words = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    sentence = words.get(f"{_WHY}{verdict.reason_key}")
    return sentence.format(**dict(verdict.reason_values)) if sentence else verdict.reason


@callback
def async_render(
    hass: HomeAssistant, processor: AlarmProcessor, suppressor: Suppressor, notice: Notification
) -> Message | None:
    """Return the message of a notice; None when its alarm is no more."""
    instance = processor.get(notice.key)
    if instance is None:
        return None
    rule, alarm = instance.rule, instance.alarm
    words = alarm_texts(hass)
    subject = async_name(hass, rule, alarm.key.subject)
    name = rule.name if subject == rule.name else f"{rule.name}: {subject}"
    text = _text(hass, rule, alarm, subject)
    if notice.kind is NotificationKind.RAISED and FLAPPING in alarm.suppressed_by:
        text = words.sentence("flapping", count=len(instance.flapping.times))
    elif suppressor.lacks_broker(instance):
        text = f"{text}\n{words.sentence('broker_gone')}"
    return compose(
        words,
        notice,
        alarm,
        name=name,
        text=text,
        now=processor.now(),
        instructions=rule.instructions,
        children=[async_name(hass, child.rule, child.key.subject) for child in suppressor.children(notice.key)],
    )


def _text(hass: HomeAssistant, rule: Rule, alarm: Alarm, subject: str) -> str:
    """Return what is wrong: the user's own words, or ours."""
    ours = alarm.reason or alarm.value
    if not rule.message:
        return ours
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
        # A message with a mistake in it is no reason to say nothing.
        LOGGER.warning("The message of the alarm %s cannot be rendered: %s", rule.name, error)
        return ours
