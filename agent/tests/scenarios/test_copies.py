"""Machines, disks and state folders that are copied, restored and set up anew, with real agents on a real broker."""

from pathlib import Path
import shutil
import time

from conftest import Broker, RunningAgent, StartAgent, Watcher, wait_until
import pytest

ONE = {"machine": {"id": "one", "board": "b", "cards": ["00:11:22:33:44:01"]}, "mac": ["00:11:22:33:44:01"]}
CLONE = {"machine": {"id": "one", "board": "b", "cards": ["00:11:22:33:44:02"]}, "mac": ["00:11:22:33:44:02"]}
"""Identity of a cloned virtual machine: the original's id, from its disk, and a new network card."""
OTHER_ID = {"machine": {"id": "other", "board": "b"}}
ANOTHER = {
    "machine": {"id": "two", "board": "c", "cards": ["00:11:22:33:44:03"]},
    "mac": ["00:11:22:33:44:03"],
    "keepalive_s": 5,
}
ASK_AGAIN_S = 2.0
COPIED = "was written on another machine"
NAMESAKE = "Another agent has the node_id t1"
TWIN = "Another agent connected as this one"


def announced(watcher: Watcher, count: int) -> dict[str, object]:
    """Return the newest of at least ``count`` announces with the power state on."""
    return watcher.wait("announce", lambda m: m.json()["power"] == "on", count=count).json()


def online(watcher: Watcher, count: int) -> None:
    watcher.wait("availability", lambda m: m.payload == b"online", count=count)


def copy(tmp_path: Path, source: str, target: str) -> None:
    shutil.copytree(tmp_path / source / "state", tmp_path / target / "state", dirs_exist_ok=True)


@pytest.mark.parametrize("copy_of", [CLONE, OTHER_ID], ids=["cloned disk", "other system"])
def test_a_copy_that_runs_without_the_original_is_detected_by_both(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, tmp_path: Path, copy_of: dict[str, object]
) -> None:
    original = start_agent(broker.url, fake=ONE)
    online(watcher, 1)
    assert original.stop() == 0
    copy(tmp_path, "agent", "copy")

    second = start_agent(broker.url, folder="copy", fake=copy_of)
    online(watcher, 2)
    # It could replace the original, which was not seen since.
    assert "conflict" not in announced(watcher, 2)
    assert second.stop() == 0
    assert COPIED in second.log
    instances = {m.json()["instance"] for m in watcher.of("announce")}
    assert len(instances) == 2

    for folder, fake in (("agent", ONE), ("copy", copy_of)):
        agent = start_agent(broker.url, folder=folder, fake=fake)
        watcher.wait("announce", lambda m: m.json().get("conflict") is True and m.json()["power"] == "on")
        assert NAMESAKE in agent.log
        assert "seen while this one was away" in agent.log
        assert agent.stop() == 0
        watcher.messages.clear()
    assert agent.log.count(COPIED) == 1


def test_a_conflict_ends_when_the_other_one_stays_away(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, tmp_path: Path
) -> None:
    fake = {**ONE, "forget_after_s": 2}
    original = start_agent(broker.url, fake=fake)
    online(watcher, 1)
    copy(tmp_path, "agent", "copy")
    second = start_agent(broker.url, folder="copy", fake=CLONE)
    watcher.wait("announce", lambda m: m.json().get("conflict") is True and m.json()["mac"] == ONE["mac"])
    assert second.stop() == 0
    wait_until(lambda: "conflict" not in watcher.of("announce")[-1].json(), "the original to take it back")
    assert watcher.of("announce")[-1].json()["mac"] == ONE["mac"]
    assert original.log.count(NAMESAKE) == 1


