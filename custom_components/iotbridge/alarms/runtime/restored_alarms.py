"""Stored alarms whose rules have not started yet."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.core import callback

from ...parsing import parse_or_log
from ..engine.instance import Instance
from ..engine.models import AlarmKey
from ..engine.references import Moves, moved_instance
from ..engine.rule import Rule
from .store import Batch


class RestoredAlarms:
    """Stored alarms by rule and subject, until their rules start."""

    def __init__(self, write: Callable[[Batch], object]) -> None:
        """Take ``write``, which writes a batch to the store."""
        self._write = write
        self._stored: defaultdict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)

    def load(self, instances: Mapping[AlarmKey, Mapping[str, Any]]) -> None:
        """Load alarms from the store."""
        for key, data in instances.items():
            self._stored[key.rule_id][key.subject] = data

    def subjects(self, rule_id: str) -> set[str]:
        """Return the entities of the stored alarms of a rule."""
        return set(self._stored[rule_id])

    def rule_ids(self) -> set[str]:
        """Return the rules that have stored alarms."""
        return {rule_id for rule_id, alarms in self._stored.items() if alarms}

    def take(self, rule: Rule, subject: str) -> Instance | None:
        """Remove a stored alarm and return it; None when there is none, or none that can be read."""
        if (data := self._stored[rule.rule_id].pop(subject, None)) is None:
            return None
        return parse_or_log(f"An alarm of {rule.name}", partial(Instance.from_dict, rule, data))

    @callback
    def async_move(self, moves: Moves) -> None:
        """Apply a rename of entities."""
        for rule_id, stored in self._stored.items():
            moved = {
                moves.get(subject, subject): parse_or_log("An alarm", partial(moved_instance, data, moves)) or data
                for subject, data in stored.items()
            }
            if moved == stored:
                continue
            deleted = dict.fromkeys(stored)
            self._write(Batch(instances={AlarmKey(rule_id, key): data for key, data in (deleted | moved).items()}))
            self._stored[rule_id] = moved
