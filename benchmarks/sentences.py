"""Costs of renewing the sentences of Assist after a rename: 200 hosts, all open for power commands, and 3,000 entities.

The names are collected in Home Assistant's event loop; the files are written and checked in a thread. Processor time in
milliseconds, median of ten rounds.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
import statistics
import sys
import tempfile
import time
from types import MappingProxyType
from typing import Any

from lab.waiting import LabError

from custom_components.iotbridge.hosts.voice.voice import HostVoice
from custom_components.iotbridge.sentences.checking import broken_files, check
from custom_components.iotbridge.sentences.document import document
from homeassistant import loader
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.components.homeassistant.const import DATA_EXPOSED_ENTITIES
from homeassistant.components.homeassistant.exposed_entities import ExposedEntities
from homeassistant.config_entries import ConfigEntries, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from . import command_line
from .report import Report

HOSTS, ENTITIES, RULES, ROUNDS = 200, 3000, 200, 10
MAX_LOOP_MS, MAX_THREAD_MS = 50, 50
OTHER = """
language: en
intents:
  FeedTheCat:
    data:
      - sentences: [feed the cat, feed [the] (cat|kitten) {portions} times]
lists:
  portions: {range: {from: 1, to: 5}}
"""


def main() -> int:
    """Measure and print; return 1 if an aim is missed."""
    return command_line.run(_run, command_line.parser("sentences", __doc__).parse_args())


async def _run(options: argparse.Namespace) -> None:
    report = Report("sentences")
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        voice = await _household(folder)
        names = {
            **voice.async_names(),
            "alarm": [(f"Too hot in room {number}", f"{number:026}") for number in range(RULES)],
        }
        text = document("en", names)
        check(text)  # loads hassil
        other = Path(folder) / "cat.yaml"
        other.write_text(OTHER, "utf-8")
        loop = _median_ms(voice.async_names)
        writing, checking = _median_ms(lambda: document("en", names)), _median_ms(lambda: check(text))
        others = _median_ms(lambda: list(broken_files("en", text, [other])))
    rows += [
        ["names, in the event loop", f"{loop:.0f}", str(MAX_LOOP_MS)],
        [f"a file of {len(text) / 1000:.0f} kB: written", f"{writing:.0f}", ""],
        ["the same: checked", f"{checking:.0f}", ""],
        ["the same: written and checked, in a thread", f"{writing + checking:.0f}", str(MAX_THREAD_MS)],
        ["one small file of others, checked beside it, in a thread", f"{others:.0f}", ""],
    ]
    title = f"Sentences of one language for {HOSTS} hosts and {RULES} alarm rules, beside {ENTITIES:,} entities"
    report.add(["what", "processor ms", "aim"], rows, title=title)
    report.finish(write=options.write)
    if loop > MAX_LOOP_MS or writing + checking > MAX_THREAD_MS:
        raise LabError("missed")


def _median_ms(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        times.append((time.process_time() - begin) * 1000)
    return statistics.median(times)


async def _household(folder: str) -> HostVoice:
    """Return the hosts of a household by voice; nothing of it is written or connected."""
    hass = HomeAssistant(folder)
    hass.config_entries = ConfigEntries(hass, {})
    loader.async_setup(hass)
    await async_load_base_functionality(hass)
    hass.data[DATA_EXPOSED_ENTITIES] = ExposedEntities(hass)
    await hass.data[DATA_EXPOSED_ENTITIES].async_initialize()
    entry: ConfigEntry[Any] = ConfigEntry(
        data={},
        discovery_keys=MappingProxyType({}),
        domain="iotbridge",
        minor_version=1,
        options={},
        source="user",
        subentries_data=(),
        title="IoT Bridge",
        unique_id=None,
        version=1,
    )
    hass.config_entries._entries[entry.entry_id] = entry  # noqa: SLF001 - without setting it up
    devices, entities = dr.async_get(hass), er.async_get(hass)
    power_hosts = []
    for number in range(HOSTS):
        device = devices.async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("iotbridge", f"{number}")}, name=f"server-{number:03}"
        )
        power_hosts.append(device.id)
        for sensor in range(ENTITIES // HOSTS):
            key = "power_state" if sensor == 0 else f"reading_{sensor}"
            entity = entities.async_get_or_create(
                "sensor",
                "iotbridge",
                f"{number}_{key}",
                config_entry=entry,
                device_id=device.id,
                has_entity_name=True,
                original_name=key,
                translation_key=key,
            )
            hass.states.async_set(entity.entity_id, "1", {"friendly_name": f"server-{number:03} {key}"})
    unused: Any = None
    return HostVoice(hass, entry, unused, unused, unused, power_hosts)


if __name__ == "__main__":
    sys.exit(main())
