"""Section of the options form for voice: languages of the sentences, hosts open for power commands, language models."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector

SECTION = "voice"
CONF_LANGUAGES = "voice_languages"
CONF_POWER_HOSTS = "voice_power_hosts"
CONF_LANGUAGE_MODELS = "voice_language_models"
# By the language's code; its speakers call it so.
LANGUAGE_NAMES = {"en": "English", "fr": "Français", "it": "Italiano"}
_NAMES = (CONF_LANGUAGES, CONF_POWER_HOSTS, CONF_LANGUAGE_MODELS)


def _choices(names: Mapping[str, str]) -> selector.SelectSelector:
    options = [selector.SelectOptionDict(value=value, label=label) for value, label in names.items()]
    return selector.SelectSelector(
        selector.SelectSelectorConfig(options=options, multiple=True, mode=selector.SelectSelectorMode.LIST)
    )


def schema(hosts: Mapping[str, str]) -> section:
    """Return the collapsed section of the form; ``hosts`` are the names of the hosts by device id."""
    return section(
        vol.Schema(
            {
                vol.Optional(CONF_LANGUAGES, default=list): _choices(LANGUAGE_NAMES),
                vol.Optional(CONF_POWER_HOSTS, default=list): _choices(hosts),
                vol.Optional(CONF_LANGUAGE_MODELS, default=False): selector.BooleanSelector(),
            }
        ),
        {"collapsed": True},
    )


def nested(options: Mapping[str, Any], hosts: Mapping[str, str]) -> dict[str, Any]:
    """Return options as nested values of the form, without hosts that are gone."""
    values = {name: options[name] for name in _NAMES if name in options}
    values[CONF_POWER_HOSTS] = [host for host in values.get(CONF_POWER_HOSTS, ()) if host in hosts]
    return {**options, SECTION: values}


def read(user_input: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the form as flat values; without the section, the options as they were."""
    voice = user_input.get(SECTION, {name: before[name] for name in _NAMES if name in before})
    return {name: value for name, value in user_input.items() if name != SECTION} | dict(voice)
