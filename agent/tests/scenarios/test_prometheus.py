"""Files of examples/prometheus and examples/grafana: a real Prometheus evaluates every expression in them."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
import re
import shutil
import subprocess
import sys
from typing import Any

from conftest import Broker, StartAgent, free_port, wait_until
from kafka.rig.mock_cluster import MockCluster
from kafka.rig.numbered import Publisher
import prometheus
from prometheus import Server
import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
RULES = EXAMPLES / "prometheus" / "iotbridge.rules.yml"
CONFIGURATION = EXAMPLES / "prometheus" / "prometheus.yml"
DASHBOARD: dict[str, Any] = json.loads((EXAMPLES / "grafana" / "iotbridge.json").read_text(encoding="utf-8"))
DEADLINE_S = 60.0
# Parts of Grafana in the expressions.
GRAFANA = {"$__rate_interval": "1m", "$agent": ".*", "$connector": ".*"}
VALUES = re.compile(r"label_values\((\w+), (\w+)\)")


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[str]:
    """Yield the expressions of the dashboard, with its variables replaced as Grafana does."""
    for panel in panels():
        for target in panel["targets"]:
            expression: str = target["expr"]
            for part, replacement in GRAFANA.items():
                expression = expression.replace(part, replacement)
            yield expression


def has_data(server: Server, expression: str) -> bool:
    return any(series["value"][1] != "NaN" for series in server.query(expression))


def without_comparison(expression: str) -> str:
    """Return the expression of an alert without its threshold, which also has data when all is well."""
    return re.sub(r" (==|<|>) [\d.]+$", "", expression)


# ---------------------------------------------------------------- form of the files


def test_the_rules_are_valid() -> None:
    done = subprocess.run(
        [prometheus.find("promtool"), "check", "rules", RULES], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_dashboard_can_be_imported() -> None:
    assert DASHBOARD["uid"] == "iotbridge"
    assert "id" not in DASHBOARD
    assert DASHBOARD["schemaVersion"] >= 36
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in panels():
        assert panel["title"]
        assert panel["targets"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_every_panel_uses_the_data_source_that_the_user_selects() -> None:
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert DASHBOARD["templating"]["list"][0]["name"] == "datasource"  # the others depend on it
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus")
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    users = [*panels(), *(target for panel in panels() for target in panel["targets"])]
    users += [variable for variable in variables.values() if variable["type"] == "query"]
    assert [user for user in users if user["datasource"] != chosen] == []
    used = set(re.findall(r"\$(\w+)", " ".join(target["expr"] for panel in panels() for target in panel["targets"])))
    assert used - {"__rate_interval"} == variables.keys() - {"datasource"}


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


# ---------------------------------------------------------------- alerts that fire

AGENT = 'instance="nas:9463", job="iotbridge-agent"'
CONNECTOR = 'instance="nas:9464", job="iotbridge-connector"'
BUCKET = "iotbridge_connector_delivery_seconds_bucket"
# Alert, the series that raise it, and its summary.
FIRING: list[tuple[str, dict[str, str], str]] = [
    ("AgentDown", {f"up{{{AGENT}}}": "0x60"}, "The agent at nas:9463 does not answer."),
    (
        "AgentDisconnected",
        {f"iotbridge_agent_connected{{{AGENT}}}": "0x60"},
        "The agent at nas:9463 is not connected to its broker.",
    ),
    (
        "CollectorFailing",
        {f'iotbridge_agent_collector_success{{{AGENT}, collector="disk"}}': "0x60"},
        "The collector disk fails at nas:9463.",
    ),
    (
        "CommandFailed",
        {f'iotbridge_agent_commands_total{{{AGENT}, command="backup", status="failed"}}': "0x28 1x31"},
        "The command backup failed at nas:9463.",
    ),
    (
        "DiskAlmostFull",
        {f'iotbridge_agent_reading{{{AGENT}, collector="disk", key="disk_percent"}}': "93.7x60"},
        "disk_percent of nas:9463 is 94 %.",
    ),
    (
        "BrokerDropsMessages",
        {f"iotbridge_broker_publish_dropped_total{{{AGENT}}}": "0x28 7x31"},
        "The broker dropped messages in the last 15 minutes; a client is away or too slow.",
    ),
    (
        "BrokerDropsMessages",
        {f"iotbridge_connector_broker_dropped_total{{{CONNECTOR}}}": "0x28 7x31"},
        "The broker dropped messages in the last 15 minutes; a client is away or too slow.",
    ),
    (
        "BrokerSlow",
        {f"iotbridge_broker_round_trip_seconds{{{AGENT}}}": "2x60"},
        "A message to the broker and back takes 2s.",
    ),
    ("ConnectorDown", {f"up{{{CONNECTOR}}}": "0x60"}, "The connector at nas:9464 does not answer."),
    (
        "ConnectorNotLive",
        {f'iotbridge_connector_state{{{CONNECTOR}, state="spooling"}}': "1x60"},
        "The connector at nas:9464 is spooling.",
    ),
    (
        "ConnectorPaused",
        {f'iotbridge_connector_state{{{CONNECTOR}, state="paused"}}': "1x60"},
        "The spool of the connector at nas:9464 is full. The broker drops messages soon.",
    ),
    (
        "ConnectorDisconnected",
        {f'iotbridge_connector_connected{{{CONNECTOR}, side="kafka"}}': "0x60"},
        "The connector at nas:9464 has no connection to kafka.",
    ),
    (
        "SpoolFillsUp",
        {
            f"iotbridge_connector_spool_bytes{{{CONNECTOR}}}": "900x60",
            f"iotbridge_connector_spool_limit_bytes{{{CONNECTOR}}}": "1000x60",
        },
        "The spool of the connector at nas:9464 is 90% full.",
    ),
    (
        "DeadLetters",
        {f'iotbridge_connector_dead_letters_total{{{CONNECTOR}, reason="too_large"}}': "0x28 1x31"},
        "The connector at nas:9464 could not forward messages: too_large.",
    ),
    (
        "DeliverySlow",
        {f'{BUCKET}{{{CONNECTOR}, le="2"}}': "0x60", f'{BUCKET}{{{CONNECTOR}, le="4"}}': "0+60x60"}
        | {f'{BUCKET}{{{CONNECTOR}, le="+Inf"}}': "0+60x60"},
        "One of a hundred messages takes 3.98s through nas:9464.",
    ),
]


def test_every_alert_is_in_the_table() -> None:
    assert re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8")) == list(
        dict.fromkeys(name for name, *_ in FIRING)
    )


def test_every_alert_fires_and_says_why(tmp_path: Path) -> None:
    rules = RULES.read_text(encoding="utf-8")
    severity = dict(re.findall(r"- alert: (\w+)\n(?:.*\n)+?\s+labels: {severity: (\w+)}", rules))
    tests = []
    for name, series, summary in FIRING:
        labels = dict(re.findall(r'(\w+)="([^"]*)"', next(iter(series))))
        if name == "DeliverySlow":
            labels = {"instance": labels["instance"]}
        alert = {
            "exp_labels": labels | {"severity": severity[name]},
            "exp_annotations": {"summary": summary},
        }
        tests.append(
            {
                "interval": "1m",
                "input_series": [{"series": text, "values": values} for text, values in series.items()],
                "alert_rule_test": [{"eval_time": "30m", "alertname": name, "exp_alerts": [alert]}],
            }
        )
    # JSON is YAML.
    file = tmp_path / "rules.test.yml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run(
        [prometheus.find("promtool"), "test", "rules", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


# ---------------------------------------------------------------- real programs

CONNECTOR_SETTINGS = """
[broker]
url = "{url}"
[connector]
id = "shop"
[kafka]
bootstrap = {bootstrap}
[spool]
path = "{folder}/spool.db"
[metrics]
listen = "127.0.0.1:{port}"
[[route]]
name = "stock"
filter = "shop/#"
topic = "stock"
"""
TOPICS = 10_000


@contextmanager
def connector(folder: Path, broker: Broker, kafka: MockCluster, port: int) -> Iterator[None]:
    """Run a connector that serves metrics."""
    file = folder / "shop.toml"
    bootstrap = json.dumps(kafka.address.split(","))
    file.write_text(CONNECTOR_SETTINGS.format(url=broker.url, bootstrap=bootstrap, folder=folder, port=port))
    command = [sys.executable, "-m", "iotbridge_agent", "kafka", "run", "--config", str(file)]
    with (folder / "connector.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield
        assert process.poll() is None, (folder / "connector.log").read_text()
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def observed(tmp_path: Path) -> Iterator[Broker]:
    """Start a broker that publishes its values each second."""
    broker = Broker(tmp_path, options=("allow_anonymous true", "sys_interval 1", "max_queued_messages 0"))
    broker.start()
    yield broker
    broker.kill()


def configuration(folder: Path, **targets: int) -> str:
    """Return the configuration of the example, for these ports and a test's patience."""
    shutil.copy(RULES, folder)
    text = CONFIGURATION.read_text(encoding="utf-8")
    for old, new in {"9463": targets["agent"], "9464": targets["connector"], "_interval: 30s": "_interval: 1s"}.items():
        assert old in text
        text = text.replace(old, str(new))
    return text


