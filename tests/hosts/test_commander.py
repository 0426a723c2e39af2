"""Commands and responses, matched by a simulated clock."""

from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.hosts.commander import (
    CONFIRM_WITHIN_S,
    MAX_PENDING,
    MAX_RESPONSES,
    MAX_RUNTIME_S,
    MAX_STALE_DEADLINES,
    Commander,
    CommandResult,
    Outcome,
)
from custom_components.iotbridge.hosts.inventory import PowerState
from custom_components.iotbridge.protocol.messages import BareResponse, Command, Response, ResponseStatus
from custom_components.iotbridge.protocol.topics import HostKey

NAS = HostKey("iotbridge", "nas")
DESK = HostKey("iotbridge", "desk")
TIMEOUT_S = 5.0


def answer(status: str, command: str = "ping", command_id: str | None = "1") -> Response:
    return Response(
        id=command_id,
        command=command,
        success=status in ("accepted", "done"),
        status=ResponseStatus(status),
        message=f"{status}.",
        timestamp=datetime.now(UTC),
    )


@pytest.fixture
def commander() -> Commander:
    return Commander(TIMEOUT_S)


def expire(commander: Commander, now: float) -> list[CommandResult]:
    return list(commander.expire(now))


def test_a_response_has_its_latency(commander: Commander) -> None:
    commander.add(NAS, Command(command="ping", id="1"), 10.0)
    result = commander.resolve(NAS, answer("done"), 10.25)

    assert (result.outcome, result.latency_s, result.is_success) == (Outcome.DONE, 0.25, True)
    assert commander.next_deadline is None
    assert expire(commander, 99.0) == []


def test_a_dry_run_accepts_power_commands_and_carries_out_none(commander: Commander) -> None:
    commander.add(NAS, Command(command="reboot", id="1"), 10.0)
    commander.add(NAS, Command(command="backup", id="2"), 10.0)

    accepted = commander.resolve(NAS, answer("accepted", "reboot"), 11.0, is_dry_run=True)
    pretended = commander.resolve(NAS, answer("done", "reboot"), 11.0, is_dry_run=True)
    own = commander.resolve(NAS, answer("done", "backup", "2"), 12.0, is_dry_run=True)

    assert [(result.outcome, result.is_dry_run) for result in (accepted, pretended, own)] == [
        (Outcome.ACCEPTED, True),
        (Outcome.DRY_RUN, True),
        (Outcome.DONE, False),
    ]
    assert commander.confirm(NAS, PowerState.REBOOTING, None, 13.0) is None
    assert commander.confirm(NAS, PowerState.ON, None, 14.0) is None


@pytest.mark.parametrize("command", ["wake", "start_services"])
def test_a_dry_run_pretends_other_commands_too(commander: Commander, command: str) -> None:
    commander.add(NAS, Command(command=command, id="1"), 10.0)
    result = commander.resolve(NAS, answer("done", command), 11.0, is_dry_run=True)

    assert (result.outcome, result.is_success) == (Outcome.DRY_RUN, False)


def test_every_result_of_a_command_has_the_context_of_its_caller(commander: Commander) -> None:
    context = object()
    commander.add(NAS, Command(command="shutdown", id="1"), 10.0, context=context)
    commander.add(NAS, Command(command="ping", id="2"), 10.0, context=context)
    # The broker delivers the command back, as one of an unknown sender.
    commander.add(NAS, Command(command="shutdown", id="1"), 10.1)

    results = [
        commander.resolve(NAS, answer("accepted", "shutdown"), 11.0),
        commander.confirm(NAS, PowerState.OFF, None, 12.0),
        *expire(commander, 99.0),
    ]

    assert [result.context if result else None for result in results] == [context] * 3


def test_a_timeout_is_reported_once(commander: Commander) -> None:
    commander.add(NAS, Command(command="ping", id="1"), 10.0)

    assert commander.next_deadline == 15.0
    assert expire(commander, 14.9) == []
    (result,) = expire(commander, 15.0)
    assert (result.outcome, result.command, result.command_id) == (Outcome.TIMED_OUT, "ping", "1")
    assert not result.is_success
    assert expire(commander, 99.0) == []


def test_a_response_after_the_timeout_is_reported(commander: Commander) -> None:
    commander.add(NAS, Command(command="ping", id="1"), 10.0)
    expire(commander, 15.0)
    result = commander.resolve(NAS, answer("done"), 16.0)

    assert (result.outcome, result.latency_s) == (Outcome.DONE, None)


def test_the_same_id_on_two_hosts_is_two_commands(commander: Commander) -> None:
    commander.add(NAS, Command(command="ping", id="1"), 10.0)
    commander.add(DESK, Command(command="ping", id="1"), 10.0)
    commander.resolve(NAS, answer("done"), 11.0)

    assert [result.key for result in expire(commander, 99.0)] == [DESK]


