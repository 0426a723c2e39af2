"""Sentence files on the disk: on consent, renewed, left alone, removed; and the files of others."""

import asyncio
import os
from pathlib import Path

from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.iotbridge.sentences.document import is_unchanged
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component

from ..assist import Assist, start_assist
from ..kit import Kit
from ..rules import add_rule

QUESTION = "Please answer yes or no: shut down nas?"


def issues(kit: Kit) -> dict[str, ir.IssueEntry]:
    """Return the open issues about sentences by kind."""
    return {
        str(issue.translation_key): issue
        for (domain, _), issue in ir.async_get(kit.hass).issues.items()
        if domain == "iotbridge" and str(issue.translation_key).startswith("sentences")
    }


def files(assist: Assist) -> list[str]:
    """Return all files among the custom sentences."""
    root = Path(assist.kit.hass.config.path("custom_sentences"))
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def test_nothing_is_written_without_consent_and_all_is_removed_on_request(kit: Kit, assist: Assist) -> None:
    nas = await kit.host("nas")
    await assist.renewed()
    assert files(assist) == []
    assert (await assist.ask("how is nas")).is_error

    await assist.configure(nas, voice_languages=["en", "it"])
    assert files(assist) == ["en/iotbridge.yaml", "it/iotbridge.yaml"]
    assert (await assist.ask("how is nas")).text.startswith("nas is on.")

    await assist.configure(nas, voice_languages=["it"])
    assert files(assist) == ["it/iotbridge.yaml"]
    assert (await assist.ask("how is nas")).is_error

    await kit.hass.config_entries.async_remove(assist.entry.entry_id)
    await kit.hass.async_block_till_done()
    assert files(assist) == []


async def test_names_follow_within_seconds(kit: Kit, assist: Assist) -> None:
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"])
    dr.async_get(kit.hass).async_update_device(assist.device_id(nas), name_by_user="Big box")
    await add_rule(kit, "sensor.attic", name="Too hot")
    await assist.renewed()

    assert (await assist.ask("how is the big box")).text.startswith("Big box is on.")
    assert (await assist.ask("acknowledge too hot")).text == "There are no alarms to acknowledge."
    assert (await assist.ask("how is nas")).is_error
    before = assist.file().stat().st_mtime_ns
    await assist.renewed()
    assert assist.file().stat().st_mtime_ns == before


async def test_a_name_that_changes_while_files_are_renewed_follows(kit: Kit, assist: Assist) -> None:
    """On a busy machine, Home Assistant takes longer for a reload than names are waited for."""
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"])
    reload_begins, reload_ends = asyncio.Event(), asyncio.Event()

    async def reload_slowly(_call: ServiceCall) -> None:
        reload_begins.set()
        await reload_ends.wait()

    kit.hass.services.async_register("conversation", "reload", reload_slowly)
    devices, device_id = dr.async_get(kit.hass), assist.device_id(nas)
    devices.async_update_device(device_id, name_by_user="Big box")
    await kit.wait(6)
    await reload_begins.wait()
    devices.async_update_device(device_id, name_by_user="Small box")
    await kit.wait(6)
    reload_ends.set()
    await assist.renewed()

    assert "Small box" in assist.file().read_text("utf-8")


async def test_results_of_sentences_that_were_being_recognized_are_forgotten(kit: Kit, assist: Assist) -> None:
    """Home Assistant keeps the result of a recognition that began before a reload and ended after it."""
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"])
    await assist.renewed()
    await assist.renewed()
    reloads = async_capture_events(kit.hass, EVENT_CALL_SERVICE)
    dr.async_get(kit.hass).async_update_device(assist.device_id(nas), name_by_user="Big box")
    for _ in range(4):
        await assist.renewed()

    assert [event.data["service"] for event in reloads if event.data["domain"] == "conversation"] == ["reload"] * 2


async def test_a_changed_file_is_left_alone(kit: Kit, assist: Assist) -> None:
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"])
    mine = assist.file().read_text("utf-8") + "# mine\n"
    assist.file().write_text(mine, "utf-8")
    await kit.host("pc")
    await assist.renewed()

    assert assist.file().read_text("utf-8") == mine
    assert issues(kit).keys() == {"sentences_changed"}
    path = (issues(kit)["sentences_changed"].translation_placeholders or {})["path"]
    assert "iotbridge" in path

    await assist.configure(nas, voice_languages=[])
    assert assist.file().read_text("utf-8") == mine
    assert issues(kit) == {}


async def test_a_deleted_file_is_written_again(kit: Kit, assist: Assist) -> None:
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"])
    assist.file().unlink()
    await assist.configure(nas)
    assert is_unchanged(assist.file().read_text("utf-8"))


async def test_the_broken_file_of_another_is_named_and_not_loaded(kit: Kit, assist: Assist) -> None:
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"])
    assert (await assist.ask("how is nas")).text.startswith("nas is on.")
    foreign = assist.file().with_name("pumps.yaml")
    foreign.write_text("language: en\nintents: [", "utf-8")
    await kit.host("pc")
    await assist.renewed()

    broken = issues(kit)["sentences_broken"]
    assert "pumps" in (broken.translation_placeholders or {})["files"]
    assert (await assist.ask("how is nas")).text.startswith("nas is on."), "what was loaded goes on"

    foreign.unlink()
    await kit.hass.services.async_call("conversation", "reload", {}, blocking=True)
    await assist.renewed()
    assert issues(kit) == {}
    assert (await assist.ask("how is pc")).text.startswith("pc is on.")


