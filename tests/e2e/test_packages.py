"""The agent's Debian package and container recipe, in a clean Debian 12."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import shutil

from lab.agent import toml
from lab.lab import Lab
from lab.processes import ROOT, Program
from lab.waiting import until
import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("debootstrap") is None or os.geteuid() != 0, reason="a clean Debian needs debootstrap and root"
)

RECIPE = ROOT / "agent" / "packaging" / "Containerfile"
CONFIG = "etc/iotbridge-agent/agent.toml"


class Tree:
    """Clean Debian 12 in a folder; its programs see their own processes only, and the machine's network."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def argv(self, *words: str) -> list[str]:
        """Return the command that runs a program in the tree."""
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--root={self.root}", "--mount-proc", *words]

    async def run(self, *words: str) -> str:
        """Run a program in the tree; return its output."""
        return await run(*self.argv(*words))

    async def files(self) -> set[str]:
        """Return what is in the tree, apart from what belongs to apt, dpkg and users."""
        left_out = ("./var/cache/", "./var/lib/apt/", "./var/lib/dpkg/", "./var/log/", "./etc/passwd", "./etc/group")
        found = await run("env", f"--chdir={self.root}", "find", ".", "-xdev")
        return {path for path in found.splitlines() if not path.startswith(left_out)}


ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


async def run(*argv: str | Path, environ: dict[str, str] = ENVIRONMENT) -> str:
    """Run a program; return its output, and fail with it when it fails. Home Assistant's connection lives meanwhile."""
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environ
    )
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, f"{argv}\n{output}"
    return output


@pytest.fixture(scope="module")
async def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the package, built by the project's own command."""
    folder = tmp_path_factory.mktemp("package")
    await run(ROOT / "scripts" / "package", "deb", folder, environ=dict(os.environ))
    (package,) = folder.glob("iotbridge-agent_*.deb")
    return package


@pytest.fixture(scope="module")
async def debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an untouched Debian 12."""
    root = tmp_path_factory.mktemp("debian") / "12"
    await run("debootstrap", "--variant=minbase", "--include=python3", "bookworm", root, *_mirror())
    return root


def _mirror() -> list[str]:
    """Return the mirror that this machine's own packages come from, if it is a Debian."""
    for path in (Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))):
        for word in path.read_text(encoding="utf-8").split() if path.is_file() else ():
            if word.startswith("http") and word.rstrip("/").endswith("/debian"):
                return [word]
    return []


@pytest.fixture
async def tree(debian: Path, tmp_path: Path) -> AsyncGenerator[Tree]:
    """Return a Debian 12 of the test's own."""
    root = tmp_path / "tree"
    await run("cp", "--archive", debian, root)
    yield Tree(root)
    await run("rm", "--recursive", root)


def configure(tree: Tree, lab: Lab, node_id: str) -> None:
    """Write a configuration for this household, in dry run."""
    path = tree.root / CONFIG
    path.parent.mkdir(exist_ok=True)
    state = tree.root / "srv/state"
    state.mkdir()
    state.chmod(0o777)
    tables: dict[str, dict[str, object]] = {
        "broker": {"url": lab.broker.url},
        "agent": {"node_id": node_id, "interval_s": 5, "dry_run": True, "state_dir": "/srv/state"},
        "commands": {"reboot": True},
    }
    path.write_text(toml(tables), encoding="utf-8")


@asynccontextmanager
async def running(tree: Tree, tmp_path: Path, *words: str) -> AsyncGenerator[None]:
    """Run a program in the tree meanwhile; what follows has to see that it works."""
    program = Program("agent", tmp_path / "agent.log")
    await program.start(tree.argv(*words), ENVIRONMENT)
    try:
        yield
    finally:
        await program.stop()


async def check_reboot_is_answered(lab: Lab, node_id: str) -> None:
    """Send a reboot from Home Assistant to the host and check its answer."""
    unique_id = f"{await lab.uid(node_id)}_power_state"
    row = await until(lambda: lab.client.find_entity(unique_id), timeout_s=60, what=f"the host {node_id}")
    await lab.client.wait_state(row["entity_id"], "on", timeout_s=60)
    result = await lab.client.call(
        "iotbridge.send_command", {"device_id": [row["device_id"]], "command": "reboot"}, response=True
    )
    (answer,) = result["results"]
    assert (answer["status"], answer["node_id"]) == ("accepted", node_id)


async def test_package_installs_runs_and_leaves_nothing_behind(
    package: Path, tree: Tree, lab: Lab, tmp_path: Path
) -> None:
    before = await tree.files()
    shutil.copy(package, tree.root / "srv")

    await tree.run("apt-get", "install", "--yes", "--no-install-recommends", f"/srv/{package.name}")

    assert (await tree.run("iotbridge-agent", "--version")).startswith("iotbridge-agent ")
    configure(tree, lab, "packaged")
    async with running(tree, tmp_path, "setpriv", "--reuid=65534", "--clear-groups", "iotbridge-agent", "run"):
        await check_reboot_is_answered(lab, "packaged")

    await tree.run("iotbridge-agent", "service", "install", "--root", "/srv/staged")
    unit = (tree.root / "srv/staged/etc/systemd/system/iotbridge-agent.service").read_text(encoding="utf-8")
    assert "ExecStart=/usr/lib/iotbridge-agent/bin/python3 -m iotbridge_agent --config" in unit

    await tree.run("apt-get", "purge", "--yes", "iotbridge-agent")
    assert {path for path in (await tree.files()) - before if not path.startswith("./srv/")} == set()


def steps(recipe: Path) -> list[tuple[str, str]]:
    """Return the instructions of a container recipe, with their words."""
    lines = recipe.read_text(encoding="utf-8").splitlines()
    return [(name, words) for name, _, words in (line.partition(" ") for line in lines) if name and name != "#"]


async def test_steps_of_the_container_recipe(package: Path, tree: Tree, lab: Lab, tmp_path: Path) -> None:
    words = dict(steps(RECIPE))
    assert words["FROM"] == "debian:12-slim"
    pattern, target = words["COPY"].split()
    assert package.match(pattern)
    shutil.copy(package, tree.root / target.strip("/"))
    for text in (text for name, text in steps(RECIPE) if name == "RUN"):
        await tree.run("sh", "-c", text)
    configure(tree, lab, "contained")

    command = [*json.loads(words["ENTRYPOINT"]), *json.loads(words["CMD"])]
    user = ["setpriv", f"--reuid={words['USER']}", f"--regid={words['USER']}", "--clear-groups"]
    async with running(tree, tmp_path, *user, "env", words["ENV"], *command):
        await check_reboot_is_answered(lab, "contained")
