"""State of the agent kept across restarts: its instance, the ids of commands, its entities.

It is one JSON file in the state folder, replaced atomically. A damaged file is moved aside, and a new one is created.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
import logging
import os
from pathlib import Path
import secrets
import time
from typing import IO, Any

from iotbridge_agent.errors import AgentError, ConfigError
from iotbridge_agent.system.machine import Machine

MAX_IDS = 500
FILE_NAME = "state.json"
_LOG = logging.getLogger(__name__)


def new_instance() -> str:
    """Return a unique name for an installation."""
    return secrets.token_hex(8)


class StateError(AgentError):
    """Failure to write the state."""


@dataclass
class State:
    """State of the agent; ``save`` writes it."""

    path: Path
    instance: str = field(default_factory=new_instance)
    seen_ids: dict[str, float] = field(default_factory=dict)
    """Ids of commands, oldest first, with the Unix time until which a repetition would be valid."""
    components: dict[str, dict[str, Any]] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine)
    """Machine on which the state was written."""
    announced: str = ""
    """Topic of this instance's last announce."""
    is_new: bool = True
    """True where there was no usable file."""
    _warned: bool = False

    def remember(self, command_id: str, valid_until: float = 0.0) -> None:
        """Store an id while its message is valid, and the newest MAX_IDS beyond that."""
        self.seen_ids[command_id] = valid_until
        if (surplus := len(self.seen_ids) - MAX_IDS) > 0:
            now = time.time()
            for old in [old for old, until in self.seen_ids.items() if until < now][:surplus]:
                del self.seen_ids[old]

    def settle(self, machine: Machine) -> str | None:
        """Store the machine; on a different one become a new instance and return the difference in words."""
        if (difference := machine.difference(self.machine)) is not None:
            self.begin_anew()
        self.machine = machine
        return difference

    def begin_anew(self) -> None:
        """Become a new instance, because another agent has this one; the ids of commands are kept."""
        self.instance = new_instance()
        self.announced = ""

    def save(self) -> None:
        """Write the file and sync it to the disk; raises StateError."""
        document = {
            "instance": self.instance,
            "seen_ids": self.seen_ids,
            "components": self.components,
            "machine": self.machine.as_dict(),
            "announced": self.announced,
        }
        temporary = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise StateError(f"{self.path} cannot be written ({error.strerror or error})") from error

    def save_or_warn(self) -> None:
        """Write the file; log a failure and its consequence once until writing works again."""
        try:
            self.save()
        except StateError as error:
            if not self._warned:
                _LOG.warning("%s: commands with an id are refused, because a repetition could not be detected.", error)
            self._warned = True
        else:
            self._warned = False


def load_state(folder: Path) -> State:
    """Return the state of an earlier run, or a new one."""
    path = folder / FILE_NAME
    try:
        return _parse(path, json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return State(path)
    except OSError as error:
        _LOG.warning("%s cannot be read (%s); starting without it.", path, error.strerror)
        return State(path)
    except (ValueError, RecursionError):
        aside = path.with_suffix(".corrupt")
        _LOG.warning("%s is damaged; it is kept as %s and a new one is created.", path, aside)
        try:
            path.replace(aside)
        except OSError as error:
            _LOG.warning("%s cannot be moved (%s).", path, error.strerror)
        return State(path)


def lock(folder: Path) -> IO[str] | None:
    """Lock this folder for one agent while the returned file is open; raises ConfigError if another one holds it.

    Returns None where the folder cannot be written, or the system has no such locks.
    """
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
    except ImportError:
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / "lock").open("w", encoding="ascii")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise ConfigError(
            f"agent.state_dir: expected a folder of this agent alone, another agent runs with {folder}; "
            "stop it (systemctl stop iotbridge-agent), or give this one its own folder and node_id"
        ) from None
    return file


def _parse(path: Path, document: object) -> State:
    if not isinstance(document, Mapping):
        raise ValueError("no object")  # noqa: TRY004 - one kind of error for a damaged file
    instance, seen_ids, components = (document.get(key) for key in ("instance", "seen_ids", "components"))
    machine, announced = document.get("machine", {}), document.get("announced", "")
    if isinstance(seen_ids, list) and all(isinstance(seen, str) for seen in seen_ids):
        seen_ids = dict.fromkeys(seen_ids, 0.0)  # written before the validity was stored
    if (
        not isinstance(instance, str)
        or not instance
        or not isinstance(seen_ids, dict)
        or not all(isinstance(until, int | float) for until in seen_ids.values())
        or not isinstance(components, dict)
        or not all(_is_component(entry) for entry in components.values())
        or not isinstance(machine, Mapping)
        or not isinstance(announced, str)
    ):
        raise ValueError("wrong types")
    return State(path, instance, seen_ids, components, Machine.from_dict(machine), announced, is_new=False)


def _is_component(entry: object) -> bool:
    return (
        isinstance(entry, Mapping)
        and isinstance(entry.get("owner"), str)
        and isinstance(entry.get("config"), Mapping)
        and isinstance(entry["config"].get("platform"), str)
        and all(isinstance(entry.get(key, 0), int | float) for key in ("missing_since", "removed_at"))
    )


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