async def test_a_removed_language_does_not_take_another_with_a_broken_file(kit: Kit, assist: Assist) -> None:
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en", "it"])
    assert (await assist.ask("how is nas")).text.startswith("nas is on.")
    assist.file().with_name("pumps.yaml").write_text("language: en\nintents: [", "utf-8")
    await assist.configure(nas, voice_languages=["en"])
    assert not assist.file("it").exists()
    assert (await assist.ask("how is nas")).text.startswith("nas is on."), "what was loaded goes on"


async def test_names_reach_the_variants_of_a_language(kit: Kit, assist: Assist) -> None:
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"])
    assert (await assist.ask("how is nas", "en-GB")).text.startswith("nas is on.")
    await kit.host("pc")
    await assist.renewed()
    assert (await assist.ask("how is pc", "en-GB")).text.startswith("pc is on.")


async def test_a_folder_in_the_place_of_a_file_is_reported_and_the_others_are_written(kit: Kit, assist: Assist) -> None:
    assist.file().mkdir(parents=True)
    await assist.configure(voice_languages=["en", "it"])
    assert issues(kit).keys() == {"sentences_not_written", "sentences_broken"}
    assert is_unchanged(assist.file("it").read_text("utf-8"))


async def test_a_file_that_cannot_be_written_is_reported(kit: Kit, assist: Assist) -> None:
    folder = assist.file().parents[1]
    folder.write_text("not a folder", "utf-8")
    await assist.configure(voice_languages=["en"])
    assert issues(kit).keys() == {"sentences_not_written"}
    folder.unlink()
    await assist.configure()
    assert issues(kit) == {}


async def test_without_the_conversation_agent_nothing_is_written(kit: Kit) -> None:
    """The agent brings the library that checks the files."""
    assert await async_setup_component(kit.hass, "homeassistant", {})
    (entry,) = kit.hass.config_entries.async_entries("iotbridge")
    kit.hass.config_entries.async_update_entry(entry, options={"voice_languages": ["en"]})
    await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.wait(6)
    assert not Assist(kit).file().exists()


async def test_names_follow_what_is_exposed(kit: Kit, assist: Assist) -> None:
    """The words "turn off the nas" are about a lamp of that name, while the agent controls that lamp."""
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"], voice_power_hosts=[assist.device_id(nas)])
    assert (await assist.ask("turn off the nas")).text == QUESTION
    for is_registered in (True, False):
        if is_registered:
            lamp = er.async_get(kit.hass).async_get_or_create("light", "test", "nas", original_name="NAS").entity_id
        else:
            lamp = "light.hand_made"
        async_expose_entity(kit.hass, "conversation", lamp, False)
        kit.hass.states.async_set(lamp, "on", {"friendly_name": "NAS"})
        await assist.renewed()
        assert (await assist.ask("turn off the nas")).text == QUESTION

        async_expose_entity(kit.hass, "conversation", lamp, True)
        await assist.renewed()
        assert (await assist.ask("turn off the nas")).text != QUESTION
        assert (await assist.ask("shut down the nas")).text == QUESTION

        kit.hass.states.async_remove(lamp)
        await assist.renewed()
        assert (await assist.ask("turn off the nas")).text == QUESTION


async def test_a_conversation_agent_that_comes_after_an_unload_finds_nothing(kit: Kit) -> None:
    assert await async_setup_component(kit.hass, "homeassistant", {})
    (entry,) = kit.hass.config_entries.async_entries("iotbridge")
    listeners = []
    for languages in ([], [], ["en"]):
        kit.hass.config_entries.async_update_entry(entry, options={"voice_languages": languages})
        await kit.hass.config_entries.async_reload(entry.entry_id)
        assert await kit.hass.config_entries.async_unload(entry.entry_id)
        listeners.append(kit.hass.bus.async_listeners()["component_loaded"])
    assert listeners[2] - listeners[1] == listeners[1] - listeners[0], "as many are left behind as without sentences"
    await start_assist(kit.hass)
    await Assist(kit).renewed()
    assert not Assist(kit).file().exists()

    assert await kit.hass.config_entries.async_setup(entry.entry_id)
    await Assist(kit).renewed()
    assert Assist(kit).file().exists()


async def test_a_late_conversation_agent_is_waited_for(kit: Kit) -> None:
    assert await async_setup_component(kit.hass, "homeassistant", {})
    (entry,) = kit.hass.config_entries.async_entries("iotbridge")
    kit.hass.config_entries.async_update_entry(entry, options={"voice_languages": ["en"]})
    await kit.hass.config_entries.async_reload(entry.entry_id)
    assert not Assist(kit).file().exists()
    await start_assist(kit.hass)
    await Assist(kit).renewed()
    assert Assist(kit).file().exists()


async def test_an_unload_waits_for_a_file_that_is_being_written(kit: Kit, assist: Assist) -> None:
    """A thread that still wrote the former names would overwrite those of the entry that is set up next."""
    nas = await kit.host("nas")
    await assist.configure(nas, voice_languages=["en"])
    assert (await assist.ask("how is nas")).text.startswith("nas is on.")
    before = assist.file().read_text("utf-8")
    fifo = assist.file().with_name("slow.yaml")
    os.mkfifo(fifo)
    dr.async_get(kit.hass).async_update_device(assist.device_id(nas), name_by_user="Big box")
    await kit.wait(6)
    unloading = kit.hass.async_create_task(kit.hass.config_entries.async_unload(assist.entry.entry_id))
    writer = await asyncio.to_thread(fifo.open, "w")  # waits for the reader, which is the check of the files
    assert not unloading.done()
    await asyncio.to_thread(writer.close)
    assert await unloading
    fifo.unlink()
    assert assist.file().read_text("utf-8") != before
    assert (await assist.ask("how is the big box")).text == "IoT Bridge is not running."
