"""Timeline and report of a run."""

from custom_components.iotbridge.power_plans.engine.plan import FailurePolicy
from custom_components.iotbridge.power_plans.engine.run import Direction, PlanRun, new_run
from custom_components.iotbridge.power_plans.engine.timeline import TimelineRow, direction_of, report, timeline
from tests.power_plans.plans import host, plan_of

from .worlds import START, Lab

PLAN = plan_of(
    host("guest", "proxmox", settle_s=10),
    host("proxmox", "nas", off_within_s=200, on_failure=FailurePolicy.STOP),
    host("nas"),
    stagger_s=20,
)


def rows(lab: Lab, direction: Direction = Direction.OFF, *past: PlanRun) -> dict[str, TimelineRow]:
    return {row.step.key: row for row in timeline(PLAN, direction, lab.run, past, lab.world, lab.now)}


def lab(direction: Direction = Direction.OFF, *, on: set[str] | None = None, takes_s: float = 30.0) -> Lab:
    run = new_run(PLAN, direction, run_id="r", now=START, started_by="Anna")
    return Lab(PLAN, run, set(PLAN.by_key) if on is None else on, takes_s=takes_s)


def times(row: TimelineRow) -> tuple[float | None, float | None]:
    begin, end = row.begins_at, row.ends_at
    return (None if begin is None else begin - START, None if end is None else end - START)


def test_before_a_run_the_timeline_is_what_is_expected() -> None:
    found = rows(lab())

    assert [(key, *times(row)) for key, row in found.items()] == [
        ("guest", 0, 60),
        ("proxmox", 70, 130),
        ("nas", 130, 190),
    ]
    assert found["proxmox"].deadline_at == START + 270
    assert [times(row) for row in rows(lab(Direction.ON, on=set()), Direction.ON).values()] == [
        (0, 90),
        (90, 180),
        (180, 270),
    ]


def test_earlier_runs_tell_how_long_a_step_takes() -> None:
    past = lab(takes_s=30)
    past.step()
    past.pass_time(300)
    assert past.run.is_ended

    assert times(rows(lab(), Direction.OFF, past.run)["guest"]) == (0, 30)


def test_in_a_run_it_is_what_was_what_is_and_what_is_expected() -> None:
    running = lab(on={"proxmox", "nas"})
    running.step()
    running.pass_time(10)
    found = rows(running)

    assert (found["guest"].state, times(found["guest"])) == ("was_off", (None, None))
    assert (found["proxmox"].state, times(found["proxmox"])) == ("stopping", (0, 60))
    assert times(found["nas"]) == (60, 120)
    running.pass_time(30)
    found = rows(running)
    assert (found["proxmox"].is_expected, times(found["proxmox"])) == (False, (0, 30))
    assert times(found["nas"])[0] == 30
    assert found["nas"].as_dict({"nas": "NAS"})["name"] == "NAS"


def test_a_run_is_reported_with_what_failed() -> None:
    failing = lab()
    failing.refusing = {"proxmox"}
    failing.step()
    failing.pass_time(300)

    found = report(failing.run, {"proxmox": "Proxmox VE"})

    assert (found["started_by"], found["outcome"], found["duration_s"]) == ("Anna", "failed", 40.0)
    assert found["failed"] == ["Proxmox VE"]
    assert [(step["name"], step["state"], step["message"], step["off_s"]) for step in found["steps"]] == [
        ("guest", "off", "", 30.0),
        ("Proxmox VE", "stop_failed", "no", None),
        ("nas", "left_on", "", None),
    ]
    assert [event["kind"] for event in found["events"]][:3] == ["started", "stop_sent", "responded"]
    assert direction_of(failing.run) is Direction.OFF
