"""Architecture: allowed imports, names of files, lengths of files."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path
import subprocess
import sys
import tomllib

import pytest

REPOSITORY = Path(__file__).parent.parent
ROOT = REPOSITORY / "custom_components" / "iotbridge"
SOURCES = sorted(ROOT.rglob("*.py"))
AGENT = REPOSITORY / "agent" / "src" / "iotbridge_agent"
MAX_LINES = 400
MAX_FILES = 26
MAX_DISPATCHER_LINES = 25
# The dialogs of the config entry itself, which belong to no capability.
NO_DISPATCHERS = {"config_flow"}

# Home Assistant looks up modules of these names in every integration; a package of ours would be mistaken for its own.
LOOKED_UP = {
    "account_link", "application_credentials", "assist_pipeline", "cast", "config", "device_action",
    "device_condition", "device_trigger", "energy", "group", "hardware", "http", "logbook", "lovelace", "media_source",
    "onboarding", "recorder", "reproduce_state", "significant_change", "weather",
}  # fmt: skip
DRAWERS = {"common", "helper", "helpers", "misc", "util", "utils"}


@cache
def imported(path: Path) -> list[str]:
    """Return the full names of the imports of a file."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found += (f"{node.module}.{alias.name}" for alias in node.names)
    return found


def importers(name: str) -> set[str]:
    """Return the files that import a module of Home Assistant."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if any(found == name or found.startswith(f"{name}.") for found in imported(path))
    }


def test_imports_follow_the_layers() -> None:
    """The contracts are in pyproject.toml."""
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def test_only_one_module_imports_mqtt() -> None:
    assert importers("homeassistant.components.mqtt") == {"mqtt_client.py"}
    assert importers("aiomqtt") == importers("paho") == set()


def test_only_one_module_imports_hassil() -> None:
    assert importers("hassil") == {"sentences/checking.py"}


def test_only_one_module_imports_the_issue_registry() -> None:
    assert importers("homeassistant.helpers.issue_registry") == {"issues.py"}


def test_the_integration_needs_nothing_but_home_assistant() -> None:
    # Home Assistant's conversation brings these, and without it nothing imports them; it has cronsim for its backups.
    of_conversation = {"hassil", "home_assistant_intents"}
    ours_or_core = {
        "homeassistant",
        "voluptuous",
        "orjson",
        "yaml",
        "cronsim",
        *of_conversation,
        *sys.stdlib_module_names,
    }

    assert {name.partition(".")[0] for path in SOURCES for name in imported(path)} <= ours_or_core


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_is_too_long(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


def platforms() -> set[str]:
    """Return the platform files at the root: the top layer of the contract in pyproject.toml."""
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    (layers,) = [row["layers"] for row in settings["tool"]["importlinter"]["contracts"] if row["id"] == "layers"]
    return {name for name in layers[0].split(" : ") if not name.startswith("(")}


@pytest.mark.parametrize("name", sorted(platforms() - NO_DISPATCHERS))
def test_a_platform_file_only_dispatches_to_the_capabilities(name: str) -> None:
    assert len((ROOT / f"{name}.py").read_text("utf-8").splitlines()) <= MAX_DISPATCHER_LINES


def test_no_name_is_taken_by_home_assistant() -> None:
    packages = {path.name for path in ROOT.iterdir() if path.is_dir()}

    assert packages & LOOKED_UP == set()
    assert {path.stem for path in ROOT.glob("*.py")} & LOOKED_UP == set()


@pytest.mark.parametrize("root", [ROOT, AGENT], ids=["integration", "agent"])
def test_no_folder_has_too_many_files(root: Path) -> None:
    """The root of the integration has one file for each thing that Home Assistant looks up."""
    folders = Counter(path.parent for path in root.rglob("*.py"))

    assert {str(folder) for folder, files in folders.items() if files > MAX_FILES} - {str(ROOT)} == set()


def test_no_module_has_a_catch_all_name() -> None:
    assert {path.stem for path in SOURCES} & DRAWERS == set()
    assert {path.name for path in ROOT.rglob("*") if path.is_dir()} & DRAWERS == set()


def test_every_module_has_a_docstring() -> None:
    assert [str(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))] == []


def test_translations_are_where_home_assistant_reads_them() -> None:
    """A custom integration has no strings.json, so its references would not be resolved."""
    assert not (ROOT / "strings.json").exists()
    assert [path for path in (ROOT / "translations").glob("*.json") if "[%key:" in path.read_text("utf-8")] == []
