"""The queue against a model of it: whatever robots, people and the clock do, and wherever a process dies meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from devices.models import Node
from flows.errors import ExecutionNotFound, NotYours
from flows.models import Execution, Flow, LateResult, Robot
from flows.outcomes import Outcome
from flows.services import claiming, executions, flows, hub_claims, leases, queueing, settling
from rdos.kernel.actors import Actor, ActorKind
from rdos.kernel.journal import SYSTEM
from tests.flows.crashes import survives
from tests.flows.queue_model import HELD, HUB, LEASE, OPEN, Model, ModelFlow, ModelRobot, Run
from tests.flows.story import flow_that_runs, robot_named

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
ADMIN = Actor(ActorKind.TOKEN, "", "admin", "admin")
SOON, SHORT = timedelta(seconds=8), timedelta(seconds=5)
BROWSER = frozenset({"browser"})
FLOWS = {
    "free": ModelFlow(),
    "tight": ModelFlow(retries=0, most=1),
    "pair": ModelFlow(environment="default", retries=2),
    "away": ModelFlow(environment="internet", retries=0),
    "skilled": ModelFlow(environment="default", capabilities=BROWSER, labels={"site": "berlin"}),
    "for bob": ModelFlow(target="bob", retries=0),
    "short": ModelFlow(timeout=SHORT),
    "hub": ModelFlow(runs_on="hub", most=2),
}
ROBOTS = {
    "ada": ModelRobot("lan", 3, labels={"site": "berlin"}),
    "bob": ModelRobot("lan", 1, capabilities=BROWSER),
    "eve": ModelRobot("internet", 3, capabilities=BROWSER, labels={"site": "berlin", "floor": "2"}),
    "max": ModelRobot("default", 2, labels={"site": "berlin"}),
}


def made(name: str, flow: ModelFlow, robots: dict[str, Robot]) -> Flow:
    return flow_that_runs(
        name, environment=flow.environment, max_retries=flow.retries, max_concurrent=flow.most, runs_on=flow.runs_on,
        capabilities=sorted(flow.capabilities), labels=flow.labels, timeout_seconds=flow.timeout.total_seconds(),
        target_node_id=robots[flow.target].pk if flow.target else None,
    )  # fmt: skip


def robot_as(name: str, robot: ModelRobot) -> Robot:
    row = robot_named(
        name, environment=robot.environment, max_concurrent=robot.most, capabilities=sorted(robot.capabilities)
    )
    Node.objects.filter(pk=row.pk).update(labels=robot.labels, maintenance_until=None, expires_at=None)
    return row


class Queue(RuleBasedStateMachine):
    @initialize()
    def a_hub(self) -> None:
        for rows in (Execution, Flow, Robot):
            rows.objects.all().delete()
        copies = {name: ModelFlow(**vars(flow)) for name, flow in FLOWS.items()}
        self.model = Model(BEGAN, copies, {name: ModelRobot(**vars(robot)) for name, robot in ROBOTS.items()})
        self.robots = {name: robot_as(name, robot) for name, robot in ROBOTS.items()}
        self.flows = {name: made(name, flow, self.robots) for name, flow in FLOWS.items()}
        for name in FLOWS:
            self.enqueue(name, 10, 2, timedelta(), None, None)

    @property
    def now(self) -> datetime:
        return self.model.now

    def any_of(self, statuses: tuple[str, ...], pick: int) -> Run:
        found = self.model.among(*statuses)
        return found[pick % len(found)]

    crashes = st.one_of(st.none(), st.none(), st.integers(0, 6))
    names = st.sampled_from(sorted(ROBOTS))
    picks = st.integers(0, 20)
    flow_names = st.sampled_from(sorted(FLOWS))
    somebody_waits = precondition(lambda self: self.model.among("queued"))
    somebody_works = precondition(lambda self: self.model.among(*HELD))
    something_is_open = precondition(lambda self: self.model.among(*OPEN))

    # --- Into the queue

    @rule(
        flow=flow_names,
        priority=st.sampled_from([0, 5, 10]),
        count=st.integers(1, 3),
        delay=st.sampled_from([timedelta(), timedelta(), SOON]),
        patience=st.sampled_from([None, None, SOON]),
        crash=crashes,
    )
    def enqueue(
        self, flow: str, priority: int, count: int, delay: timedelta, patience: timedelta | None, crash: int | None
    ) -> None:
        self.model.now += timedelta(milliseconds=1)
        facts: dict[str, Any] = {"priority": priority, "ready_at": self.now + delay}
        facts["begin_by"] = None if patience is None else self.now + patience
        start = queueing.Start(who=SYSTEM, **facts)
        given = [{"n": number} for number in range(count)]
        ids = survives(
            crash, lambda: queueing.enqueue_many(flow=self.running(flow), start=start, given=given, at=self.now)
        )
        for place, pk in enumerate(ids or ()):
            # What came together is told apart, so that the first is also the first to be run.
            self.model.runs[pk] = Run(pk, flow, created_at=self.now + timedelta(microseconds=place), **facts)
        if delay:
            self.everybody_asks()

    def running(self, name: str) -> Flow:
        """As it was when somebody wanted to start it; it may be stopped by now."""
        flow = Flow.objects.get(pk=self.flows[name].pk)
        flow.status = "running"
        return flow

    @rule(key=st.sampled_from(["monday", "tuesday"]), crash=crashes)
    def enqueue_once(self, key: str, crash: int | None) -> None:
        self.model.now += timedelta(milliseconds=1)
        start = queueing.Start(who=SYSTEM, priority=5, dedup_key=key)
        before = [run for run in self.model.runs.values() if run.dedup_key == key]
        flow = self.running("free")
        row = survives(crash, lambda: queueing.enqueue(flow=flow, start=start, given=None, at=self.now))
        if row is not None and before:
            assert row.pk == before[0].pk
        # Also when two of them looked before either wrote.
        again = queueing.enqueue_many(flow=flow, start=start, given=[None], at=self.now) if before or row else []
        assert again == []
        # It may have died only after it was in the queue.
        found = Execution.objects.filter(flow=flow, dedup_key=key).first()
        if found is not None and not before:
            self.model.runs[found.pk] = Run(found.pk, "free", 5, self.now, self.now, dedup_key=key)

    # --- Out of it

    @somebody_waits
    @rule(asking=st.lists(st.tuples(names, st.integers(1, 4)), min_size=2, max_size=4), crash=crashes)
    def claim(self, asking: list[tuple[str, int]], crash: int | None) -> None:
        """One after another; whoever is the last may die of it."""
        for place, (name, limit) in enumerate(asking, start=1):
            self.claim_one(name, limit, crash if place == len(asking) else None)

    def claim_one(self, name: str, limit: int, crash: int | None) -> None:
        robot = self.robots[name]
        found = survives(crash, lambda: claiming.claim(robot=robot, at=self.now, limit=limit, lease=LEASE))
        if found is None:
            return
        wanted = self.model.claimable(name, limit)
        assert [grant.execution_id for grant in found] == [run.pk for run in wanted]
        for grant, run in zip(found, wanted, strict=True):
            self.model.take(run, name)
            assert (grant.fence, grant.lease_until, grant.retry_count) == (run.fence, run.lease_until, run.retries)

    # Rules are drawn alike; what matters most is here twice.
    claim_again = claim

    @precondition(lambda self: self.of_hub("queued"))
    @rule(pick=picks, parks=st.sampled_from([None, 5, 40]), crash=crashes)
    def the_hub_takes(self, pick: int, parks: int | None, crash: int | None) -> None:
        found = self.of_hub("queued")
        run = found[pick % len(found)]
        hub_claims.offer(self.now)
        got = survives(crash, lambda: (hub_claims.take(pk=run.pk, at=self.now),))
        if got is None:
            return
        assert (got[0] is not None) == self.model.is_due(run)
        if got[0] is not None:
            self.model.take(run, HUB)
            run.status = "running"
            if parks is not None:
                self.park(run, timedelta(seconds=parks), stale=False, crash=None)

    @precondition(lambda self: self.of_hub("running"))
    @rule(pick=picks, stale=st.booleans(), crash=crashes)
    def the_hub_parks(self, pick: int, stale: bool, crash: int | None) -> None:
        found = self.of_hub("running")
        self.park(found[pick % len(found)], SOON, stale, crash)

    def park(self, run: Run, pause: timedelta, stale: bool, crash: int | None) -> None:
        facts: dict[str, Any] = {"said": hub_claims.Said(), "state": "{}", "wake_at": self.now + pause, "at": self.now}
        if stale:
            assert not hub_claims.keep(pk=run.pk, fence=run.fence - 1, said=hub_claims.Said(), at=self.now)
        done = survives(crash, lambda: hub_claims.park(pk=run.pk, fence=run.fence - stale, **facts))
        assert done in (None, not stale)
        if done:
            run.free()
            run.status, run.wake_at = "waiting", facts["wake_at"]

    def of_hub(self, status: str) -> list[Run]:
        return [run for run in self.model.among(status) if self.model.flows[run.flow].runs_on == "hub"]

    @somebody_waits
    @rule(pick=picks)
    def the_hub_takes_nothing_of_robots(self, pick: int) -> None:
        run = self.any_of(("queued",), pick)
        if self.model.flows[run.flow].runs_on == "robot":
            assert hub_claims.take(pk=run.pk, at=self.now) is None

    # --- What holders say

    @something_is_open
    @rule(
        pick=picks,
        who=st.sampled_from(["holder", "holder", "holder", "bob"]),
        fence=st.sampled_from(["present", "present", "none", "stale", "coming"]),
        success=st.sampled_from([True, False, False]),
        retryable=st.sampled_from([True, True, False]),
        crash=crashes,
    )
    def settle(self, pick: int, who: str, fence: str, success: bool, retryable: bool, crash: int | None) -> None:
        run = self.any_of(HELD if self.model.among(*HELD) else OPEN, pick)
        name = run.holder if who == "holder" else who
        number = {"present": run.fence, "none": None, "stale": max(0, run.fence - 1), "coming": run.fence + 1}[fence]
        error = "" if success else "it broke"
        said = Outcome(run.pk, name, success, error=error, fence=number, retryable=retryable)
        late = LateResult.objects.count()
        counted = survives(crash, lambda: settling.settle([said], self.now))
        if counted is None:
            return
        may = self.model.counts(run, name, number)
        assert bool(counted) == may
        assert LateResult.objects.count() == late + (not may)
        if may:
            assert counted[run.pk].status == self.model.settle(run, success, retryable)

    settle_again = settle

    @something_is_open
    @rule(
        pick=picks,
        who=st.sampled_from(["holder", "holder", "bob"]),
        fence=st.sampled_from(["present", "none", "stale"]),
        verb=st.sampled_from(["extend", "release", "progress"]),
        crash=crashes,
    )
    def touch(self, pick: int, who: str, fence: str, verb: str, crash: int | None) -> None:
        run = self.any_of(HELD if self.model.among(*HELD) else OPEN, pick)
        name = run.holder if who == "holder" else who
        number = {"present": run.fence, "none": None, "stale": max(0, run.fence - 1)}[fence]
        facts: dict[str, Any] = {"pk": run.pk, "robot_key": name, "fence": number, "at": self.now}
        acts: dict[str, Callable[[], Any]] = {
            "extend": lambda: leases.extend(seconds=60, **facts),
            "release": lambda: leases.release(**facts),
            "progress": lambda: leases.note_progress(progress=40, **facts),
        }
        try:
            done = survives(crash, lambda: (acts[verb](), True)[1])
        except (NotYours, ExecutionNotFound):
            assert not self.model.counts(run, name, number)
            return
        if done:
            assert self.model.counts(run, name, number)
            self.touched(run, verb)

    def touched(self, run: Run, verb: str) -> None:
        if verb == "release":
            run.back_to_queue(self.now)
        else:
            run.status = "running"
            run.lease_until = self.now + timedelta(seconds=60) if verb == "extend" else run.lease_until

    @somebody_works
    @rule(name=names, crash=crashes)
    def leave(self, name: str, crash: int | None) -> None:
        gone = self.model.among(*HELD, holder=name)
        done = survives(crash, lambda: leases.release_all(robot_key=name, at=self.now))
        if done is not None:
            assert done == len(gone)
            for run in gone:
                run.back_to_queue(self.now)

    # --- People

    @something_is_open
    @rule(pick=picks, crash=crashes)
    def cancel(self, pick: int, crash: int | None) -> None:
        run = self.any_of(OPEN, pick)
        if survives(crash, lambda: executions.end_by_hand(pk=run.pk, at=self.now, reason="by hand")):
            run.finish("cancelled")
        over = self.model.among("succeeded", "failed", "cancelled", "timed_out")
        for one in over[pick : pick + 1]:
            assert not executions.end_by_hand(pk=one.pk, at=self.now, reason="by hand")

    @rule(
        what=st.sampled_from(["priority", "limit", "flow", "robot", "robot"]),
        pick=picks,
        name=names,
        state=st.sampled_from(["rests", "drains", "maintenance", "expires", "awake"]),
    )
    def meddle(self, what: str, pick: int, name: str, state: str) -> None:
        if what == "priority" and self.model.among("queued"):
            self.change_priority(self.any_of(("queued",), pick), [0, 20][pick % 2])
        elif what == "limit":
            self.change_limit([1, None, 2][pick % 3])
        elif what == "flow":
            self.stop_or_start(["free", "pair", "hub"][pick % 3])
        elif what == "robot":
            self.tend(name, state)
        self.everybody_asks()

    def everybody_asks(self) -> None:
        """So that whatever has just changed is seen."""
        for name in ROBOTS:
            self.claim_one(name, 4, None)

    def change_priority(self, run: Run, priority: int) -> None:
        executions.change_priority(actor=ADMIN, pk=run.pk, priority=priority)
        run.priority = priority

    def change_limit(self, most: int | None) -> None:
        flows.update(actor=ADMIN, pk=self.flows["pair"].pk, at=self.now, fields={"max_concurrent": most})
        self.model.flows["pair"].most = most

    def stop_or_start(self, name: str) -> None:
        flow = self.model.flows[name]
        flow.running = not flow.running
        Flow.objects.filter(pk=self.flows[name].pk).update(status="running" if flow.running else "error")

    def tend(self, name: str, state: str) -> None:
        robot = self.model.robots[name]
        robot.rests, robot.drains = state == "rests", state == "drains"
        robot.maintenance_until = self.now + SOON if state == "maintenance" else None
        robot.expires_at = self.now + SOON if state == "expires" else None
        rows = Robot.objects.filter(pk=self.robots[name].pk)
        rows.update(status="paused" if robot.rests else "idle", is_draining=robot.drains)
        nodes = Node.objects.filter(pk=self.robots[name].pk)
        nodes.update(maintenance_until=robot.maintenance_until, expires_at=robot.expires_at)

    # --- Time

    @rule(seconds=st.sampled_from([1, 8, 8, 31]), crash=crashes)
    def time_passes(self, seconds: int, crash: int | None) -> None:
        """A sweep is several small steps; one that dies leaves the rest to the next."""
        self.model.now += timedelta(seconds=seconds)
        survives(crash, lambda: leases.sweep(self.now))
        leases.sweep(self.now)
        self.model.sweep()

    # --- What is always true

    @invariant()
    def the_rows_are_as_the_model_says(self) -> None:
        rows = {row.pk: row for row in Execution.objects.values_list("pk", *SEEN, named=True)}
        assert rows.keys() == self.model.runs.keys()
        for pk, run in self.model.runs.items():
            assert told(rows[pk]) == run.facts
            assert run.finished == (run.status not in OPEN)
            assert (rows[pk].dead_letter is not None) == (run.status in ("failed", "timed_out"))

    @invariant()
    def no_limit_is_ever_passed(self) -> None:
        for name, robot in self.model.robots.items():
            assert len(self.model.among(*HELD, holder=name)) <= robot.most


SEEN = (
    *("status", "fence", "retry_count", "dedup_key", "wake_at", "completed_at", "robot_key", "lease_until", "ends_by"),
    *("priority", "ready_at", "begin_by", "dead_letter"),
)


def told(row: Any) -> tuple[Any, ...]:
    holds = (row.robot_key, row.lease_until, row.ends_by) if row.status in HELD else ()
    waits = (row.priority, row.ready_at, row.begin_by, row.ends_by) if row.status == "queued" else ()
    over = row.completed_at is not None
    return row.status, row.fence, row.retry_count, row.dedup_key, row.wake_at, over, *holds, *waits


@pytest.mark.django_db(transaction=True)
def test_the_queue_is_as_its_model_says(monkeypatch: pytest.MonkeyPatch) -> None:
    # Pauses are spread by chance, and chance would make the same steps end differently.
    monkeypatch.setattr(settling, "uniform", lambda least, most: 1.0)
    run_state_machine_as_test(
        Queue,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            derandomize=True,
            # Shrinking would take longer than a test may.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
