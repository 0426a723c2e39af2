"""Migration of configured data: one step for each version, from an older release to this one. Pure.

Home Assistant keeps a version for a config entry but none for its subentries: these carry theirs in their data. Data
without a version are of the first one. To change a format, append a step to its row; no other code is needed.
"""

from collections.abc import Callable, Mapping
import re
from typing import Any, Final

# Home Assistant refuses a config entry of a newer major version.
MAJOR_VERSION: Final = 1
ENTRY: Final = "entry"
DEVICE: Final = "device"
ALARM: Final = "alarm"
NOTIFIER: Final = "notifier"
WINDOW: Final = "window"
HOST: Final = "host"
PLAN: Final = "plan"
SCHEDULE: Final = "schedule"
VERSION_KEY: Final = "version"

_EXPRESSION = re.compile(r"\{[{%].*?[}%]\}", re.DOTALL)

type Data = Mapping[str, Any]
type Step = Callable[[Data], Data]


def _rename_escalation_and_instructions(rule: Data) -> Data:
    """Rename keys of a rule, and the variable of its message."""
    names = {"plan": "escalation", "what_to_do": "instructions"}
    renamed = {names.get(key, key): value for key, value in rule.items()}
    return {**renamed, "message": _with_variable(renamed.get("message", ""), "why", "reason")}


def _rename_variable_of_actions(notifier: Data) -> Data:
    """Rename the variable of the actions of a notifier group."""
    return _with_variable(notifier, "news", "kind")  # type: ignore[no-any-return]


def _with_variable(value: Any, old: str, new: str) -> Any:
    """Return data with another name of a variable in the expressions of all templates."""
    if isinstance(value, Mapping):
        return {key: _with_variable(item, old, new) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_variable(item, old, new) for item in value]
    if not isinstance(value, str):
        return value
    # Texts and attributes of other objects are not variables.
    name = re.compile(rf"('[^']*'|\"[^\"]*\")|(?<!\.)\b{old}\b")
    return _EXPRESSION.sub(lambda expression: name.sub(lambda part: part[1] or new, expression[0]), value)


# Each step returns the data of the next version. The steps of the entry migrate its options.
STEPS: dict[str, tuple[Step, ...]] = {
    ENTRY: (),
    DEVICE: (),
    ALARM: (_rename_escalation_and_instructions,),
    NOTIFIER: (_rename_variable_of_actions,),
    WINDOW: (),
    HOST: (),
    PLAN: (),
    SCHEDULE: (),
}


class VersionError(ValueError):
    """Data of a version that this release does not support."""

    def __init__(self, version: object, known: int) -> None:
        """``known`` is the newest version that can be read."""
        super().__init__(f"version {version} is not supported by this release of IoT Bridge (newest known: {known})")


def version_of(kind: str) -> int:
    """Return the version of the data that this release writes."""
    return 1 + len(STEPS[kind])


def marked(kind: str, data: Data) -> dict[str, Any]:
    """Return the data of a subentry, marked with the version that this release writes."""
    return {**data, VERSION_KEY: version_of(kind)}


def check(kind: str, data: Data) -> None:
    """Raise VersionError unless the data of a subentry have the version of this release."""
    version = data.get(VERSION_KEY, 1)
    if version != version_of(kind):
        raise VersionError(version, version_of(kind))


def migrated(kind: str, data: Data) -> Data:
    """Return the data of a subentry migrated to the version of this release; newer data are returned unchanged.

    Raise KeyError, TypeError, ValueError or AttributeError for data that do not conform to their version.
    """
    version = data.get(VERSION_KEY, 1)
    if not isinstance(version, int) or version >= version_of(kind):
        return data
    return marked(kind, upgraded(kind, data, version))


def upgraded(kind: str, data: Data, version: int) -> Data:
    """Return data of an older version in the format of this release."""
    for step in STEPS[kind][max(version, 1) - 1 :]:
        data = step(data)
    return data
