"""Guide docs/hosts.md: its broker, created with its commands, files and access list, behaves as documented."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
import json
from pathlib import Path
import re
import shlex
import shutil
import ssl
import subprocess
from typing import get_args

from conftest import Broker, StartAgent, wait_until
import pytest

from iotbridge_agent.cli.doctor_broker import examine_broker
from iotbridge_agent.collector import Reading
from iotbridge_agent.collectors import broker as broker_collector
from iotbridge_agent.commands.base import RefusedReason
from iotbridge_agent.config import BrokerConfig, parse_config
from iotbridge_agent.errors import CollectorError
from iotbridge_agent.mqtt.connection import Link, LinkError, Session, probe

GUIDE = (Path(__file__).parents[2] / "docs" / "hosts.md").read_text(encoding="utf-8")
SOURCES = Path(__file__).parents[1] / "src" / "iotbridge_agent"
USERS = ("homeassistant", "nas", "media-pc")
MOSQUITTO_PASSWD = shutil.which("mosquitto_passwd") or "/usr/bin/mosquitto_passwd"
DEADLINE_S = 10.0
OF_OTHERS = [
    *(f"iotbridge/device/media-pc/{leaf}" for leaf in ("announce", "availability", "status", "command", "response")),
    "iotbridge/device/new/announce",
    "homeassistant/device/iotbridge_media-pc/config",
    "homeassistant/sensor/nas/config",
    "zigbee2mqtt/bridge/request/restart",
]


def block(start: str) -> str:
    """Return the code block of the guide that starts with these words."""
    blocks = re.findall(r"^```\w+\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    found = [text for text in blocks if text.startswith(start)]
    assert len(found) == 1, f"{len(found)} blocks begin with {start!r}"
    return str(found[0])


def lines(start: str, folder: Path) -> list[str]:
    text = block(start).replace("/etc/mosquitto", str(folder))
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@dataclass
class Documented:
    """Broker created from the guide."""

    folder: Path
    broker: Broker = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "certs").mkdir()
        commands = block("cd /etc/mosquitto/certs").replace("/etc/mosquitto", str(self.folder))
        commands = commands.replace("192.168.1.10", "127.0.0.1")
        subprocess.run(["bash", "-e"], input=commands.encode(), check=True, capture_output=True)
        passwords = self.folder / "iotbridge.passwords"
        passwords.touch(mode=0o600)
        for user in USERS:
            subprocess.run([MOSQUITTO_PASSWD, "-b", passwords, user, f"{user}'s"], check=True)
        (self.folder / "iotbridge.acl").write_text("\n".join(lines("# /etc/mosquitto/iotbridge.acl", self.folder)))

    def start(self, *more: str, certificates: bool = True) -> None:
        """Start with the guide's listener, or with the lines of a variant of it."""
        configuration = lines("# /etc/mosquitto/conf.d/iotbridge.conf", self.folder)
        at = configuration.index("listener 8883")
        listener = configuration[at + 1 :] if certificates else []
        self.broker = Broker(self.folder, options=tuple(configuration[:at]), listener=(*listener, *more))
        self.broker.start()

    def config(self, user: str) -> BrokerConfig:
        """Return the broker settings of a host, from the guide."""
        return BrokerConfig(
            scheme="mqtts",
            host="127.0.0.1",
            port=self.broker.port,
            username=user,
            password=f"{user}'s",
            ca_file=self.folder / "certs" / "ca.crt",
        )

    @asynccontextmanager
    async def session(self, user: str, *topics: str) -> AsyncIterator[Session]:
        """Connect as a user and subscribe to topics."""
        async with Link(self.config(user), client_id=f"test-{user}").session() as session:
            for topic in topics:
                with suppress(LinkError):  # forbidden: decisive is that nothing arrives
                    await session.subscribe(topic)
            yield session


@pytest.fixture
def documented(tmp_path: Path) -> Iterator[Documented]:
    """Start the guide's broker."""
    documented = Documented(tmp_path)
    documented.start()
    yield documented
    documented.broker.kill()


