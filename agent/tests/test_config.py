"""Configuration: every key, its sources, and a one-line error for each mistake."""

from pathlib import Path
import re
import tomllib
from typing import Any

from hypothesis import given, strategies as st
import pytest

from iotbridge_agent.config import (
    COLLECTOR_NAMES,
    BrokerConfig,
    CollectorConfig,
    Config,
    CustomCommand,
    default_config_path,
    default_node_id,
    default_state_dir,
    load_config,
    parse_config,
)
from iotbridge_agent.config_checks import CheckConfig
from iotbridge_agent.errors import ConfigError

SAMPLE = Path(__file__).parents[1] / "packaging" / "agent.toml"
URL = 'url = "mqtt://broker.lan"'


def parse(text: str, **environ: str) -> Config:
    return parse_config(tomllib.loads(text), source="agent.toml", environ=environ)


def with_broker(text: str, **environ: str) -> Config:
    return parse(f"[broker]\n{URL}\n{text}", **environ)


def error_of(text: str, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, **environ)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_address_is_enough() -> None:
    config = parse(f"[broker]\n{URL}")
    assert config.broker == BrokerConfig(scheme="mqtt", host="broker.lan", port=1883)
    assert config.node_id == config.name == default_node_id()
    assert (config.prefix, config.interval_s, config.power, config.dry_run) == ("iotbridge", 30, (), False)
    assert config.collector("disk") == CollectorConfig()


@pytest.mark.parametrize(
    ("url", "shown", "tls", "local"),
    [
        ("mqtt://b", "mqtt://b:1883", False, False),
        ("mqtts://b:8884", "mqtts://b:8884", True, False),
        ("ws://localhost", "ws://localhost:80/mqtt", False, True),
        ("wss://b/path", "wss://b:443/path", True, False),
        ("mqtt://[::1]:1884", "mqtt://[::1]:1884", False, True),
        ("mqtt://127.0.0.1/", "mqtt://127.0.0.1:1883", False, True),
    ],
)
def test_addresses(url: str, shown: str, tls: bool, local: bool) -> None:
    broker = parse(f'[broker]\nurl = "{url}"').broker
    assert (broker.address, broker.tls, broker.is_local) == (shown, tls, local)


ADDRESS_EXPECTED = "agent.toml: broker.url: expected mqtt://"


@pytest.mark.parametrize(
    "url", ["broker", "http://b", "mqtt://", "mqtt://b:99999", "mqtt://b:0", "mqtt://b?x=1", "mqtt://[b"]
)
def test_addresses_that_are_none(url: str) -> None:
    assert error_of(f'[broker]\nurl = "{url}"').startswith(ADDRESS_EXPECTED)


