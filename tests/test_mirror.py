"""Tests mirror the sources: the test of a file stands where a person looks for it."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
SOURCES = {
    "integration": REPOSITORY / "custom_components" / "iotbridge",
    "agent": REPOSITORY / "agent" / "src" / "iotbridge_agent",
}
TESTS = {"integration": REPOSITORY / "tests", "agent": REPOSITORY / "agent" / "tests"}
# A shorter file may go without a test of its own: its callers' tests exercise it.
MAX_LINES_WITHOUT = 60

TABLES = "Tables of rows: one test checks every row, in whichever file it stands."
RULES = "Rules whose examples run through the whole of inference, with each rule and without it."
DATA_PATH = "Part of the data path, which is seen from outside: between a real broker and a real Kafka."
# Sources whose test is elsewhere: the test, and the reason. A folder stands for all its files without a mirror.
COVERED_BY = {
    "integration": {
        "alarms/notifications/channels/channel.py": (
            "alarms/notifications/channels/test_channels.py",
            "Base of the channels, each of which has a test.",
        ),
        "power_plans/flow/plan_forms.py": (
            "power_plans/flow/test_plan_flow.py",
            "Forms of one flow, whose test fills them in.",
        ),
        "power_plans/flow/plan_role_forms.py": (
            "power_plans/flow/test_plan_flow.py",
            "Forms of one flow, whose test fills them in.",
        ),
        "power_plans/flow/plan_step_forms.py": (
            "power_plans/flow/test_plan_flow.py",
            "Forms of one flow, whose test fills them in.",
        ),
        "power_plans/flow/schedule_forms.py": (
            "power_plans/flow/test_schedule_flow.py",
            "Forms of one flow, whose test fills them in.",
        ),
        "hosts/entity.py": ("hosts/test_sensor.py", "Base of the entities, each of which has a test."),
        "power_plans/api/documents.py": (
            "power_plans/api/test_services.py",
            "What the actions and the WebSocket send.",
        ),
        "power_plans/engine/draft.py": ("power_plans/engine/test_advance.py", "Part of one step forward."),
        "power_plans/engine/stopping.py": ("power_plans/engine/test_advance.py", "Part of one step forward."),
        "power_plans/entity.py": ("power_plans/test_sensor.py", "Base of the entities, each of which has a test."),
        "power_plans/runtime/orders.py": ("power_plans/scenarios/test_power_cut.py", "Orders are seen at the hosts."),
        "power_plans/runtime/plan_runner.py": (
            "power_plans/scenarios/test_restarts.py",
            "Runs are seen from outside: by hand, in a power cut, over restarts.",
        ),
        "things/decoders/": (
            "things/decoders/test_decoders.py",
            "Each message has to find its decoder among all of them; the cases of a format are in a file of cases/.",
        ),
        "things/inference/conditions.py": ("things/inference/test_rule_table.py", RULES),
        "things/inference/roles/": ("things/inference/test_rule_table.py", RULES),
        "things/inference/units/": ("things/inference/test_rule_table.py", RULES),
        "things/inference/visibility/": ("things/inference/test_rule_table.py", RULES),
        "things/vocabulary/": ("things/vocabulary/test_vocabulary.py", TABLES),
    },
    "agent": {
        "kafka/delivery/producer.py": ("kafka/test_connector.py", DATA_PATH),
        "kafka/record.py": ("kafka/test_route.py", "Types without behaviour; routes read and return them."),
        "kafka/discovery.py": ("kafka/test_health.py", "The message is seen on a broker."),
        "kafka/spool_rescue.py": ("kafka/test_spool.py", "What is rescued is seen at the spool."),
        "kafka/spool_file.py": ("kafka/test_spool.py", "Versions, lock and damage are seen at the spool."),
        "config_checks.py": ("test_config.py", "A part of the configuration, whose mistakes are one table."),
        "kafka/route_settings.py": (
            "kafka/test_settings.py",
            "A part of the configuration, whose mistakes are one table.",
        ),
        "collector.py": (
            "collectors/test_collectors.py",
            "Types without behaviour; every collector is checked for them.",
        ),
    },
}
# Tests of more than one file, outside of scenarios/.
OF_MORE = {
    "integration": {
        "alarms/notifications/channels/test_mobile_app_installed.py": "Home Assistant's integration of the apps.",
        "dashboard/test_frontend.py": "The JavaScript modules and their texts.",
        "e2e/": "Real processes: what a user sees of all parts together.",
        "life/": "A household at random beside a model; the programs and their own tests.",
        "test_architecture.py": "All sources.",
        "test_blueprints.py": "The blueprints.",
        "test_contract.py": "The examples of the contract, in both directions.",
        "test_docs.py": "The guides.",
        "test_manifest.py": "The manifest, and what the Marketplace reads.",
        "test_mirror.py": "The tests themselves.",
        "test_prose.py": "The style of all sources.",
        "test_publishing.py": "Releases and workflows.",
        "test_quality_scale.py": "The answers to Home Assistant's quality scale.",
        "test_translations.py": "The translations.",
        "test_wording.py": "The wording of dialogs, actions and the sidebar.",
        "things/test_sample_sets.py": "The sample messages, which many tests read.",
    },
    "agent": {
        "kafka/rig/test_rig.py": "The brokers and links around the connector in its tests.",
        "kafka/rig/test_stub.py": "The stub of a Kafka broker, and its logins.",
        "test_contract.py": "The examples of the contract, in both directions.",
        "test_docs_hosts.py": "The guide docs/hosts.md.",
        "test_docs_kafka.py": "The guide docs/kafka.md.",
    },
}
PARTS = sorted(SOURCES)


def sources(part: str) -> dict[str, int]:
    """Return the source files of a part with their numbers of lines."""
    root = SOURCES[part]
    return {
        path.relative_to(root).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in sorted(root.rglob("*.py"))
    }


def mirror(source: str) -> str:
    """Return where the test of a source file belongs; that of a package is named after it."""
    path = Path(source)
    name = path.stem if path.name != "__init__.py" else path.parent.name or "init"
    return (path.parent / f"test_{name}.py").as_posix()


def has_mirror(part: str, source: str) -> bool:
    return (TESTS[part] / mirror(source)).exists()


def is_covered(part: str, source: str) -> bool:
    """Return whether a row says where the test of a source file is."""
    rows = COVERED_BY[part]
    return source in rows or any(row.endswith("/") and source.startswith(row) for row in rows)


@pytest.mark.parametrize("part", PARTS)
def test_a_source_file_has_its_test_at_the_same_place(part: str) -> None:
    long = [source for source, lines in sources(part).items() if lines > MAX_LINES_WITHOUT]
    assert len(long) > 25

    missing = {source: mirror(source) for source in long if not has_mirror(part, source)}
    assert {source: test for source, test in missing.items() if not is_covered(part, source)} == {}


@pytest.mark.parametrize("part", PARTS)
def test_a_row_is_needed_and_names_a_test_that_exists(part: str) -> None:
    without = [
        source for source, lines in sources(part).items() if lines > MAX_LINES_WITHOUT and not has_mirror(part, source)
    ]
    for row, (test, reason) in COVERED_BY[part].items():
        covered = (
            [source for source in without if source.startswith(row)] if row.endswith("/") else {row} & set(without)
        )
        assert covered, f"{row} has a test of its own, is short, or is gone"
        assert (TESTS[part] / test).exists(), test
        assert reason.endswith(".")


@pytest.mark.parametrize("part", PARTS)
def test_a_test_file_mirrors_a_source_file_or_is_a_scenario(part: str) -> None:
    mirrors = {mirror(source) for source in sources(part)}
    others = {
        path.relative_to(TESTS[part]).as_posix()
        for path in TESTS[part].rglob("test_*.py")
        if "scenarios" not in path.relative_to(TESTS[part]).parts
    } - mirrors
    rows = OF_MORE[part]

    assert {test for test in others if test not in rows and f"{test.partition('/')[0]}/" not in rows} == set()
    assert [row for row in rows if not any(test == row or test.startswith(row) for test in others)] == []
