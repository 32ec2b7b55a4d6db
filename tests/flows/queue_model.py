"""What the queue should do, said once more without a database: rows are objects, and time is a number that is given."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flows import outcomes

LEASE = timedelta(seconds=30)
HELD = ("claimed", "running")
OPEN = ("queued", *HELD, "waiting")
HUB = "@hub"


@dataclass
class ModelFlow:
    environment: str = "lan"
    retries: int = 1
    most: int | None = None
    timeout: timedelta = timedelta(hours=1)
    capabilities: frozenset[str] = frozenset()
    labels: dict[str, str] = field(default_factory=dict)
    target: str = ""
    runs_on: str = "robot"
    running: bool = True


@dataclass
class ModelRobot:
    environment: str
    most: int
    capabilities: frozenset[str] = frozenset()
    labels: dict[str, str] = field(default_factory=dict)
    rests: bool = False
    drains: bool = False
    maintenance_until: datetime | None = None
    expires_at: datetime | None = None

    def takes_work(self, at: datetime) -> bool:
        awake = self.maintenance_until is None or self.maintenance_until <= at
        alive = self.expires_at is None or self.expires_at > at
        return awake and alive and not self.rests and not self.drains


@dataclass
class Run:
    pk: UUID
    flow: str
    priority: int
    created_at: datetime
    ready_at: datetime
    begin_by: datetime | None = None
    dedup_key: str | None = None
    status: str = "queued"
    fence: int = 0
    holder: str = ""
    retries: int = 0
    lease_until: datetime | None = None
    ends_by: datetime | None = None
    wake_at: datetime | None = None
    finished: int = 0

    @property
    def place(self) -> tuple[int, datetime, int]:
        return self.priority, self.created_at, self.pk.int

    @property
    def facts(self) -> tuple[Any, ...]:
        """What its row must say."""
        holds = (self.holder, self.lease_until, self.ends_by) if self.status in HELD else ()
        waits = (self.priority, self.ready_at, self.begin_by, self.ends_by) if self.status == "queued" else ()
        over = self.finished == 1
        return self.status, self.fence, self.retries, self.dedup_key, self.wake_at, over, *holds, *waits

    def finish(self, status: str) -> None:
        self.status, self.finished = status, self.finished + 1
        self.free()

    def back_to_queue(self, at: datetime) -> None:
        self.status, self.ready_at = "queued", at
        self.free()

    def free(self) -> None:
        self.lease_until = self.ends_by = self.wake_at = None


@dataclass
class Model:
    now: datetime
    flows: dict[str, ModelFlow]
    robots: dict[str, ModelRobot]
    runs: dict[UUID, Run] = field(default_factory=dict)

    def among(self, *statuses: str, holder: str = "") -> list[Run]:
        found = [run for run in self.runs.values() if run.status in statuses and holder in ("", run.holder)]
        return sorted(found, key=lambda run: (run.created_at, run.pk.int))

    # --- Claims

    def claimable(self, name: str, limit: int) -> list[Run]:
        robot = self.robots[name]
        room = robot.most - len(self.among(*HELD, holder=name))
        if not robot.takes_work(self.now) or room <= 0:
            return []
        fitting = [run for run in self.among("queued") if self.is_due(run) and self.fits(run, name)]
        return self.within_limits(sorted(fitting, key=lambda run: run.place)[: min(limit, room)])

    def is_due(self, run: Run) -> bool:
        flow = self.flows[run.flow]
        return run.ready_at <= self.now and flow.running and not self.is_full(run.flow)

    def is_full(self, flow: str) -> bool:
        most = self.flows[flow].most
        return most is not None and self.held_of(flow) >= most

    def held_of(self, flow: str) -> int:
        return sum(run.flow == flow for run in self.among(*HELD))

    def fits(self, run: Run, name: str) -> bool:
        robot, flow = self.robots[name], self.flows[run.flow]
        return (
            flow.runs_on == "robot"
            and flow.target in ("", name)
            and (flow.environment in ("default", robot.environment) or robot.environment == "default")
            and flow.capabilities <= robot.capabilities
            and flow.labels.items() <= robot.labels.items()
        )

    def within_limits(self, taken: Iterable[Run]) -> list[Run]:
        """The first of each flow, as many as it still may have at once."""
        kept: list[Run] = []
        for run in taken:
            most = self.flows[run.flow].most
            if most is None or self.held_of(run.flow) + sum(one.flow == run.flow for one in kept) < most:
                kept.append(run)
        return kept

    def take(self, run: Run, holder: str) -> None:
        run.status, run.holder, run.fence = "claimed", holder, run.fence + 1
        run.lease_until, run.ends_by = self.now + LEASE, self.now + self.flows[run.flow].timeout

    # --- Ends

    def counts(self, run: Run, name: str, fence: int | None) -> bool:
        return run.status in HELD and run.holder == name and fence in (None, run.fence)

    def settle(self, run: Run, success: bool, retryable: bool) -> str:
        if success:
            run.finish("succeeded")
        elif retryable and run.retries < self.flows[run.flow].retries:
            pause = outcomes.FIRST_PAUSE * 2**run.retries
            run.back_to_queue(self.now + timedelta(seconds=pause))
            run.retries += 1
        else:
            run.finish("failed")
        return run.status

    def sweep(self) -> None:
        """In this order: who fell silent, who took too long, what was not begun in time, what wakes up."""
        for run in self.among(*HELD):
            if run.lease_until is not None and run.lease_until <= self.now:
                self.lose(run)
        for run in self.among(*HELD):
            if run.ends_by is not None and run.ends_by <= self.now:
                run.finish("timed_out")
        for run in self.among("queued", "waiting"):
            if run.begin_by is not None and run.begin_by <= self.now:
                run.finish("timed_out")
        for run in self.among("waiting"):
            if run.wake_at is not None and run.wake_at <= self.now:
                run.back_to_queue(self.now)

    def lose(self, run: Run) -> None:
        if run.retries < self.flows[run.flow].retries:
            run.back_to_queue(self.now)
            run.retries += 1
        else:
            run.finish("failed")
