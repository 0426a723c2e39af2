"""Translations: every text for users exists in every language, and none is unused."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
import string
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge import config_flow, issues
from custom_components.iotbridge.alarms.conditions import ALARM_CONDITIONS
from custom_components.iotbridge.alarms.engine.models import AlarmState, Change, Severity
from custom_components.iotbridge.alarms.flow import escalation_form, notifier_flow
from custom_components.iotbridge.alarms.flow.condition_form import RHYTHMS
from custom_components.iotbridge.alarms.flow.maintenance_flow import DAYS
from custom_components.iotbridge.alarms.triggers import ALARM_TRIGGERS
from custom_components.iotbridge.hosts.commander import Outcome
from custom_components.iotbridge.hosts.conditions import HOST_CONDITIONS
from custom_components.iotbridge.hosts.discovery.host_discovery import BUTTONS, KNOWN
from custom_components.iotbridge.hosts.inventory import PowerState
from custom_components.iotbridge.hosts.triggers import HOST_TRIGGERS
from custom_components.iotbridge.hosts.voice.voice import COMMANDS
from custom_components.iotbridge.power_plans.conditions import PLAN_CONDITIONS
from custom_components.iotbridge.power_plans.engine.plan import HOST_COMMANDS, FailurePolicy, Role
from custom_components.iotbridge.power_plans.engine.plan_state import PlanState
from custom_components.iotbridge.power_plans.engine.run import Direction, PlanOutcome
from custom_components.iotbridge.power_plans.engine.schedule import TASKS
from custom_components.iotbridge.power_plans.event import KINDS as PLAN_EVENTS
from custom_components.iotbridge.power_plans.flow.plan_forms import ONE_BY_ONE, TOGETHER
from custom_components.iotbridge.power_plans.flow.plan_step_forms import NO_ROLE
from custom_components.iotbridge.power_plans.flow.schedule_forms import CRON, WEEKLY
from custom_components.iotbridge.power_plans.triggers import PLAN_TRIGGERS
from custom_components.iotbridge.system_health import system_health_info
from custom_components.iotbridge.things.flow.availability_form import EXPIRIES
from custom_components.iotbridge.things.flow.channel_form import fields_schema
from custom_components.iotbridge.things.flow.texts import ThingTexts
from custom_components.iotbridge.things.model.message import ProblemKind
from custom_components.iotbridge.things.model.profile import PLATFORMS, Joining
from custom_components.iotbridge.things.profiles.validation import IN_ENGLISH, Expected
from custom_components.iotbridge.things.runtime.reading_status import ReadingStatus
from homeassistant.helpers import entity_registry as er, issue_registry as ir, selector
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict

from .kit import FakeHost, Kit, learn
from .power_plans.plans import host as step_of_host, plan_of, put_plan
from .power_plans.schedules import FakeSchedule
from .rules import add_rule, rule_entity, set_state
from .things import attic

ROOT = Path(config_flow.__file__).parent
TRIGGERS = {**ALARM_TRIGGERS, **HOST_TRIGGERS, **PLAN_TRIGGERS}
CONDITIONS = {**ALARM_CONDITIONS, **HOST_CONDITIONS, **PLAN_CONDITIONS}
# Files whose literals name steps, errors, aborts and sentences of the dialogs.
DIALOGS = ("*/flow/*.py", "alarms/**/*.py", "power_plans/engine/*.py", "forms.py", "topic_filters.py")
LANGUAGES = ("en", "it", "fr")
# Selectors without options: their texts are parts of sentences.
NO_OPTIONS = ("plan_message", "schedule_text", "timetable", "voice", "wizard")
# Sections that Home Assistant reads in translations of a custom integration.
CATEGORIES = {
    "title", "config", "config_subentries", "options", "device", "entity", "exceptions", "issues", "selector",
    "services", "triggers", "conditions", "system_health",
}  # fmt: skip


def load(language: str = "en") -> dict[str, Any]:
    texts: dict[str, Any] = json.loads((ROOT / "translations" / f"{language}.json").read_text("utf-8"))
    return texts


def flat(texts: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in texts.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from flat(value, where)
        else:
            yield where, value


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def calls(*paths: Path) -> Iterator[ast.Call]:
    for path in paths or ROOT.rglob("*.py"):
        yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def keywords(call: ast.Call) -> dict[str | None, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords}


WORDS = load()
ICONS = json.loads((ROOT / "icons.json").read_text("utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_texts_with_the_same_placeholders(language: str) -> None:
    spoken, english = dict(flat(load(language))), dict(flat(WORDS))

    assert spoken.keys() == english.keys()
    assert {key for key in english if placeholders(spoken[key]) != placeholders(english[key])} == set()
    assert [key for key, text in spoken.items() if text != text.strip() or not text or "<" in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_conform_to_hassfest(language: str) -> None:
    spoken = dict(flat(load(language)))

    assert [key for key in spoken if not re.fullmatch(r"[a-z0-9_.]+", key) or "__" in key] == []
    assert [key for key, text in spoken.items() if re.search(r"://|www\.|'\{\w+\}'", text)] == []
    assert [key for key, text in spoken.items() if not all(name.isidentifier() for name in placeholders(text))] == []


@pytest.mark.parametrize("language", ["it", "fr"])
def test_nothing_was_left_in_english(language: str) -> None:
    spoken, english = dict(flat(load(language))), dict(flat(WORDS))

    assert [key for key, text in english.items() if " " in text and spoken[key] == text and text != "IoT Bridge"] == []


def test_home_assistant_reads_every_section() -> None:
    assert WORDS.keys() == CATEGORIES


async def test_home_assistant_finds_them_in_every_language(kit: Kit) -> None:
    for language, name in (("en", "Lost"), ("it", "Perso"), ("fr", "Perdu")):
        words = await async_get_translations(kit.hass, language, "entity", {"iotbridge"})
        assert words["component.iotbridge.entity.sensor.power_state.state.lost"] == name


# ---------------------------------------------------------------- the flows


@pytest.mark.parametrize(
    ("section", "flow"), [("config", config_flow.IotBridgeConfigFlow), ("options", config_flow.IotBridgeOptionsFlow)]
)
def test_every_step_is_translated(section: str, flow: type) -> None:
    steps = {name.removeprefix("async_step_") for name in vars(flow) if name.startswith("async_step_")} - {"mqtt"}

    assert WORDS[section]["step"].keys() == steps
    fields = {str(key) for key in config_flow.OPTIONS_SCHEMA.schema}
    for step in WORDS[section]["step"].values():
        assert "title" in step
        if "data" in step:
            assert step["data"].keys() == step["data_description"].keys() == fields


def test_every_error_and_every_abort_is_translated() -> None:
    source = ROOT / "config_flow.py"
    aborts = {
        ast.literal_eval(keywords(call)["reason"])
        for call in calls(source)
        if "reason" in keywords(call) and "translation_domain" not in keywords(call)
    }
    errors = {
        node.value.value
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Subscript)
        and getattr(node.targets[0].value, "id", "") == "errors"
        and isinstance(node.value, ast.Constant)
    }

    assert WORDS["config"]["abort"].keys() == aborts
    assert WORDS["config"]["error"].keys() == errors
    assert WORDS["options"]["error"].keys() == errors | {"quiet_half", "alerts_unknown"}


FLOWS = WORDS["config_subentries"]
# Home Assistant's own abort reason for a second subentry with the same unique id.
TWICE = "already_configured"
SUBENTRY_FLOWS = config_flow.IotBridgeConfigFlow.async_get_supported_subentry_types(MockConfigEntry(domain="iotbridge"))


def constants(*patterns: str) -> set[str]:
    """Return every text in the source of the dialogs."""
    trees = [ast.parse(path.read_text("utf-8")) for pattern in patterns for path in ROOT.glob(pattern)]
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in nodes if isinstance(node.value, str)}


@pytest.mark.parametrize("kind", FLOWS)
def test_no_text_of_the_dialogs_is_unused(kind: str) -> None:
    """The tests of the flows show that no text is missing."""
    flow, words = SUBENTRY_FLOWS[kind], FLOWS[kind]
    steps = {name.removeprefix("async_step_") for name in dir(flow) if name.startswith("async_step_")}
    named = constants(*DIALOGS)

    assert words["step"].keys() <= steps & named
    assert words["abort"].keys() - {TWICE} <= named
    assert words["error"].keys() <= named | set(Expected)
    assert words.get("progress", {}).keys() <= named
    for step in words["step"].values():
        assert step.get("menu_options", {}).keys() <= steps


def test_every_subentry_has_its_dialog_and_its_texts() -> None:
    assert FLOWS.keys() == SUBENTRY_FLOWS.keys()
    named = constants("*/flow/*.py", "alarms/**/*.py", "forms.py", "topic_filters.py")
    # tests/alarms/engine/test_kinds.py checks those of the alarm kinds, which are named after them.
    of_kinds = {key for key in WORDS["selector"]["wizard"]["options"] if key.startswith(("is_", "name_"))}
    assert WORDS["selector"]["wizard"]["options"].keys() - of_kinds <= named


def test_every_spoken_sentence_is_used() -> None:
    named = constants("*/intents.py", "*/llm.py", "hosts/voice/*.py", "sentences/speech.py")
    built = {f"is_{power}" for power in PowerState} | {
        f"{kind}_{command}" for kind in ("ask", "sent") for command in COMMANDS
    }
    assert WORDS["selector"]["voice"]["options"].keys() == (
        named & WORDS["selector"]["voice"]["options"].keys()
    ) | built | {"is_unknown"}


def test_every_error_of_a_profile_is_translated() -> None:
    """The log is English, the dialog is in the user's language."""
    errors = FLOWS["device"]["error"]

    assert {kind: errors[kind] for kind in Expected} == {
        kind: f"The profile is not valid. {{place}}: expected {IN_ENGLISH[kind]}." for kind in Expected
    }


