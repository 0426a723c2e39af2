"""Pseudonyms of names and topics."""

from custom_components.iotbridge.pseudonyms import Pseudonyms


def test_what_is_no_topic_of_ours_is_numbered_too() -> None:
    names = Pseudonyms()

    assert [names.topic(topic) for topic in ("rossi", "others", "rossi")] == ["topic_1", "others", "topic_1"]
