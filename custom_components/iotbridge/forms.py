"""Form fields that several dialogs share."""

from collections.abc import Mapping

from homeassistant.helpers import selector

TEXT = selector.TextSelector()
LINES = selector.TextSelector(selector.TextSelectorConfig(multiline=True))


def choices(labels: Mapping[str, str], *, multiple: bool = False) -> selector.SelectSelector:
    """Return a selector that shows the labels as a list."""
    return selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=[selector.SelectOptionDict(value=value, label=label) for value, label in labels.items()],
            multiple=multiple,
            mode=selector.SelectSelectorMode.LIST,
        )
    )
