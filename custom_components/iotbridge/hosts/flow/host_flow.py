"""Flow of the subentries of type ``host``: hosts without an agent, and how known ones are woken and proven off."""

from collections.abc import Mapping
from functools import partial
from ipaddress import IPv4Address
import re
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector

from ...const import SUBENTRY_HOST
from ...forms import TEXT, ActionsField, dropdown, text
from ...issues import filled
from ...migration import marked
from ...protocol.topics import HostKey
from ...subentries import read
from ...texts import NONE
from ..configured.proofs import async_answers
from ..configured.settings import ON_STATES, HostSettings
from ..inventory import NO_AGENT_PREFIX, Host, PowerState
from ..voice.voice import async_host_devices
from ..wake.magic_packet import PORT, mac_address, six_bytes
from ..wake.routes import MAX_MACS
from ..wake.sender import LIMITED_BROADCAST

NETWORK, SHUTDOWN = "network", "shutdown"
# Stands for a password that is kept: a stored one is not sent to the browser.
KEPT = "__kept__"
_ADDRESS = re.compile(r"[A-Za-z0-9_.:-]{1,253}")
_SEPARATORS = re.compile(r"[\s,;]+")

_TEXTS = selector.TextSelector(selector.TextSelectorConfig(multiple=True))
_PASSWORD = selector.TextSelector(selector.TextSelectorConfig(type=selector.TextSelectorType.PASSWORD))
_PORT = selector.NumberSelector(selector.NumberSelectorConfig(min=1, max=65535, mode=selector.NumberSelectorMode.BOX))


