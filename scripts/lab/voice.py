"""Assist in the lab: opens IoT Bridge for voice, and talks to it by text."""

from .client import Client, Json
from .waiting import LabError, until

LANGUAGES = ("en", "fr", "it")
# Of the options form, which asks for all of them.
DEFAULTS: Json = {"prefixes": ["iotbridge", "ipwatch"], "response_timeout": 5, "lost_after": 120}


async def open_voice(client: Client, *device_ids: str, languages: tuple[str, ...] = LANGUAGES) -> None:
    """Choose languages and the devices of hosts that are open for power commands, through the options form."""
    (entry,) = await client.entries("iotbridge")
    voice = {"voice_languages": [*languages], "voice_power_hosts": [*device_ids], "voice_language_models": True}
    await client.options_flow(entry["entry_id"], {**DEFAULTS, "voice": voice})


async def ask(client: Client, text: str, language: str = "en", conversation_id: str | None = None) -> tuple[str, str]:
    """Send a message to Assist; return the answer and the id of the conversation."""
    message: Json = {"text": text, "language": language}
    if conversation_id:
        message["conversation_id"] = conversation_id
    answer = await client.rest("POST", "conversation/process", message)
    speech = answer["response"]["speech"].get("plain", {}).get("speech", "")  # "never mind" has none
    return str(speech), str(answer["conversation_id"])


async def understood(client: Client, text: str, expected: str, language: str = "en") -> str:
    """Wait until an answer has a text in it, because names follow within seconds; return the conversation."""
    answers: list[str] = []

    async def answered() -> str | None:
        answer, conversation_id = await ask(client, text, language)
        answers[:] = [answer]
        return conversation_id if expected in answer else None

    try:
        return await until(answered, timeout_s=180, what=f"the answer {expected!r} to {text!r}")
    except LabError as error:
        raise LabError(f"{error}; the last answer was {answers}") from None
