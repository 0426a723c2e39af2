"""Activity of hosts: a sentence for each outcome of a command, in place of the changes of its event entity."""

from collections.abc import Mapping

from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, Context, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..activity import activity_texts, async_log
from ..callers import async_caller
from ..const import DOMAIN
from ..protocol.messages import WAKE
from .commander import CommandResult, Outcome
from .entity import POWER_STATE
from .event import KEY as COMMAND_EVENT
from .inventory import POWER_COMMANDS
from .manager import HostsManager
from .services import HARMLESS

# The responses that end a command without success; the host's own message is the reason.
_FAILURES = frozenset({Outcome.REFUSED, Outcome.FAILED})


def is_described(entity: er.RegistryEntry) -> bool:
    """Return whether the sentences describe the changes of an entity of ours."""
    return entity.translation_key == COMMAND_EVENT


@callback
def async_start_activity(manager: HostsManager) -> CALLBACK_TYPE:
    """Start writing outcomes of commands into the logbook; return a callback that ends that."""

    @callback
    def log(result: CommandResult) -> None:
        if _is_told(result):
            manager.hass.async_create_task(_async_log(manager, result), "iotbridge activity of a command")

    return manager.async_add_result_listener(log)


def _is_told(result: CommandResult) -> bool:
    """Return whether a result has a sentence.

    A command that only asks for messages changes nothing. The dry run of a power command has one sentence, that of its
    acceptance. Magic packets that an agent sends every few seconds have that of the host that is woken.
    """
    if result.command == WAKE and not result.is_own and result.is_success:
        return False
    is_told_already = result.outcome is Outcome.DRY_RUN and result.command in POWER_COMMANDS
    return bool(result.command) and result.command not in HARMLESS and not is_told_already


def _outcome(result: CommandResult, texts: Mapping[str, str]) -> str:
    """Return how a command ended."""
    if result.is_own and result.outcome is Outcome.DONE:
        return texts["on_after"].format(seconds=f"{result.latency_s or 0:.0f}")
    return texts["packets_sent" if result.is_own and result.outcome is Outcome.ACCEPTED else result.outcome]


async def _async_log(manager: HostsManager, result: CommandResult) -> None:
    """Write a sentence about the power state of the host: ``Reboot of nas: accepted, dry run, asked by Anna``."""
    hass, host = manager.hass, manager.inventory.get(result.key)
    if host is None:
        return
    entities = er.async_get(hass)
    entity_id = entities.async_get_entity_id(Platform.SENSOR, DOMAIN, f"{host.uid}_{POWER_STATE}") or ""
    entity = entities.async_get(entity_id)
    device = dr.async_get(hass).async_get(entity.device_id) if entity and entity.device_id else None
    name = (device and (device.name_by_user or device.name)) or host.name
    texts = activity_texts(hass, "host_logbook")
    key = result.command if result.is_own else f"command_{result.command}"
    parts = [_outcome(result, texts)]
    if result.is_dry_run and result.outcome is not Outcome.DRY_RUN:
        parts.append(texts["dry_run"])
    if isinstance(result.context, Context):
        who, _ = await async_caller(hass, result.context)
        parts += [texts["asked_by"].format(who=who)] if who else []
    message = f"{texts.get(key or '', texts['command']).format(command=result.command, host=name)}: {', '.join(parts)}"
    if result.outcome in _FAILURES and result.message:
        message = f"{message} ({result.message})"
    async_log(hass, name, message, entity_id)
