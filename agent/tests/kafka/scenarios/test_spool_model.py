"""Spool beside a model: random batches, drains, letters, retries and restarts."""

from pathlib import Path
import tempfile

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from iotbridge_agent.kafka.letters import Letter
from iotbridge_agent.kafka.record import MqttMessage, Record, Rejection, RejectReason
from iotbridge_agent.kafka.spool import Spool

MB = 1024 * 1024


def no_route(_message: MqttMessage, _time_ms: int) -> Rejection:
    return Rejection(RejectReason.NO_ROUTE, "No route matches.")


@settings(max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
class SpoolMachine(RuleBasedStateMachine):
    """Spool beside a model of two lists."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.spool = Spool(Path(self.folder.name) / "spool.db", 50 * MB)
        self.spool.open()
        self.records: list[Record] = []
        self.dead: dict[int, Letter] = {}

    ids = Bundle("ids")
    headers = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=5)), max_size=3)
    blob = st.binary(max_size=20)
    record = st.builds(Record, st.text(max_size=8), blob, blob, headers, st.integers(0, 2**53), st.just(-1))
    letter = st.builds(
        lambda topic, target, key, value, headers, reason, time_ms: Letter(
            topic, target, key, value, headers, reason.value, "…", time_ms, len(value)
        ),
        st.text(max_size=8),
        st.text(min_size=1, max_size=8),
        blob,
        blob,
        headers,
        st.sampled_from(RejectReason),
        st.integers(0, 2**53),
    )

    @rule(batch=st.lists(record, max_size=5))
    def append(self, batch: list[Record]) -> None:
        self.spool.append(batch)
        self.records += batch

    @rule(limit=st.integers(1, 6))
    def drain(self, limit: int) -> None:
        if batch := self.spool.peek(limit):
            assert [stored for _, stored in batch] == self.records[:limit]
            self.spool.delete_up_to(batch[-1][0])
            del self.records[:limit]

    @rule(target=ids, letters=st.lists(letter, max_size=3))
    def bury(self, letters: list[Letter]) -> object:
        before = max(self.dead, default=0)
        self.spool.add_letters(letters)
        added = self.spool.letters(10, before)[-len(letters) :] if letters else []
        self.dead |= dict(added)
        return multiple(*(letter_id for letter_id, _ in added))

    @rule(chosen=consumes(ids))
    def retry(self, chosen: int) -> None:
        if letter := self.dead.pop(chosen, None):
            assert self.spool.retry([chosen], no_route) == (1, {})
            self.records.append(Record(letter.target, letter.key, letter.value, letter.headers, letter.time_ms))

    @rule(chosen=consumes(ids))
    def drop(self, chosen: int) -> None:
        assert self.spool.drop([chosen]) == (1 if self.dead.pop(chosen, None) else 0)

    @rule()
    def restart(self) -> None:
        self.spool.close()
        self.spool.open()

    @invariant()
    def is_as_the_model(self) -> None:
        assert [stored for _, stored in self.spool.peek(1000)] == self.records
        assert self.spool.count == len(self.records)
        assert self.spool.oldest_ms == (self.records[0].timestamp_ms if self.records else None)
        assert dict(self.spool.letters(1000)) == self.dead
        assert self.spool.letter_count == len(self.dead)

    def teardown(self) -> None:
        self.spool.close()
        self.folder.cleanup()


TestModel = SpoolMachine.TestCase
