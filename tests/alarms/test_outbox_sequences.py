"""Whatever happens, fails and is restarted: no call is lost, and nobody hears the end of what he never heard of."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
import re

from freezegun.api import FrozenDateTimeFactory
from hypothesis import HealthCheck, given, settings, strategies as st
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.message import tag_of
from custom_components.iotbridge.alarms.models import Alarm, AlarmKey, AlarmState, Timing
from custom_components.iotbridge.alarms.rule import Plan, Step
from custom_components.iotbridge.alarms.store import Batch
from custom_components.iotbridge.alarms.telling import Telling
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.util import dt as dt_util

from .test_lifecycle import BAD, GOOD, WORSE
from .test_outbox import NIGHT, World
from .test_telling import react

KEYS = [AlarmKey("rule", f"sensor.{name}") for name in ("attic", "cellar", "door")]
TARGETS = ("anna", "ben", "carl", "dora")
STORM = {"storm_per_minute": 2}


@dataclass
class Phones(World):
    """A home in which phones are told; what they show is what their owners believe."""

    shown: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    ever: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    untold: list[str] = field(default_factory=list)
    loses: bool = False
    has_lost: bool = False

    def phones(self, *names: str, fallback: Sequence[str] = ()) -> str:
        def targets(names: Sequence[str]) -> list[dict[str, str]]:
            return [{"kind": "mobile_app", "action": f"tell.{name}"} for name in names]

        for name in (*names, *fallback):
            self.hass.services.async_register("tell", name, self.tell)
        data = {"targets": targets(names), "fallback": targets(fallback), "break_through": True}
        subentry = ConfigSubentry(data=data, subentry_type="notifier", title="phones", unique_id=None)  # type: ignore[arg-type]
        self.hass.config_entries.async_add_subentry(self.entry, subentry)
        return subentry.subentry_id

    def write(self, batch: Batch) -> None:
        if not self.loses:
            super().write(batch)

    async def tell(self, call: ServiceCall) -> None:
        name, tag = call.service, call.data["data"]["tag"]
        if name in self.broken:
            raise HomeAssistantError("broken")
        if "digest" in tag:
            for line in call.data["message"].splitlines():
                self._line(name, line)
        elif call.data["message"] == "clear_notification":
            self.shown[name].pop(tag, None)
        else:
            head = call.data["title"].partition(":")[0]
            self._show(name, tag, {"Over": "over", "Acknowledged": "acknowledged"}.get(head, "raised"))

    def _line(self, name: str, line: str) -> None:
        """Read ``Warning: attic (raised at 12:00, over at 13:00)``."""
        found = re.fullmatch(r"\w+: (\w+) \((.*)\)", line)
        assert found, line
        tag = tag_of(AlarmKey("rule", f"sensor.{found[1]}"))
        for part in found[2].split(", "):
            word = part.split()[0]
            if word != "the":
                self._show(name, tag, word if word in ("over", "acknowledged") else "raised")

    def _show(self, name: str, tag: str, what: str) -> None:
        if what == "raised":
            self.ever[name].add(tag)
        elif tag not in (self.ever[name] if self.has_lost else self.shown[name]) and what == "over":
            self.untold.append(f"{name} heard the end of {tag}")
        elif tag not in self.ever[name]:
            self.untold.append(f"{name} heard of {tag} for the first time: {what}")
        if what == "over":
            self.shown[name].pop(tag, None)
        else:
            self.shown[name][tag] = what


STEPS = st.one_of(
    st.tuples(st.just("happen"), st.sampled_from(KEYS), st.sampled_from([BAD, WORSE, GOOD, "ack", "shelve", "unshelve"])),
    st.tuples(st.just("happen"), st.sampled_from(KEYS), st.sampled_from([BAD, GOOD])),
    st.tuples(st.sampled_from(["break", "mend"]), st.sampled_from(TARGETS), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 400, 3000]), st.none()),
    st.tuples(st.sampled_from(["restart", "kill before sending", "kill after sending"]), st.none(), st.none()),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=25), st.sampled_from([{"storm_per_minute": 0}, STORM, NIGHT | STORM]), st.booleans())
async def test_nothing_is_lost_and_nothing_is_untrue(  # noqa: C901
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    steps: list[tuple[str, object, object]],
    options: dict[str, object],
    latching: bool,
) -> None:
    """The real lifecycle and escalation tell real phone actions, which fail when a step says so."""
    await hass.config.async_set_time_zone("UTC")
    hass.config.components.add("iotbridge")
    await async_load_integrations(hass, {"iotbridge"})
    freezer.move_to(datetime(2026, 11, 21, 20, tzinfo=UTC))
    world = Phones(hass, entry, freezer, options)
    family, work = world.phones("anna", "ben", fallback=["carl"]), world.phones("dora")
    plan = Plan(steps=(Step(after_s=0, groups=(family,)), Step(after_s=600, groups=(work,))), repeat_s=900)
    alarms = {key: (Alarm(key=key), Telling()) for key in KEYS}
    wakes = True

    async def happen(key: AlarmKey, what: object) -> None:
        now = dt_util.utcnow().timestamp()
        what = f"shelve {now + 1000}" if what == "shelve" else what
        batch = Batch()
        notices = react(*alarms[key], plan, Timing(latching=latching), what, now)
        world.outbox.async_add(notices, batch)
        World.write(world, batch)
        if wakes:
            world.outbox.async_wake(batch)
            await world.settle()

    for step, what, how in steps:
        if step == "happen":
            assert isinstance(what, AlarmKey)
            await happen(what, how)
        elif step == "break":
            world.broken.add(str(what))
        elif step == "mend":
            world.broken.discard(str(what))
        elif step == "wait":
            assert isinstance(what, int)
            await world.wait(what)
            for key in KEYS:
                await happen(key, "tick")
        elif step == "kill after sending" and not world.broken:
            # What is sent from here to the restart is sent once more after it.
            world.loses = world.has_lost = True
            await happen(KEYS[0], BAD)
            world.loses = False
            await world.restart()
        else:
            wakes = step != "kill before sending"
            await happen(KEYS[1], BAD)
            wakes = True
            await world.restart()
    world.broken.clear()
    for seconds in (1, 400, 400, 12 * 3600, 400):
        await world.wait(seconds)
    await world.outbox.async_stop()

    assert world.untold == []
    assert [row for row in world.disk.values() if not row["is_done"]] == []
    for key, (alarm, telling) in alarms.items():
        tag = tag_of(key)
        knows = {name: world.shown[name].get(tag) for name in TARGETS}
        if alarm.state is AlarmState.UNACKNOWLEDGED and alarm.announced and telling.episode == alarm.episode:
            if family in telling.told:
                assert knows["anna"] == knows["ben"] == "raised" or knows["carl"] == "raised", knows
            if work in telling.told:
                assert knows["dora"] == "raised", knows
        elif alarm.state is AlarmState.ACKNOWLEDGED:
            assert "raised" not in knows.values(), knows
        else:
            assert set(knows.values()) <= {None, "acknowledged"} if latching else set(knows.values()) == {None}, knows
