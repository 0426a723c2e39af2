"""Flow steps that change single channels: first the kind of entity, then the fields of that kind."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers import selector

from ...forms import choices
from ...markdown import escaped, in_code
from ..model.profile import PLATFORMS, Channel
from .channel_form import check_duplicates, fields_schema, form_key, format_with_unit, parse_item, to_item
from .channel_offer import ChannelOffer
from .channel_validation import ChannelError, check
from .texts import ThingTexts, async_thing_texts

# Fields that an error is about, by the start of its key; the others are about the whole form.
_FIELDS_OF_ERRORS = {
    "unit_": "unit",
    "state_class_": "state_class",
    "device_class_": "device_class",
    "command_topic_": "command_topic",
    "category_": "category",
    "no_event_types": "event_types",
    "on_and_off": "on",
    "no_name": "name",
    "name_twice": "name",
}


class ChannelSteps(ConfigSubentryFlow):
    """Steps from the list of channels to the fields of the chosen ones, and back to the list."""

    def __init__(self) -> None:
        """Start without a list."""
        super().__init__()
        self._offer: ChannelOffer | None = None
        # The list as the user left it, and the channels to change, by form key.
        self._answers: dict[str, Any] = {}
        self._queue: list[str] = []
        self._blanks: int | None = None
        self._async_step_list: Callable[[], Awaitable[SubentryFlowResult]] = self.async_step_kind

    async def _async_change_channels(
        self,
        answers: Mapping[str, Any],
        blanks: int | None,
        step: Callable[[], Awaitable[SubentryFlowResult]],
    ) -> SubentryFlowResult:
        """Change the channels that the user chose in the list, and return to its ``step``.

        ``blanks`` as in ``channel_validation.check``.
        """
        self._answers = {name: answer for name, answer in answers.items() if name != "edit"}
        self._queue = list(answers["edit"])
        self._blanks, self._async_step_list = blanks, step
        return await self.async_step_kind()

    async def async_step_kind(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the kind of the next channel; the current kind is the first one."""
        if not self._queue or self._offer is None:
            return await self._async_step_list()
        channel = self._offer.channels[self._queue[0]]
        kinds = [kind for kind in PLATFORMS if kind != "device_tracker" or channel.companions]
        texts = await async_thing_texts(self.hass)
        return self.async_show_menu(
            step_id="kind",
            menu_options=sorted(kinds, key=lambda kind: kind != channel.platform),
            description_placeholders={
                **self._about(channel, self._offer, texts),
                "kind": texts.platforms[channel.platform],
            },
        )

    async def async_step_sensor(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the fields of a sensor."""
        return await self._async_step_fields("sensor", user_input)

    async def async_step_binary_sensor(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the fields of a binary sensor."""
        return await self._async_step_fields("binary_sensor", user_input)

    async def async_step_switch(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the fields of a switch."""
        return await self._async_step_fields("switch", user_input)

    async def async_step_event(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the fields of an event."""
        return await self._async_step_fields("event", user_input)

    async def async_step_device_tracker(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the fields of a device tracker."""
        return await self._async_step_fields("device_tracker", user_input)

    async def _async_step_fields(self, kind: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        if not self._queue or self._offer is None:
            return await self._async_step_list()
        offer, key = self._offer, self._queue[0]
        channel = offer.channels[key]
        value = offer.values.get(channel.key)
        texts = await async_thing_texts(self.hass)
        errors: dict[str, str] = {}
        placeholders = self._about(channel, offer, texts)
        if user_input is not None:
            try:
                changed = parse_item(user_input, kind, channel)
                check(changed, value, self._blanks)
                others = offer.chosen(chosen for chosen in self._answers["channels"] if chosen != key)
                check_duplicates([*(other for other in others if other.key != channel.key), changed])
            except ChannelError as error:
                errors[_field_of(error)] = error.key
                placeholders |= error.placeholders
            else:
                await self.hass.async_add_executor_job(offer.change, key, changed)
                self._queue.pop(0)
                self._answers["channels"] = [*(other for other in self._answers["channels"] if other != key), key]
                return await self.async_step_kind()
        return self.async_show_form(
            step_id=kind,
            data_schema=self.add_suggested_values_to_schema(
                fields_schema(kind, texts), user_input or to_item(channel, kind, value)
            ),
            errors=errors,
            description_placeholders=placeholders,
            last_step=False,
        )

    def _about(self, channel: Channel, offer: ChannelOffer, texts: ThingTexts) -> dict[str, str]:
        """Return the placeholders that say which channel is being changed."""
        return {
            "name": escaped(channel.name),
            "value": escaped(format_with_unit(offer.values.get(channel.key), channel, texts)),
            "source": in_code(form_key(channel.key)),
        }


def list_schema(offer: ChannelOffer, texts: ThingTexts) -> dict[vol.Marker, Any]:
    """Return the fields of a form that lists channels: which become entities, and which the user wants to change."""
    labels = offer.labels(texts)
    options = [selector.SelectOptionDict(value=key, label=line) for key, line in labels.items()]
    return {
        vol.Required("channels"): choices(labels, multiple=True),
        vol.Optional("edit"): selector.SelectSelector(
            selector.SelectSelectorConfig(options=options, multiple=True, mode=selector.SelectSelectorMode.DROPDOWN)
        ),
    }


def _field_of(error: ChannelError) -> str:
    return next((field for start, field in _FIELDS_OF_ERRORS.items() if error.key.startswith(start)), "base")
