"""Chain of an alarm: what happened, who was notified, and who could not be reached."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.iotbridge.alarms.engine.models import Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from tests.alarms.home import restart, wait
from tests.kit import Kit
from tests.rules import add_rule, call, set_state

from .dialog import ask


def add_family(kit: Kit, entry: MockConfigEntry, *targets: str, fallback: tuple[str, ...] = ()) -> EscalationPolicy:
    """Add a group of actions; return the policy that notifies it at once."""
    named = {
        key: [{"kind": "action", "action": f"receiver.{name}"} for name in names]
        for key, names in (("targets", targets), ("fallback", fallback))
    }
    data: Any = marked(NOTIFIER, named)
    subentry = ConfigSubentry(data=data, subentry_type="notifier", title="Family", unique_id=None)
    kit.hass.config_entries.async_add_subentry(entry, subentry)
    return EscalationPolicy(steps=(EscalationStep(after_s=0, groups=(subentry.subentry_id,)),))


def register(kit: Kit, name: str, *, is_broken: bool = False) -> None:
    async def receive(_call: ServiceCall) -> None:
        if is_broken:
            raise HomeAssistantError("out of order")

    kit.hass.services.async_register("receiver", name, receive)


async def chain(client: MockHAClientWebSocket, rule_id: str, **more: Any) -> list[str]:
    """Return the texts of the chain, with who and the result."""
    links = (await ask(client, "details", rule_id=rule_id, entity_id="sensor.one", **more))["chain"]
    return [" | ".join(filter(None, (link["text"], link["comment"], link["result"]))) for link in links]


async def test_a_chain_tells_what_happened_in_order(
    kit: Kit, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    register(kit, "anna")
    rule_id = await add_rule(kit, "sensor.one", timing=Timing(hold_s=120), escalation=add_family(kit, entry, "anna"))
    await set_state(kit, "sensor.one", "90")
    await wait(kit, 130, 10)
    await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine.")
    await wait(kit, 10, 5)
    client = await hass_ws_client(kit.hass)

    assert await chain(client, rule_id) == [
        "The condition is met",
        "Raised after 2 min (Warning)",
        "Anna was notified | delivered",
        "Acknowledged | Mine.",
        "Anna was notified of the acknowledgement | delivered",
    ]
    assert (await chain(client, rule_id, language="it"))[1:3] == [
        "Scattato dopo 2 min (Avviso)",
        "Anna ha ricevuto la notifica | delivered",
    ]


async def test_a_chain_names_who_could_not_be_reached_and_who_was_notified_instead(
    kit: Kit, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    register(kit, "anna", is_broken=True)
    register(kit, "siren")
    rule_id = await add_rule(kit, "sensor.one", escalation=add_family(kit, entry, "anna", fallback=("siren",)))
    await set_state(kit, "sensor.one", "90")
    await wait(kit, 600, 10)
    client = await hass_ws_client(kit.hass)

    assert (await chain(client, rule_id))[1:] == [
        "Raised (Warning)",
        "Anna could not be reached: out of order | refused",
        "Siren was notified instead | fallback",
    ]


async def test_a_past_chain_survives_a_restart_and_is_found_by_its_time(
    kit: Kit, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    register(kit, "anna")
    rule_id = await add_rule(kit, "sensor.one", escalation=add_family(kit, entry, "anna"))
    await set_state(kit, "sensor.one", "90")
    await wait(kit, 300, 60)
    during = dt_util.utcnow().isoformat()
    await set_state(kit, "sensor.one", "20")
    await wait(kit, 300, 60)
    await set_state(kit, "sensor.one", "95")
    await wait(kit, 300, 60)
    await restart(kit)
    client = await hass_ws_client(kit.hass)

    explained = await ask(client, "explain", rule_id=rule_id, entity_id="sensor.one", time=during)

    assert [link["text"] for link in explained["chain"]] == [
        "Raised (Warning)",
        "Anna was notified",
        "Cleared",
        "Anna was notified that it cleared",
    ]
    assert (explained["episode"], explained["notified"]) == (1, [])
    assert all(link["text"] in text for link, text in zip(explained["chain"], explained["text"], strict=True))
    before = await ask(client, "explain", rule_id=rule_id, entity_id="sensor.one", time="2020-01-01T00:00:00Z")
    assert (before["chain"], before["text"]) == ([], ["The alarm was not active at that time."])


async def test_the_chain_of_an_old_episode_is_complete_behind_a_long_history(
    kit: Kit, hass_ws_client: WebSocketGenerator
) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    for _ in range(502):
        await set_state(kit, "sensor.one", "90")
        await set_state(kit, "sensor.one", "20")
    client = await hass_ws_client(kit.hass)

    assert await chain(client, rule_id, episode=1) == ["Raised (Warning)", "Cleared"]


async def test_an_episode_that_had_cleared_long_before_a_time_is_not_taken(
    kit: Kit, hass_ws_client: WebSocketGenerator
) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")
    await kit.wait(120)
    await set_state(kit, "sensor.one", "20")
    await kit.wait(60)
    just_cleared = dt_util.utcnow().isoformat()
    await kit.wait(360)
    cleared = dt_util.utcnow().isoformat()
    await kit.wait(120)

    client = await hass_ws_client(kit.hass)

    async def episode_at(time: str) -> int | None:
        answer = await ask(client, "explain", rule_id=rule_id, entity_id="sensor.one", time=time)
        episode: int | None = answer["episode"]
        return episode

    assert (await episode_at(just_cleared), await episode_at(cleared)) == (1, None)