def test_every_text_built_by_a_dialog_exists() -> None:
    named = {
        ast.literal_eval(call.args[0])
        for call in calls(*ROOT.glob("*/flow/*.py"))
        if name_of(call) == "sentence" and isinstance(call.args[0], ast.Constant)
    }

    assert named <= WORDS["selector"]["wizard"]["options"].keys()


def test_every_field_of_a_channel_is_translated() -> None:
    texts = ThingTexts({"diagnostic": "", "config": ""}, {}, {}, {})
    steps = WORDS["config_subentries"]["device"]["step"]

    for kind in PLATFORMS:
        fields = {str(marker) for marker in fields_schema(kind, texts).schema}
        assert steps[kind]["data"].keys() == steps[kind]["data_description"].keys() == fields
        assert kind in steps["kind"]["menu_options"]


def test_every_field_of_a_list_is_translated(kit: Kit) -> None:
    lists = {**escalation_form.schema({}).schema, **notifier_flow.target_fields(kit.hass, [])}

    for name in ("steps", "actions"):
        words = WORDS["selector"][name]["fields"]
        assert words.keys() == lists[name].config["fields"].keys()
        assert all(field.keys() == {"name", "description"} for field in words.values())


# ---------------------------------------------------------------- errors and issues


def test_every_error_is_translated_and_has_its_placeholders() -> None:
    raised: dict[str, set[str | None]] = {}
    for call in calls():
        arguments = keywords(call)
        if name_of(call) in ("CommandFailedError", "InvalidCallError"):
            assert isinstance(call.args[0], ast.Constant)
            raised[str(call.args[0].value)] = set(arguments)
        elif name_of(call).endswith("SelectorConfig") or name_of(call) == "async_get_or_create":
            continue  # names its choices, or a device, not an error
        elif isinstance(named := arguments.get("translation_key"), ast.Constant):
            filled = arguments.get("translation_placeholders")
            raised[str(named.value)] = (
                {ast.literal_eval(key) for key in filled.keys if key} if isinstance(filled, ast.Dict) else set()
            )

    assert WORDS["exceptions"].keys() == raised.keys() | set(ProblemKind)
    for key, given_names in raised.items():
        assert placeholders(WORDS["exceptions"][key]["message"]) == given_names


