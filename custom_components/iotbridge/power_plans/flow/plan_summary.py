"""Summary of a power plan in words, before it is saved."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback

from ...markdown import escaped
from ...texts import Texts
from ..engine.plan import Plan, Role, Ups, dependents
from ..runtime.world import async_status, reads_on_battery

_READINGS = {True: "plan_ups_on_battery", False: "plan_ups_on_mains", None: "plan_ups_not_understood"}


def order_text(plan: Plan, names: Mapping[str, str]) -> str:
    """Return a numbered list of the steps in the order of stopping; steps in one line stop together."""
    needed_by, done, lines = dependents(plan), set[str](), list[str]()
    while line := [step.key for step in plan.steps if step.key not in done and needed_by[step.key] <= done]:
        done.update(line)
        lines.append(f"{len(lines) + 1}. {escaped(', '.join(names[key] for key in line))}")
    return "\n".join(lines)


@callback
def begin_text(hass: HomeAssistant, plan: Plan, texts: Texts) -> str:
    """Return what begins the plan, and how the present state of its UPS is understood."""
    if plan.ups is None:
        return texts.sentence("plan_by_hand")
    conditions = [f"- {condition}" for condition in _conditions(plan.ups, texts)]
    lines = [texts.sentence("plan_by_ups", ups=escaped(plan.ups.entity_id)), "", *conditions]
    if status := async_status(hass, plan.ups):
        key = _READINGS[reads_on_battery(plan.ups, status)]
        lines += ["", texts.sentence(key, state=escaped(status.state))]
    return "\n".join(lines)


def note(plan: Plan, texts: Texts) -> str:
    """Return a warning with an empty line behind it, or nothing."""
    if plan.ups is None or any(step.role is Role.HOME_ASSISTANT for step in plan.steps):
        return ""
    return f"{texts.sentence('plan_without_last')}\n\n"


def _conditions(ups: Ups, texts: Texts) -> list[str]:
    conditions = []
    if ups.on_battery_s is not None:
        conditions.append(texts.sentence("plan_on_battery", time=_time(ups.on_battery_s)))
    if ups.battery_below is not None:
        conditions.append(texts.sentence("plan_battery_below", percent=f"{ups.battery_below:g}"))
    if ups.runtime_below_s is not None:
        conditions.append(texts.sentence("plan_runtime_below", time=_time(ups.runtime_below_s)))
    return conditions


def _time(total_s: float) -> str:
    """Return seconds as text: ``90 s``, ``5 min``."""
    return f"{total_s / 60:g} min" if total_s and total_s % 60 == 0 else f"{total_s:g} s"