def test_a_command_seen_again_keeps_its_first_time(commander: Commander) -> None:
    commander.add(NAS, Command(command="ping", id="1"), 10.0, timeout_s=60)
    commander.add(NAS, Command(command="ping", id="1"), 12.0)

    assert commander.next_deadline == 70.0


def test_commands_without_id_are_matched_by_name(commander: Commander) -> None:
    commander.add(NAS, Command(command="ping"), 10.0)
    commander.add(NAS, Command(command="status"), 10.0)
    commander.resolve(NAS, answer("done", "status", None), 11.0)

    assert [result.command for result in expire(commander, 99.0)] == ["ping"]


def test_a_custom_command_that_was_accepted_has_its_time(commander: Commander) -> None:
    commander.add(NAS, Command(command="backup", id="1"), 10.0)
    interim = commander.resolve(NAS, answer("accepted", "backup"), 11.0)

    assert not interim.is_final
    assert expire(commander, 600.0) == []
    done = commander.resolve(NAS, answer("done", "backup"), 610.0)
    assert done.latency_s == 600.0
    assert commander.next_deadline is None


def test_a_custom_command_that_never_ends_is_forgotten_quietly(commander: Commander) -> None:
    commander.add(NAS, Command(command="backup", id="1"), 10.0)
    commander.resolve(NAS, answer("accepted", "backup"), 11.0)

    assert expire(commander, 11.0 + MAX_RUNTIME_S) == []
    assert commander.next_deadline is None


class TestProof:
    """A power command is done once it was seen to have happened."""

    def accept(self, commander: Commander, command: str, boot_time: str | None = "monday") -> None:
        commander.add(NAS, Command(command=command, id="1"), 10.0)
        result = commander.resolve(NAS, answer("accepted", command), 11.0, boot_time)
        assert result.is_final

    def test_a_reboot_is_a_new_boot_time_after_an_absence(self, commander: Commander) -> None:
        self.accept(commander, "reboot")

        assert commander.confirm(NAS, PowerState.ON, "monday", 12.0) is None
        assert commander.confirm(NAS, PowerState.REBOOTING, "monday", 13.0) is None
        assert commander.confirm(NAS, PowerState.ON, "monday", 60.0) is None, (
            "back, and has not said yet when it booted"
        )
        result = commander.confirm(NAS, PowerState.ON, "tuesday", 61.0)
        assert result
        assert (result.outcome, result.command, result.command_id, result.latency_s) == ("done", "reboot", "1", 51.0)
        assert commander.confirm(NAS, PowerState.ON, "tuesday", 62.0) is None

    def test_a_host_without_boot_time_is_confirmed_by_its_return(self, commander: Commander) -> None:
        self.accept(commander, "reboot", None)

        assert commander.confirm(NAS, PowerState.ON, None, 12.0) is None
        assert commander.confirm(NAS, PowerState.REBOOTING, None, 13.0) is None
        assert commander.confirm(NAS, PowerState.ON, None, 60.0) is not None

    @pytest.mark.parametrize(
        ("command", "transitional", "final"),
        [
            ("shutdown", PowerState.SHUTTING_DOWN, PowerState.OFF),
            ("suspend", PowerState.ON, PowerState.SUSPENDED),
        ],
    )
    def test_shutdown_and_suspend_are_confirmed_by_the_state(
        self, commander: Commander, command: str, transitional: PowerState, final: PowerState
    ) -> None:
        self.accept(commander, command)

        assert commander.confirm(NAS, transitional, "monday", 12.0) is None
        result = commander.confirm(NAS, final, "monday", 13.0)
        assert result
        assert result.outcome is Outcome.DONE

    @pytest.mark.parametrize("status", ["failed", "done"])
    def test_a_final_response_ends_the_confirmation(self, commander: Commander, status: str) -> None:
        self.accept(commander, "shutdown")
        commander.resolve(NAS, answer(status, "shutdown"), 12.0)

        assert commander.confirm(NAS, PowerState.OFF, None, 13.0) is None

    def test_a_late_state_confirms_nothing(self, commander: Commander) -> None:
        self.accept(commander, "shutdown")

        assert commander.confirm(NAS, PowerState.OFF, None, 11.0 + CONFIRM_WITHIN_S) is None

    def test_forgetting_a_host_drops_its_commands_and_confirmations(self, commander: Commander) -> None:
        self.accept(commander, "shutdown")
        commander.add(NAS, Command(command="ping", id="2"), 12.0)
        commander.add(DESK, Command(command="ping", id="3"), 12.0)
        commander.forget(NAS)

        assert commander.confirm(NAS, PowerState.OFF, None, 13.0) is None
        assert [result.key for result in expire(commander, 99.0)] == [DESK]


