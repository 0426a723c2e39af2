"""Damage to files, backups and their restoration while Home Assistant is stopped."""

import json
from pathlib import Path
import shutil

from lab.lab import Lab
from lab.waiting import LabError

from .world_things import Things

ALARMS = "iotbridge_alarms.db"


class Disk:
    """The configuration folder of Home Assistant."""

    def __init__(self, lab: Lab, things: Things) -> None:
        self._lab = lab
        self._things = things
        self._subentries: dict[str, str] = {}

    @property
    def _storage(self) -> Path:
        return self._lab.home_assistant.folder / ".storage"

    @property
    def _backup(self) -> Path:
        return self._lab.folder / "backup"

    async def do_break_alarm_file(self) -> None:
        """Replace the alarm database by a file that cannot be opened, as on a full or damaged disk."""
        self._expect_stopped()
        for path in self._storage.glob(f"{ALARMS}*"):
            path.rename(path.with_name(f"away_{path.name}"))
        (self._storage / ALARMS).mkdir()

    async def do_mend_alarm_file(self) -> None:
        """Remove it again; Home Assistant may be running."""
        (self._storage / ALARMS).rmdir()

    async def do_break_subentry(self, title: str) -> None:
        """Make a thing, a rule or a group unreadable, like one of a newer version."""
        self._expect_stopped()
        path = self._storage / "core.config_entries"
        document = json.loads(path.read_text(encoding="utf-8"))
        for entry in document["data"]["entries"]:
            for subentry in entry["subentries"]:
                if subentry["title"] == title:
                    subentry["data"] = {"of_a_newer_version": True}
        path.write_text(json.dumps(document), encoding="utf-8")

    async def do_back_up(self) -> None:
        self._expect_stopped()
        shutil.rmtree(self._backup, ignore_errors=True)
        shutil.copytree(self._lab.home_assistant.folder, self._backup, symlinks=True)
        self._subentries = dict(self._things.subentries)

    async def do_restore(self) -> None:
        self._expect_stopped()
        shutil.rmtree(self._lab.home_assistant.folder)
        shutil.copytree(self._backup, self._lab.home_assistant.folder, symlinks=True)
        self._things.subentries = dict(self._subentries)

    def _expect_stopped(self) -> None:
        if self._lab.home_assistant.program.running:
            raise LabError("Home Assistant has its files in use: this is for while it is stopped")