class HostFlow(ConfigSubentryFlow):
    """Flow that adds or changes a host."""

    def __init__(self) -> None:
        """Start with an empty form."""
        self._title = ""
        self._settings = HostSettings()
        self._sent: str = ""

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whether the host has an agent."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if not self._known_hosts():
            return await self.async_step_without_agent()
        return self.async_show_menu(step_id="user", menu_options=["without_agent", "known_host"])

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a host."""
        subentry = self._get_reconfigure_subentry()
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if (settings := read(subentry, HostSettings.from_dict)) is None:
            return self.async_abort(reason="unreadable")
        self._title, self._settings = subentry.title, settings
        return await (self.async_step_known_host() if settings.device_id else self.async_step_without_agent())

    async def async_step_without_agent(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a host without an agent."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._title = text(user_input, "name")
            settings, errors = _of_form(user_input, self._settings)
            errors |= {} if self._title else {"name": "name_missing"}
            errors = errors or _mistakes(settings)
            if not errors:
                self._settings = settings
                return await self.async_step_preview()
        fields: dict[vol.Marker, Any] = {
            vol.Required("name"): TEXT,
            vol.Optional("macs"): _TEXTS,
            **_proof_fields(),
            vol.Optional("stop_actions"): ActionsField(),
            vol.Required(NETWORK): self._network_section(),
        }
        return self._form("without_agent", fields, user_input, errors)

    async def async_step_known_host(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask how a host with an agent is woken, and what proves that it is off."""
        errors: dict[str, str] = {}
        hosts = self._known_hosts()
        if user_input is not None:
            settings, errors = _of_form({**user_input, **user_input[SHUTDOWN]}, self._settings)
            if "address" in errors:  # a field inside a folded part cannot carry an error of its own
                errors = {"base": errors["address"]}
            errors = errors or await self._async_known_host_mistakes(settings)
            if not errors:
                self._settings, self._title = settings, hosts.get(settings.device_id, self._title)
                return await self.async_step_preview()
        fields: dict[vol.Marker, Any] = {
            vol.Required("device_id"): _choice(hosts),
            vol.Optional("macs"): _TEXTS,
            vol.Required(SHUTDOWN): section(vol.Schema(_proof_fields()), {"collapsed": not self._settings.has_proof}),
            vol.Required(NETWORK): self._network_section(),
        }
        return self._form("known_host", fields, user_input, errors)

    async def async_step_preview(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show where magic packets go, and offer to try that before it is saved."""
        waker = self._get_entry().runtime_data.waker
        routes = await waker.async_routes(self._host(), self._settings.wake)
        cards = [f"{mac} ({route.broadcast or LIMITED_BROADCAST})" for route in routes for mac in route.macs]
        if not cards:
            return await self.async_step_save()
        return self.async_show_menu(
            step_id="preview",
            menu_options=["save", "try"],
            description_placeholders=filled(host=self._title, cards=", ".join(cards), sent=self._sent or NONE),
        )

    async def async_step_try(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Send magic packets once."""
        waker = self._get_entry().runtime_data.waker
        self._sent = ", ".join(await waker.async_try(self._host(), self._settings.wake))
        return await self.async_step_preview()

    async def async_step_save(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Save the host."""
        data = marked(SUBENTRY_HOST, self._settings.as_dict())
        if self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            return self.async_update_and_abort(self._get_entry(), subentry, data=data, title=self._title)
        return self.async_create_entry(title=self._title, data=data)

    async def _async_known_host_mistakes(self, settings: HostSettings) -> dict[str, str]:
        """Return what is wrong with the settings of a known host, with the address tried out while the host is on."""
        if settings.wake == HostSettings().wake and not settings.has_proof:
            return {"base": "nothing_chosen"}
        if settings.has_proof and (mistakes := _proof_mistakes(settings)):
            return {"base": next(iter(mistakes.values()))}
        host = self._get_entry().runtime_data.device_links.host(settings.device_id)
        is_on = host is not None and host.power is PowerState.ON
        if settings.address and is_on and not await async_answers(settings.address, settings.address_port):
            return {"base": "no_answer"}
        return {}

    def _host(self) -> Host:
        """Return the host that the form is about."""
        known: Host | None = self._get_entry().runtime_data.device_links.host(self._settings.device_id)
        return known or Host(HostKey(NO_AGENT_PREFIX, ""), title=self._title)

    def _known_hosts(self) -> dict[str, str]:
        """Return the names of the hosts with an agent by device, without those that another subentry is about."""
        entry = self._get_entry()
        others = {
            subentry.data.get("device_id")
            for subentry in entry.subentries.values()
            if subentry.subentry_type == SUBENTRY_HOST and subentry.data.get("device_id") != self._settings.device_id
        }
        return {device_id: name for device_id, name in self._hosts().items() if device_id not in others}

    def _hosts(self) -> dict[str, str]:
        links = self._get_entry().runtime_data.device_links
        return {
            device_id: name
            for device_id, name in async_host_devices(self.hass, self._get_entry()).items()
            if (host := links.host(device_id)) is None or host.has_agent
        }

    def _network_section(self) -> section:
        fields = {
            vol.Optional("broadcast"): TEXT,
            vol.Optional("port", default=PORT): _PORT,
            vol.Optional("password"): _PASSWORD,
            vol.Optional("via"): _choice(self._hosts()),
        }
        return section(vol.Schema(fields), {"collapsed": True})

    def _form(
        self,
        step_id: str,
        fields: Mapping[vol.Marker, Any],
        user_input: dict[str, Any] | None,
        errors: dict[str, str],
    ) -> SubentryFlowResult:
        schema = self.add_suggested_values_to_schema(
            vol.Schema({**fields}), user_input or _to_form(self._title, self._settings)
        )
        return self.async_show_form(step_id=step_id, data_schema=schema, errors=errors, last_step=False)


def _proof_fields() -> dict[vol.Marker, Any]:
    """Return the fields of the proof that the machine runs."""
    return {
        vol.Optional("entity_id"): selector.EntitySelector(),
        vol.Optional("on_states", default=[*ON_STATES]): _TEXTS,
        vol.Optional("address"): TEXT,
        vol.Optional("address_port"): _PORT,
    }


def _choice(hosts: Mapping[str, str]) -> selector.SelectSelector:
    return dropdown(dict(sorted(hosts.items(), key=lambda host: host[1].casefold())))


def _to_form(title: str, settings: HostSettings) -> dict[str, Any]:
    """Return the values of the form; a password is not among them."""
    network = {
        "broadcast": settings.broadcast,
        "port": settings.port,
        "password": KEPT if settings.password else "",
        "via": settings.via,
    }
    proof = {
        "entity_id": settings.entity_id,
        "on_states": list(settings.on_states),
        "address": settings.address,
        "address_port": settings.address_port,
    }
    values: dict[str, Any] = {
        "name": title,
        "device_id": settings.device_id,
        "macs": list(settings.macs),
        "stop_actions": [*settings.stop_actions],
    }
    return _filled(values | proof) | {NETWORK: _filled(network), SHUTDOWN: _filled(proof)}


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _of_form(user_input: Mapping[str, Any], before: HostSettings) -> tuple[HostSettings, dict[str, str]]:
    """Return the settings of a form, and the error of each invalid field."""
    network = user_input.get(NETWORK) or {}
    entered = partial(text, {**network, **user_input})
    listed = [part for line in user_input.get("macs", ()) for part in _SEPARATORS.split(line) if part]
    macs = [mac_address(part) for part in listed]
    password = before.password if entered("password") == KEPT else entered("password")
    errors = {}
    if None in macs or len(macs) > MAX_MACS:
        errors["macs"] = "mac_invalid"
    if entered("broadcast") and not _is_ipv4(entered("broadcast")):
        errors["base"] = "broadcast_invalid"
    if password and six_bytes(password) is None:
        errors["base"] = "password_invalid"
    if entered("address") and not _ADDRESS.fullmatch(entered("address")):
        errors["address"] = "address_invalid"
    settings = HostSettings(
        device_id=entered("device_id"),
        macs=tuple(dict.fromkeys(mac for mac in macs if mac)),
        broadcast=entered("broadcast"),
        port=int(network.get("port") or PORT),
        password=six_bytes(password) or "",
        via=entered("via"),
        entity_id=entered("entity_id"),
        on_states=tuple(state.strip() for state in user_input.get("on_states", ()) if state.strip()),
        address=entered("address"),
        address_port=int(user_input.get("address_port") or 0),
        stop_actions=tuple(user_input.get("stop_actions") or ()),
    )
    return settings, errors


def _mistakes(settings: HostSettings) -> dict[str, str]:
    """Return what is missing for a host without an agent, or contradicts."""
    if not settings.macs and not settings.stop_actions:
        return {"base": "nothing_to_do"}
    return _proof_mistakes(settings)


def _proof_mistakes(settings: HostSettings) -> dict[str, str]:
    """Return what is missing for the proof that the machine runs, or contradicts."""
    if bool(settings.entity_id) == bool(settings.address):
        return {"base": "one_proof"}
    if settings.entity_id and not settings.on_states:
        return {"on_states": "states_missing"}
    if settings.address and not settings.address_port:
        return {"address_port": "port_missing"}
    return {}


def _is_ipv4(address: str) -> bool:
    try:
        IPv4Address(address)
    except ValueError:
        return False
    return True
