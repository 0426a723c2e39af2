"""Activity, Home Assistant's logbook: sentences of ours, which replace the changes of entities that they describe."""

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_LOGBOOK_ENTRY
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.setup import async_when_setup

from .const import DOMAIN
from .texts import texts_below

LOGBOOK = "logbook"
# A database takes a limited number of parameters in a query, and there are three of each entity.
MAX_DESCRIBED = 5000
UPDATE_DELAY_S = 1.0

type Described = Callable[[er.RegistryEntry], bool]


@callback
def activity_texts(hass: HomeAssistant, key: str) -> dict[str, str]:
    """Return the texts of sentences in the language of the home, which Home Assistant loaded with the integration."""
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    return texts_below(texts, f"component.{DOMAIN}.selector.{key}.options.")


@callback
def async_log(
    hass: HomeAssistant, name: str, message: str, entity_id: str, is_described: Described = lambda _entity: False
) -> None:
    """Write a sentence about an entity and its device; only about the device where the filter excludes the entity.

    Sentences that an integration describes by itself do not appear on pages of other integrations' entities; these do.
    The page of a measurement has no Activity; that of its device has.
    """
    entity = er.async_get(hass).async_get(entity_id)
    data = {
        "name": name,
        "message": message,
        "domain": DOMAIN,
        "entity_id": None if entity and is_described(entity) else entity_id,
        "device_id": entity.device_id if entity else None,
    }
    hass.bus.async_fire(EVENT_LOGBOOK_ENTRY, {key: value for key, value in data.items() if value})


class DescribedEntities:
    """Filter of Activity: leaves out the changes of entities of ours that sentences describe.

    It works as ``logbook: exclude:`` in the configuration does, in addition to what is configured there: Activity as a
    whole has the sentences only, and the pages of the entities show their changes as ever. The logbook has no interface
    for it, so where its data has another shape, nothing is left out.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, is_described: Described) -> None:
        """``is_described`` returns whether sentences describe the changes of an entity of ours."""
        self._hass = hass
        self._entry_id = entry.entry_id
        self._is_described = is_described
        self._logbook: Any = None
        self._configured: tuple[Any, Callable[[str], bool] | None] = (None, None)
        self._entity_ids: frozenset[str] = frozenset()
        self._stop: list[CALLBACK_TYPE] = []
        self._cancel_update: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Start when the logbook is set up."""
        self._stop.append(self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_registry_changed))
        async_when_setup(self._hass, LOGBOOK, self._async_logbook_set_up)

    @callback
    def async_stop(self) -> None:
        """Leave the filter as it is configured."""
        while self._stop:
            self._stop.pop()()
        if self._cancel_update:
            self._cancel_update()
        if self._logbook is not None:
            self._logbook.sqlalchemy_filter, self._logbook.entity_filter = self._configured

    async def _async_logbook_set_up(self, hass: HomeAssistant, _component: str) -> None:
        logbook: Any = hass.data.get(LOGBOOK)
        if not self._stop or not all(hasattr(logbook, name) for name in ("sqlalchemy_filter", "entity_filter")):
            return
        self._logbook = logbook
        self._configured = (logbook.sqlalchemy_filter, logbook.entity_filter)
        self._async_update()

    @callback
    def _async_registry_changed(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Schedule an update for an entity of ours, and for a removed one; an import adds thousands."""
        entity = er.async_get(self._hass).async_get(event.data["entity_id"])
        is_ours = entity is None or entity.config_entry_id == self._entry_id
        if is_ours and self._logbook is not None and self._cancel_update is None:
            self._cancel_update = async_call_later(self._hass, UPDATE_DELAY_S, self._async_update)

    @callback
    def _async_update(self, _now: datetime | None = None) -> None:
        self._cancel_update = None
        ours = er.async_entries_for_config_entry(er.async_get(self._hass), self._entry_id)
        described = sorted(entity.entity_id for entity in ours if self._is_described(entity))
        entity_ids = frozenset(described[:MAX_DESCRIBED])
        if entity_ids == self._entity_ids:
            return
        self._entity_ids = entity_ids
        filters, is_shown = self._configured
        self._logbook.sqlalchemy_filter = _ExtendedFilters(entity_ids, filters) if entity_ids else filters
        self._logbook.entity_filter = lambda entity_id: (
            entity_id not in entity_ids and (is_shown is None or is_shown(entity_id))
        )


class _ExtendedFilters:
    """Filters of the recorder with further entities excluded, as the logbook's queries use them."""

    has_config = True

    def __init__(self, entity_ids: frozenset[str], filters: Any) -> None:
        """Take the entities to exclude, and the configured filters."""
        # Only where there is a logbook there is a recorder with its libraries.
        from homeassistant.components.recorder.filters import Filters  # noqa: PLC0415

        self._all = [Filters(excluded_entities=entity_ids), *([filters] if filters else [])]

    def states_metadata_entity_filter(self) -> Any:
        """Return the condition for states."""
        return reduce(and_, (filters.states_metadata_entity_filter() for filters in self._all))

    def events_entity_filter(self) -> Any:
        """Return the condition for events."""
        return reduce(and_, (filters.events_entity_filter() for filters in self._all))
