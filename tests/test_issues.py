"""Repair issues in Home Assistant's registry."""

import pytest

from custom_components.iotbridge import issues
from custom_components.iotbridge.issues import Issues, async_placeholders, filled
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir


def opened(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the open issues by id."""
    return {issue_id: issue for (_, issue_id), issue in ir.async_get(hass).issues.items()}


def test_an_issue_is_opened_once_updated_and_closed(hass: HomeAssistant) -> None:
    repairs = Issues(hass)
    repairs.async_set(issues.CLOCK_DIFFERS, "nas", True, host="nas", minutes="3")
    (first,) = opened(hass).values()
    assert (first.translation_key, first.severity) == ("clock_differs", ir.IssueSeverity.WARNING)
    repairs.async_set(issues.CLOCK_DIFFERS, "nas", True, host="nas", minutes="3")
    assert opened(hass) == {first.issue_id: first}

    repairs.async_set(issues.CLOCK_DIFFERS, "nas", True, host="nas", minutes="5")
    assert async_placeholders(hass, first.issue_id)["minutes"] == "5"
    repairs.async_set(issues.CLOCK_DIFFERS, "nas", False)

    assert opened(hass) == {}
    assert async_placeholders(hass, first.issue_id) == {}


def test_the_issues_of_one_subject_or_of_all_are_closed(hass: HomeAssistant) -> None:
    repairs = Issues(hass)
    for host in ("nas", "pi"):
        repairs.async_set(issues.CLOCK_DIFFERS, host, True, host=host)
        repairs.async_set(issues.HOST_FLOODING, host, True, host=host)
    repairs.async_set(issues.BROKER_GONE, "", True)
    assert len(opened(hass)) == 5

    repairs.async_clear("nas")
    assert sorted((issue.translation_placeholders or {}).get("host", "") for issue in opened(hass).values()) == [
        "", "pi", "pi",
    ]  # fmt: skip
    repairs.async_clear()

    assert opened(hass) == {}


def test_an_id_does_not_reveal_its_subject(hass: HomeAssistant) -> None:
    Issues(hass).async_set(issues.CLOCK_DIFFERS, "nas-of-anna", True, host="nas-of-anna")

    (issue_id,) = opened(hass)
    assert issue_id.startswith("clock_differs_")
    assert "anna" not in issue_id


def test_a_repair_with_a_dialog_knows_its_subentry(hass: HomeAssistant) -> None:
    repairs = Issues(hass, "entry-1")
    repairs.async_set(issues.NEW_FIELDS, "subentry-1", True, name="Attic")
    repairs.async_set(issues.DISCOVERY_OFF, "", True)

    found = {issue.translation_key: (issue.is_fixable, issue.data) for issue in opened(hass).values()}
    assert found["new_fields"] == (True, {"entry_id": "entry-1", "subentry_id": "subentry-1"})
    assert found["discovery_off"] == (False, None)


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        (issues.NEW_FIELDS, "things.md#new-fields"),
        (issues.NOTIFIER_FAILING, "alarms.md#notifier-failing"),
        (issues.PLAN_UNREADABLE, "power-plans.md#plan-unreadable"),
        (issues.BROKER_GONE, "hosts.md#broker-gone"),
    ],
)
def test_a_repair_leads_to_its_section_of_the_guide(hass: HomeAssistant, kind: str, page: str) -> None:
    Issues(hass).async_set(kind, "", True, name="x")

    (issue,) = opened(hass).values()
    assert issue.learn_more_url is not None
    assert issue.learn_more_url.endswith(page)


def test_names_are_escaped_and_titles_get_them_plain() -> None:
    texts = filled(name="[Attic](http://evil)\nx", topic="a/b")

    assert texts["name_plain"] == "[Attic](http://evil) x"
    assert "[Attic](" not in texts["name"]
    assert texts["topic"] == "a/b"
    assert "topic_plain" not in texts
