"""References to entities in alarm data: registry ids kept beside entity ids, and rewriting after a rename. Pure.

An entity id is what the user sees and may change; the id of its registry entry stays. Data that names entities has
``registry_ids`` (registry id by entity id), so that renames while IoT Bridge was stopped are recognised.
The action of a phone changes with the phone's name: it is a reference as well, by the id of the phone's config entry.
The references in a notification target depend on its kind: ``reference_keys`` are their keys by kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
import re
from types import MappingProxyType
from typing import Any

from .models import AlarmKey
from .root_cause import PARENT, key_of, reason_of
from .rule import Rule, Selection

REGISTRY_IDS = "registry_ids"

# New entity id by old one. All of them are applied at once: two entities may have swapped their ids.
type Moves = Mapping[str, str]

# For data without targets.
NO_KEYS: Mapping[str, str] = MappingProxyType({})
# The keys of a subentry or a maintenance window under which texts may name entities.
_REFERRING = frozenset({"data", "entities", "entity_id", "event_data", "excluded", "message", "parents", "template"})
# Also inside templates and lists with commas; ``states.sensor.attic.state`` names sensor.attic.
_ENTITY_ID = re.compile(r"(?<![\w.])((?:states\.)?)([a-z0-9_]+\.[a-z0-9_]+)(?!\w)")


def referenced_entities(data: Mapping[str, Any], reference_keys: Mapping[str, str] = NO_KEYS) -> set[str]:
    """Return all texts in the data of a subentry or a window that have the form of an entity id."""
    names: set[str] = set()

    def collect(text: str) -> str:
        names.update(match[2] for match in _ENTITY_ID.finditer(text))
        return text

    _rewritten(data, collect, reference_keys)
    return names


def moved_data(data: Mapping[str, Any], moves: Moves, reference_keys: Mapping[str, str] = NO_KEYS) -> dict[str, Any]:
    """Return the data of a subentry or a window with the new entity ids; equal data when it names none of them."""

    def replace(text: str) -> str:
        return _ENTITY_ID.sub(lambda match: match[1] + moves.get(match[2], match[2]), text)

    moved: dict[str, Any] = _rewritten(data, replace, reference_keys)
    if REGISTRY_IDS in data:
        moved[REGISTRY_IDS] = moved_ids(data[REGISTRY_IDS], moves)
    return moved


def moved_selection(selection: Selection, moves: Moves) -> Selection:
    """Return a selection with the new entity ids."""
    return Selection.from_dict(moved_data(asdict(selection), moves))


def moved_rule(rule: Rule, moves: Moves) -> Rule:
    """Return a rule with the new entity ids."""
    return Rule.from_dict(rule.rule_id, rule.name, moved_data(rule.as_dict(), moves))


def moved_ids(registry_ids: Mapping[str, str], moves: Moves) -> dict[str, str]:
    """Return the registry ids by the new entity ids."""
    kept = {entity_id: registry_id for entity_id, registry_id in registry_ids.items() if entity_id not in moves}
    moved = {moves[entity_id]: known for entity_id, known in registry_ids.items() if entity_id in moves}
    return kept | moved


def moves_of(registry_ids: Mapping[str, str], entity_id_of: Callable[[str], str | None]) -> dict[str, str]:
    """Return the renames of entities; ``entity_id_of`` returns None for a removed registry entry."""
    current = {entity_id: entity_id_of(known) for entity_id, known in registry_ids.items()}
    return {before: after for before, after in current.items() if after not in (None, before)}


def combined_moves(first: Moves, then: Moves) -> Moves:
    """Return two successive renames as one."""
    return {**then, **{before: then.get(after, after) for before, after in first.items()}}


def moved_key(key: AlarmKey, moves: Moves) -> AlarmKey:
    """Return the key of an alarm after a rename."""
    return key._replace(subject=moves.get(key.subject, key.subject))


def moved_reason(reason: str, moves: Moves) -> str:
    """Return a reason for suppression after a rename; one that names a root cause contains its key."""
    return reason_of(moved_key(key_of(reason), moves)) if reason.startswith(PARENT) else reason


def moved_instance(data: Mapping[str, Any], moves: Moves) -> dict[str, Any]:
    """Return a stored alarm, as ``Instance.as_dict`` wrote it, after a rename."""
    alarm = data["alarm"]
    key = AlarmKey(*alarm["key"])
    moved = {**alarm, "suppressed_by": [moved_reason(reason, moves) for reason in alarm["suppressed_by"]]}
    if key.subject in moves:
        moved |= {"key": list(moved_key(key, moves)), "identity": alarm.get("identity") or key.subject}
    return {**data, "alarm": moved}


def _rewritten(
    value: Any, rewrite: Callable[[str], str], reference_keys: Mapping[str, str], *, refers: bool = False
) -> Any:
    """Return a copy of JSON data with rewritten texts where these may name entities."""
    if isinstance(value, Mapping):
        kind = value.get("kind")  # in the data of an action it may be anything
        of_kind = reference_keys.get(kind) if isinstance(kind, str) else None
        return {
            key: _rewritten(item, rewrite, reference_keys, refers=refers or key in _REFERRING or key == of_kind)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_rewritten(item, rewrite, reference_keys, refers=refers) for item in value]
    return rewrite(value) if refers and isinstance(value, str) else value
