"""Config flow, options flow and subentry flows; an agent that announces itself starts the config flow."""

from collections.abc import Mapping
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlowWithReload,
)
from homeassistant.core import callback
from homeassistant.helpers import selector
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo

from . import migration, mqtt_client
from .alarms.flow import options_form
from .alarms.flow.maintenance_flow import MaintenanceFlow
from .alarms.flow.notifier_flow import NotifierFlow
from .alarms.flow.rule_flow import RuleFlow
from .const import (
    CONF_LOST_AFTER,
    CONF_PREFIXES,
    CONF_RESPONSE_TIMEOUT,
    DEFAULT_LOST_AFTER_S,
    DEFAULT_PREFIXES,
    DEFAULT_RESPONSE_TIMEOUT_S,
    DOMAIN,
    SUBENTRY_ALARM,
    SUBENTRY_DEVICE,
    SUBENTRY_HOST,
    SUBENTRY_NOTIFIER,
    SUBENTRY_PLAN,
    SUBENTRY_SCHEDULE,
    SUBENTRY_WINDOW,
)
from .hosts.flow.host_flow import HostFlow
from .hosts.inventory import plain_name
from .hosts.voice.voice import async_host_devices
from .power_plans.flow.plan_flow import PlanFlow
from .power_plans.flow.schedule_flow import ScheduleFlow
from .protocol.fields import MessageError
from .protocol.messages import Announce
from .protocol.topics import PREFIX, TopicError, is_acceptable, parse_topic
from .sentences import options_form as voice_form
from .texts import NONE
from .things.flow.device_flow import DeviceFlow

TITLE = "IoT Bridge"
# Longest topic below a prefix: together with the prefix it must be accepted by a broker.
BELOW_PREFIX = f"/thing/{'x' * 128}/availability"


def _seconds(low: int, high: int) -> selector.NumberSelector:
    return selector.NumberSelector(
        selector.NumberSelectorConfig(min=low, max=high, mode=selector.NumberSelectorMode.BOX, unit_of_measurement="s")
    )


OPTIONS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_PREFIXES, default=list(DEFAULT_PREFIXES)): selector.TextSelector(
            selector.TextSelectorConfig(multiple=True)
        ),
        vol.Required(CONF_RESPONSE_TIMEOUT, default=DEFAULT_RESPONSE_TIMEOUT_S): _seconds(1, 60),
        vol.Required(CONF_LOST_AFTER, default=DEFAULT_LOST_AFTER_S): _seconds(10, 86400),
    }
)


def check_options(user_input: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the normalized options, and the error of each invalid field."""
    prefixes = list(dict.fromkeys(prefix.strip().strip("/") for prefix in user_input[CONF_PREFIXES]))
    prefixes = [prefix for prefix in prefixes if prefix]
    errors = {}
    if not prefixes:
        errors[CONF_PREFIXES] = "no_prefix"
    elif not all(PREFIX.fullmatch(prefix) and is_acceptable(f"{prefix}{BELOW_PREFIX}") for prefix in prefixes):
        errors[CONF_PREFIXES] = "invalid_prefix"
    return {**user_input, CONF_PREFIXES: prefixes}, errors


class IotBridgeConfigFlow(ConfigFlow, domain=DOMAIN):
    """Config flow that creates the single entry."""

    VERSION = migration.MAJOR_VERSION
    MINOR_VERSION = migration.version_of(migration.ENTRY)

    def __init__(self) -> None:
        """Start without a discovered host."""
        self._host = ""

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlowWithReload:
        """Return the flow behind Configure."""
        return IotBridgeOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flows behind the buttons of the entry."""
        return {
            SUBENTRY_DEVICE: DeviceFlow,
            SUBENTRY_HOST: HostFlow,
            SUBENTRY_ALARM: RuleFlow,
            SUBENTRY_NOTIFIER: NotifierFlow,
            SUBENTRY_WINDOW: MaintenanceFlow,
            SUBENTRY_PLAN: PlanFlow,
            SUBENTRY_SCHEDULE: ScheduleFlow,
        }

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Handle a flow started by the user."""
        if mqtt_client.async_entry(self.hass) is None:
            return self.async_abort(reason="mqtt_missing")
        await self.async_set_unique_id(DOMAIN)
        return self._async_form("user", user_input, {})

    @override
    async def async_step_mqtt(self, discovery_info: MqttServiceInfo) -> ConfigFlowResult:
        """Handle a flow started by the first agent that announces itself."""
        await self.async_set_unique_id(DOMAIN)
        try:
            key, _leaf = parse_topic(discovery_info.topic, discovery_info.subscribed_topic.partition("/device/")[0])
            announce = Announce.parse(mqtt_client.payload_of(discovery_info), key)
        except TopicError, MessageError:
            return self.async_abort(reason="invalid_announce")
        self._host = plain_name(announce.hostname, key)
        self.context["title_placeholders"] = {"name": self._host}
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask the user to confirm the discovered host."""
        if user_input is None:
            return self.async_show_form(step_id="confirm", description_placeholders={"host": self._host})
        return self.async_create_entry(title=TITLE, data={}, options=OPTIONS_SCHEMA({}))

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the options of the set-up; people look for them here as well as behind Configure."""
        return self._async_form("reconfigure", user_input, self._get_reconfigure_entry().options)

    @callback
    def _async_form(
        self, step_id: str, user_input: dict[str, Any] | None, suggested: Mapping[str, Any]
    ) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            options, errors = check_options(user_input)
            if not errors and step_id == "user":
                return self.async_create_entry(title=TITLE, data={}, options=options)
            if not errors:
                entry = self._get_reconfigure_entry()
                return self.async_update_reload_and_abort(entry, options={**entry.options, **options})
            suggested = user_input
        schema = self.add_suggested_values_to_schema(OPTIONS_SCHEMA, suggested)
        return self.async_show_form(step_id=step_id, data_schema=schema, errors=errors)


class IotBridgeOptionsFlow(OptionsFlowWithReload):
    """Options flow for prefixes, timeouts and alarms; the entry is reloaded afterwards."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options."""
        errors: dict[str, str] = {}
        rules = options_form.async_rule_entities(self.hass)
        if user_input is not None:
            options, errors = check_options(user_input)
            options = voice_form.read(options, self.config_entry.options)
            options, wrong = options_form.read(options, self.config_entry.options)
            if not errors and not wrong:
                wrong = await options_form.async_save_alerts(self.hass, user_input, rules)
            if wrong:
                errors["base"] = wrong
            if not errors:
                return self.async_create_entry(data=options)
        hosts = async_host_devices(self.hass, self.config_entry)
        schema = OPTIONS_SCHEMA.extend(
            {
                vol.Optional(options_form.SECTION): options_form.schema(rules),
                vol.Optional(voice_form.SECTION): voice_form.schema(hosts),
            }
        )
        listed = await options_form.async_listed_rules(self.hass, rules)
        suggested = user_input or voice_form.nested(options_form.nested(self.config_entry.options, listed), hosts)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders={"hosts": self._hosts()},
        )

    def _hosts(self) -> str:
        """Return links to the pages of the hosts."""
        is_loaded = self.config_entry.state is ConfigEntryState.LOADED
        return (self.config_entry.runtime_data.device_links.async_pages() if is_loaded else "") or NONE