def test_every_issue_is_translated() -> None:
    kinds = {value for name, value in vars(issues).items() if name.isupper() and isinstance(value, str)}

    assert WORDS["issues"].keys() == kinds - {issues.HELP_URL, "iotbridge"}


def test_titles_of_issues_have_plain_names_and_descriptions_escaped_ones() -> None:
    for words in WORDS["issues"].values():
        texts = [words, *words.get("fix_flow", {}).get("step", {}).values()]
        for text in texts:
            assert all(name == "limit" or name.endswith("_plain") for name in placeholders(text.get("title", "")))
            assert not any(name.endswith("_plain") for name in placeholders(text.get("description", "")))


async def test_every_issue_has_its_placeholders(kit: Kit) -> None:
    nas = await kit.host("nas", protocol=2)
    for _ in range(2):
        await nas.status(timestamp="2020-01-01T00:00:00Z")
        await nas.announce(instance="b2")
        await nas.announce(instance="a1")
    await FakeHost(kit, "pc", "iotbridge").announce()
    await kit.wait(65)

    raised = [issue for (domain, _), issue in ir.async_get(kit.hass).issues.items() if domain == "iotbridge"]

    assert {issue.translation_key for issue in raised} == {"clock_differs", "node_id_conflict", "no_device"}
    for issue in raised:
        for text in WORDS["issues"][issue.translation_key].values():
            assert placeholders(text) <= (issue.translation_placeholders or {}).keys()


