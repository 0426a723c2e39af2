"""Rate limits with a simulated clock."""

from hypothesis import given, strategies as st

from custom_components.iotbridge.hosts.rate_limit import BURST, CALM_AFTER_S, FLOOD_FROM, PER_S, RateLimit
from custom_components.iotbridge.protocol.topics import HostKey

NAS = HostKey("iotbridge", "nas")
DESK = HostKey("iotbridge", "desk")


def test_the_fastest_agent_is_never_limited() -> None:
    limit = RateLimit[int]()

    assert all(limit.admit(NAS, "status", number, number / PER_S) for number in range(1000))
    assert not limit.is_holding


@given(st.lists(st.floats(0, 0.05), min_size=60, max_size=400))
def test_a_flood_is_limited_and_its_newest_message_comes_last(pauses: list[float]) -> None:
    limit, now, admitted = RateLimit[int](), 0.0, []
    for number, pause in enumerate(pauses):
        now += pause
        if limit.admit(NAS, "status", number, now):
            admitted.append(number)
    admitted += limit.release(now + 1)

    assert len(admitted) <= BURST + (now + 1) * PER_S + 1
    assert admitted == sorted(admitted)
    assert admitted[-1] == len(pauses) - 1
    assert not limit.is_holding


def test_a_superseded_message_is_not_released() -> None:
    limit = RateLimit[str]()
    for number in range(int(BURST) + 1):
        limit.admit(NAS, "availability", f"old {number}", 0.0)
    assert limit.is_holding
    assert limit.admit(NAS, "availability", "new", 1.0)

    assert list(limit.release(2.0)) == []


def test_a_host_may_be_forgotten_while_its_held_messages_are_released() -> None:
    limit = RateLimit[str]()
    for leaf in ("availability", "status"):
        for number in range(int(BURST) + 1):
            limit.admit(NAS, leaf, f"{leaf} {number}", 0.0)
            limit.admit(DESK, leaf, f"{leaf} {number}", 0.0)
    released = []
    for message in limit.release(10.0):
        limit.forget(NAS)
        released.append(message)

    assert len(released) in (2, 3), "both of the other host, and at most the first of the one that was forgotten"
    assert not limit.is_holding


def test_a_message_read_past_the_limit_supersedes_the_held_one() -> None:
    limit = RateLimit[str]()
    for leaf in ("availability", "status"):
        for number in range(int(BURST) + 1):
            limit.admit(NAS, leaf, f"{leaf} {number}", 0.0)
    limit.supersede(NAS, "availability")
    limit.supersede(DESK, "availability")

    assert list(limit.release(10.0)) == [f"status {int(BURST)}"]


def test_responses_and_commands_are_not_held() -> None:
    limit = RateLimit[int]()
    for number in range(100):
        limit.admit(NAS, "response", number, 0.0)
        limit.admit(NAS, "command", number, 0.0)

    assert list(limit.release(10.0)) == []


def test_hosts_and_leaves_do_not_share_a_limit() -> None:
    limit = RateLimit[int]()
    for number in range(1000):
        limit.admit(NAS, "status", number, 0.0)

    assert limit.admit(NAS, "announce", 0, 0.0)
    assert limit.admit(DESK, "status", 0, 0.0)


def test_a_flood_lasts_until_a_calm_minute() -> None:
    limit = RateLimit[int]()
    for number in range(int(BURST) + FLOOD_FROM - 1):
        limit.admit(NAS, "status", number, 0.0)
    assert limit.flooding(0.0) == set(), "a short burst"
    limit.admit(NAS, "status", 0, 0.0)

    assert limit.flooding(CALM_AFTER_S - 1) == {NAS}
    assert limit.flooding(CALM_AFTER_S) == set()
    for number in range(FLOOD_FROM):
        limit.admit(NAS, "status", number, 2 * CALM_AFTER_S)
    assert limit.flooding(2 * CALM_AFTER_S) == set(), "the next burst is counted from its beginning"


def test_a_forgotten_host_leaves_nothing() -> None:
    limit = RateLimit[int]()
    for number in range(1000):
        limit.admit(NAS, "status", number, 0.0)
    limit.forget(NAS)

    assert not limit.is_holding
    assert limit.flooding(0.0) == set()
    assert limit.admit(NAS, "status", 0, 0.0)
