"""Real Home Assistant in a folder of its own: start, onboard, stop, kill, start again."""

import json
from pathlib import Path
import sys

import aiohttp

from .client import Client
from .processes import ROOT, Program, free_port
from .waiting import LabError

USER = "demo"
PASSWORD = "demo"  # noqa: S105  # of an instance that only loopback reaches, printed on the screen

NO_VOICE = Path(__file__).with_name("no_voice")

# Home Assistant starts its own base set as well; this adds what a household has without default_config, which looks
# for devices on the network and connects to the Internet. Silenced: complaints about programs for cameras.
CONFIGURATION = """\
homeassistant:
  name: {name}
  unit_system: metric
  time_zone: UTC
  country: IT
config:
history:
logbook:
recorder:
  commit_interval: 1
automation: !include automations.yaml
input_boolean:
input_number:
mobile_app:
system_health:
logger:
  default: warning
  logs:
    homeassistant.components.mqtt: info
    custom_components.iotbridge: debug
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
    homeassistant.loader: error
"""

# All keys of the stored form: it reads them without defaults.
HTTP_SETTINGS = {
    "server_host": ["127.0.0.1"],
    "cors_allowed_origins": [],
    "login_attempts_threshold": -1,
    "ip_ban_enabled": False,
    "ssl_profile": "modern_v6",
    "use_x_frame_options": True,
    "created_at": "2026-11-01T00:00:00+00:00",
    "error": None,
    "error_message": None,
}


class HomeAssistant:
    """Home Assistant process and a client that is logged in."""

    def __init__(self, folder: Path, *, port: int | None = None, name: str = "Home", extra_yaml: str = "") -> None:
        self.folder = folder
        self.environ: dict[str, str] = {}
        """Added to the environment of the process at its next start."""
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.program = Program("home-assistant", folder.parent / "home-assistant.log")
        self._configuration = CONFIGURATION.format(name=name) + extra_yaml
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """The logged-in client; LabError before :meth:`start`."""
        if self._client is None:
            raise LabError("Home Assistant was not started")
        return self._client

    async def start(self) -> None:
        """Start it, make the first user if there is none, log in and wait until it reports that it runs."""
        self._prepare()
        hass = Path(sys.executable).with_name("hass")
        # All requirements are in the environment: a missing one is an error here, never a download.
        argv: list[str | Path] = [hass, "-c", self.folder, "--skip-pip", "--log-no-color"]
        await self.program.start(argv, {"PYTHONPATH": str(NO_VOICE), **self.environ})
        await self.program.ready(self._answers, timeout_s=90, what="an answer of the web server")
        self._client = await Client.connect(self.url, await self.token())
        await self.program.ready(self._client.is_running, timeout_s=90, what="the end of the start")

    async def stop(self) -> None:
        """Stop it in an orderly way; the folder stays."""
        await self._disconnect()
        await self.program.stop(grace_s=40)

    async def kill(self) -> None:
        """Kill it, as a power cut would; the folder stays."""
        await self._disconnect()
        await self.program.kill()

    async def _disconnect(self) -> None:
        if self._client:
            await self._client.close()
            self._client = None

    def _prepare(self) -> None:
        storage = self.folder / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        (self.folder / "configuration.yaml").write_text(self._configuration, encoding="utf-8")
        (self.folder / "automations.yaml").touch()
        custom = self.folder / "custom_components"
        custom.mkdir(exist_ok=True)
        link, source = custom / "iotbridge", ROOT / "custom_components" / "iotbridge"
        if not link.is_symlink():
            link.symlink_to(source, target_is_directory=True)
        http = HTTP_SETTINGS | {"server_port": self.port}
        _seed(storage / "http", 3, {"stable": http, "pending": None, "yaml_migration_done": True})
        if not (storage / "onboarding").exists():
            # Its onboarding step for the place of the home sets up services on the Internet, so it counts as done.
            _seed(storage / "onboarding", 4, {"done": ["core_config", "analytics", "integration"]})

    async def _answers(self) -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/manifest.json") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def token(self) -> str:
        """Return a token that lives for years, made at the first start and kept in the folder."""
        path = self.folder / ".storage" / "lab_token"
        if not path.exists():
            token = await _onboard(self.url)
            path.touch(mode=0o600)
            path.write_text(token, encoding="ascii")
        return path.read_text(encoding="ascii")

    async def add_user(self, name: str, group: str) -> str:
        """Add a user of a group, such as ``system-read-only``; return an access token of half an hour."""
        user = (await self.client.command("config/auth/create", name=name, group_ids=[group]))["user"]
        login = {"username": name.lower(), "password": PASSWORD}
        await self.client.command("config/auth_provider/homeassistant/create", user_id=user["id"], **login)
        client_id = {"client_id": f"{self.url}/"}
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            begin = {**client_id, "handler": ["homeassistant", None], "redirect_uri": f"{self.url}/"}
            async with session.post(f"{self.url}/auth/login_flow", json=begin) as answer:
                flow = (await answer.json())["flow_id"]
            async with session.post(f"{self.url}/auth/login_flow/{flow}", json=client_id | login) as answer:
                code = (await answer.json())["result"]
            form = {**client_id, "grant_type": "authorization_code", "code": code}
            async with session.post(f"{self.url}/auth/token", data=form) as answer:
                return str((await answer.json())["access_token"])


def _seed(path: Path, version: int, data: dict[str, object]) -> None:
    document = {"version": version, "minor_version": 1, "key": path.name, "data": data}
    path.write_text(json.dumps(document), encoding="utf-8")


async def _onboard(url: str) -> str:
    """Create the owner and return a long-lived access token of theirs."""
    client_id = f"{url}/"
    owner = {"name": "Demo", "username": USER, "password": PASSWORD, "language": "en", "client_id": client_id}
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        async with session.post(f"{url}/api/onboarding/users", json=owner) as answer:
            code = (await answer.json())["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client_id}
        async with session.post(f"{url}/auth/token", data=form) as answer:
            token = (await answer.json())["access_token"]
    client = await Client.connect(url, token)
    try:
        return str(await client.command("auth/long_lived_access_token", client_name="lab", lifespan=3650))
    finally:
        await client.close()