# ---------------------------------------------------------------- entities


async def test_every_entity_has_its_name_and_its_icon(kit: Kit, entry: MockConfigEntry) -> None:
    host = await kit.host(mac=["a8:a1:59:00:00:01"], commands=["ping", "status", "notice"])
    await add_rule(kit, "sensor.one")
    await FakeSchedule.add(kit, host)
    put_plan(kit.hass, entry, plan_of(step_of_host("nas")))
    learn(kit.hass, entry, attic.profile(attic.TEMPERATURE), attic.SAMPLE)
    await kit.hass.async_block_till_done()
    await kit.deliver_config(attic.UID)
    ours = {
        (entity.domain, entity.translation_key)
        for entity in er.async_get(kit.hass).entities.values()
        if entity.platform == "iotbridge"
    }
    discovered = {
        ("binary_sensor", "host_connection"),
        *(("sensor", f"host_{key}") for key in KNOWN),
        *(("button", f"host_{command}") for command in BUTTONS),
    }

    def listed(tree: dict[str, dict[str, Any]]) -> set[tuple[str, str | None]]:
        return {(domain, key) for domain, entities in tree.items() for key in entities}

    assert listed(WORDS["entity"]) == ours | discovered
    assert listed(ICONS["entity"]) == ours


def test_every_state_has_its_name() -> None:
    sensor, event = WORDS["entity"]["sensor"]["power_state"], WORDS["entity"]["event"]["command"]

    assert sensor["state"].keys() == set(PowerState)
    assert WORDS["entity"]["sensor"]["reading_status"]["state"].keys() == set(ReadingStatus)
    assert ICONS["entity"]["sensor"]["power_state"]["state"].keys() < set(PowerState)
    assert event["state_attributes"]["event_type"]["state"].keys() == set(Outcome)
    assert WORDS["entity"]["sensor"]["alarm"]["state"] == WORDS["selector"]["alarm_state"]["options"]
    assert ICONS["entity"]["sensor"]["alarm"]["state"].keys() < set(AlarmState)
    for domain in ("binary_sensor", "event"):
        alarm = WORDS["entity"][domain]["alarm"]["state_attributes"]
        assert alarm["severity"]["state"].keys() == {severity.word for severity in Severity}
    assert alarm["event_type"]["state"].keys() == set(Change)
    plan = WORDS["entity"]["event"]["plan"]["state_attributes"]
    assert plan["event_type"]["state"].keys() == set(PLAN_EVENTS)
    assert plan["outcome"]["state"].keys() == set(PlanOutcome)
    assert plan["direction"]["state"].keys() == WORDS["selector"]["plan_direction"]["options"].keys() == set(Direction)
    assert WORDS["entity"]["sensor"]["plan_state"]["state"].keys() == set(PlanState)


async def test_every_attribute_of_an_event_has_its_name(kit: Kit) -> None:
    host = await kit.host()
    sent = {"command": "ping", "id": "c-1"}
    await kit.receive(host.topic("command"), sent)
    await host.respond(sent, "refused", reason="busy")

    attributes = kit.state("iotbridge_nas_command").attributes.keys()

    names = WORDS["entity"]["event"]["command"]["state_attributes"].keys()
    assert names == attributes - {"event_types", "friendly_name", "icon"}


