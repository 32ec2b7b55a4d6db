"""The hub carries out a run: drives the interpreter from node to node, and writes down what happens."""

import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from flows import interpreter
from flows.choices import HUB_KEY
from flows.interpreter import Event, Failed, Finished, Logged, Machine, StepBegan, StepEnded, Waiting
from flows.outcomes import Outcome
from flows.reports import StepReport
from flows.services import claiming, hub_claims, settling, steps
from flows.services.claiming import Grant
from flows.services.hub_claims import Said
from rdos.kernel.clock import database_now

# What is stored less often than it happens; this often a cancelled run is noticed, too.
KEEP_SECONDS, MOST_KEPT = 0.5, 500
# A wait longer than this gives the worker free.
LONGEST_WAIT, NAP = 5.0, 0.1
MOST_LINES = 10_000


class Over(Exception):
    """It is not ours any more: cancelled, timed out, taken for dead, or parked."""


class Clock:
    """The database's time, asked once."""

    def __init__(self, at: datetime) -> None:
        self._at, self._began = at, time.monotonic()

    def moment(self) -> datetime:
        return self._at + timedelta(seconds=time.monotonic() - self._began)

    def seconds(self) -> float:
        return self.moment().timestamp()


def run(pk: UUID) -> None:
    """Does nothing when somebody else has it: a task may come twice."""
    at = database_now()
    grant = hub_claims.take(pk=pk, at=at)
    if grant is None:
        return
    clock = Clock(at)
    with suppress(Over):
        _settle(Run(grant, clock).outcome(), clock)
    hub_claims.offer_next_of(grant.flow_id, clock.moment())


def _settle(outcome: Outcome, clock: Clock) -> None:
    settling.settle([outcome], clock.moment())


class Run:
    def __init__(self, grant: Grant, clock: Clock) -> None:
        self._grant, self._clock = grant, clock
        self._said = Said()
        self._kept_at = clock.seconds()
        self._began: dict[str, datetime] = {}
        self._told = self._lines = 0
        self._ended: Finished | Failed | None = None

    def outcome(self) -> Outcome:
        try:
            machine = _machine(self._grant)
        except interpreter.InvalidFlow as error:
            return self._failed(error.message, error.error_type, retryable=error.retryable)
        self._drive(machine)
        self._keep(machine)
        if isinstance(self._ended, Finished):
            return Outcome(self._grant.execution_id, HUB_KEY, True, result=self._ended.result, fence=self._grant.fence)
        ended = self._ended
        if ended is None:
            return self._failed("It ended without a word")
        return self._failed(ended.error_message, ended.error_type, retryable=ended.retryable)

    def _failed(self, error: str, error_type: str = "", *, retryable: bool = True) -> Outcome:
        pk, fence = self._grant.execution_id, self._grant.fence
        return Outcome(pk, HUB_KEY, False, error=error, error_type=error_type, fence=fence, retryable=retryable)

    def _drive(self, machine: Machine) -> None:
        while not machine.done:
            began = time.perf_counter()
            events = machine.step(self._clock.seconds())
            spent = round((time.perf_counter() - began) * 1000)
            for event in events:
                self._hear(event, spent)
            if events and isinstance(events[-1], Waiting):
                self._wait(machine, events[-1].until)
            if self._clock.seconds() - self._kept_at >= KEEP_SECONDS or len(self._said.steps) >= MOST_KEPT:
                self._keep(machine)

    def _hear(self, event: Event, spent: int) -> None:
        match event:
            case StepBegan():
                self._said.current_node = event.node_id
                self._began[event.node_id] = self._clock.moment()
            case StepEnded():
                self._note_step(event, spent)
            case Logged():
                self._note_line(event)
            case Finished() | Failed():
                self._ended = event

    def _note_step(self, event: StepEnded, spent: int) -> None:
        """A machine knows how long it waited, and nothing of how long it worked."""
        began = self._began.pop(event.node_id, None)
        if self._told >= steps.MOST_STEPS:
            return
        self._told += 1
        duration = event.duration_ms or spent
        self._said.steps.append(
            StepReport(
                node_id=event.node_id,
                status=event.status,
                duration_ms=duration,
                node_type=event.node_type,
                outputs=event.outputs or None,
                error=event.error or "",
                started_at=began or self._clock.moment() - timedelta(milliseconds=duration),
            )
        )

    def _note_line(self, event: Logged) -> None:
        if self._lines < MOST_LINES:
            self._lines += 1
            at, pk = self._clock.moment(), self._grant.execution_id
            self._said.lines.append(steps.Line(pk, at, event.level, event.message, event.node_id))

    def _wait(self, machine: Machine, until: float) -> None:
        seconds = until - self._clock.seconds()
        if seconds > LONGEST_WAIT:
            self._park(machine, seconds)
        if self._said.steps:
            self._keep(machine)
        time.sleep(max(0.0, min(seconds, NAP)))

    def _park(self, machine: Machine, seconds: float) -> None:
        pk, fence, at = self._grant.execution_id, self._grant.fence, self._clock.moment()
        said, state = self._taken(machine), orjson.dumps(machine.state()).decode()
        hub_claims.park(pk=pk, fence=fence, said=said, state=state, wake_at=at + timedelta(seconds=seconds), at=at)
        raise Over

    def _keep(self, machine: Machine) -> None:
        self._kept_at = self._clock.seconds()
        pk, fence, at = self._grant.execution_id, self._grant.fence, self._clock.moment()
        if not hub_claims.keep(pk=pk, fence=fence, said=self._taken(machine), at=at):
            raise Over

    def _taken(self, machine: Machine) -> Said:
        said, self._said = self._said, Said(current_node=self._said.current_node)
        said.progress = machine.progress
        return said


def _machine(grant: Grant) -> Machine:
    if not grant.content:
        raise interpreter.InvalidFlow("The hub finds nothing in this flow that it could run.")
    graph: dict[str, Any] = orjson.loads(grant.content)
    if grant.parked is not None:
        return interpreter.restore(graph, orjson.loads(grant.parked))
    job = {"_job_id": str(grant.execution_id), "_job_priority": grant.priority}
    if grant.came_with is not None:
        job["_webhook"] = "webhook"
    return interpreter.start(graph, claiming.variables_of(grant) | job)
