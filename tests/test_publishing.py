"""Names and addresses of the project, releases, and workflows: prerequisites of a publication."""

import json
from pathlib import Path
import re
import shutil
import subprocess
from typing import Any
import zipfile

import probatio
import pytest

from homeassistant.components.mqtt.schemas import MQTT_ORIGIN_INFO_SCHEMA
from homeassistant.helpers import config_validation as cv
from homeassistant.util.yaml import load_yaml_dict

ROOT = Path(__file__).parent.parent
MANIFEST: dict[str, Any] = json.loads((ROOT / "custom_components/iotbridge/manifest.json").read_text("utf-8"))
ADDRESS = str(MANIFEST["documentation"])
OWNER = ADDRESS.split("/")[3]
FILES = subprocess.run(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    cwd=ROOT, check=True, capture_output=True, text=True,
).stdout.split("\0")  # fmt: skip
WITH_ADDRESS = [
    "README.md",
    "SECURITY.md",
    "agent/README.md",
    "agent/packaging/debian/control",
    "agent/packaging/iotbridge-agent.service",
    "agent/packaging/iotbridge-kafka@.service",
    "agent/pyproject.toml",
    "agent/src/iotbridge_agent/protocol/discovery.py",
    "agent/src/iotbridge_agent/cli/kafka_service.py",
    "agent/src/iotbridge_agent/cli/service.py",
    "benchmarks/bench_probe/integration.json",
    "blueprints/automation/iotbridge/act_on_alarm.yaml",
    "blueprints/automation/iotbridge/announce_alarm.yaml",
    "contract/schemas/announce.json",
    "contract/schemas/availability.json",
    "contract/schemas/command.json",
    "contract/schemas/connector-status.json",
    "contract/schemas/response.json",
    "contract/schemas/status.json",
    "custom_components/iotbridge/dashboard/frontend/texts.js",
    "custom_components/iotbridge/hosts/discovery/host_discovery.py",
    "custom_components/iotbridge/things/model/discovery_config.py",
    "custom_components/iotbridge/issues.py",
    "custom_components/iotbridge/manifest.json",
    "docs/alarms.md",
    "tests/dashboard/test_frontend.py",
]
FROM_REGISTRY = re.compile(r"(?:pipx?|uv tool) install (?:-\S+ )*iotbridge-agent|iot-bridge\.github\.io")
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40}  # \S+")
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def texts(folder: Path) -> dict[str, str]:
    """Return the text of each text file of the project, except this one, which has addresses of examples."""
    found = {}
    for name in FILES:
        if (folder / name).is_file() and Path(name).name != Path(__file__).name:
            try:
                found[name] = (folder / name).read_text("utf-8")
            except UnicodeDecodeError:
                continue
    return found


def addresses(folder: Path) -> dict[str, set[str]]:
    """Return the repositories named iot-bridge or renamed that each file refers to, of those that refer to one."""
    own = json.loads((folder / "custom_components/iotbridge/manifest.json").read_text("utf-8"))["documentation"]
    pattern = re.compile(rf"https://github\.com/[\w.-]+/iot-bridge(?![\w-])|{re.escape(own)}(?![\w-])")
    return {name: found for name, text in texts(folder).items() if (found := set(pattern.findall(text)))}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the project's files, under version control."""
    for name in FILES:
        if name and (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "test")


