"""Text of `kafka explain`."""

from iotbridge_agent.kafka.explain import explain
from iotbridge_agent.kafka.settings import ConnectorSettings

from .messages import message, settings_of

SPOOL = "/var/lib/iotbridge-kafka/stock.db"
NOW_MS = 1_796_076_123_456
SITES = '[[route]]\nname = "sites"\nfilter = "site/#"\ntopic = "site.{2}"\nvalue = "json"\n'


def lines_of(settings: ConnectorSettings, topic: str, payload: bytes = b"41") -> tuple[list[str], bool]:
    return explain(settings, message(topic, payload), NOW_MS)


def test_a_record_is_shown_with_its_route() -> None:
    assert lines_of(settings_of(), "shop/7/stock") == (
        [
            "MQTT topic     shop/7/stock",
            "route          route[0], shop/+/stock",
            "Kafka topic    stock-updates",
            "key            7",
            "value          the payload as it is, 2 bytes",
            "headers        mqtt-topic = shop/7/stock",
        ],
        True,
    )


def test_an_envelope_is_shown_and_nothing_controls_the_terminal() -> None:
    lines, _ = lines_of(settings_of(SITES), "site/a/\x1b[31m")
    value = next(line for line in lines if line.startswith("value"))
    assert '"payload":"41"' in value
    assert "key            site/a/\\x1b[31m" in lines
    assert "\x1b" not in "".join(lines)


def test_a_message_without_a_record_says_why_and_where_it_goes() -> None:
    lines, is_record = lines_of(settings_of(SITES), "site")
    assert not is_record
    assert lines[1:] == [
        "route          route[0], sites",
        "no record      missing_part: The message has no {2}, which the route needs.",
        f"instead        a dead letter in the spool {SPOOL} (`iotbridge-agent kafka letters list`)",
    ]


def test_a_dead_letter_goes_to_the_topic_that_is_configured() -> None:
    settings = settings_of('dlq_topic = "dead"\n[connector]\nunrouted = "letter"\n' + SITES)
    assert lines_of(settings, "other")[0][-1].startswith("instead        a dead letter in the Kafka topic dead, or")


def test_a_message_that_no_route_matches_is_counted() -> None:
    lines, _ = lines_of(settings_of(), "other")
    assert lines[1:] == [
        "no record      no_route: No route has a filter that matches.",
        'instead        it is counted and acknowledged; connector.unrouted = "letter" makes it a dead letter',
    ]
