"""The second line of a virtual robot: on it come jobs, which it really runs, with what real agents carry for that."""

import asyncio
import time
from random import uniform
from types import ModuleType
from typing import Any, Protocol

import orjson

from devices.management.simulated.keyring import Credential, Keyring
from devices.management.simulated.line import Line
from devices.services import carried

HEARTBEAT_SECONDS = 20.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
# Of the loop that thousands share, for one job at a time.
SLICE_SECONDS = 0.01
MOST_STEPS = 1000


class Fleet(Protocol):
    loop: asyncio.AbstractEventLoop
    keyring: Keyring

    def dial_for_jobs(self, worker: "Worker", after: float) -> None: ...


class Worker:
    """It lives from when its node comes online until that leaves."""

    def __init__(self, fleet: Fleet, key: str) -> None:
        self._key = key
        self._fleet, self._library = fleet, _library()
        self._line: Line | None = None
        self._jobs: dict[str, Job] = {}
        self._beat: asyncio.TimerHandle | None = None
        self._ended = False
        self._wait = FIRST_WAIT

    def begin(self) -> None:
        self._fleet.dial_for_jobs(self, uniform(0.0, 0.2))  # noqa: S311 - to spread, not to hide

    def end(self) -> None:
        self._ended = True
        self._jobs.clear()
        if self._line is not None:
            self.say("disconnect")
            self._line.close()

    @property
    def credential(self) -> Credential | None:
        """It changes when the hub rotates it."""
        return self._fleet.keyring.get(self._key)

    @property
    def is_wanted(self) -> bool:
        return not self._ended and self._line is None

    # --- The line

    def opened(self, line: Line) -> None:
        self._line, self._wait = line, FIRST_WAIT
        self.say("register", capabilities={"types": ["simulated"], "max_concurrent_jobs": 1})
        self._tell_how_it_is()

    def heard(self, text: bytes) -> None:
        frame = orjson.loads(text)
        match frame["type"]:
            case "job_assign":
                self._begin_job(frame)
            case "job_cancel" if self._jobs.pop(frame["job_id"], None):
                self.say("job_cancelled", job_id=frame["job_id"])
            case "ping":
                self.say("pong")

    def lost(self, line: Line, code: int) -> None:
        self._line = None
        if self._beat is not None:
            self._beat.cancel()
        if not self._ended:
            wait, self._wait = self._wait, min(2 * self._wait, LONGEST_WAIT)
            self._fleet.dial_for_jobs(self, uniform(0.5, 1.0) * wait)  # noqa: S311 - to spread, not to hide

    def say(self, name: str, **fields: Any) -> None:
        if self._line is not None:
            self._line.send(orjson.dumps({"type": name, **fields}))

    def _tell_how_it_is(self) -> None:
        self.say("heartbeat", current_jobs=list(self._jobs), status="busy" if self._jobs else "idle")
        self._beat = self._fleet.loop.call_later(HEARTBEAT_SECONDS, self._tell_how_it_is)

    # --- Jobs

    def _begin_job(self, frame: dict[str, Any]) -> None:
        self.say("job_accept", job_id=frame["job_id"])
        try:
            self._jobs[frame["job_id"]] = job = Job(self._library, frame)
        except Exception as error:  # What no machine can be made of has failed, and nobody else is harmed.
            self.say("job_failed", job_id=frame["job_id"], error=f"{type(error).__name__}: {error}")
        else:
            self._go_on(job)

    def _go_on(self, job: "Job") -> None:
        if self._jobs.get(job.id) is not job:
            return
        pause = job.go_on()
        for level, message in job.lines():
            self.say("log_entry", job_id=job.id, level=level, message=message)
        if pause is not None:
            self._fleet.loop.call_later(pause, self._go_on, job)
            return
        del self._jobs[job.id]
        self.say(job.verdict, job_id=job.id, **job.told)


class Job:
    def __init__(self, library: ModuleType | None, frame: dict[str, Any]) -> None:
        if library is None:
            raise LookupError("Nothing is carried that could run it.")
        self.id = str(frame["job_id"])
        self._machine = library.start(orjson.loads(frame["workflow_json"]), frame["variables"] or {})
        self._steps: list[dict[str, Any]] = []
        self._lines: list[tuple[str, str]] = []
        self.verdict = "job_failed"
        self.told: dict[str, Any] = {"error": "It ended without a word"}

    def go_on(self) -> float | None:
        """Seconds until the next time; none when it is over."""
        ends = time.monotonic() + SLICE_SECONDS
        while not self._machine.done and time.monotonic() < ends:
            for event in self._machine.step(time.time()):
                if type(event).__name__ == "Waiting":
                    return max(0.0, float(event.until) - time.time())
                self._hear(event)
        return None if self._machine.done else 0.0

    def lines(self) -> list[tuple[str, str]]:
        taken, self._lines = self._lines, []
        return taken

    def _hear(self, event: Any) -> None:
        match type(event).__name__:
            case "StepEnded" if len(self._steps) < MOST_STEPS:
                names = ("node_id", "node_type", "status", "duration_ms", "error")
                self._steps.append({name: getattr(event, name) for name in names})
            case "Logged":
                self._lines.append((event.level, event.message))
            case "Finished":
                self.verdict, self.told = "job_complete", {"result": event.result | {"node_executions": self._steps}}
            case "Failed":
                said = {"error": event.error_message, "error_type": event.error_type, "failed_node": event.node_id}
                self.told = said | {"node_executions": self._steps}


def _library() -> ModuleType | None:
    return carried.loaded(carried.INTERPRETER)
