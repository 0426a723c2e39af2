"""Jobs of systemd that shut this machine down or reboot it: a stub of it on a private bus."""

from logind_stub import LogindStub
import pytest

from iotbridge_agent.system.dbus import DBusError
from iotbridge_agent.system.shutdown_jobs import read_next_power


@pytest.mark.parametrize(
    ("jobs", "power"),
    [
        ([], "off"),
        ([("iotbridge-agent.service", "restart")], "off"),
        ([("nginx.service", "stop"), ("reboot.target", "start"), ("final.target", "start")], "rebooting"),
        ([("kexec.target", "start")], "rebooting"),
        ([("soft-reboot.target", "start")], "rebooting"),
        ([("poweroff.target", "start"), ("reboot.target", "stop")], "shutting_down"),
        ([("halt.target", "start")], "shutting_down"),
    ],
)
def test_jobs(logind: LogindStub, jobs: list[tuple[str, str]], power: str) -> None:
    logind.jobs = jobs
    assert read_next_power() == power


@pytest.mark.parametrize("signature", ["uu", "t"])
def test_an_odd_reply_is_an_error(logind: LogindStub, signature: str) -> None:
    logind.signature_of_jobs = signature
    with pytest.raises(DBusError, match="not one value of the type list"):
        read_next_power()


@pytest.mark.usefixtures("bus")
def test_without_systemd() -> None:
    with pytest.raises(DBusError):
        read_next_power()
