"""Files that Home Assistant and the Marketplace read before they load the integration."""

from collections.abc import Mapping
import json
from pathlib import Path
import struct
import tomllib

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
import pytest

import homeassistant
from homeassistant.loader import async_get_integration
from homeassistant.util.yaml import load_yaml_dict

from .kit import Kit

REPOSITORY = Path(__file__).parent.parent
ROOT = REPOSITORY / "custom_components" / "iotbridge"
MANIFEST = json.loads((ROOT / "manifest.json").read_text("utf-8"))
BRAND = {
    "icon.png": (256, 256),
    "icon@2x.png": (512, 512),
    "logo.png": (None, 128),
    "logo@2x.png": (None, 256),
    "dark_logo.png": (None, 128),
    "dark_logo@2x.png": (None, 256),
}


def test_the_keys_are_in_the_order_of_hassfest() -> None:
    keys = list(MANIFEST)

    assert keys == ["domain", "name", *sorted(keys[2:])]
    assert keys[2:] == [
        "after_dependencies", "categories", "codeowners", "config_flow", "connectivity", "dependencies",
        "documentation", "integration_type", "iot_class", "issue_tracker", "loggers", "mqtt", "requirements",
        "single_config_entry", "version",
    ]  # fmt: skip


def test_the_version_can_be_loaded_and_is_that_of_the_project() -> None:
    version = AwesomeVersion(MANIFEST["version"])
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]

    assert version.strategy is AwesomeVersionStrategy.SEMVER
    assert MANIFEST["version"] == project["version"]


def test_the_folder_is_the_domain_and_nothing_but_a_library_of_core_is_needed() -> None:
    constraints = Path(homeassistant.__file__).with_name("package_constraints.txt").read_text("utf-8").splitlines()

    assert MANIFEST["domain"] == ROOT.name
    assert MANIFEST["requirements"] == ["cronsim==2.7"]
    assert set(MANIFEST["requirements"]) <= set(constraints)
    assert MANIFEST["dependencies"] == ["mqtt", "network"]


async def test_home_assistant_accepts_it(kit: Kit) -> None:
    integration = await async_get_integration(kit.hass, "iotbridge")

    assert integration.mqtt == ["iotbridge/device/+/announce"]
    assert integration.single_config_entry
    assert not integration.is_built_in
    # New in 2026.11; the release before, which this test kit has, accepts them without requiring them.
    manifest: Mapping[str, object] = integration.manifest
    assert manifest["categories"] == ["computers_network.monitoring", "diy_makers", "messaging_notifications"]
    assert manifest["connectivity"] == ["mqtt"]


def test_the_marketplace_finds_what_it_reads() -> None:
    marketplace = json.loads((REPOSITORY / "hacs.json").read_text("utf-8"))

    assert marketplace["name"] == MANIFEST["name"]
    assert AwesomeVersion(marketplace["homeassistant"]).strategy is AwesomeVersionStrategy.CALVER
    assert marketplace.keys() <= {"name", "homeassistant", "zip_release", "filename", "hide_default_branch"}
    assert [path.name for path in ROOT.parent.iterdir() if (path / "manifest.json").exists()] == ["iotbridge"]


@pytest.mark.parametrize("name", ["services.yaml", "triggers.yaml", "conditions.yaml", "quality_scale.yaml"])
def test_home_assistant_can_read_the_yaml(name: str) -> None:
    assert load_yaml_dict(str(ROOT / name))


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.json")), ids=lambda path: path.name)
def test_the_json_is_formatted(path: Path) -> None:
    text = path.read_text("utf-8")

    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n" or path.name == "manifest.json"


@pytest.mark.parametrize("name", BRAND)
def test_every_picture_has_its_size(name: str) -> None:
    data = (ROOT / "brand" / name).read_bytes()
    width, height = struct.unpack(">II", data[16:24])

    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert (BRAND[name][0] or width, BRAND[name][1]) == (width, height)
    assert len(data) < 32 * 1024


def test_there_are_no_other_pictures() -> None:
    assert {path.name for path in (ROOT / "brand").iterdir()} == BRAND.keys()
