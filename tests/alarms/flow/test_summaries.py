"""Conditions and entities in words."""

from typing import Any

import pytest

from tests.alarms.flow.rule_dialog import ATTIC, complete
from tests.dialog import Dialog


@pytest.mark.parametrize(
    ("kind", "condition", "text"),
    [
        ("outside", {"below": 5, "above": 30}, "below 5 °C or above 30 °C"),
        ("state", {"states": ["open", "jammed"]}, "state open, jammed"),
        ("rate", {"change": 3, "per": {"minutes": 10}}, "changes by more than 3 °C within 10 min"),
        ("no_data", {}, "no data for much longer than usual"),
        ("no_data", {"rhythm": "fixed", "silent": {"hours": 3}}, "no data for 3 h"),
        ("template", {"template": "{{ true }}"}, "template is true"),
        ("event", {"event_type": "tag_scanned"}, "event tag_scanned"),
        ("message", {"topic": "a/b"}, "message on a/b"),
    ],
)
async def test_the_condition_is_summarised(dialog: Dialog, kind: str, condition: dict[str, Any], text: str) -> None:
    await complete(dialog, kind, condition, entities=[ATTIC])
    await dialog.change(dialog.made[0].subentry_id)

    assert dialog.placeholders["condition"] == text
    assert dialog.placeholders["entities"] == ("-" if kind in {"template", "event", "message"} else "1 (Attic)")
