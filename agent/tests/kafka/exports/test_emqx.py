"""Export for EMQX, beside the schema of release 5.8.1."""

import json
import re
from typing import Any

import pytest

from iotbridge_agent.kafka.exports.emqx import export_emqx

from .facts import LOGIN, ROUTES, facts, settings

FACTS = facts("emqx")


def document(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads("".join(line for line in text.splitlines(True) if not line.startswith("#")))
    return parsed


def check(values: dict[str, Any], fields: dict[str, str], path: str = "") -> None:
    """Compare options with the schema: every one exists and has a value of its type."""
    for name, value in values.items():
        key = f"{path}{name}"
        kind = fields[key]
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                check(item, fields, f"{key}.")
            elif choices := re.fullmatch(r"Enum\((.*)\)", kind):
                assert item in choices[1].split(","), key
            elif kind.startswith("Integer") or "Integer" in kind:
                assert isinstance(item, int), key
            elif kind == "Boolean":
                assert isinstance(item, bool), key
            elif kind == "Bytesize":
                assert re.fullmatch(r"\d+(KB|MB|GB)", item), key
            else:
                assert isinstance(item, str), key


@pytest.mark.parametrize("more", ["", LOGIN, 'extra = {"compression.type" = "gzip"}'])
def test_every_option_is_one_of_the_schema(more: str) -> None:
    exported = document(export_emqx(settings(more)).text)
    assert exported.keys() == {"connectors", "actions", "rule_engine"}
    ((name, connector),) = exported["connectors"]["kafka_producer"].items()
    check(connector, FACTS["fields"]["connectors.kafka_producer"])
    actions, rules = exported["actions"]["kafka_producer"], exported["rule_engine"]["rules"]
    for action in actions.values():
        assert action["connector"] == name
        check(action, FACTS["fields"]["actions.kafka_producer"])
    assert rules.keys() == actions.keys()
    for rule_name, rule in rules.items():
        assert rule.keys() <= set(FACTS["rules"])
        assert rule["actions"] == [f"kafka_producer:{rule_name}"]
        assert set(re.findall(r"(\w+)\(", re.sub(r"'[^']*'", "", rule["sql"]))) <= set(FACTS["sql_functions"])


def test_a_rule_leaves_messages_to_the_routes_before_it() -> None:
    exported = document(export_emqx(settings(LOGIN)).text)
    rules = [rule["sql"] for rule in exported["rule_engine"]["rules"].values()]
    assert rules[0].endswith("nth(2, split(topic, '/', 'notrim')) as level_2 FROM \"shop/+/stock\"")
    assert rules[2].startswith("SELECT topic, payload, ")
    assert "pub_props.'User-Property'.'name' as user_name" in rules[2]
    assert rules[2].endswith("""FROM "+/user" WHERE regex_match(topic, '(?s)^(?!site(?:/.*)?$)')""")
    assert rules[3].count("regex_match") == 3
    parameters = [action["parameters"] for action in exported["actions"]["kafka_producer"].values()]
    assert [values["topic"] for values in parameters] == ["stock-updates", "site.${level_2}", "users", "rest"]
    assert [values["message"]["key"] for values in parameters] == ["${level_2}", "${topic}", "${user_name}", "${topic}"]
    assert [values["message"]["value"] for values in parameters] == ["${payload}", "${.}", "${payload}", "${payload}"]
    assert {"kafka_ext_header_key": "source", "kafka_ext_header_value": "field"} in parameters[0]["kafka_ext_headers"]


def test_what_is_not_expressed_is_named_in_the_file_too() -> None:
    routes = '[[route]]\nname = "q"\nfilter = "a/\'b"\ntopic = "t"\n[[route]]\nfilter = "c"\ntopic = "t"'
    exported = export_emqx(settings('allow_topics = ".+"', routes))
    assert len(document(exported.text)["rule_engine"]["rules"]) == 1
    notes = " ".join(exported.notes)
    for word in (
        "route[0] (q) is left out",
        "[spool]",
        "kafka.dlq_topic",
        "kafka.allow_topics",
        "compression.type",
        "Acknowledgement",
        "Partitions",
        "connector.retained",
        "mqtt-id",
    ):
        assert word in notes
    assert all(f"# - {note}\n" in exported.text for note in exported.notes)
    assert "not run" in exported.text.partition("\n")[0]


def test_secrets_are_files() -> None:
    text = export_emqx(settings(LOGIN)).text
    assert "secret" not in text
    assert '"mechanism": "scram_sha_512"' in text
    assert '"password": "file:///etc/emqx/kafka-password"' in text


def test_certificates_and_groups() -> None:
    more = LOGIN + 'client_cert = "/dev/null"\nclient_key = "/dev/null"'
    exported = export_emqx(settings(more, f'[connector]\ngroup = "g"\nretained = "always"\n{ROUTES}'))
    ((_, connector),) = document(exported.text)["connectors"]["kafka_producer"].items()
    assert connector["ssl"] == {
        "enable": True,
        "verify": "verify_peer",
        "cacertfile": "/dev/null",
        "certfile": "/dev/null",
        "keyfile": "/dev/null",
    }
    assert any(note.startswith("connector.group: ") for note in exported.notes)