async def send(session: Session, topic: str, payload: str = "x") -> None:
    with suppress(LinkError):  # a broker may reject the message, or accept and drop it
        await session.publish(topic, payload, qos=1)


async def received(session: Session, last: str) -> list[str]:
    """Return the topics of all messages up to one on the topic ``last``."""
    topics = []
    async with asyncio.timeout(DEADLINE_S):
        async for message in session.messages():
            topics.append(message.topic)
            if message.topic == last:
                break
    return topics


@pytest.mark.parametrize("source", sorted(SOURCES.glob("collectors/*.py")), ids=lambda path: path.stem)
def test_every_sensor_is_in_the_guide(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    keys = re.findall(r'\bkey=f?"([a-z0-9_]+)', text)
    names = re.findall(r'\bname="([A-Z{][^"]*)"', text)
    missing = [word for word in (*keys, *names) if word not in GUIDE]
    assert not missing, f"docs/hosts.md does not name {missing}"


def test_every_refusal_is_in_the_guide() -> None:
    assert [reason for reason in get_args(RefusedReason) if f"| `{reason}` |" not in GUIDE] == []


async def test_home_assistant_and_an_agent_do_all_they_need(documented: Documented, start_agent: StartAgent) -> None:
    credentials = {"username": "nas", "password": "nas's", "ca_file": str(documented.folder / "certs" / "ca.crt")}
    async with documented.session("homeassistant", "#") as home_assistant:
        start_agent(f"mqtts://127.0.0.1:{documented.broker.port}", broker=credentials, agent={"node_id": "nas"})
        seen = await received(home_assistant, "iotbridge/device/nas/status")
        if "homeassistant/device/iotbridge_nas/config" not in seen:
            seen += await received(home_assistant, "homeassistant/device/iotbridge_nas/config")
        assert {"iotbridge/device/nas/announce", "iotbridge/device/nas/availability"} <= set(seen)
        await home_assistant.publish("iotbridge/device/nas/command", '{"command":"ping","id":"1"}', qos=1)
        await received(home_assistant, "iotbridge/device/nas/response")
        await home_assistant.publish("homeassistant/status", "online", qos=1)
        await received(home_assistant, "iotbridge/device/nas/announce")


async def test_an_agent_cannot_write_what_is_not_its_own(documented: Documented) -> None:
    async with documented.session("homeassistant", "#") as home_assistant, documented.session("nas") as nas:
        for topic in [*OF_OTHERS, "homeassistant/status"]:
            await send(nas, topic)
        await send(nas, "iotbridge/device/nas/status")
        assert await received(home_assistant, "iotbridge/device/nas/status") == ["iotbridge/device/nas/status"]


async def test_an_agent_cannot_read_what_is_not_its_own(documented: Documented) -> None:
    async with documented.session("nas", "#", *OF_OTHERS) as nas, documented.session("homeassistant") as home_assistant:
        for topic in [*OF_OTHERS, "iotbridge/device/nas/command"]:
            await send(home_assistant, topic)
        assert await received(nas, "iotbridge/device/nas/command") == ["iotbridge/device/nas/command"]


async def test_a_wrong_password_is_refused(documented: Documented) -> None:
    right = documented.config("nas")
    assert (await probe(right)).error is None
    for wrong in (replace(right, password="wrong"), replace(right, username=None, password=None)):
        assert "refused" in str((await probe(wrong)).error)


def test_the_doctor_finds_no_problem(documented: Documented) -> None:
    config = replace(
        parse_config({"broker": {"url": "mqtt://x"}, "agent": {"node_id": "nas"}}, source="test", environ={}),
        broker=documented.config("nas"),
    )
    findings = {finding.what: finding.level for finding in examine_broker(config)}
    assert findings == dict.fromkeys(("broker name", "broker port", "TLS", "login", "own topics", "rights"), "ok")


# ---------------------------------------------------------------- roles

PLUGIN = "# in place of password_file and acl_file: the dynamic security plugin"
CONTROL = "$CONTROL/dynamic-security/v1"
MAKE_ACCOUNT = json.dumps({"commands": [{"command": "createClient", "username": "thief", "password": "x"}]})


class WithRoles(Documented):
    """Broker of the guide with the dynamic security plugin and the guide's roles."""

    def start_with_roles(self) -> None:
        """Start with the plugin instead of the lists, and create the roles."""
        configuration = lines("# /etc/mosquitto/conf.d/iotbridge.conf", self.folder)
        replaced = {"password_file", "acl_file"}
        assert replaced <= {line.split()[0] for line in configuration}
        configuration = [line for line in configuration if line.split()[0] not in replaced]
        plugin = [line.replace("/var/lib/mosquitto", str(self.folder)) for line in lines(PLUGIN, self.folder)]
        at = configuration.index("listener 8883")
        options = (*configuration[:at], *plugin)
        self.ctl("dynsec", "init", str(self.folder / "dynamic-security.json"), "admin", "admin's")
        self.broker = Broker(self.folder, options=options, listener=tuple(configuration[at + 1 :]))
        self.broker.start()
        commands = re.sub(r"createClient (\S+)", r"""createClient \1 -p "\1's" """, self.local(block("# roles")))
        subprocess.run(["bash", "-e"], input=commands.encode(), check=True, capture_output=True)

    def local(self, commands: str) -> str:
        """Return commands of the guide for this broker."""
        names = {"broker.lan": "127.0.0.1", "8883": str(self.broker.port), "/etc/mosquitto": str(self.folder)}
        password = shlex.quote("admin's")
        for name, here in {**names, "-u admin": f"-u admin -P {password}"}.items():
            commands = commands.replace(name, here)
        return commands

    def ctl(self, *arguments: str) -> str:
        """Return the output of mosquitto_ctrl."""
        return subprocess.run(["mosquitto_ctrl", *arguments], check=True, capture_output=True, text=True).stdout

    def accounts(self) -> set[str]:
        """Return the names of all accounts."""
        where = ("-h", "127.0.0.1", "-p", str(self.broker.port), "--cafile", str(self.folder / "certs" / "ca.crt"))
        return set(self.ctl(*where, "-u", "admin", "-P", "admin's", "dynsec", "listClients").split())


@pytest.fixture
def roles(tmp_path: Path) -> Iterator[WithRoles]:
    """Start the guide's broker with roles."""
    if shutil.which("mosquitto_ctrl") is None or not Path(lines(PLUGIN, tmp_path)[0].split()[1]).exists():
        pytest.skip("the dynamic security plugin is not where Debian has it on amd64 (package mosquitto)")
    roles = WithRoles(tmp_path)
    roles.start_with_roles()
    yield roles
    roles.broker.kill()


def test_a_host_with_the_role_of_the_guide_is_confined(roles: WithRoles) -> None:
    config = replace(
        parse_config({"broker": {"url": "mqtt://x"}, "agent": {"node_id": "nas"}}, source="test", environ={}),
        broker=roles.config("nas"),
    )
    found = {finding.what: finding for finding in examine_broker(config)}
    assert {finding.level for finding in found.values()} == {"ok"}
    assert found["rights"].detail.startswith("confined: ")


async def test_a_button_makes_no_account_but_with_the_role_admin(roles: WithRoles) -> None:
    for user, is_dangerous in (("homeassistant", False), ("admin", True)):
        async with Link(roles.config(user), client_id=user).session() as session:
            await send(session, CONTROL, MAKE_ACCOUNT)
        assert ("thief" in roles.accounts()) is is_dangerous


async def test_home_assistant_reaches_all_hosts_with_its_role(roles: WithRoles) -> None:
    async with (
        Link(roles.config("homeassistant"), client_id="ha").session() as home_assistant,
        Link(roles.config("nas"), client_id="nas").session() as nas,
    ):
        await home_assistant.subscribe("iotbridge/device/+/+")
        await nas.subscribe("iotbridge/device/nas/command", "homeassistant/status")
        await send(nas, "iotbridge/device/media-pc/status")
        await send(nas, "iotbridge/device/nas/status")
        assert await received(home_assistant, "iotbridge/device/nas/status") == ["iotbridge/device/nas/status"]
        await send(home_assistant, "homeassistant/status")
        await send(home_assistant, "iotbridge/device/nas/command")
        topics = ["homeassistant/status", "iotbridge/device/nas/command"]
        assert await received(nas, "iotbridge/device/nas/command") == topics


# ---------------------------------------------------------------- values of the broker


def read_broker(user: BrokerConfig) -> list[Reading]:
    """Return the readings of the collector of the broker."""
    document = {"broker": {"url": "mqtt://x"}, "agent": {"node_id": str(user.username)}}
    config = replace(parse_config(document, source="test", environ={}), broker=user)
    return list(broker_collector.create(config).collect())


def is_broker_readable(user: BrokerConfig) -> bool:
    """Return whether the collector has readings, as soon as the broker publishes its values."""
    with suppress(CollectorError):
        return bool(read_broker(user))
    return False


def test_a_host_watches_the_broker_with_the_line_of_the_guide(tmp_path: Path) -> None:
    documented = Documented(tmp_path)
    acl = tmp_path / "iotbridge.acl"
    more = "\n".join(lines("# watch the broker\ntopic", tmp_path))
    acl.write_text(acl.read_text().replace("user nas\n", f"user nas\n{more}\n"))
    documented.start("sys_interval 1")
    try:
        wait_until(lambda: is_broker_readable(documented.config("nas")), "values of the broker")
        with pytest.raises(CollectorError, match=r"It has to read \$SYS/broker/#"):
            read_broker(documented.config("media-pc"))
    finally:
        documented.broker.kill()


def test_a_host_watches_the_broker_with_the_role_of_the_guide(roles: WithRoles) -> None:
    with pytest.raises(CollectorError, match="does not let this user read"):
        read_broker(roles.config("nas"))
    functions = roles.local(block("# roles")).splitlines()[1]
    more = roles.local(block("# watch the broker\nctl"))
    subprocess.run(["bash", "-e"], input=f"{functions}\n{more}".encode(), check=True, capture_output=True)
    wait_until(lambda: is_broker_readable(roles.config("nas")), "values of the broker")


# ---------------------------------------------------------------- certificates and keys as users


def make_client_certificate(certs: Path, name: str) -> None:
    for words in (
        f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr",
        f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -out {name}.crt",
    ):
        subprocess.run(["openssl", *words.split()], cwd=certs, check=True, capture_output=True)


async def test_a_client_certificate_is_a_user(tmp_path: Path) -> None:
    documented = Documented(tmp_path)
    documented.start(*lines("# in the listener: client certificates", tmp_path))
    certs = tmp_path / "certs"
    make_client_certificate(certs, "nas")
    plain = replace(documented.config("nas"), username=None, password=None)
    try:
        assert (await probe(plain, timeout_s=2)).error is not None
        config = replace(plain, client_cert=certs / "nas.crt", client_key=certs / "nas.key")
        assert await own_topics(config) == ["iotbridge/device/nas/command"]
    finally:
        documented.broker.kill()


@pytest.mark.skipif(not hasattr(ssl.SSLContext, "set_psk_client_callback"), reason="this Python has no TLS-PSK")
async def test_a_pre_shared_key_is_a_user(tmp_path: Path) -> None:
    (tmp_path / "iotbridge.psk").write_text(f"nas:{'ab' * 32}\n")
    documented = Documented(tmp_path)
    documented.start(*lines("# in a listener of its own: pre-shared keys", tmp_path), certificates=False)
    plain = replace(documented.config("nas"), username=None, password=None, ca_file=None, psk_identity="nas")
    try:
        assert (await probe(replace(plain, psk=b"wrong"))).error is not None
        assert await own_topics(replace(plain, psk=bytes.fromhex("ab" * 32))) == ["iotbridge/device/nas/command"]
    finally:
        documented.broker.kill()


async def own_topics(config: BrokerConfig) -> list[str]:
    """Return the topics that are delivered after messages to another host's topic and to nas's own."""
    async with Link(config, client_id="test").session() as session:
        for topic in ("iotbridge/device/media-pc/command", "iotbridge/device/nas/command"):
            with suppress(LinkError):
                await session.subscribe(topic)
            await send(session, topic)
        return await received(session, "iotbridge/device/nas/command")
