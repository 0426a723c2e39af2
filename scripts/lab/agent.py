"""Real agent of this machine, in dry run."""

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
from typing import Any

from .processes import ROOT, Program

AGENT_BIN = ROOT / "agent" / ".venv" / "bin"
"""The agent's own environment: the system's Python, as its users have it."""


class Agent:
    """Agent process with its configuration and state in a folder."""

    def __init__(
        self,
        folder: Path,
        broker_url: str,
        *,
        node_id: str,
        settings: Mapping[str, Any] | None = None,
        script: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """``settings`` adds to the tables of agent.toml, or has lists of tables.

        ``script`` runs instead of the agent's own command line, and is called with the path of the configuration.
        ``environ`` adds to the environment.
        """
        self.folder = folder
        self.node_id = node_id
        self.config = folder / "agent.toml"
        self.program = Program(f"agent {node_id}", folder / "agent.log")
        self._script = script
        self._environ = environ or {}
        self._tables: dict[str, Any] = {
            "agent": {"node_id": node_id, "state_dir": str(folder / "state"), "dry_run": True},
            "broker": {"url": broker_url},
            "commands": {"shutdown": True, "reboot": True, "suspend": True},
        }
        for name, table in (settings or {}).items():
            if isinstance(table, list):
                self._tables[name] = table
            else:
                self._tables.setdefault(name, {}).update(table)

    async def start(self) -> None:
        """Start the process; the caller checks whether it reaches the broker."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(toml(self._tables), encoding="utf-8")
        argv: Sequence[str | Path] = (
            [AGENT_BIN / "python", self._script, self.config]
            if self._script
            else [AGENT_BIN / "iotbridge-agent", "--config", self.config, "run"]
        )
        # The configuration of a real agent on this machine must not affect this one.
        await self.program.start(argv, {"IOTBRIDGE_CONFIG": "", "STATE_DIRECTORY": "", **self._environ})

    async def stop(self) -> None:
        """Stop it in an orderly way: it publishes its last messages."""
        await self.program.stop()

    async def kill(self) -> None:
        """Kill it, as a power cut would: only its last will is published."""
        await self.program.kill()


def toml(tables: Mapping[str, Any]) -> str:
    """Return tables, and lists of them, of text, numbers, flags and lists; their JSON values are TOML values."""
    lines = []
    for name, content in tables.items():
        is_list = isinstance(content, list)
        for table in content if is_list else [content]:
            lines.append(f"[[{name}]]" if is_list else f"[{name}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"