@pytest.mark.parametrize("url", ["mqtt://u:pa55@b", "mqtt://u:pa55#@b", "mqtt://u:pa55?@b", "http://u:pa55@b"])
def test_a_password_in_the_address_is_never_repeated(url: str) -> None:
    message = error_of(f'[broker]\nurl = "{url}"')
    assert "username and password_file" in message
    assert "pa55" not in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "agent.toml: [broker]: expected this table, it is missing"),
        ("broker = 3", "agent.toml: broker: expected a table, found 3"),
        ("[broker]", "agent.toml: broker.url: expected a text; it is missing"),
        ("[broker]\nurl = 5", "agent.toml: broker.url: expected a text, found 5"),
        ('[broker]\nurl = "mqtt://a..b"', "agent.toml: broker.url: expected a host name whose parts"),
        ('[broker]\nurl = "mqtt://.lan"', "agent.toml: broker.url: expected a host name whose parts"),
        (f'[broker]\nurl = "mqtts://{"x" * 64}.lan"', "agent.toml: broker.url: expected a host name whose parts"),
        ('[broker]\nurl = "mqtt://b/x"', "agent.toml: broker.url: expected no path after the port"),
    ],
)
def test_a_broker_must_be_named(text: str, message: str) -> None:
    assert error_of(text).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("usernam = 'x'", "broker.usernam: there is no such key; did you mean username?"),
        ("zzz = 1", "broker.zzz: there is no such key; known are: ca_file, client_cert"),
        ("password = 'x'", "broker.username: expected a user name, because there is a password"),
        ("username = ''", "broker.username: expected a text, found ''"),
        ("tls_insecure = true", "broker.tls_insecure: expected an mqtts:// or wss:// address"),
        ("tls_insecure = 'yes'", "broker.tls_insecure: expected true or false, found 'yes'"),
        ("keepalive_s = 1", "broker.keepalive_s: expected a number from 5 to 3600, found 1"),
        ("keepalive_s = nan", "broker.keepalive_s: expected a number from 5 to 3600, found nan"),
        ("ca_file = '/nowhere'", "broker.ca_file: expected a file that can be read (No such file or directory)"),
        ("ca_file = '~no-such-user/x'", "broker.ca_file: expected a file that can be read (Could not determine"),
        ('ca_file = "\\u0000"', "broker.ca_file: expected a file that can be read (embedded null byte)"),
        ("psk = 'xyz'\npsk_identity = 'a'", "broker.psk: expected hexadecimal digits"),
        ("psk = '00'", "broker.psk_identity: expected psk_identity and psk (or psk_file) together"),
        ("client_key = '/dev/null'", "broker.client_cert: expected the certificate that belongs to client_key"),
        (
            "username = 'u'\npassword = 'a'\npassword_file = '/etc/hostname'",
            "broker.password: expected either password",
        ),
        ("password_file = '/dev/null'", "broker.password_file: expected a file that is not empty"),
        ("[agent]\nnode_id = 'a b'", "agent.node_id: expected letters, digits, _ . - (at most 64), found 'a b'"),
        ("[agent]\nprefix = 'a/+'", "agent.prefix: expected topic levels without + and #"),
        ("[agent]\ninterval_s = true", "agent.interval_s: expected a number from 5 to 3600, found True"),
        ("[agent]\nlanguage = 'de'", "agent.language: expected one of en, it, fr, found 'de'"),
        ("[agent]\nlanguage = 3", "agent.language: expected one of en, it, fr, found 3"),
        (
            "[agent]\nurl = 'nas.lan:5001'",
            "agent.url: expected an address such as https://nas.lan:5001, found 'nas.lan",
        ),
        ("[agent]\nurl = 'javascript:alert(1)'", "agent.url: expected an address such as https://nas.lan:5001"),
        ("[agent]\nurl = 'https://me:secret@nas.lan'", "agent.url: expected an address without user and password"),
        ("[agent]\nname = ''", "agent.name: expected a text, found ''"),
        ("[agnt]\n", "agnt: there is no such key; did you mean agent?"),
        ("[commands]\nreboot = 1", "commands.reboot: expected true or false, found 1"),
        ("[commands]\nhibernate = true", "commands.hibernate: there is no such key"),
        ("[commands.custom.ping]\nargv = ['a']", "commands.custom.ping: expected a name of a-z, 0-9 and _, other than"),
        ("[commands.custom.Back-up]\nargv = ['a']", "commands.custom.Back-up: expected a name of a-z, 0-9 and _"),
        ("[commands.custom.x]", 'commands.custom.x.argv: expected a list of texts, e.g. ["a", "b"]'),
        ("[commands.custom.x]\nargv = 'rm -rf'", "commands.custom.x.argv: expected a list of texts"),
        ("[commands.custom.x]\nargv = []", "commands.custom.x.argv: expected a list of texts"),
        ("[commands.custom.x]\nargv = ['a']\nshell = true", "commands.custom.x.shell: there is no such key"),
        ("[collectors.gpu]", "collectors.gpu: expected one of cpu, load"),
        ("[collectors.disk]\ninterval_s = 10", "collectors.disk.interval_s: expected a number from 30 to 86400"),
        ("[collectors.disk]\nunits = ['a']", "collectors.disk.units: there is no such key"),
        ("[collectors]\ndisk = false", "collectors.disk: expected a table, found False"),
        ("checks = 1", "broker.checks: there is no such key"),
        ("[checks]", "checks: expected a list of tables, each headed [[checks]]"),
        ("[[checks]]\nname = 'a'", "checks[0].http: expected exactly one of http, tcp and file"),
        ("[[checks]]\nname = 'a'\ntcp = 'h:1'\nfile = '/'", "exactly one of http, tcp and file, found 'tcp, file'"),
        ("[[checks]]\ntcp = 'h:1'", "checks[0].name: expected a text; it is missing"),
        ("[[checks]]\nname = 'a'\ntcp = 'h:99999'", "checks[0].tcp: expected host:port, found 'h:99999'"),
        ("[[checks]]\nname = 'a'\ntcp = 'h'", "checks[0].tcp: expected host:port, found 'h'"),
        ("[[checks]]\nname = 'a'\nhttp = 'ftp://h'", "checks[0].http: expected an address that starts with http://"),
        ("[[checks]]\nname = 'a'\nhttp = 'http://'", "checks[0].http: expected an address that starts with http://"),
        ("[[checks]]\nname = 'a'\nhttp = 'http://[x'", "checks[0].http: expected an address that starts with http://"),
        ("[[checks]]\nname = 'a'\nhttp = 'http://[::1/'", "expected an address that starts with http:// or https://"),
        (
            "[[checks]]\nname = 'a'\nhttp = 'http://h:0/'",
            "http:// or https:// and has a valid port, found 'http://h:0/'",
        ),
        ("[[checks]]\nname = 'a'\nhttp = 'http://h:65536'", "http:// or https:// and has a valid port, found"),
        ("[[checks]]\nname = 'a'\nhttp = 'https://h:x/'", "http:// or https:// and has a valid port, found"),
        ("[[checks]]\nname = 'a'\ntcp = 'h:1'\nmax_age_h = 3", "checks[0].max_age_h: there is no such key"),
        (
            "[[checks]]\nname='a'\ntcp='h:1'\n[[checks]]\nname='a'\ntcp='h:2'",
            "checks[1].name: expected a unique name",
        ),
    ],
)
def test_every_mistake_is_named_by_file_key_and_expectation(text: str, message: str) -> None:
    shown = error_of(f"[broker]\n{URL}\n{text}")
    assert shown.startswith("agent.toml: ")
    assert message in shown