@pytest.mark.parametrize("domain", ["binary_sensor", "event"])
async def test_every_attribute_of_an_alarm_has_its_name(kit: Kit, domain: str) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")

    state = kit.hass.states.get(rule_entity(kit, rule_id, domain))

    assert state is not None
    names = WORDS["entity"][domain]["alarm"]["state_attributes"].keys()
    assert names == state.attributes.keys() - {
        "custom_ui_more_info", "device_class", "event_types", "friendly_name", "icon",
    }  # fmt: skip


async def test_every_line_of_the_system_information_has_its_name(kit: Kit) -> None:
    assert WORDS["system_health"]["info"].keys() == (await system_health_info(kit.hass)).keys()


# ---------------------------------------------------------------- actions, triggers, conditions


KINDS = {"services": "service", "triggers": "trigger", "conditions": "condition"}


def described(kind: str) -> dict[str, dict[str, Any]]:
    """Return what a YAML file describes; the names with a dot are its own."""
    return {name: what for name, what in load_yaml_dict(str(ROOT / f"{kind}.yaml")).items() if not name.startswith(".")}


@pytest.mark.parametrize("kind", KINDS)
def test_every_described_item_has_its_texts_and_its_icon(kind: str) -> None:
    elements = described(kind)

    assert WORDS[kind].keys() == elements.keys()
    assert ICONS[kind] == {name: {KINDS[kind]: ICONS[kind][name][KINDS[kind]]} for name in elements}
    for name, element in elements.items():
        words = WORDS[kind][name]
        assert words["name"]
        assert words["description"]
        assert words["fields"].keys() == element["fields"].keys()
        if "target" in element:
            selector.TargetSelector(element["target"])
        for field in element["fields"].values():
            assert field.keys() <= {"required", "default", "example", "selector"}
            selector.selector(field["selector"])


def test_the_descriptions_match_the_implementation(kit: Kit) -> None:
    assert described("services").keys() == kit.hass.services.async_services_for_domain("iotbridge").keys()
    assert described("triggers").keys() == TRIGGERS.keys()
    assert described("conditions").keys() == CONDITIONS.keys()


def test_every_option_of_a_selector_is_translated() -> None:
    choices = {
        field["selector"]["select"]["translation_key"]: set(field["selector"]["select"]["options"])
        for kind in KINDS
        for element in described(kind).values()
        for field in element["fields"].values()
        if "select" in field["selector"]
    }
    assert choices["alarm_state"] == set(AlarmState)
    assert choices["alarm_change"] == set(Change)

    choices |= {"joining": set(Joining), "expiry": set(EXPIRIES), "rhythm": set(RHYTHMS), "days": set(DAYS)}
    choices |= {"severity": {severity.word for severity in Severity}}
    choices |= {"schedule_task": set(TASKS), "schedule_when": {WEEKLY, CRON}}
    choices |= {"plan_command": set(HOST_COMMANDS), "plan_failure": set(FailurePolicy)}
    choices |= {"plan_order": {ONE_BY_ONE, TOGETHER}, "plan_role": {role.value or NO_ROLE for role in Role}}
    own = {key: set(words["options"]) for key, words in WORDS["selector"].items() if "options" in words}
    named = {key for key in own.keys() - choices.keys() if key in NO_OPTIONS or key.startswith(("alarm_", "host_"))}
    assert {key: words for key, words in own.items() if key not in named} == choices


async def test_home_assistant_offers_triggers_and_conditions(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """Core's own parser validates the YAML files; it only logs its errors."""
    from homeassistant.helpers import condition, trigger  # noqa: PLC0415

    assert await async_setup_component(kit.hass, "automation", {})
    triggers = await trigger.async_get_all_descriptions(kit.hass)
    conditions = await condition.async_get_all_descriptions(kit.hass)

    assert {key for key in triggers if key.startswith("iotbridge.")} == {f"iotbridge.{name}" for name in TRIGGERS}
    assert {key for key in conditions if key.startswith("iotbridge.")} == {f"iotbridge.{name}" for name in CONDITIONS}
    assert None not in (*triggers.values(), *conditions.values())
    assert "Unable to parse" not in caplog.text
