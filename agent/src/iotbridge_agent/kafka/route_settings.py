"""Configuration of the routes: the tables ``[[route]]``."""

from dataclasses import dataclass
from itertools import combinations
import re
from typing import Literal

from iotbridge_agent.kafka.template import PARTS_EXPECTED, Template, parse_template
from iotbridge_agent.kafka.topic_filters import has_cover, has_overlap, is_valid_filter, subscriptions
from iotbridge_agent.toml_table import Table

MAX_ROUTES = 100
HEADERS = ("content-type", "correlation-data", "response-topic")
"""Headers of MQTT's properties; those of the connector itself begin with ``mqtt-``."""
TOPIC_EXPECTED = "a Kafka topic: 1 to 249 letters, digits, dots, _ and -, other than . and .."
_LEGAL_TOPIC = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,249}")


@dataclass(frozen=True, kw_only=True)
class Route:
    """Messages of a filter, and the records that they become."""

    name: str
    """Name in logs and metrics."""
    filter: str
    topic: Template
    key: Template
    value: Literal["raw", "json"] = "raw"
    headers: tuple[tuple[str, bytes], ...] = ()


def is_legal_topic(text: str) -> bool:
    """Return whether Kafka accepts the text as the name of a topic."""
    return _LEGAL_TOPIC.fullmatch(text) is not None


def is_reserved_header(name: str) -> bool:
    """Return whether the connector gives this header a value of its own."""
    return name.startswith("mqtt-") or name in HEADERS


def parse_routes(root: Table, allow_topics: str) -> tuple[Route, ...]:
    """Return the routes in their order; raises ConfigError, also for filters that would deliver a message twice."""
    routes: list[Route] = []
    for table in root.tables("route"):
        route = _parse_route(table, allow_topics)
        for index, other in enumerate(routes):
            if has_cover(route.filter, other.filter):
                expected = f"a filter that route[{index}] ({other.filter}) leaves messages for, as the first match wins"
                raise table.error("filter", expected, route.filter)
            if route.name == other.name:
                raise table.error("name", "a unique name", route.name)
        routes.append(route)
    if not 1 <= len(routes) <= MAX_ROUTES:
        raise root.error("route", f"1 to {MAX_ROUTES} tables, each headed [[route]]", None)
    for first, second in combinations(subscriptions([route.filter for route in routes]), 2):
        if has_overlap(first, second):
            expected = (
                f"filters that do not overlap, or one that covers the other: a message that both {first} and {second} "
                "match would arrive twice"
            )
            raise root.error("route", expected, None)
    return tuple(routes)


def _parse_route(table: Table, allow_topics: str) -> Route:
    topic_filter = table.text("filter", required=True, expected="a topic filter of MQTT, e.g. shop/+/stock")
    if not is_valid_filter(topic_filter):
        expected = "a topic filter of MQTT, e.g. shop/+/stock (a shared group is connector.group)"
        raise table.error("filter", expected, topic_filter)
    route = Route(
        name=table.text("name", default=topic_filter),
        filter=topic_filter,
        topic=_parse_template(table, "topic", topic_filter, None),
        key=_parse_template(table, "key", topic_filter, "{topic}"),
        value=table.choice("value", ("raw", "json"), default="raw"),  # type: ignore[arg-type]
        headers=_parse_headers(table.table("headers")),
    )
    _check_topic(table, route.topic, allow_topics)
    table.done()
    return route


def _parse_template(table: Table, key: str, topic_filter: str, default: str | None) -> Template:
    text = table.text(key, required=default is None, default=default, expected=PARTS_EXPECTED)
    template = parse_template(text)
    if template is None:
        raise table.error(key, PARTS_EXPECTED, text)
    levels = topic_filter.split("/")
    if levels[-1] != "#" and (missing := [number for number in template.levels if number > len(levels)]):
        raise table.error(key, f"levels up to {{{len(levels)}}}: {topic_filter} has no {{{missing[0]}}}", text)
    return template


def _check_topic(table: Table, template: Template, allow_topics: str) -> None:
    if template.has_topic:
        raise table.error("topic", "levels joined by dots, such as {1}.{2}: Kafka's topics have no /", "{topic}")
    if not template.is_fixed:
        literals = "".join(part for part in template.parts if isinstance(part, str))
        if literals and not is_legal_topic(f"x{literals}"):
            raise table.error("topic", TOPIC_EXPECTED, literals)
        return
    text = template.render("", ())
    if not is_legal_topic(text):
        raise table.error("topic", TOPIC_EXPECTED, text)
    if allow_topics and not re.fullmatch(allow_topics, text):
        raise table.error("topic", f"a topic that kafka.allow_topics ({allow_topics}) matches", text)


def _parse_headers(table: Table) -> tuple[tuple[str, bytes], ...]:
    headers = []
    for name in table.names():
        if not name or "\0" in name or is_reserved_header(name):
            raise table.error(name, f"a name other than mqtt-… and {', '.join(HEADERS)}", None)
        headers.append((name, table.text(name).encode()))
    return tuple(headers)
