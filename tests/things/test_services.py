"""Action decode_payload: the wizard's analysis of messages."""

import base64
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..kit import Kit


async def decode(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    response = await hass.services.async_call("iotbridge", "decode_payload", data, blocking=True, return_response=True)
    assert response
    return dict(response)


async def test_a_message_is_explained(hass: HomeAssistant, kit: Kit) -> None:
    answer = await decode(hass, topic="wmbusmeters/33225544", payload='{"media": "water", "total_m3": 123.529}')

    assert answer["format"] == "json"
    assert answer["unknown"] == []
    (device,) = answer["devices"]
    assert device["identity"] == "wmbusmeters/33225544"
    channel = next(found for found in device["channels"] if found["key"] == "total_m3")
    assert channel == {
        "key": "total_m3",
        "name": channel["name"],
        "platform": "sensor",
        "value": 123.529,
        "unit": "m³",
        "device_class": "water",
        "state_class": "total_increasing",
        "enabled": True,
    }


async def test_several_topics_are_one_device(hass: HomeAssistant, kit: Kit) -> None:
    messages = [
        {"topic": "N/c0ff/solarcharger/279/Dc/0/Voltage", "payload": '{"value": 20.4}'},
        {"topic": "N/c0ff/solarcharger/279/Dc/0/Current", "payload": '{"value": 1.5}'},
    ]
    answer = await decode(hass, messages=messages)

    (device,) = answer["devices"]
    assert {(channel["value"], channel["unit"]) for channel in device["channels"]} == {(20.4, "V"), (1.5, "A")}


async def test_devices_on_one_topic_are_split_like_in_the_wizard(hass: HomeAssistant, kit: Kit) -> None:
    documents = ({"from": 1, "battery": 90}, {"from": 2, "battery": 80}, {"from": 1, "longname": "Hill"})
    answer = await decode(hass, messages=[{"topic": "mesh", "payload": document} for document in documents])

    found = {
        device["identity"]: (device["name"], [channel["value"] for channel in device["channels"]])
        for device in answer["devices"]
    }
    assert found == {"1": ("Hill", [90]), "2": ("mesh 2", [80])}


async def test_binary_messages_come_as_base64(hass: HomeAssistant, kit: Kit) -> None:
    senml = base64.b64encode(bytes.fromhex("81a421646465763a006474656d70016343656c02f94e40")).decode()
    answer = await decode(hass, payload_base64=senml)

    assert answer["format"] == "senml-cbor"
    assert answer["devices"][0]["channels"][0]["value"] == 25


async def test_a_position_is_a_pair(hass: HomeAssistant, kit: Kit) -> None:
    answer = await decode(hass, topic="cat/collar", payload='{"lat": 48.85833, "lon": 2.29513}')

    (channel,) = answer["devices"][0]["channels"]
    assert (channel["platform"], channel["value"]) == ("device_tracker", [48.85833, 2.29513])


async def test_json_from_a_template_is_read_as_json(hass: HomeAssistant, kit: Kit) -> None:
    answer = await decode(hass, topic="a", payload={"temperature": 21.5})

    assert answer["devices"][0]["channels"][0]["value"] == 21.5


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "is damaged at position"), ("it", "è danneggiato"), ("fr", "est endommagé")],
)
async def test_problems_are_sentences_in_the_users_language(
    hass: HomeAssistant, kit: Kit, language: str, expected: str
) -> None:
    hass.config.language = language

    answer = await decode(hass, topic="a", payload='{"temperature": ')

    assert answer["devices"] == []
    (sentence,) = answer["unknown"]
    assert expected in sentence


async def test_more_devices_than_are_looked_at_are_counted(hass: HomeAssistant, kit: Kit) -> None:
    messages = [{"topic": f"rooms/{number}/data", "payload": '{"temperature": 20}'} for number in range(230)]
    answer = await decode(hass, messages=messages)

    assert len(answer["devices"]) == 200
    assert answer["unknown"] == ["The messages come from 230 devices; at most 200 are read."]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"topic": "a"}, "payload_or_base64"),
        ({"topic": "a", "payload": "1", "payload_base64": "MQ=="}, "payload_or_base64"),
        ({"payload_base64": "no base64!"}, "not_base64"),
        ({"messages": []}, "no_message"),
    ],
)
async def test_an_invalid_call_raises_with_a_reason(
    hass: HomeAssistant, kit: Kit, data: dict[str, Any], expected: str
) -> None:
    with pytest.raises(HomeAssistantError) as error:
        await decode(hass, **data)
    assert error.value.translation_key == expected


@pytest.mark.parametrize("topic", ["a/" * 999 + "b", "a" * 65535, "a\0b", "a/+", "a/#"])
async def test_a_topic_no_message_can_have_is_refused(hass: HomeAssistant, kit: Kit, topic: str) -> None:
    with pytest.raises(HomeAssistantError, match="not a valid topic"):
        await decode(hass, topic=topic, payload="{}")