def test_a_conflict_ends_when_the_other_one_was_killed(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    start_agent(broker.url, fake={**ONE, "forget_after_s": 3, "ask_before_s": 0.5})
    online(watcher, 1)
    killed = start_agent(broker.url, folder="other", fake=ANOTHER)
    watcher.wait("announce", lambda m: m.json().get("conflict") is True and m.json()["mac"] == ONE["mac"])
    killed.kill()
    wait_until(
        lambda: (last := watcher.of("announce")[-1].json())["mac"] == ONE["mac"] and "conflict" not in last,
        "the survivor to end the conflict",
    )


def test_a_conflict_lasts_while_both_run_silently(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    fake = {"forget_after_s": 12, "ask_before_s": 6, "answer_again_s": 5}
    agents = [start_agent(broker.url, fake={**ONE, **fake})]
    online(watcher, 1)
    agents.append(start_agent(broker.url, folder="other", fake={**ANOTHER, **fake}))
    wait_until(lambda: both_know(*agents), "both to notice")
    begun = time.monotonic()
    last = watcher.wait("announce", lambda m: m.json().get("conflict") is True and m.json()["mac"] == ANOTHER["mac"])
    wait_until(lambda: watcher.of("announce")[-1].at > begun + 14, "an announce after the time of a conflict", 40)
    assert all(m.json().get("conflict") for m in watcher.of("announce") if m.at > last.at)
    assert [agent.log.count(NAMESAKE) for agent in agents] == [1, 1]


def test_a_copy_that_runs_beside_the_original_is_detected_by_both(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, tmp_path: Path
) -> None:
    original = start_agent(broker.url, fake=ONE)
    online(watcher, 1)
    copy(tmp_path, "agent", "copy")
    second = start_agent(broker.url, folder="copy", fake=CLONE)
    for agent in (original, second):
        wait_until(lambda agent=agent: NAMESAKE in agent.log, "both to notice")  # type: ignore[misc]
    conflicting = wait_until(
        lambda: {m.json()["instance"] for m in watcher.of("announce") if m.json().get("conflict")}, "the conflict"
    )
    assert conflicting
    # And they reach a stable state: neither disconnects the other, neither answers the other forever.
    assert [agent.log.count("Connected to") for agent in (original, second)] == [1, 1]
    watcher.publish(original.command_topic, {"command": "ping", "id": "both"})
    wait_until(lambda: len(watcher.responses("both")) == 2, "both to answer")
    assert len(watcher.of("announce")) <= 6


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_an_indistinguishable_copy_is_detected_when_it_takes_the_connection_over(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, tmp_path: Path, version: str
) -> None:
    fake = {**ONE, "mqtt": version, "longest_retry_s": 0.5}
    original = start_agent(broker.url, fake=fake)
    online(watcher, 1)
    copy(tmp_path, "agent", "copy")
    second = start_agent(broker.url, folder="copy", fake=fake)

    wait_until(lambda: both_know(original, second), "both to notice", 30)
    assert TWIN in original.log + second.log
    watcher.wait("announce", lambda m: m.json().get("conflict") is True)
    # Both stay connected from now on, with client ids of their own.
    for message_id in ("first", "second"):
        connections = [agent.log.count("Connected to") for agent in (original, second)]
        answered_by_both(watcher, original, message_id)
    assert [agent.log.count("Connected to") for agent in (original, second)] == connections
    for agent in (original, second):
        assert agent.stop() == 0
        assert "Traceback" not in agent.log


def answered_by_both(watcher: Watcher, agent: RunningAgent, message_id: str) -> None:
    """Ping until both answered the same command; one of them may be about to reconnect."""
    asked: dict[str, float] = {}

    def ask() -> bool:
        if time.monotonic() > max(asked.values(), default=0.0) + ASK_AGAIN_S:
            asked[f"{message_id}-{len(asked)}"] = time.monotonic()
            watcher.publish(agent.command_topic, {"command": "no_such", "id": [*asked][-1]})
        return any(len(watcher.responses(request_id)) == 2 for request_id in asked)

    wait_until(ask, "both to answer", 30)


def both_know(*agents: RunningAgent) -> bool:
    return all(NAMESAKE in agent.log or TWIN in agent.log for agent in agents)


def test_a_restored_backup_of_the_same_machine_is_not_a_copy(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, tmp_path: Path
) -> None:
    state = tmp_path / "agent" / "state"
    first = start_agent(broker.url, fake=ONE)
    online(watcher, 1)
    assert first.stop() == 0
    copy(tmp_path, "agent", "backup")
    shutil.rmtree(state)
    anew = start_agent(broker.url, fake=ONE)
    online(watcher, 2)
    assert anew.stop() == 0
    shutil.rmtree(state)
    copy(tmp_path, "backup", "agent")
    restored = start_agent(broker.url, fake=ONE)
    online(watcher, 3)
    watcher.wait("status", count=len(watcher.of("status")) + 1)
    assert restored.stop() == 0

    announces = [m.json() for m in watcher.of("announce")]
    assert announces[-1]["instance"] == announces[0]["instance"]
    assert len({announce["instance"] for announce in announces}) == 2
    assert not any("conflict" in announce for announce in announces)
    assert "Another agent" not in restored.log
    assert COPIED not in restored.log


def test_one_that_is_replaced_on_the_same_machine_leaves_the_host_online_and_no_conflict(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    former = start_agent(broker.url, fake=ONE)
    online(watcher, 1)
    successor = start_agent(broker.url, folder="new", fake=ONE)
    wait_until(lambda: NAMESAKE in former.log and NAMESAKE in successor.log, "both to notice")
    before = len(watcher.of("announce"))
    assert former.stop() == 0
    wait_until(
        lambda: (
            watcher.of("availability")[-1].payload == b"online"
            and any(m.json()["power"] == "off" for m in watcher.of("announce")[before:])
        ),
        "the successor to say that the host is there",
    )
    last = watcher.of("announce")[-1].json()
    assert last["power"] == "on"
    assert "conflict" not in last


def test_a_host_stays_online_when_another_one_with_its_node_id_is_killed(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    survivor = start_agent(broker.url, fake=ONE)
    online(watcher, 1)
    killed = start_agent(broker.url, folder="other", fake=ANOTHER)
    wait_until(lambda: NAMESAKE in survivor.log and NAMESAKE in killed.log, "both to notice")
    online(watcher, 4)  # each announced once more
    killed.kill()
    watcher.wait("availability", lambda m: m.payload == b"offline")
    wait_until(lambda: watcher.of("availability")[-1].payload == b"online", "the survivor to contradict")
    assert watcher.of("announce")[-1].json()["mac"] == ONE["mac"]


@pytest.mark.parametrize("retain", [True, False])
def test_offline_of_others_is_contradicted_at_a_bounded_rate(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, retain: bool
) -> None:
    agent = start_agent(broker.url, fake=ONE)
    online(watcher, 1)
    topic = agent.command_topic.replace("command", "availability")
    started = time.monotonic()
    for _ in range(100):
        watcher.publish(topic, "offline", retain=retain)
    online(watcher, 2)
    watcher.publish(topic, "offline", retain=retain)
    online(watcher, 3)
    contradictions = [m for m in watcher.of("availability") if m.payload == b"online"]
    assert len(contradictions) <= 3 + (time.monotonic() - started) / 3
    assert agent.stop() == 0
    watcher.publish("end", "")
    watcher.wait("end")
    assert watcher.of("availability")[-1].payload == b"offline"
