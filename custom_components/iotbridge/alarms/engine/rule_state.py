"""State of a rule, from the states of its alarms. Pure."""

from collections.abc import Iterable

from .models import Alarm, AlarmState

# The most urgent first, but for normal: it is only compared with the states of muted alarms without a problem.
_URGENCY = (
    AlarmState.NORMAL,
    AlarmState.UNACKNOWLEDGED,
    AlarmState.RETURNED,
    AlarmState.ACKNOWLEDGED,
    AlarmState.SNOOZED,
    AlarmState.SUPPRESSED,
    AlarmState.OUT_OF_SERVICE,
)


def rule_state(alarms: Iterable[Alarm]) -> AlarmState:
    """Return the most urgent state of the alarms that are active or await acknowledgement.

    Where none is, the rule is normal, unless all of its alarms are muted: one of fifty entities that is out of service
    says nothing about the rule.
    """
    open_states, states = set(), set()
    for alarm in alarms:
        states.add(alarm.state)
        if alarm.underlying_state is not AlarmState.NORMAL:
            open_states.add(alarm.state)
    return next((state for state in _URGENCY if state in (open_states or states)), AlarmState.NORMAL)
