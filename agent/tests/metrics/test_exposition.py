"""Text format: escaping, numbers and histograms, read by Prometheus' own parser."""

from hypothesis import given, settings, strategies as st
import prometheus

from iotbridge_agent.metrics.exposition import Family, Sample, histogram, render


def test_counters_and_gauges() -> None:
    samples = [Sample(3, {"direction": "in", "route": "0"}), Sample(2.5, {"direction": "out", "route": "0"})]
    text = render([Family("a_total", "counter", "Messages.", samples), Family("b", "gauge", "State.", [Sample(True)])])
    assert text == (
        "# HELP a_total Messages.\n# TYPE a_total counter\n"
        'a_total{direction="in",route="0"} 3\na_total{direction="out",route="0"} 2.5\n'
        "# HELP b State.\n# TYPE b gauge\nb{} 1\n"
    )
    assert prometheus.check(text) == ""


def test_a_family_without_series_is_left_out() -> None:
    assert render([Family("a", "gauge", "Nothing.", ())]) == ""


def test_special_characters_are_escaped() -> None:
    text = render([Family("a", "gauge", "Back\\slash\nline", [Sample(1, {"name": 'a"b\\c\nd'})])])
    assert text == '# HELP a Back\\\\slash\\nline\n# TYPE a gauge\na{name="a\\"b\\\\c\\nd"} 1\n'
    assert prometheus.check(text) == ""


def test_numbers_keep_their_value() -> None:
    values = (0.1, 1e300, -5.0, float("inf"), float("-inf"), float("nan"), 12345678901234567)
    text = render([Family("a", "gauge", "Numbers.", [Sample(value, {"n": str(n)}) for n, value in enumerate(values)])])
    written = [line.split(" ")[-1] for line in text.splitlines()[2:]]
    assert written == ["0.1", repr(int(1e300)), "-5", "+Inf", "-Inf", "NaN", "12345678901234567"]
    assert prometheus.check(text) == ""


def test_a_histogram_is_cumulative() -> None:
    samples = list(histogram((0.01, 1.0), (5, 0, 2), 3.5, {"route": "a"}))
    assert render([Family("a_seconds", "histogram", "Times.", samples)]).splitlines()[2:] == [
        'a_seconds_bucket{route="a",le="0.01"} 5',
        'a_seconds_bucket{route="a",le="1"} 5',
        'a_seconds_bucket{route="a",le="+Inf"} 7',
        'a_seconds_sum{route="a"} 3.5',
        'a_seconds_count{route="a"} 7',
    ]
    assert prometheus.check(render([Family("a_seconds", "histogram", "Times.", samples)])) == ""


@settings(max_examples=5)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20, unique=True))
def test_any_label_is_read_by_prometheus(names: list[str]) -> None:
    samples = [Sample(number, {"name": name}) for number, name in enumerate(names)]
    assert prometheus.check(render([Family("a", "gauge", "Names.", samples)])) == ""
