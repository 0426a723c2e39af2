"""Things that do not support Home Assistant: their messages, as the demo and the tests replay them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
import contextlib
from dataclasses import dataclass
import json
import math
import struct
from typing import Any

import aiomqtt

from .broker import Broker
from .wizard import Wizard

EVERY_S = 3.0
"""Real ones send once in a minute or ten; that is too long for a demo."""

type Messages = Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """Thing, or family of things, that is replayed.

    ``messages`` returns payloads by topic, with the values of a moment (seconds since the start). ``topic`` is what a
    person would enter for it, ``title`` its name and ``area`` its place; ``devices`` are its names in Home Assistant
    after that.
    """

    topic: str
    messages: Callable[[float], Messages]
    title: str
    devices: tuple[str, ...]
    area: str


def water_meter(moment: float) -> Messages:
    """Return the message of wmbusmeters for a water meter."""
    total = 123.529 + moment * 0.0002
    flow = max(0.0, wave(moment, -0.4, 0.9, period_s=90))
    return {
        "wmbusmeters/MyTapWater": _json(
            {
                "media": "water",
                "meter": "iperl",
                "name": "MyTapWater",
                "id": "33225544",
                "total_m3": round(total, 3),
                "max_flow_m3h": round(flow, 2),
                "timestamp": "2026-11-21T18:37:00Z",
            }
        )
    }


def greenhouse(moment: float) -> Messages:
    """Return a SenML pack in CBOR (RFC 8428), as small controllers send it."""
    base_name, name, unit, value = -2, 0, 1, 2
    pack = [
        {base_name: "urn:dev:mac:0024befffe804ff1:", name: "temperature", unit: "Cel", value: wave(moment, 22.4, 24.1)},
        {name: "humidity", unit: "%RH", value: wave(moment, 61.0, 66.0, period_s=340)},
        {name: "light", unit: "lx", value: round(wave(moment, 8200, 9400, period_s=120))},
    ]
    return {"farm/greenhouse/senml": cbor(pack)}


def soil_probe(moment: float) -> Messages:
    """Return a ChirpStack v4 uplink whose payload the network server decoded."""
    eui = "a84041b7f1879c2e"
    application = "17c82e96-be03-4f38-aef3-f83d48582d97"
    return {
        f"application/{application}/device/{eui}/event/up": _json(
            {
                "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
                "time": "2026-11-21T18:37:00.775023242+00:00",
                "deviceInfo": {
                    "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
                    "tenantName": "Home",
                    "applicationId": application,
                    "applicationName": "Garden",
                    "deviceProfileName": "Dragino LSE01",
                    "deviceName": "Soil probe",
                    "devEui": eui,
                    "tags": {},
                },
                "devAddr": "00189440",
                "adr": True,
                "dr": 5,
                "fCnt": 4217 + int(moment / EVERY_S),
                "fPort": 2,
                "confirmed": False,
                "data": "DzwAAADgBAoAcBA=",
                "object": {
                    "soil_temperature": wave(moment, 11.2, 11.9, period_s=600),
                    "soil_moisture": wave(moment, 31.0, 34.5, period_s=400),
                    "soil_conductivity": round(wave(moment, 110, 118)),
                    "battery": 87,
                },
                "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -97, "snr": 7.2, "context": "E3OWOQ=="}],
                "txInfo": {"frequency": 867100000, "modulation": {"lora": {"spreadingFactor": 7, "bandwidth": 125000}}},
            }
        )
    }


def weather(moment: float) -> Messages:
    """Return the topic tree of rtl_433 for three cheap radio sensors: one value for each topic."""
    base = "rtl_433/shed/devices"
    tower, lacrosse, rain = (
        f"{base}/Acurite-Tower/A/11524",
        f"{base}/LaCrosse-TX141THBv2/0/228",
        f"{base}/Oregon-RG/0/77",
    )
    values = {
        f"{tower}/temperature_C": wave(moment, 8.1, 9.4),
        f"{tower}/humidity": round(wave(moment, 71, 75, period_s=300)),
        f"{tower}/battery_ok": 1,
        f"{lacrosse}/temperature_C": wave(moment, 4.2, 4.9, period_s=500),
        f"{lacrosse}/humidity": round(wave(moment, 80, 84, period_s=300)),
        f"{lacrosse}/battery_ok": 1,
        f"{rain}/rain_mm": round(231.4 + 0.2 * (moment // 60), 1),
        f"{rain}/rain_rate_mm_h": wave(moment, 0.4, 2.2, period_s=180),
    }
    return {topic: str(value).encode() for topic, value in values.items()}


def bicycle(moment: float) -> Messages:
    """Return the position of a GPS tracker on a bicycle: once around a park in ten minutes."""
    angle = 2 * math.pi * moment / 600
    return {
        "trackers/bicycle": _json(
            {
                "lat": round(45.4726 + 0.0024 * math.sin(angle), 6),
                "lon": round(9.1773 + 0.0031 * math.cos(angle), 6),
                "alt": 122,
                "speed_kmh": wave(moment, 12.0, 19.0, period_s=75),
                "sat": 9,
                "batt": 78,
                "acc": 6,
            }
        )
    }


def air_monitor(moment: float) -> Messages:
    """Return the message of an AirGradient ONE."""
    serial = "ecda3b1eaaaf"
    temperature = wave(moment, 22.6, 23.3, period_s=700)
    return {
        f"airgradient/readings/{serial}": _json(
            {
                "wifi": round(wave(moment, -52, -46)),
                "serialno": serial,
                "rco2": round(wave(moment, 640, 905, period_s=400)),
                "pm01": round(wave(moment, 2, 4)),
                "pm02": round(wave(moment, 5, 9)),
                "pm10": round(wave(moment, 7, 11)),
                "pm003Count": round(wave(moment, 420, 510)),
                "atmp": round(temperature + 1.4, 2),
                "atmpCompensated": temperature,
                "rhum": round(wave(moment, 41, 44)),
                "rhumCompensated": round(wave(moment, 46, 50)),
                "tvocIndex": round(wave(moment, 92, 118)),
                "tvocRaw": round(wave(moment, 32900, 33200)),
                "noxIndex": 1,
                "noxRaw": round(wave(moment, 16290, 16320)),
                "boot": 6,
                "bootCount": 6,
                "ledMode": "pm",
                "firmware": "3.1.3",
                "model": "I-9PSL",
                "monitorDisplayCompensatedValues": True,
            }
        )
    }


LEARNED = (
    Replayed(
        topic="wmbusmeters/MyTapWater",
        messages=water_meter,
        title="Water meter",
        devices=("Water meter",),
        area="Cellar",
    ),
    Replayed(
        topic="farm/greenhouse/senml", messages=greenhouse, title="Greenhouse", devices=("Greenhouse",), area="Garden"
    ),
    Replayed(
        topic="application/+/device/+/event/up",
        messages=soil_probe,
        title="Soil probe",
        devices=("Soil probe",),
        area="Garden",
    ),
    Replayed(
        topic="rtl_433/+/devices/#",
        messages=weather,
        title="Weather sensors",
        devices=("Acurite-Tower A 11524", "LaCrosse-TX141THBv2 0 228", "Oregon-RG 0 77"),
        area="Garden",
    ),
    Replayed(topic="trackers/bicycle", messages=bicycle, title="Bicycle", devices=("Bicycle",), area="On the road"),
)
UNLEARNED = Replayed(
    topic="airgradient/readings/+",
    messages=air_monitor,
    title="Air monitor",
    devices=("Air monitor",),
    area="Living room",
)
THINGS = (*LEARNED, UNLEARNED)


async def replay(broker: Broker, things: Sequence[Replayed] = THINGS) -> None:
    """Replay things every few seconds, until cancelled or until the broker is gone."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with contextlib.suppress(aiomqtt.MqttError):
        async with broker.client() as mqtt:
            while True:
                for thing in things:
                    for topic, payload in thing.messages(loop.time() - began).items():
                        await mqtt.publish(topic, payload)
                await asyncio.sleep(EVERY_S)


async def learn(wizard: Wizard, thing: Replayed, area_id: str) -> str:
    """Add a replayed thing like a person who accepts the proposal; return the id of its subentry."""
    return await wizard.add(thing.topic, joining="add", name=thing.title, area=area_id)


def wave(moment: float, low: float, high: float, *, period_s: float = 240) -> float:
    """Return a value that oscillates between two others."""
    return round((low + high) / 2 + (high - low) / 2 * math.sin(2 * math.pi * moment / period_s), 2)


def cbor(value: Any) -> bytes:
    """Return text, numbers, lists and maps as CBOR (RFC 8949)."""
    match value:
        case int():
            return _head(1, -1 - value) if value < 0 else _head(0, value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            text = value.encode()
            return _head(3, len(text)) + text
        case list():
            return _head(4, len(value)) + b"".join(map(cbor, value))
        case dict():
            return _head(5, len(value)) + b"".join(cbor(key) + cbor(member) for key, member in value.items())
    raise TypeError(f"{type(value).__name__} is not needed here")


def _head(major: int, argument: int) -> bytes:
    short = major << 5
    if argument < 24:
        return bytes([short | argument])
    if argument < 256:
        return bytes([short | 24, argument])
    return bytes([short | 25]) + argument.to_bytes(2)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()
