"""Selectors whose values are stored as they were entered: validated ones have objects that are no JSON."""

from copy import deepcopy
from typing import Any, override

from homeassistant.helpers import selector


class ConditionsField(selector.ConditionSelector):
    """Selector of conditions; a template alone becomes a condition."""

    @override
    def __call__(self, data: Any) -> list[dict[str, Any]]:
        """Validate conditions and return them as they were entered."""
        super().__call__(deepcopy(data))
        entered = data if isinstance(data, list) else [data]
        return [
            {"condition": "template", "value_template": config} if isinstance(config, str) else config
            for config in entered
        ]
