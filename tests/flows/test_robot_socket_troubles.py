"""Robots on sockets whose wire breaks, who come back or stay away, and who talk nonsense."""

from datetime import timedelta

import pytest

from devices.models import Node
from flows.models import Execution, LateResult
from flows.services import leases, robots
from rdos.kernel.clock import database_now
from tests.devices.conftest import until
from tests.devices.hub import Hub
from tests.flows.conftest import MakeRobot, becomes, run, silence
from tests.flows.story import flow_that_runs, run_of

# --- When the wire breaks


def test_a_robot_that_comes_back_in_time_keeps_its_job(robot: MakeRobot) -> None:
    pk = run_of(flow_that_runs())
    first = robot().register()
    first.hear("job_assign")
    first.vanish()
    until(lambda: Node.objects.get(key="bot-1").status == "offline")
    robots.sweep(database_now())
    assert run(pk).lease_until <= database_now() + leases.GRACE
    again = robot().register()
    again.send("heartbeat", current_jobs=[str(pk)])
    again.hear("heartbeat_ack")
    assert Node.objects.get(key="bot-1").status == "online"
    leases.sweep(database_now() + leases.GRACE + timedelta(seconds=1))
    again.send("job_complete", job_id=str(pk), result={"same": "job"})
    ended = becomes(pk, "succeeded")
    assert (ended.fence, ended.retry_count) == (1, 0)


def test_the_jobs_of_a_robot_that_stays_away_go_to_another(robot: MakeRobot) -> None:
    pk = run_of(flow_that_runs())
    first = robot("first").register()
    first.hear("job_assign")
    first.vanish()
    until(lambda: Node.objects.get(key="first").status == "offline")
    other = robot("other").register()
    robots.sweep(database_now())
    assert run(pk).lease_until <= database_now() + leases.GRACE
    silence(pk)
    assert other.hear("job_assign")["job_id"] == str(pk)
    back = robot("first").register()
    back.send("job_complete", job_id=str(pk), result={"old": True})
    until(lambda: LateResult.objects.filter(execution=pk, robot_key="first").exists())
    other.send("job_complete", job_id=str(pk), result={"new": True})
    assert becomes(pk, "succeeded").result == {"new": True}


def test_a_robot_that_says_goodbye_hands_its_jobs_back_at_once(robot: MakeRobot) -> None:
    pk = run_of(flow_that_runs())
    bot = robot().register()
    bot.hear("job_assign")
    bot.send("disconnect")
    bot.leave()
    assert becomes(pk, "queued").retry_count == 0


def test_the_newest_connection_speaks_for_the_robot(robot: MakeRobot) -> None:
    old = robot().register()
    new = robot().register()
    assert old.closed() == (4000, "replaced by a newer connection")
    assert Node.objects.get(key="bot-1").status == "online"
    run_of(flow_that_runs())
    assert new.hear("job_assign")


def test_a_robot_that_lost_its_memory_loses_its_job_by_the_lease(
    robot: MakeRobot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.consumers.frames.UNSEEN_SECONDS", 0.0)
    monkeypatch.setattr("flows.consumers.dispatcher.RENEW_SECONDS", 0.1)
    pk = run_of(flow_that_runs())
    bot = robot().register(max_concurrent_jobs=1)
    bot.hear("job_assign")
    bot.send("heartbeat", current_jobs=[])
    bot.hear("heartbeat_ack")
    silence(pk)
    assert bot.hear("job_assign")["job_id"] == str(pk)
    assert (run(pk).fence, run(pk).retry_count) == (2, 1)


def test_leases_are_renewed_as_long_as_the_socket_lives(robot: MakeRobot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.consumers.dispatcher.RENEW_SECONDS", 0.1)
    monkeypatch.setattr("flows.consumers.dispatcher.BEAT_SECONDS", 0.05)
    runs = [run_of(flow_that_runs()) for _ in range(2)]
    bot = robot().register(max_concurrent_jobs=2)
    [bot.hear("job_assign") for _ in range(2)]
    before = [run(pk).lease_until for pk in runs]
    until(lambda: all(run(pk).lease_until > old for pk, old in zip(runs, before, strict=True)))
    # What is taken away without a bell is noticed as well.
    Execution.objects.filter(pk=runs[0]).update(status="cancelled")
    assert bot.hear("job_cancel")["job_id"] == str(runs[0])


def test_a_hub_that_stops_gives_its_robots_time_to_come_back(hub: Hub, robot: MakeRobot) -> None:
    pk = run_of(flow_that_runs())
    bot = robot().register()
    bot.hear("job_assign")
    hub.stop()
    assert bot.closed()[0] == 1012
    assert (run(pk).status, run(pk).robot_key) == ("claimed", "bot-1")


# --- What makes no sense


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("no json", "not_json"),
        ("[]", "not_an_object"),
        ("{}", "no_type"),
        ('{"type": 7}', "no_type"),
        (b"\x00\x01", "binary"),
        ('{"type": "x", "a": "' + "x" * (6 * 2**20) + '"}', "too_large"),
        ('{"type": "job_complete"}', "bad_payload"),
        ('{"type": "job_progress", "job_id": "a2b7d6a4-7f34-4f0e-9d7c-2f1a34b3a7b1", "progress": 101}', "bad_payload"),
        ('{"type": "register", "max_concurrent_jobs": "many"}', "bad_payload"),
        ('{"type": "register", "capabilities": {"types": "browser"}}', "bad_payload"),
        ('{"type": "log_batch", "logs": 5}', "bad_payload"),
        ('{"type": "heartbeat", "metrics": ' + '{"a":' * 90 + "1" + "}" * 90 + "}", "too_deep"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_what_makes_no_sense_is_refused_by_name_and_the_socket_lives_on(
    robot: MakeRobot, said: str | bytes, code: str
) -> None:
    bot = robot().register()
    bot.say(said)
    assert bot.hear("error")["code"] == code
    bot.send("something_new", anything=1)
    run_of(flow_that_runs())
    assert bot.hear("job_assign")


def test_too_much_nonsense_ends_it(robot: MakeRobot) -> None:
    bot = robot().register()
    for _ in range(20):
        bot.say("nonsense")
    assert bot.closed() == (1007, "too many malformed frames")


def test_results_that_no_database_takes_are_kept_as_what_they_can_be(robot: MakeRobot) -> None:
    flow = flow_that_runs()
    strange = [{"nul": "a\x00b"}, {"huge": "x" * 2**21}, {"number": 1e308}, [1, 2], None, "text"]
    runs = [run_of(flow) for _ in strange]
    bot = robot().register(max_concurrent_jobs=10)
    for result in strange:
        bot.send("job_complete", job_id=bot.hear("job_assign")["job_id"], result=result)
    for pk in runs:
        becomes(pk, "succeeded")
    assert run(runs[0]).result == {"nul": "a\ufffdb"} and run(runs[1]).result["truncated"]


def test_a_robot_that_never_registers_gets_no_work(robot: MakeRobot) -> None:
    run_of(flow_that_runs())
    bot = robot().dial()
    bot.send("heartbeat", current_jobs=[])
    bot.hear("heartbeat_ack")
    assert bot.hears_no("job_assign")
    assert Node.objects.get(key="bot-1").status == "online"
