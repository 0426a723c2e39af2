"""Export for Redpanda Connect, beside the schema of release 4.103.1."""

from pathlib import Path
import re
from typing import Any

import pytest

from iotbridge_agent.kafka.exports.redpanda_connect import export_redpanda_connect

from .facts import LOGIN, ROUTES, TLS_BROKER, facts, settings
from .test_export import parse

FACTS = facts("redpanda_connect")
PYTHON_TYPES = {"string": str, "int": int, "bool": bool}


def check(values: dict[str, Any], fields: dict[str, Any], path: str) -> None:
    """Compare a component with its schema: every option exists, has its type, and is one of the choices."""
    for name, value in values.items():
        field = fields[name]
        items = value if field.get("kind") == "array" else [value]
        assert isinstance(items, list), f"{path}.{name}"
        for item in items:
            if field["type"] == "object":
                check(item, field["fields"], f"{path}.{name}")
            elif field["type"] in PYTHON_TYPES:
                assert type(item) is PYTHON_TYPES[field["type"]], f"{path}.{name}"
            if "options" in field:
                assert item in field["options"], f"{path}.{name}"
    required = {name for name, field in fields.items() if field.get("required")}
    assert required <= values.keys(), path


@pytest.mark.parametrize("more", ["", LOGIN, 'extra = {"compression.type" = "lz4"}'])
def test_every_option_is_one_of_the_schema(more: str) -> None:
    document = parse(export_redpanda_connect(settings(more)).text)
    components = FACTS["components"]
    assert document.keys() == {"input", "pipeline", "output"}
    check(document["input"]["mqtt"], components["input.mqtt"], "mqtt")
    assert document["output"].keys() == {"switch"}
    check(document["output"]["switch"], components["output.switch"], "switch")
    outputs = [case["output"] for case in document["output"]["switch"]["cases"]]
    assert {name for output in outputs for name in output} == {"drop", "kafka_franz"}
    for output in outputs:
        if franz := output.get("kafka_franz"):
            check(franz, components["output.kafka_franz"], "kafka_franz")
    (processor,) = document["pipeline"]["processors"]
    assert FACTS["expressions"]["processor.mapping"] == "string"
    known = {*FACTS["functions"], *FACTS["methods"], "if"}
    without_texts = re.sub(r'"(?:\\.|[^"\\])*"', '""', processor["mapping"])
    assert set(re.findall(r"([a-z_0-9]+)\(", without_texts)) <= known


def test_the_mapping_routes_by_the_first_filter_that_matches() -> None:
    exported = export_redpanda_connect(settings(LOGIN))
    document = parse(exported.text)
    assert document["input"]["mqtt"]["topics"] == ["#"]
    assert document["input"]["mqtt"]["clean_session"] is False
    expected = (Path(__file__).parent / "fixtures" / "mapping.blobl").read_text("utf-8")
    assert document["pipeline"]["processors"][0]["mapping"] == expected.removesuffix("\n")


def test_what_is_not_expressed_is_named_in_the_file_too() -> None:
    exported = export_redpanda_connect(settings('allow_topics = ".+"\nextra = {"linger.ms" = 5}'))
    notes = " ".join(exported.notes)
    for word in (
        "route[2] (users) becomes dead letters",
        "route[1] (sites)",
        "[spool]",
        "connector.retained",
        "kafka.dlq_topic",
        "kafka.extra.linger.ms",
        "content-type",
        "mqtt-id",
        "100 topics",
    ):
        assert word in notes
    assert all(f"# - {note}\n" in exported.text for note in exported.notes)
    assert "not run" in exported.text.partition("\n")[0]


def test_secrets_are_variables() -> None:
    text = export_redpanda_connect(settings(LOGIN)).text
    assert "secret" not in text
    assert '"${MQTT_PASSWORD}"' in text
    assert '"${KAFKA_PASSWORD}"' in text


def test_addresses_certificates_groups_and_retained_messages() -> None:
    routes = f'[connector]\ngroup = "g"\nretained = "never"\nunrouted = "letter"\n{ROUTES}'
    more = LOGIN + 'client_cert = "/dev/null"\nclient_key = "/dev/null"\nallow_topics = "[a-z.-]+"'
    exported = export_redpanda_connect(settings(more, routes, **TLS_BROKER))
    document = parse(exported.text)
    mqtt = document["input"]["mqtt"]
    check(mqtt, FACTS["components"]["input.mqtt"], "mqtt")
    assert mqtt["urls"] == ["wss://[::1]:443/ws"]
    assert mqtt["topics"] == ["$share/g/#"]
    assert mqtt["tls"]["skip_cert_verify"] is True
    (certificate,) = mqtt["tls"]["client_certs"]
    assert certificate == {"cert_file": "/dev/null", "key_file": "/dev/null"}
    mapping = document["pipeline"]["processors"][0]["mapping"]
    assert 'if @mqtt_retained == true { deleted() } else if $route == 1 { {"topic"' in mapping
    assert '|| !$target.re_match("^(?:[a-z.-]+)$") { throw("illegal_topic") }' in mapping
    notes = " ".join(exported.notes)
    for word in ("and not wss", "connector.unrouted", "connector.group"):
        assert word in notes
