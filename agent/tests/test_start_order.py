"""State of each service of the start order, and the text about all of them."""

from collections.abc import Iterator
from pathlib import Path

from order import ACTIVATING, ACTIVE, FAILED, INACTIVE, LOADED, Lab, container
import pytest

from iotbridge_agent.collectors import specs_for
from iotbridge_agent.errors import CollectorError
from iotbridge_agent.start_order import StartOrder, summary
from iotbridge_agent.system.dbus import DBusError


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    lab = Lab(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={lab.path}")
    yield lab
    lab.close()


def states(lab: Lab) -> list[str]:
    return [state for _, state in StartOrder.of(lab.config()).chain()]


def test_a_service_runs_with_its_proof_only(lab: Lab) -> None:
    assert states(lab) == ["starting", "running", "running"]
    assert summary(StartOrder.of(lab.config()), "en") == "waits for Broker"
    lab.listen()
    assert states(lab) == ["running", "running", "running"]
    assert summary(StartOrder.of(lab.config()), "en") == "all running"


@pytest.mark.parametrize(
    ("properties", "state", "text"),
    [
        (ACTIVE, "running", "all running"),
        (ACTIVATING, "starting", "waits for sites"),
        (INACTIVE, "stopped", "waits for sites"),
        (INACTIVE | {"Job": 3}, "starting", "waits for sites"),
        (FAILED | {"Job": 0}, "failed", "sites failed"),
        (LOADED | {"ActiveState": "deactivating"}, "starting", "waits for sites"),
        ({"LoadState": "not-found", "ActiveState": "inactive"}, "missing", "sites does not exist"),
    ],
)
def test_states_of_a_unit(lab: Lab, properties: dict[str, str], state: str, text: str) -> None:
    lab.listen()
    lab.bus.units["sites.service"] = properties
    assert states(lab) == ["running", "running", state]
    assert summary(StartOrder.of(lab.config()), "en") == text


@pytest.mark.parametrize(
    ("response", "state"),
    [
        (container(), "running"),
        (container(health="starting"), "starting"),
        (container(health="unhealthy"), "starting"),
        (container(running=False, health="unhealthy"), "stopped"),
        (None, "missing"),
    ],
)
def test_states_of_a_container(lab: Lab, response: bytes | None, state: str) -> None:
    lab.engine.answers = {"/containers/hub/json": response} if response else {}
    assert states(lab)[1] == state


def test_an_engine_that_is_not_there_yet_is_waited_for(lab: Lab, tmp_path: Path) -> None:
    lab.listen()
    config = lab.config(collectors={"docker": {"socket": str(tmp_path / "not yet")}})
    assert summary(StartOrder.of(config), "en") == "waits for Hub"


def test_the_text_is_in_the_language_of_the_agent(lab: Lab) -> None:
    assert summary(StartOrder.of(lab.config()), "it") == "attende Broker"
    assert summary(StartOrder.of(lab.config()), "fr") == "attend Broker"


def test_the_text_is_a_reading(lab: Lab) -> None:
    (spec,) = (spec for spec in specs_for(lab.config()) if spec.name == "start_order")
    (reading,) = spec.create(lab.config()).collect()
    assert (reading.description.key, reading.value) == ("start_order", "waits for Broker")


def test_the_reading_can_be_switched_off(lab: Lab) -> None:
    config = lab.config(collectors={"start_order": {"enabled": False}})
    assert "start_order" not in [spec.name for spec in specs_for(config)]


def test_nothing_is_said_of_services_that_cannot_be_seen(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.listen()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")
    with pytest.raises(DBusError):
        summary(StartOrder.of(lab.config()), "en")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={lab.path}")
    lab.engine.answers = {"/containers/hub/json": b"nonsense"}
    with pytest.raises(CollectorError):
        summary(StartOrder.of(lab.config()), "en")