@pytest.mark.parametrize("text", ["password = 987654", "password = ['987654']", "psk = 987654"])
def test_a_secret_of_a_wrong_type_is_never_repeated(text: str) -> None:
    assert "987654" not in error_of(f"[broker]\n{URL}\n{text}")


def test_secrets_come_from_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(" pass word \r\n")
    broker = with_broker(f"username = 'u'\npassword_file = '{secret}'").broker
    assert broker.password == " pass word "
    assert "pass word" not in repr(broker)
    secret.write_bytes(b"\xff")
    assert "broker.password_file: expected a text file" in error_of(f"[broker]\n{URL}\npassword_file = '{secret}'")


def test_a_pre_shared_key() -> None:
    broker = parse("[broker]\nurl = 'mqtts://b'\npsk_identity = 'nas'\npsk = '00ff'").broker
    assert (broker.psk_identity, broker.psk) == ("nas", b"\x00\xff")


def test_the_environment_wins(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from file")
    environ = {
        "IOTBRIDGE_BROKER_URL": "mqtts://other",
        "IOTBRIDGE_BROKER_USERNAME": "u",
        "IOTBRIDGE_BROKER_PASSWORD": "from environment",
        "IOTBRIDGE_BROKER_TLS_INSECURE": "TRUE",
        "IOTBRIDGE_AGENT_INTERVAL_S": "60",
        "IOTBRIDGE_AGENT_DRY_RUN": "1",
    }
    config = with_broker(f"password_file = '{secret}'\n[agent]\ninterval_s = 10", **environ)
    assert config.broker.host == "other"
    assert config.broker.password == "from environment"
    assert config.broker.tls_insecure
    assert (config.interval_s, config.dry_run) == (60, True)
    environ = {"IOTBRIDGE_BROKER_PASSWORD_FILE": str(secret), "IOTBRIDGE_BROKER_USERNAME": "u"}
    assert with_broker("password = 'in the file'", **environ).broker.password == "from file"


def test_the_environment_alone_is_enough() -> None:
    assert parse("", IOTBRIDGE_BROKER_URL="mqtt://b").broker.host == "b"


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("IOTBRIDGE_BROKER_URL", "x", "expected mqtt://"),
        ("IOTBRIDGE_AGENT_INTERVAL_S", "often", "expected a number from 5 to 3600, found 'often'"),
        ("IOTBRIDGE_AGENT_DRY_RUN", "perhaps", "expected true or false, found 'perhaps'"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(variable: str, value: str, expected: str) -> None:
    message = error_of(f"[broker]\n{URL}", **{variable: value})
    assert message.startswith(f"environment variable {variable}: {expected}")


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("IOTBRIDGE_BROKER_USER_NAME", "did you mean IOTBRIDGE_BROKER_USERNAME?"),
        ("IOTBRIDGE_AGENT_DRYRUN", "did you mean IOTBRIDGE_AGENT_DRY_RUN?"),
        ("IOTBRIDGE_BROKER_", "did you mean IOTBRIDGE_BROKER_"),
    ],
)
def test_a_variable_that_names_no_key_is_not_ignored(variable: str, hint: str) -> None:
    message = error_of(f"[broker]\n{URL}", **{variable: "x"})
    assert message.startswith(f"environment variable {variable}: there is no such key; {hint}")


def test_foreign_variables_are_ignored() -> None:
    assert with_broker("", IOTBRIDGE_CONFIG="x", IOTBRIDGE_CACHE="y", IOTBRIDGE_AGENTS="z").broker.host