def alerts(server: Server) -> list[dict[str, Any]]:
    return [rule for group in server.get("rules")["groups"] for rule in group["rules"]]


def without_data(server: Server) -> list[str]:
    """Return the expressions and variables of the dashboard, and the alerts, that have no data."""
    names = [rule["query"] for rule in alerts(server)]
    missing = [expression for expression in expressions() if not has_data(server, expression)]
    missing += [query for query in names if not has_data(server, without_comparison(query))]
    for variable in DASHBOARD["templating"]["list"]:
        if match := VALUES.fullmatch(variable.get("definition", "")):
            metric, label = match.groups()
            missing += [] if server.get(f"label/{label}/values", **{"match[]": metric}) else [variable["name"]]
    return missing


def connector_series(server: Server) -> set[frozenset[tuple[str, str]]]:
    """Return the labels of all series of the connector, without those that Prometheus makes of its alerts."""
    return {frozenset(series["metric"].items()) for series in server.query('{__name__=~"iotbridge_connector_.*"}')}


def delivered(server: Server) -> float:
    found = server.query('sum(iotbridge_connector_messages_total{direction="out"})')
    return float(found[0]["value"][1]) if found else 0.0


def test_every_expression_has_data_and_topics_make_no_series(
    tmp_path: Path, observed: Broker, start_agent: StartAgent
) -> None:
    agent, port = free_port(), free_port()
    collectors = {"broker": {"enabled": True, "interval_s": 5}}
    metrics = {"listen": f"127.0.0.1:{agent}"}
    start_agent(observed.url, metrics=metrics, collectors=collectors, agent={"interval_s": 5})
    with (
        MockCluster() as kafka,
        connector(tmp_path, observed, kafka, port),
        prometheus.server(tmp_path, configuration(tmp_path, agent=agent, connector=port)) as server,
    ):
        Publisher(observed.port, ["shop/1/stock"], 600, rate=10).start()
        missing: list[str] = []

        def is_complete() -> bool:
            missing[:] = without_data(server)
            return not missing

        try:
            wait_until(is_complete, "data of every expression", DEADLINE_S)
        except pytest.fail.Exception:
            pytest.fail(f"without data: {missing}")
        assert {rule["health"] for rule in alerts(server)} == {"ok"}

        before, count = connector_series(server), delivered(server)
        assert len(before) > 30
        Publisher(observed.port, [f"shop/{number}/stock" for number in range(TOPICS)], TOPICS).start()
        wait_until(lambda: delivered(server) >= count + TOPICS, "the messages to be delivered", DEADLINE_S)
        assert connector_series(server) == before
        assert "shop/" not in prometheus.scrape(port)
