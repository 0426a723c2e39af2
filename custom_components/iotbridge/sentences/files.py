"""Sentence files of the selected languages: written on request, renewed with the names, removed on request."""

import asyncio
from collections.abc import Callable, Collection, Mapping
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_listen_entity_updates
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.const import EVENT_CALL_SERVICE, EVENT_COMPONENT_LOADED, EVENT_STATE_CHANGED
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.setup import EventComponentLoaded
from homeassistant.util.file import WriteError, write_utf8_file_atomic

from .. import issues as ir
from ..const import DOMAIN, LOGGER
from .checking import SentenceFileError, broken_files, check
from .document import LANGUAGES, Names, document, is_unchanged

CONVERSATION = "conversation"
FOLDER = "custom_sentences"
FILE = f"{DOMAIN}.yaml"
# A rename of a device renames its entities as well, and an import adds hundreds of rules.
RENEW_AFTER_S = 5.0
NAMED = {"name", "name_by_user", "aliases"}


@dataclass(frozen=True, slots=True)
class Written:
    """Result of writing the file of one language."""

    is_new: bool = False
    is_changed_by_user: bool = False
    error: str = ""
    broken: tuple[tuple[str, str], ...] = ()
    """Files of others that Home Assistant cannot read, each with the reason."""


class SentenceFiles:
    """Files of the selected languages, kept up to date while the entry is loaded."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, languages: Collection[str], names: Callable[[], Names]
    ) -> None:
        """Prepare; ``names`` returns the names as they are now."""
        self._hass = hass
        self._entry = entry
        self._languages = [language for language in LANGUAGES if language in languages]
        self._names = names
        self._issues = ir.Issues(hass)
        self._root = Path(hass.config.path(FOLDER))
        self._renewal = Debouncer(
            hass, LOGGER, cooldown=RENEW_AFTER_S, immediate=False, function=self._async_start_renewal
        )
        self._renewing = asyncio.Lock()
        self._stop: list[CALLBACK_TYPE] = []
        self._is_stopped = False
        self._is_just_reloaded = False
        # Names in the files; None if the files have to be checked again.
        self._written: Names | None = None

    async def async_start(self) -> None:
        """Remove the files of other languages; write those of the selected ones once Home Assistant can check them."""
        await _async_remove(self._hass, set(LANGUAGES) - set(self._languages))
        if not self._languages:
            return
        listen = self._hass.bus.async_listen
        self._stop += [
            async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed),
            async_listen_entity_updates(self._hass, CONVERSATION, self._async_changed),
            listen(EVENT_COMPONENT_LOADED, self._async_changed, event_filter=_is_conversation),
            listen(EVENT_CALL_SERVICE, self._async_reloaded, event_filter=_is_reload),
            listen(EVENT_STATE_CHANGED, self._async_changed, event_filter=_is_added_or_removed),
            listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._async_changed, event_filter=_is_renaming),
            listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_changed, event_filter=_is_renaming),
            listen(ar.EVENT_AREA_REGISTRY_UPDATED, self._async_changed),
            listen(fr.EVENT_FLOOR_REGISTRY_UPDATED, self._async_changed),
        ]
        await self._async_renew()

    async def async_stop(self) -> None:
        """Unsubscribe, and wait until no file is being written; the files stay."""
        self._is_stopped = True
        while self._stop:
            self._stop.pop()()
        self._renewal.async_shutdown()
        async with self._renewing:
            self._issues.async_clear()

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry is self._entry and change is ConfigEntryChange.UPDATED:
            self._async_changed()

    @callback
    def _async_changed(self, _event: Event[Any] | None = None) -> None:
        self._renewal.async_schedule_call()

    @callback
    def _async_reloaded(self, _event: Event[Any]) -> None:
        """Check the files again: the user may have corrected one."""
        self._written = None
        self._renewal.async_schedule_call()

    @callback
    def _async_start_renewal(self) -> None:
        """Renew in the background: the debouncer drops calls that come while its function runs.

        Not a task of the entry, whose unload would cancel it and leave the thread that is writing a file.
        """
        self._hass.async_create_background_task(self._async_renew(), f"{DOMAIN} sentences")

    async def _async_renew(self) -> None:
        """Write the files whose names have changed, and report what is wrong with the files of others."""
        if CONVERSATION not in self._hass.config.components:
            return
        async with self._renewing:
            names = {key: list(of_list) for key, of_list in self._names().items()}
            if not self._is_stopped and names != self._written:
                self._written = names
                await self._async_write(names)

    async def _async_write(self, names: Names) -> None:
        is_new = is_broken = False
        for language in self._languages:
            written = await self._hass.async_add_executor_job(_write, self._root, language, names)
            is_new |= written.is_new
            is_broken |= bool(written.broken)
            if self._is_stopped:
                break
            self._async_report(language, written)
            if written.error:
                self._written = None
        # A sentence that was being recognized during a reload leaves its result, mostly that nothing was understood, in
        # Home Assistant's memory. So there is a second reload, in the check that follows the first one.
        is_second, self._is_just_reloaded = self._is_just_reloaded and not is_new, is_new
        # With a broken file, Home Assistant goes on with what it has loaded.
        if (is_new or is_second) and not is_broken:
            await _async_reload(self._hass)

    @callback
    def _async_report(self, language: str, written: Written) -> None:
        path = f"{FOLDER}/{language}/{FILE}"
        files = ", ".join(path for path, _ in written.broken)
        reason = written.broken[0][1] if written.broken else ""
        self._issues.async_set(ir.SENTENCES_CHANGED, language, written.is_changed_by_user, path=path)
        self._issues.async_set(ir.SENTENCES_NOT_WRITTEN, language, bool(written.error), path=path, reason=written.error)
        self._issues.async_set(ir.SENTENCES_BROKEN, language, bool(written.broken), files=files, reason=reason)


async def async_remove_files(hass: HomeAssistant) -> None:
    """Remove the files of all languages, except those that the user changed."""
    await _async_remove(hass, LANGUAGES)


async def _async_remove(hass: HomeAssistant, languages: Collection[str]) -> None:
    """Remove the files of some languages; reload unless Home Assistant would meet a broken file of others."""
    root = Path(hass.config.path(FOLDER))
    is_removed = await hass.async_add_executor_job(_remove, root, languages)
    if is_removed and not await hass.async_add_executor_job(_has_broken, root):
        await _async_reload(hass)


async def _async_reload(hass: HomeAssistant) -> None:
    """Reload all languages, which have more variants than there are files: en-US reads the file of en.

    A language that is being loaded has read the former files, and would be kept after the reload.
    """
    if not hass.services.has_service(CONVERSATION, "reload"):
        return
    from homeassistant.components.conversation.agent_manager import async_get_agent  # noqa: PLC0415 - it needs hassil

    loading: asyncio.Lock | None = getattr(async_get_agent(hass), "_load_intents_lock", None)  # of no public name
    async with loading or contextlib.nullcontext():
        pass
    await hass.services.async_call(CONVERSATION, "reload", {}, blocking=True)


def _write(root: Path, language: str, names: Names) -> Written:
    """Write the file of one language, unless the user changed it or it is up to date."""
    path = root / language / FILE
    try:
        before = path.read_text("utf-8") if path.exists() else None
        if before is not None and not is_unchanged(before):
            return Written(is_changed_by_user=True, broken=_broken(root, language))
        text = document(language, names)
        if text == before:
            return Written(broken=_broken(root, language))
        check(text)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_utf8_file_atomic(str(path), text)
    except (OSError, UnicodeDecodeError, WriteError, SentenceFileError) as error:
        LOGGER.warning("Could not write %s: %s", path, error)
        return Written(error=str(error), broken=_broken(root, language))
    return Written(is_new=True, broken=_broken(root, language))


def _broken(root: Path, language: str) -> tuple[tuple[str, str], ...]:
    """Return the broken files of others in a folder; one of ours that the user changed is one of them."""
    folder = root / language
    own = _as_written(folder / FILE)
    others = [path for path in sorted(folder.rglob("*.yaml")) if own is None or path != folder / FILE]
    if not others:
        return ()
    return tuple(
        (str(path.relative_to(root.parent)), reason) for path, reason in broken_files(language, own or "", others)
    )


def _has_broken(root: Path) -> bool:
    return any(_broken(root, language) for language in LANGUAGES)


def _as_written(path: Path) -> str | None:
    """Return the text of our file; None if it is not there, or if the user changed it."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return None
    return text if is_unchanged(text) else None


def _remove(root: Path, languages: Collection[str]) -> bool:
    """Remove the unchanged files of some languages; return whether there was one."""
    is_removed = False
    for language in languages:
        path = root / language / FILE
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if is_unchanged(path.read_text("utf-8")):
                path.unlink()
                is_removed = True
                path.parent.rmdir()  # unless it has files of others
    return is_removed


@callback
def _is_reload(data: Mapping[str, Any]) -> bool:
    return (data["domain"], data["service"]) == (CONVERSATION, "reload")


@callback
def _is_conversation(data: EventComponentLoaded) -> bool:
    return data["component"] == CONVERSATION


@callback
def _is_added_or_removed(data: EventStateChangedData) -> bool:
    """Return whether a state came or went; entities without a registry entry have names, too."""
    return data["old_state"] is None or data["new_state"] is None


@callback
def _is_renaming(data: dr.EventDeviceRegistryUpdatedData | er.EventEntityRegistryUpdatedData) -> bool:
    """Return whether a registry entry got, changed or lost a name."""
    return data["action"] != "update" or not NAMED.isdisjoint(data["changes"])
