"""Alarms of the store that no rule has taken up yet."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.core import callback

from ..engine.instance import Instance
from ..engine.models import AlarmKey
from ..engine.parsing import parse_or_log
from ..engine.references import Moves, moved_instance
from ..engine.rule import Rule
from .store import Batch


class RestoredAlarms:
    """Stored alarms by rule and subject, until their rules begin."""

    def __init__(self, write: Callable[[Batch], object]) -> None:
        """``write`` writes a batch to the store."""
        self._write = write
        self._kept: defaultdict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)

    def load(self, instances: Mapping[AlarmKey, Mapping[str, Any]]) -> None:
        """Begin with what the store has."""
        for key, data in instances.items():
            self._kept[key.rule_id][key.subject] = data

    def subjects(self, rule_id: str) -> set[str]:
        """Return the entities whose alarms a rule may take up."""
        return set(self._kept[rule_id])

    def rule_ids(self) -> set[str]:
        """Return the rules of which there are alarms."""
        return {rule_id for rule_id, kept in self._kept.items() if kept}

    def take(self, rule: Rule, subject: str) -> Instance | None:
        """Return an alarm once; None when there is none, or none that can be read."""
        if (kept := self._kept[rule.rule_id].pop(subject, None)) is None:
            return None
        return parse_or_log(f"An alarm of {rule.name}", partial(Instance.from_dict, rule, kept))

    @callback
    def async_move(self, moves: Moves) -> None:
        """Follow a rename of entities."""
        for rule_id, kept in self._kept.items():
            moved = {
                moves.get(subject, subject): parse_or_log("An alarm", partial(moved_instance, data, moves)) or data
                for subject, data in kept.items()
            }
            if moved == kept:
                continue
            deleted = dict.fromkeys(kept)
            self._write(Batch(instances={AlarmKey(rule_id, key): data for key, data in (deleted | moved).items()}))
            self._kept[rule_id] = moved
