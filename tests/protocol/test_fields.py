"""Checked access to fields: each error names the field, what was expected and what was found."""

import json

import pytest

from custom_components.iotbridge.protocol.fields import MessageError
from custom_components.iotbridge.protocol.messages import Announce
from custom_components.iotbridge.protocol.topics import HostKey

NAS = HostKey("iotbridge", "nas")


def test_the_error_names_what_was_found() -> None:
    with pytest.raises(MessageError, match=r"interval_s: expected a number from 0\.1 to 86400, found 'soon'"):
        Announce.parse(
            b'{"protocol":1,"agent":"1","node_id":"nas","hostname":"n","uid":"iotbridge_nas","instance":"i","power":"on",'
            b'"interval_s":"soon"}',
            NAS,
        )


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("hostname", "", "a text that is not empty"),
        ("mac", ["not a mac"], "texts like"),
        ("mac", "00:11:22:33:44:55", "a list of at most"),
        ("protocol", 1.5, "a whole number"),
        ("dry_run", "yes", "true or false"),
        ("machine", "my machine", "a text like"),
        ("conflict", 1, "true or false"),
    ],
)
def test_every_field_of_an_announce_is_checked(field: str, value: object, expected: str) -> None:
    good = {
        "protocol": 1,
        "agent": "1",
        "node_id": "nas",
        "hostname": "n",
        "uid": "iotbridge_nas",
        "instance": "i",
        "power": "on",
    }
    with pytest.raises(MessageError, match=f"{field}: expected {expected}"):
        Announce.parse(json.dumps(good | {field: value}).encode(), NAS)
