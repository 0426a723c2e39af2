"""Cache of the last messages on the topics of a thing."""

from custom_components.iotbridge.things.model.message import Sample
from custom_components.iotbridge.things.runtime.sample_cache import MAX_PAYLOAD, MAX_SAMPLES, MAX_TOPICS, SampleCache


def test_the_newest_message_of_each_kind_is_kept() -> None:
    cache = SampleCache()
    cache.keep(Sample("a", b'{"t": 1}'), ["t"])
    cache.keep(Sample("a", b'{"b": 90}'), ["b"])
    cache.keep(Sample("b", b'{"t": 5}'), ["t"])
    cache.keep(Sample("a", b'{"t": 2}'), ["t"])

    assert cache.samples == [Sample("a", b'{"b": 90}'), Sample("b", b'{"t": 5}'), Sample("a", b'{"t": 2}')]


def test_long_and_many_messages_take_no_more_memory() -> None:
    cache = SampleCache()
    cache.keep(Sample("a", b"x" * (MAX_PAYLOAD + 1)), ["t"])
    assert cache.samples == []

    for number in range(MAX_SAMPLES + 10):
        cache.keep(Sample(f"a/{number}", b"1"), [])

    assert len(cache.samples) == MAX_SAMPLES
    assert cache.samples[0].topic == "a/10", "the oldest were dropped"


def test_of_many_topics_the_last_ones_are_known() -> None:
    cache = SampleCache()
    for number in range(MAX_TOPICS + 1):
        cache.mark_decoded(f"a/{number}", float(number))

    assert cache.decoded_at("a/0") is None
    assert cache.decoded_at(f"a/{MAX_TOPICS}") == float(MAX_TOPICS)


def test_each_topic_has_a_flood_of_its_own() -> None:
    cache = SampleCache()

    floods = [cache.is_flood("mad", number / 100) for number in range(3000)]
    calm = [cache.is_flood("calm", float(number)) for number in range(30)]

    assert (floods[0], floods[-1], any(calm)) == (False, True, False)
    assert cache.flooding(30.0) == {"mad"}
