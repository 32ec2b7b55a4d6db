"""A gateway with robots is killed in the midst of their jobs: the jobs come back by their leases, and nothing is
doubled."""

import signal

import pytest

from flows.models import Execution, LateResult, Robot, Step
from flows.services import leases
from rdos.kernel.clock import database_now
from tests.devices.conftest import until
from tests.doors.running import mortal_gateway
from tests.flows.fake_robot import ENVELOPE, FakeRobot
from tests.flows.story import flow_that_runs, run_of
from tests.people import Person
from tests.ports import free


@pytest.mark.django_db(transaction=True)
def test_jobs_of_a_killed_gateway_are_done_once_by_whoever_gets_them_next(admin: Person) -> None:
    token, port = admin.robot_token("bot"), free()
    bot = FakeRobot(f"ws://127.0.0.1:{port}/ws/robot/bot", token, ENVELOPE)
    flow = flow_that_runs(max_retries=3)
    with mortal_gateway(port) as process:
        bot.register(max_concurrent_jobs=2)
        done, lost = run_of(flow), run_of(flow)
        told = {bot.hear("job_assign")["job_id"] for _ in range(2)}
        assert told == {str(done), str(lost)}
        bot.send("job_complete", job_id=str(done), result={"node_executions": [{"node_id": "a"}]})
        until(lambda: Execution.objects.filter(pk=done, status="succeeded").exists())
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    held = Execution.objects.get(pk=lost)
    assert (held.status, held.robot_key) == ("claimed", "bot")
    leases.sweep(database_now())
    assert Execution.objects.get(pk=lost).status == "claimed", "its lease still runs"
    Execution.objects.filter(pk=lost).update(lease_until=database_now())
    leases.sweep(database_now())
    with mortal_gateway(port):
        again = FakeRobot(bot.url, token).register(max_concurrent_jobs=1)
        assert again.hear("job_assign")["job_id"] == str(lost)
        again.send("job_complete", job_id=str(lost), result={"node_executions": [{"node_id": "a"}]})
        until(lambda: Execution.objects.filter(pk=lost, status="succeeded").exists())
        again.leave()
    rows = Execution.objects.order_by("created_at", "id").values_list("pk", "fence", "retry_count")
    assert set(rows) == {(done, 1, 0), (lost, 2, 1)}
    assert sorted(Step.objects.values_list("execution_id", "fence")) == sorted([(done, 1), (lost, 2)])
    assert not LateResult.objects.exists() and Robot.objects.count() == 1