def test_the_sample_has_every_key_and_its_defaults() -> None:
    sample = SAMPLE.read_text()
    defaults = parse(sample)
    assert defaults.broker.address == "mqtts://broker.lan:8883"
    assert defaults == parse('[broker]\nurl = "mqtts://broker.lan:8883"')

    lines = [re.sub(r"^#(?=\S)", "", line) for line in sample.splitlines()]
    missing_files = re.compile(r"(ca_file|client_cert|client_key|password_file|psk_file) =")
    everything = tomllib.loads("\n".join(line for line in lines if not missing_files.match(line)))
    config = parse_config(everything, source="sample", environ={})
    assert config.power == ()
    assert config.custom == (
        CustomCommand(name="backup_now", argv=("/usr/local/bin/backup", "--all"), title="Back up now"),
    )
    assert [check.kind for check in config.checks] == ["http", "tcp", "file"]
    assert config.checks[1] == CheckConfig(name="Database", kind="tcp", target="127.0.0.1:5432")
    assert [service.name for service in config.start_order] == ["Broker", "Hub"]
    assert config.collector("docker").names == ("web",)
    assert config.collector("systemd").names == ("nginx.service",)
    assert config.collector("disk").interval_s == 300
    assert all(name in sample for name in COLLECTOR_NAMES)
    assert config.node_id == "nas"


def test_metrics_are_served_where_they_are_switched_on() -> None:
    assert with_broker("").metrics_listen is None
    assert with_broker('[metrics]\nlisten = "127.0.0.1:9463"').metrics_listen == "127.0.0.1:9463"
    assert with_broker("", IOTBRIDGE_METRICS_LISTEN="[::1]:9463").metrics_listen == "[::1]:9463"
    for wrong in ("9463", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1"):
        message = error_of(f'[broker]\n{URL}\n[metrics]\nlisten = "{wrong}"')
        assert message == f"agent.toml: metrics.listen: expected host:port, e.g. 127.0.0.1:9463, found '{wrong}'"


def test_every_key_that_is_understood_is_in_the_sample() -> None:
    sample = SAMPLE.read_text()
    for table in ("broker", "agent", "commands", "metrics"):
        head = "" if table == "broker" else f"[broker]\n{URL}\n"
        known = error_of(f"{head}[{table}]\n{URL if table == 'broker' else ''}\nzzzzzzzz = 1").partition("known are: ")[
            2
        ]
        for key in known.split(", "):
            assert re.search(rf"^(#?{key} = |#?\[{table}\.{key})", sample, re.MULTILINE), f"{table}.{key}"


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    for content, words in ((None, "there is no such file"), (b"\xff", "cannot be read"), (b"[", "is not TOML")):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigError, match=f"{path}: .*{words}"):
            load_config(path, environ={})
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path, environ={})


def test_load_reads_the_real_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "agent.toml").write_text(f"[broker]\n{URL}")
    monkeypatch.setenv("IOTBRIDGE_AGENT_NODE_ID", "from-environment")
    assert load_config(tmp_path / "agent.toml").node_id == "from-environment"


def test_default_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("IOTBRIDGE_CONFIG", "STATE_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert default_config_path() == Path("/etc/iotbridge-agent/agent.toml")
    assert default_state_dir() == Path("/var/lib/iotbridge-agent")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    if not Path("/etc/iotbridge-agent/agent.toml").exists():
        assert default_config_path() == tmp_path / "iotbridge-agent/agent.toml"
    assert default_state_dir() == tmp_path / "iotbridge-agent"
    monkeypatch.setenv("STATE_DIRECTORY", "/state/a:/state/b")
    monkeypatch.setenv("IOTBRIDGE_CONFIG", "/some/agent.toml")
    assert (default_config_path(), default_state_dir()) == (Path("/some/agent.toml"), Path("/state/a"))
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.delenv("IOTBRIDGE_CONFIG")
    monkeypatch.setenv("PROGRAMDATA", "P")
    monkeypatch.setattr("platform.system", lambda: "Windows")
    assert default_config_path() == Path("P/iotbridge-agent/agent.toml")
    assert default_state_dir() == Path("P/iotbridge-agent/state")


@pytest.mark.parametrize(
    ("hostname", "node_id"),
    [("nas.lan", "nas"), ("Büro PC", "B-ro-PC"), ("--", "host"), ("x" * 80, "x" * 64)],
)
def test_a_node_id_is_made_of_any_host_name(monkeypatch: pytest.MonkeyPatch, hostname: str, node_id: str) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: hostname)
    assert default_node_id() == node_id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["url", "password", "psk", "ca_file", "custom", "disk", "argv", "node_id", "interval_s", "http"])
TABLES = st.dictionaries(KEYS, JSON, max_size=4) | JSON
DOCUMENTS = st.dictionaries(
    st.sampled_from(["broker", "agent", "commands", "collectors", "checks"]), TABLES, max_size=5
)


@given(document=DOCUMENTS, url=st.sampled_from([None, "mqtt://b", "mqtts://b"]))
def test_any_document_raises_only_config_errors(document: dict[str, Any], url: str | None) -> None:
    if url and isinstance(document.setdefault("broker", {}), dict):
        document["broker"]["url"] = url
    try:
        parse_config(document, source="s", environ={})
    except ConfigError as error:
        assert str(error).startswith("s: ")  # noqa: PT017 - most documents fail, some do not