def test_one_host_cannot_fill_the_memory_nor_block_others(commander: Commander) -> None:
    taken = [commander.add(NAS, Command(command="ping", id=str(number)), 10.0) for number in range(MAX_PENDING + 10)]

    assert taken.count(False) == 10
    assert commander.add(DESK, Command(command="ping", id="1"), 10.0)
    assert len(expire(commander, 99.0)) == MAX_PENDING + 1


class TestBare:
    """Responses that name no command, those of IPWatch's agents."""

    def bare(self, *, success: bool = True) -> BareResponse:
        return BareResponse(success=success, message="Shutdown en cours...", timestamp=datetime.now(UTC))

    def test_they_resolve_the_oldest_pending_command(self, commander: Commander) -> None:
        commander.add(NAS, Command(command="reboot", id="1"), 10.0)
        commander.add(DESK, Command(command="shutdown", id="2"), 9.0)
        commander.add(NAS, Command(command="status", id="3"), 11.0)
        first = commander.resolve_bare(NAS, self.bare(), 12.0)
        second = commander.resolve_bare(NAS, self.bare(success=False), 12.5)

        assert (first.outcome, first.command, first.command_id, first.latency_s) == (Outcome.ACCEPTED, "reboot", "1", 2)
        assert (second.outcome, second.command, second.command_id) == (Outcome.FAILED, "status", "3")
        assert (second.reason, second.message) == ("error", "Shutdown en cours...")
        assert [result.key for result in expire(commander, 99.0)] == [DESK]

    def test_they_are_the_last_response(self, commander: Commander) -> None:
        commander.add(NAS, Command(command="status"), 10.0)
        result = commander.resolve_bare(NAS, self.bare(), 11.0)

        assert result.is_final
        assert commander.next_deadline is None

    def test_an_accepted_reboot_is_confirmed_like_any_other(self, commander: Commander) -> None:
        commander.add(NAS, Command(command="reboot"), 10.0)
        commander.resolve_bare(NAS, self.bare(), 11.0)
        commander.confirm(NAS, PowerState.REBOOTING, None, 20.0)
        result = commander.confirm(NAS, PowerState.ON, None, 60.0)

        assert result
        assert (result.outcome, result.command) == (Outcome.DONE, "reboot")

    def test_one_without_a_pending_command_is_reported(self, commander: Commander) -> None:
        result = commander.resolve_bare(NAS, self.bare(), 11.0)

        assert (result.outcome, result.command, result.latency_s) == (Outcome.ACCEPTED, None, None)


def test_responses_to_pending_commands_are_found_in_a_flood(commander: Commander) -> None:
    commander.add(NAS, Command(command="ping", id="ha-7"), 10.0)
    found = [commander.is_awaited(NAS, f'{{"id":"ha-{number}"}}'.encode(), is_bare=False) for number in range(20)]

    assert found == [number == 7 for number in range(20)]
    assert not commander.is_awaited(DESK, b'{"id":"ha-7"}', is_bare=False)


def test_a_client_that_saw_the_id_of_a_command_cannot_flood_with_it(commander: Commander) -> None:
    commander.add(NAS, Command(command="backup", id="ha-7"), 10.0)

    assert sum(commander.is_awaited(NAS, b'{"id":"ha-7"}', is_bare=False) for _ in range(1000)) == MAX_RESPONSES


@given(st.lists(st.tuples(st.sampled_from("gaf"), st.integers(0, 5), st.integers(0, 3)), max_size=80))
def test_the_next_deadline_is_that_of_the_earliest_open_command(steps: list[tuple[str, int, int]]) -> None:
    """Commands issued, answered and removed in any order; a plain dict of deadlines is the model."""
    commander, expected, now = Commander(TIMEOUT_S), dict[tuple[HostKey, str], float](), 0.0
    for step, number, host in steps:
        now += 0.5
        key, command_id = HostKey("iotbridge", f"h{host}"), str(number)
        if step == "g":
            expected.setdefault((key, command_id), now + TIMEOUT_S + number)
            commander.add(key, Command(command="ping", id=command_id), now, TIMEOUT_S + number)
        elif step == "a":
            commander.resolve(key, answer("done", command_id=command_id), now)
            expected.pop((key, command_id), None)
        else:
            commander.forget(key)
            expected = {token: at for token, at in expected.items() if token[0] != key}
        for result in commander.expire(now):
            assert expected.pop((result.key, str(result.command_id))) <= now
        assert commander.next_deadline == min(expected.values(), default=None)
        assert len(commander) == len(expected)


def test_commands_that_come_and_are_answered_leave_nothing_behind(commander: Commander) -> None:
    for number in range(5000):
        commander.add(NAS, Command(command="ping", id=str(number)), 0.0, timeout_s=3600)
        commander.resolve(NAS, answer("done", command_id=str(number)), 0.0)

    assert len(commander) == 0
    assert len(commander._deadlines) <= MAX_STALE_DEADLINES + 1
