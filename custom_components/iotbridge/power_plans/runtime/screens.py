"""Screens of the hosts that a schedule stops: what the people who are logged in there read."""

from datetime import datetime

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ..engine.schedule import ENDING, PLAN_OFF, Schedule
from .plan_entities import async_plan_hosts
from .schedule_targets import async_target_hosts
from .schedule_texts import async_schedule_texts


@callback
def async_screens(hass: HomeAssistant, schedule: Schedule) -> list[str]:
    """Return the enabled screens of the hosts that a schedule stops; Home Assistant skips unavailable ones."""
    if schedule.task not in {*ENDING, PLAN_OFF}:
        return []
    is_plan = schedule.task == PLAN_OFF
    hosts = async_plan_hosts(hass, schedule.plan) if is_plan else async_target_hosts(hass, schedule.target)
    registry = er.async_get(hass)
    screens = [registry.async_get_entity_id(Platform.NOTIFY, DOMAIN, f"{host.uid}_notice") for host in hosts]
    entities = [registry.async_get(screen) for screen in screens if screen]
    return [entity.entity_id for entity in entities if entity and not entity.disabled]


@callback
def async_notice_text(hass: HomeAssistant, schedule: Schedule, at: datetime) -> str:
    """Return what happens to this machine, when, and how to stop it."""
    texts, devices = async_schedule_texts(hass), dr.async_get(hass)
    sentences = [texts.sentence(f"screen_{schedule.task}", time=_clock(at))]
    if schedule.is_without_users and schedule.task in ENDING:
        sentences.append(texts.sentence("screen_without_users"))
    found = (devices.async_get(device_id) for device_id in schedule.phones)
    phones = ", ".join(phone.name_by_user or phone.name or "" for phone in found if phone)
    sentences.append(texts.sentence("screen_stop_phones", phones=phones) if phones else texts.sentence("screen_stop"))
    return " ".join(sentences)


@callback
def async_change_text(hass: HomeAssistant, at: datetime, later: datetime | None) -> str:
    """Return what became of the run: it was put off, or cancelled."""
    texts = async_schedule_texts(hass)
    if later:
        return texts.sentence("screen_postponed", time=_clock(at), later=_clock(later))
    return texts.sentence("screen_cancelled", time=_clock(at))


def _clock(at: datetime) -> str:
    return dt_util.as_local(at).strftime("%H:%M")