def run(folder: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{path}:/usr/local/bin:/usr/bin:/bin"}
    return subprocess.run(arguments, cwd=folder, check=False, capture_output=True, text=True, env=environment)


# ---------------------------------------------------------------- names


def test_every_file_that_needs_the_address_has_the_one_address() -> None:
    assert addresses(ROOT) == {name: {ADDRESS} for name in WITH_ADDRESS}


def test_home_assistant_and_mqtt_discovery_take_the_address() -> None:
    url = probatio.Schema(probatio.Url())
    assert url(MANIFEST["documentation"]) == ADDRESS
    assert url(MANIFEST["issue_tracker"]) == f"{ADDRESS}/issues"
    assert cv.configuration_url(ADDRESS) == ADDRESS
    assert MQTT_ORIGIN_INFO_SCHEMA({"name": "IoT Bridge", "support_url": ADDRESS})


def test_the_code_owner_is_the_owner_of_the_repository() -> None:
    assert MANIFEST["codeowners"] == [f"@{OWNER}"]


def test_users_are_sent_to_no_name_that_is_not_ours() -> None:
    assert [name for name, text in texts(ROOT).items() if FROM_REGISTRY.search(text)] == []


def test_one_command_fills_the_address_in(copy: Path) -> None:
    done = run(copy, "scripts/set-repository", "example-owner/hosts")

    assert done.returncode == 0, done.stderr
    assert addresses(copy) == {name: {"https://github.com/example-owner/hosts"} for name in WITH_ADDRESS}
    manifest = json.loads((copy / "custom_components/iotbridge/manifest.json").read_text("utf-8"))
    assert manifest["codeowners"] == ["@example-owner"]
    assert "unpublished" not in (copy / "README.md").read_text("utf-8")
    assert "stands for the account" not in (copy / "README.md").read_text("utf-8")


def test_badges_and_the_button_of_the_marketplace_appear_with_the_address(copy: Path) -> None:
    button = "https://my.home-assistant.io/redirect/hacs_repository/?owner={}&repository={}&category=integration"
    hidden = re.compile(r"<!--.*?-->", re.DOTALL)
    before = hidden.sub("", (copy / "README.md").read_text("utf-8"))
    assert "badge" not in before

    run(copy, "scripts/set-repository", "example-owner/hosts")
    commit(copy)
    owner, name = "other", "hosts-2"
    run(copy, "scripts/set-repository", f"{owner}/{name}")

    shown = hidden.sub("", (copy / "README.md").read_text("utf-8"))
    assert button.format(owner, name) in shown
    assert f"https://github.com/{owner}/{name}/actions/workflows/tests.yml/badge.svg" in shown


def test_the_address_can_be_changed_again(copy: Path) -> None:
    run(copy, "scripts/set-repository", "example-owner/hosts")
    commit(copy)
    run(copy, "scripts/set-repository", "other/hosts-2")
    run(copy, "scripts/set-repository", "example-owner/hosts")

    assert subprocess.run(["git", "diff", "--quiet"], cwd=copy, check=False).returncode == 0


@pytest.mark.parametrize("arguments", [(), ("owner",), ("-owner/name",), ("owner/na me",), ("https://github.com/a/b",)])
def test_a_wrong_address_is_refused_and_changes_nothing(copy: Path, arguments: tuple[str, ...]) -> None:
    done = run(copy, "scripts/set-repository", *arguments)

    assert done.returncode == 2
    assert "OWNER/NAME" in done.stderr
    assert subprocess.run(["git", "diff", "--quiet"], cwd=copy, check=False).returncode == 0


# ---------------------------------------------------------------- releases


@pytest.fixture
def uv(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a folder with a program that replaces uv and builds an empty wheel."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "uv"
    program.write_text('#!/bin/sh\nwhile [ "$1" != --out-dir ]; do shift; done\ntouch "$2/agent-py3-none-any.whl"\n')
    program.chmod(0o755)
    return str(folder)


def date_changelog(folder: Path, date: str) -> None:
    path = folder / "CHANGELOG.md"
    path.write_text(re.sub(r"(?m)^(### \[.*\]) - .*$", rf"\1 - {date}", path.read_text("utf-8")), encoding="utf-8")


def test_nothing_is_released_under_the_placeholder(copy: Path, uv: str) -> None:
    run(copy, "scripts/set-repository", "example-owner/hosts")
    path = copy / "custom_components/iotbridge/manifest.json"
    path.write_text(path.read_text("utf-8").replace("example-owner", "owner.invalid"), encoding="utf-8")

    for arguments in (("integration", f"v{MANIFEST['version']}"), ("agent", "agent-v1.0.0")):
        done = run(copy, "scripts/package", *arguments, path=uv)
        assert done.returncode == 1
        assert "scripts/set-repository" in done.stderr
    assert not (copy / "dist").exists()


def test_a_release_has_a_zip_with_its_license_the_agent_and_notes(copy: Path, uv: str) -> None:
    version = MANIFEST["version"]
    run(copy, "scripts/set-repository", "example-owner/hosts")
    date_changelog(copy, "2026-12-24")
    commit(copy)

    done = run(copy, "scripts/package", "integration", f"v{version}", path=uv)

    assert done.returncode == 0, done.stderr
    assert {path.name for path in (copy / "dist/integration").iterdir()} == {"agent-py3-none-any.whl", "iotbridge.zip"}
    with zipfile.ZipFile(copy / "dist/integration/iotbridge.zip") as archive:
        assert {"LICENSE", "manifest.json", "__init__.py", "translations/en.json"} <= set(archive.namelist())
        assert archive.read("LICENSE") == (ROOT / "LICENSE").read_bytes()
        assert b"example-owner/hosts" in archive.read("manifest.json")
    notes = (copy / "dist/notes.md").read_text("utf-8")
    assert "#### Added" in notes
    assert "iotbridge.send_command" in notes
    assert "## Agent" not in notes
    assert "`service install`" not in notes


def test_a_release_needs_a_dated_section_in_the_changelog(copy: Path, uv: str) -> None:
    run(copy, "scripts/set-repository", "example-owner/hosts")
    date_changelog(copy, "unreleased")

    done = run(copy, "scripts/package", "integration", f"v{MANIFEST['version']}", path=uv)

    assert done.returncode == 1
    assert "CHANGELOG.md has no section" in done.stderr


@pytest.mark.parametrize(("part", "tag"), [("integration", "v0.0.1"), ("integration", "1.0.0"), ("agent", "v1.0.0")])
def test_a_tag_that_is_not_the_version_is_refused(copy: Path, part: str, tag: str) -> None:
    done = run(copy, "scripts/package", part, tag)

    assert done.returncode == 1
    assert f"the tag is {tag}; expected" in done.stderr


# ---------------------------------------------------------------- workflows


def test_only_the_integration_has_a_manifest() -> None:
    """Hassfest takes every folder with a manifest.json in the repository for an integration."""
    manifests = [name for name in FILES if Path(name).name == "manifest.json"]

    assert manifests == ["custom_components/iotbridge/manifest.json"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit_with_their_version_beside(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text("utf-8").splitlines() if "uses:" in line]

    assert used
    assert [line for line in used if "uses: ./" not in line and not PINNED.fullmatch(line)] == []


def test_dependabot_keeps_the_actions_up_to_date() -> None:
    updates: Any = load_yaml_dict(str(ROOT / ".github/dependabot.yml"))["updates"]

    assert [update["package-ecosystem"] for update in updates] == ["github-actions"]


@pytest.mark.parametrize(("name", "job"), [("release-integration", "release"), ("release-agent", "pypi")])
def test_a_release_waits_for_the_tests(name: str, job: str) -> None:
    jobs: Any = load_yaml_dict(str(ROOT / f".github/workflows/{name}.yml"))["jobs"]
    awaited = {jobs[needed]["uses"] for needed in [*jobs[job]["needs"]]}

    assert "./.github/workflows/tests.yml" in awaited
    assert {step["run"] for step in jobs[job]["steps"] if "package" in step.get("run", "")}


def test_the_files_are_there_when_a_release_becomes_public() -> None:
    jobs: Any = load_yaml_dict(str(ROOT / ".github/workflows/release-integration.yml"))["jobs"]
    (publish,) = [step["run"] for step in jobs["release"]["steps"] if step.get("name") == "Publish"]
    create, edit = publish.splitlines()

    assert "--draft " in create
    assert "dist/integration/*" in create
    assert "--draft=false" in edit
