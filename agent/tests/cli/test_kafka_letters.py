"""Dead letters on the command line, beside a spool that is in use."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from iotbridge_agent.cli.command_line import main
from iotbridge_agent.kafka.letters import Letter
from iotbridge_agent.kafka.record import Record
from iotbridge_agent.kafka.spool import Spool

CONFIG = """\
[broker]
url = "mqtt://127.0.0.1"
[kafka]
bootstrap = ["127.0.0.1:9092"]
[spool]
path = "{path}"
[[route]]
filter = "shop/+/stock"
topic = "stock-updates"
key = "{{2}}"
"""


def letter(topic: str, value: bytes, *, target: str = "", reason: str = "no_route", size: int = 0) -> Letter:
    return Letter(topic, target, b"", value, [], reason, "No route\x1b[31m.", 1_800_000_000_000, size or len(value))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "stock.db", 10_000_000)) as spool:
        spool.open()
        yield spool


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    config = tmp_path / "stock.toml"
    config.write_text(CONFIG.format(path=tmp_path / "stock.db"))
    return ["--config", str(config), "kafka", "letters"]


def test_list_shows_reasons_and_no_payload(
    spool: Spool, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    spool.add_letters([letter("a/b", b"secret"), letter("c", b"\xff", target="t", reason="too_large", size=100_000)])
    assert main([*command, "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "     1  2027-01-15 08:00:00Z  no_route  a/b  (6 bytes)  No route\\x1b[31m."
    assert second.startswith("     2  2027-01-15 08:00:00Z  too_large  c -> t  (100000 bytes, 1 kept)")
    assert main([*command, "list", "--payload"]) == 0
    output = capsys.readouterr().out.splitlines()
    assert (output[1].strip(), output[3].strip()) == ("secret", "b'\\xff'")


def test_list_has_pages_and_filters(spool: Spool, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "list"]) == 0
    assert capsys.readouterr().out == "There are no dead letters.\n"
    spool.add_letters([letter("a", b"", reason="no_route" if number % 2 else "refused") for number in range(5)])
    assert main([*command, "list", "--limit", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == ["There are more: `--after 2` shows the next ones."]
    assert main([*command, "list", "--after", "5"]) == 0
    assert capsys.readouterr().out == "There are no more dead letters.\n"
    assert main([*command, "list", "--reason", "no_route"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["2", "4"]
    assert main([*command, "list", "--reason", "odd"]) == 2
    assert "expected one of no_route, missing_part" in capsys.readouterr().err


def test_retry_routes_again_and_keeps_what_has_no_route(
    spool: Spool, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    spool.append([Record("t", b"k", b"0", [], 1)])
    spool.add_letters([letter("shop/7/stock", b"1"), letter("other", b"2"), letter("x", b"3", target="t")])
    assert main([*command, "retry", "3", "1", "2", "9"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "Dead letter 2 stays: no_route: No route has a filter that matches.",
        "There is no dead letter 9.",
        "2 dead letters were put back: the connector sends what waits in order, this last.",
    ]
    assert [(record.topic, record.key, record.value) for _, record in spool.peek(9)] == [
        ("t", b"k", b"0"),
        ("stock-updates", b"7", b"1"),
        ("t", b"", b"3"),
    ]
    spool.add_letters([letter("shop/8/stock", b"4", reason="refused")])
    assert main([*command, "retry", "--all", "--reason", "refused"]) == 0
    assert capsys.readouterr().out.startswith("1 dead letter was put back")


def test_drop_deletes_for_good(spool: Spool, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    spool.add_letters([letter("a", b"", reason="no_route" if number else "refused") for number in range(4)])
    assert main([*command, "drop", "2", "7"]) == 1
    assert capsys.readouterr().out.splitlines() == ["There is no dead letter 7.", "1 dead letter was dropped."]
    assert main([*command, "drop", "--all", "--reason", "no_route"]) == 0
    assert [stored.reason for _, stored in spool.letters(9)] == ["refused"]
    assert main([*command, "drop", "--all"]) == 0
    assert spool.letter_count == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["retry"], "letters retry: expected ids, or --all"),
        (["drop", "1", "--all"], "letters drop: expected ids, or --all"),
        (["drop", "1", "--reason", "refused"], "--reason: expected together with --all"),
    ],
)
def test_a_selection_has_to_be_clear(
    spool: Spool, command: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main([*command, *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_without_a_spool_there_is_a_sentence(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "list"]) == 1
    assert "the connector has never run with this configuration" in capsys.readouterr().err
