"""Manager of the power plans: reads them from the subentries."""

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..const import SUBENTRY_PLAN
from ..issues import PLAN_UNREADABLE, Issues
from ..subentries import Reader
from .engine.plan import Plan


class PowerPlansManager:
    """Manager of all power plans of the config entry."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Prepare; ``async_start`` starts."""
        self.hass = hass
        self.plans: dict[str, Plan] = {}
        self.is_failed = False
        self._entry = entry
        self._issues = Issues(hass)
        self._reader = Reader(self._issues, PLAN_UNREADABLE)
        self._stop: list[CALLBACK_TYPE] = []

    async def async_start(self) -> None:
        """Read the plans, now and when they change."""
        self._stop.append(async_dispatcher_connect(self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed))
        self._async_read_plans()

    @callback
    def async_stop(self) -> None:
        """Stop watching."""
        while self._stop:
            self._stop.pop()()
        self._issues.async_clear()

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.entry_id == self._entry.entry_id and change is ConfigEntryChange.UPDATED:
            self._async_read_plans()

    @callback
    def _async_read_plans(self) -> None:
        self.plans = self._reader.async_read_all(self._entry, SUBENTRY_PLAN, Plan.from_dict)
        self._reader.async_keep(self._entry.subentries)
