"""Steps that send a test notification of an unsaved rule to the person who edits it."""

import time
from typing import Any

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.core import HomeAssistant, callback

from ...callers import async_request_user
from ...const import SUBENTRY_NOTIFIER
from ...markdown import escaped
from ...migration import marked
from ...phone_actions import MOBILE_APP, async_phone_actions
from ..engine.rule import Rule
from ..notifications.channels.channel import Target
from ..notifications.notifier import DeliveryError
from ..notifications.rendering import async_render_test
from ..runtime.entity_selector import async_matching
from .draft_group import async_send_to_draft


class PreviewSteps(ConfigSubentryFlow):
    """Steps of a test notification; ``_rule`` is the rule as the forms have it."""

    _rule: Rule
    _test_title = ""
    _test_reasons = ""

    async def async_step_try_it(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Send a test notification to the user's own phones, or to Home Assistant's notifications without any."""
        phones = _async_own_phones(self.hass)
        targets: list[Target] = phones or [{"kind": "persistent"}]
        data = marked(SUBENTRY_NOTIFIER, {"targets": targets, "fallback": [], "break_through": False})
        matching = async_matching(self.hass, self._rule.selection) if self._rule.condition.traits.has_entities else ()
        message = async_render_test(self.hass, self._rule, min(matching, default=""), time.time())
        self._test_title = message.title
        try:
            await async_send_to_draft(self.hass, self._rule.name, data, message)
        except DeliveryError as error:
            self._test_reasons = error.reasons
            return self._test_menu("test_failed")
        return self._test_menu("test_sent" if phones else "test_shown")

    async def async_step_test_sent(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu after a test notification was sent to the user's phones."""
        return self._test_menu("test_sent")

    async def async_step_test_shown(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu after a test notification was shown in Home Assistant."""
        return self._test_menu("test_shown")

    async def async_step_test_failed(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu with the reason why a test notification could not be sent."""
        return self._test_menu("test_failed")

    def _test_menu(self, step: str) -> SubentryFlowResult:
        return self.async_show_menu(
            step_id=step,
            menu_options=["save", "try_it", "overview"],
            description_placeholders={"title": escaped(self._test_title), "reasons": escaped(self._test_reasons)},
        )


@callback
def _async_own_phones(hass: HomeAssistant) -> list[Target]:
    """Return the phones of the user who sent the present request."""
    if (user := async_request_user()) is None:
        return []
    own = {
        entry.entry_id
        for entry in hass.config_entries.async_entries(MOBILE_APP)
        if entry.data.get("user_id") == user.id
    }
    actions = async_phone_actions(hass)
    return [
        {"kind": "mobile_app", "action": action}
        for action, entry_id in actions.items()
        if entry_id in own and hass.services.has_service(*action.split(".", 1))
    ]
