"""Power states of a host, as a table of messages and expected states."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

import pytest

from custom_components.iotbridge.hosts.configured.shutdown_proof import SHUTDOWN_GRACE_S
from custom_components.iotbridge.hosts.inventory import (
    MAX_HOSTS,
    MAX_NEWCOMERS,
    NO_AGENT_PREFIX,
    REBOOT_GRACE_S,
    Host,
    HostMessage,
    Inventory,
    PowerState,
)
from custom_components.iotbridge.protocol.fields import MessageError
from custom_components.iotbridge.protocol.topics import PREFIX, HostKey, Leaf

KEY = HostKey("iotbridge", "nas")
WALL = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LOST_AFTER_S = 120.0


class Clocked:
    """Inventory with a simulated clock."""

    def __init__(self) -> None:
        self.inventory = Inventory(LOST_AFTER_S)
        self.now = 1000.0

    def receive(self, leaf: Leaf, payload: Any, *, retained: bool = False, key: HostKey = KEY) -> Host | None:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        received = WALL + timedelta(seconds=self.now)
        message = HostMessage(key=key, leaf=leaf, payload=raw, is_retained=retained, received=received)
        return self.inventory.receive(message, self.now)

    def announce(self, power: str = "on", *, retained: bool = False, **more: Any) -> None:
        payload = {
            "protocol": 1,
            "agent": "1",
            "node_id": "nas",
            "hostname": "nas",
            "uid": "iotbridge_nas",
            "instance": "a",
        }
        self.receive("announce", payload | {"power": power} | more, retained=retained)

    def status(self, clock_s: float = 0.0, **readings: Any) -> None:
        time = WALL + timedelta(seconds=self.now + clock_s)
        self.receive("status", {"timestamp": time.isoformat()} | readings)

    def obey(self, command: str, *, is_success: bool = True) -> None:
        self.inventory.apply_response(self.host, command, self.now, is_success=is_success)

    def wait(self, seconds: float) -> list[Host]:
        self.now += seconds
        return self.inventory.sweep(self.now)

    @property
    def host(self) -> Host:
        host = self.inventory.get(KEY)
        assert host
        return host


def power(world: Clocked) -> PowerState | None:
    return world.host.power


@pytest.fixture
def world() -> Clocked:
    return Clocked()


@pytest.mark.parametrize(
    ("announced", "at_once", "later"),
    [
        ("on", PowerState.LOST, PowerState.LOST),
        ("off", PowerState.OFF, PowerState.OFF),
        ("suspended", PowerState.SUSPENDED, PowerState.SUSPENDED),
        ("shutting_down", PowerState.SHUTTING_DOWN, PowerState.OFF),
        ("rebooting", PowerState.REBOOTING, PowerState.LOST),
    ],
)
def test_the_state_of_an_offline_host_depends_on_its_announce(
    world: Clocked, announced: str, at_once: PowerState, later: PowerState
) -> None:
    world.announce()
    world.receive("availability", b"online")
    assert power(world) is PowerState.ON
    world.announce(announced)
    world.receive("availability", b"offline")

    assert power(world) is at_once
    world.wait(max(SHUTDOWN_GRACE_S, REBOOT_GRACE_S) + 1)
    assert power(world) is later


def test_a_host_announces_its_power_state_before_it_goes(world: Clocked) -> None:
    world.announce()
    world.receive("availability", b"online")
    world.announce("rebooting")

    assert power(world) is PowerState.REBOOTING
    assert world.host.is_online


def test_an_announce_counts_as_a_message(world: Clocked) -> None:
    """A host that is back is not lost between its announce and its availability."""
    world.announce()
    world.receive("availability", b"online")
    world.announce("rebooting")
    world.receive("availability", b"offline")
    world.announce("on")

    assert power(world) is PowerState.ON


def test_a_host_that_returns_is_on(world: Clocked) -> None:
    world.announce("rebooting")
    world.receive("availability", b"offline")
    world.announce("on")
    world.receive("availability", b"online")

    assert power(world) is PowerState.ON


def test_a_silent_host_is_lost_until_its_next_message(world: Clocked) -> None:
    world.announce()
    world.receive("availability", b"online")

    assert world.wait(LOST_AFTER_S) == []
    assert world.wait(1) == [world.host]
    assert power(world) is PowerState.LOST
    assert not world.host.is_online
    world.status()
    assert power(world) is PowerState.ON


def test_a_slow_agent_has_three_of_its_intervals(world: Clocked) -> None:
    world.announce(interval_s=300)
    world.receive("availability", b"online")

    assert world.wait(3 * 300) == []
    assert world.wait(1) == [world.host]


def test_an_outage_of_the_broker_loses_no_host(world: Clocked) -> None:
    world.announce()
    world.receive("availability", b"online")
    world.now += 10 * LOST_AFTER_S
    world.inventory.reconnected(world.now)

    assert world.wait(LOST_AFTER_S) == []


def test_a_retained_shutdown_is_over(world: Clocked) -> None:
    world.announce("shutting_down", retained=True)
    world.receive("availability", b"offline", retained=True)

    assert power(world) is PowerState.OFF


def test_a_retained_reboot_may_still_return(world: Clocked) -> None:
    world.announce("rebooting", retained=True)
    world.receive("availability", b"offline", retained=True)

    assert power(world) is PowerState.REBOOTING


def test_an_announce_alone_is_not_an_availability(world: Clocked) -> None:
    world.announce(retained=True)

    assert power(world) is None
    assert world.host.is_online, "a command may be tried"


class TestWithoutAnnounce:
    """IPWatch agents."""

    def test_offline_is_lost(self, world: Clocked) -> None:
        world.receive("availability", b"online")
        assert power(world) is PowerState.ON
        world.receive("availability", b"offline")
        assert power(world) is PowerState.LOST

    def test_an_accepted_shutdown_sets_the_intent(self, world: Clocked) -> None:
        world.receive("availability", b"online")
        world.obey("shutdown")
        world.receive("availability", b"offline")

        assert power(world) is PowerState.SHUTTING_DOWN
        world.wait(SHUTDOWN_GRACE_S + 1)
        assert power(world) is PowerState.OFF
        world.receive("availability", b"online")
        assert power(world) is PowerState.ON

    def test_a_failed_shutdown_does_not_change_the_power_state(self, world: Clocked) -> None:
        world.receive("availability", b"online")
        world.obey("shutdown", is_success=False)
        world.receive("availability", b"offline")

        assert power(world) is PowerState.LOST

    def test_its_name_is_the_one_in_its_status(self, world: Clocked) -> None:
        world.status(hostname="desk")
        assert world.host.name == "desk"
        world.status(hostname=7)
        assert world.host.name == "nas"


def test_an_interrupted_shutdown_ends_in_lost(world: Clocked) -> None:
    """The broker went away between the announce and the availability, and the host never came back."""
    world.announce()
    world.receive("availability", b"online")
    world.announce("rebooting")
    world.wait(REBOOT_GRACE_S)
    assert power(world) is PowerState.REBOOTING
    world.wait(1)

    assert power(world) is PowerState.LOST


class TestClock:
    """A host with a wrong clock refuses commands, so it must be reported."""

    def test_one_late_message_is_not_a_wrong_clock(self, world: Clocked) -> None:
        world.status(-95)
        assert world.host.clock_offset_s is None
        world.status(0)
        world.status(-95)
        assert world.host.clock_offset_s is None

    def test_two_in_a_row_are(self, world: Clocked) -> None:
        world.status(-95)
        world.status(-95)
        assert world.host.clock_offset_s == -95
        world.status(0)
        assert world.host.clock_offset_s is None


class TestConflict:
    """Two machines with one node_id."""

    def test_two_agents_that_announce_alternately(self, world: Clocked) -> None:
        world.announce(instance="a")
        world.announce(instance="b")
        assert not world.host.has_conflict, "a machine that was set up anew"
        world.announce(instance="a")
        assert world.host.has_conflict

    def test_it_ends_when_only_one_announced_for_an_hour(self, world: Clocked) -> None:
        for instance in "abab":
            world.announce(instance=instance)
        world.now += 3601
        world.announce(instance="a")
        world.now += 10
        world.announce(instance="a")

        assert not world.host.has_conflict

    def test_a_retained_announce_is_not_a_second_machine(self, world: Clocked) -> None:
        world.announce(instance="a")
        world.announce(instance="b")
        world.announce(instance="a", retained=True)

        assert not world.host.has_conflict

    def test_a_restored_backup_of_the_same_machine_is_not_a_second_one(self, world: Clocked) -> None:
        for instance in "aba":
            world.announce(instance=instance, machine="m", mac=["00:11:22:33:44:55"])

        assert not world.host.has_conflict

    def test_a_clone_with_the_machine_id_of_its_original_and_another_network_card(self, world: Clocked) -> None:
        for instance, card in (("a", "00:11:22:33:44:55"), ("b", "00:11:22:33:44:66"), ("a", "00:11:22:33:44:55")):
            world.announce(instance=instance, machine="m", mac=[card])

        assert world.host.has_conflict

    @pytest.mark.parametrize("machines", [(None, None, None), ("m", None, "m")])
    @pytest.mark.parametrize(("cards", "is_another"), [("555", False), ("565", True)])
    def test_network_cards_replace_a_missing_machine_id(
        self, world: Clocked, machines: tuple[str | None, ...], cards: str, is_another: bool
    ) -> None:
        for instance, machine, card in zip("aba", machines, cards, strict=True):
            known: dict[str, Any] = {"machine": machine} if machine else {}
            world.announce(instance=instance, mac=[f"00:11:22:33:44:5{card}"], **known)

        assert world.host.has_conflict == is_another

    def test_a_reported_conflict_lasts_until_it_is_withdrawn(self, world: Clocked) -> None:
        world.announce(instance="a", conflict=True, retained=True)
        assert world.host.has_conflict
        world.announce(instance="a")

        assert not world.host.has_conflict

    def test_a_cleared_and_repeated_announce_is_not_a_conflict(self, world: Clocked) -> None:
        world.announce(instance="a")
        world.receive("announce", b"", retained=False)
        world.announce(instance="a")

        assert not world.host.has_conflict


def test_a_retained_status_is_refused(world: Clocked) -> None:
    with pytest.raises(MessageError, match="retained status"):
        world.receive("status", {"timestamp": WALL.isoformat()}, retained=True)


def test_an_invalid_message_adds_no_host_and_changes_none(world: Clocked) -> None:
    with pytest.raises(MessageError):
        world.receive("availability", b"maybe")
    assert len(world.inventory) == 0
    world.announce()
    with pytest.raises(MessageError):
        world.announce("exploding")

    assert world.host.announce is not None
    assert world.host.announce.power == "on"


def test_clearing_a_message_is_not_an_error(world: Clocked) -> None:
    world.announce(retained=True)
    assert world.receive("announce", b"") is None
    assert world.receive("availability", b"") is None

    assert world.host.announce is None
    assert world.host.has_announced


def test_an_online_host_keeps_its_announce_after_it_was_cleared(world: Clocked) -> None:
    world.announce(interval_s=600)
    world.receive("availability", b"online")
    world.receive("announce", b"")
    world.wait(601)

    assert power(world) is PowerState.ON
    world.announce("off")
    world.receive("availability", b"offline")
    assert power(world) is PowerState.OFF


def test_announced_hosts_are_known_after_a_restart() -> None:
    inventory = Inventory(LOST_AFTER_S, announced={KEY})
    message = HostMessage(key=KEY, leaf="availability", payload=b"online", is_retained=True, received=WALL)

    host = inventory.receive(message, 1000.0)
    assert host
    assert host.has_announced


class TestStrangers:
    """Anyone on the broker can make up hosts."""

    def give_devices(self, world: Clocked) -> None:
        for host in list(world.inventory):
            world.inventory.set_device(host, True)

    def test_an_announced_host_replaces_one_with_a_device_that_never_announced(self, world: Clocked) -> None:
        self.fill(world, "status", self.status(world), MAX_HOSTS)
        self.give_devices(world)
        assert world.inventory.is_full
        with pytest.raises(MessageError):
            world.status()
        world.announce()

        assert world.host.has_announced
        assert len(world.inventory) == MAX_HOSTS
        assert world.inventory.get(HostKey("iotbridge", "stranger-0")) is None

    def test_an_unannounced_host_replaces_no_announced_one(self, world: Clocked) -> None:
        world.announce()
        self.fill(world, "status", self.status(world), 2 * MAX_HOSTS)

        assert world.host.has_announced

    def test_announces_of_strangers_evict_no_host_with_a_device(self, world: Clocked) -> None:
        world.status()
        self.give_devices(world)
        for number in range(2 * MAX_HOSTS):
            key = HostKey("iotbridge", f"stranger-{number}")
            payload = {"protocol": 1, "agent": "1", "node_id": key.node_id, "hostname": "x", "uid": key.uid}
            world.receive("announce", payload | {"instance": "a", "power": "on"}, key=key)

        assert world.host.has_device
        assert len(world.inventory) == MAX_HOSTS

    def fill(self, world: Clocked, leaf: Leaf, payload: Any, count: int) -> None:
        for number in range(count):
            world.receive(leaf, payload, key=HostKey("iotbridge", f"stranger-{number}"))

    def status(self, world: Clocked) -> dict[str, Any]:
        return {"timestamp": (WALL + timedelta(seconds=world.now)).isoformat(), "cpu_percent": 1}

    def test_they_cannot_fill_the_memory(self, world: Clocked) -> None:
        self.fill(world, "availability", b"online", 2 * MAX_NEWCOMERS)
        assert len(world.inventory) == MAX_NEWCOMERS
        self.fill(world, "status", self.status(world), 2 * MAX_HOSTS)
        assert len(world.inventory) <= MAX_HOSTS + MAX_NEWCOMERS

    @pytest.mark.parametrize("leaf", ["availability", "status"])
    def test_they_keep_no_host_out(self, world: Clocked, leaf: Leaf) -> None:
        self.fill(world, leaf, b"online" if leaf == "availability" else self.status(world), MAX_HOSTS + 1)
        world.announce()
        world.receive("availability", b"online")

        assert power(world) is PowerState.ON

    def test_they_evict_no_host_with_a_device(self, world: Clocked) -> None:
        world.receive("availability", b"offline", retained=True)
        world.inventory.set_device(world.host, has_device=True)
        self.fill(world, "availability", b"online", MAX_NEWCOMERS + 1)
        self.fill(world, "status", self.status(world), MAX_HOSTS + 1)

        assert world.host.has_device

    def test_the_evicted_host_is_reported(self) -> None:
        evicted: list[Host] = []
        world = Clocked()
        world.inventory = Inventory(LOST_AFTER_S, on_evicted=evicted.append)
        self.fill(world, "availability", b"online", MAX_NEWCOMERS + 2)

        assert [host.key.node_id for host in evicted] == ["stranger-0", "stranger-1"]

    def test_two_thousand_announced_hosts_with_devices_are_the_limit(self, world: Clocked) -> None:
        self.fill(world, "status", self.status(world), MAX_HOSTS)
        for host in list(world.inventory):
            host.has_announced = True
            world.inventory.set_device(host, has_device=True)

        with pytest.raises(MessageError, match="hosts already"):
            world.announce()
        assert world.inventory.get(KEY) is None


class TestWithoutAgent:
    """Hosts that the user configured, and that something else proves to be on."""

    @pytest.fixture
    def inventory(self) -> Inventory:
        return Inventory(LOST_AFTER_S)

    @pytest.fixture
    def nas(self, inventory: Inventory) -> Host:
        nas = Host(HostKey(NO_AGENT_PREFIX, "01J"), title="Backup NAS")
        inventory.add_without_agent(nas)
        return nas

    def test_it_is_what_its_proof_says_and_never_lost(self, inventory: Inventory, nas: Host) -> None:
        assert (nas.power, nas.name, nas.is_known, nas.has_agent) == (None, "Backup NAS", True, False)
        assert inventory.prove(nas, True, 0)
        assert nas.power is PowerState.ON
        assert inventory.sweep(1e9) == [], "silence is no news of it"
        assert not inventory.prove(nas, True, 1e9)
        assert inventory.prove(nas, False, 1e9 + 1)
        assert (nas.power, nas.is_online) == (PowerState.OFF, False)
        assert inventory.prove(nas, None, 1e9 + 2)
        assert nas.power is None

    def test_it_shuts_down_until_the_proof_or_until_that_took_too_long(self, inventory: Inventory, nas: Host) -> None:
        inventory.prove(nas, True, 0)
        inventory.apply_response(nas, "shutdown", 10, is_success=True)
        assert nas.power == "shutting_down"
        assert inventory.sweep(610) == []
        assert inventory.sweep(611) == [nas]
        assert nas.power == "on"
        inventory.apply_response(nas, "shutdown", 700, is_success=False)
        assert nas.power == "on"

    def test_the_next_start_is_a_start(self, inventory: Inventory, nas: Host) -> None:
        inventory.prove(nas, True, 0)
        inventory.apply_response(nas, "shutdown", 10, is_success=True)
        inventory.prove(nas, False, 20)
        inventory.prove(nas, True, 30)

        assert nas.power is PowerState.ON

    def test_a_stop_action_that_ends_late_does_not_count_for_the_next_start(
        self, inventory: Inventory, nas: Host
    ) -> None:
        inventory.prove(nas, True, 0)
        inventory.prove(nas, False, 20)
        inventory.prove(nas, None, 30)
        inventory.apply_response(nas, "shutdown", 40, is_success=True)
        inventory.prove(nas, True, 50)

        assert nas.power is PowerState.ON

    def test_no_topic_names_it(self, nas: Host) -> None:
        assert not PREFIX.fullmatch(nas.key.prefix)
        assert nas.uid != HostKey("host", "01J").uid

    def test_it_is_among_all_hosts_and_is_never_evicted(self, inventory: Inventory, nas: Host) -> None:
        inventory.set_device(nas, True)
        assert [*inventory] == [nas]
        assert (len(inventory), inventory.get(nas.key), nas.subentry_id) == (1, nas, "01J")
        inventory.forget(nas.key)
        assert [*inventory] == []
