"""One job: the interpreter driven from node to node, and what it told."""

import asyncio
import importlib
import json
import time
from collections.abc import Callable
from typing import Any

# At once in a thread, before anything else is looked at.
SLICE_SECONDS = 0.05
MOST_STEPS, MOST_LINES = 10_000, 10_000
LARGEST_OUTPUTS, LARGEST_RESULT = 8 * 1024, 2 * 1024 * 1024
Fields = dict[str, Any]
Tell = Callable[[str, Fields], None]


class NoInterpreter(Exception):
    """This file was built without what runs flows."""


def library() -> Any:
    """It is carried inside the file, and is no part of these sources."""
    try:
        return importlib.import_module("rdos_agent.interpreter")
    except ImportError as error:
        raise NoInterpreter("This agent carries no interpreter for flows.") from error


class Work:
    def __init__(self, job: Fields, tell: Tell) -> None:
        self.job_id = str(job["job_id"])
        self.progress, self.current_node = 0, ""
        self._job, self._tell = job, tell
        self._steps: list[Fields] = []
        self._outputs = self._lines = 0
        self._ended: Any = None

    async def carry_out(self) -> None:
        """Ends with exactly one word about how it went."""
        self._say("job_accept", {})
        try:
            async with asyncio.timeout(_seconds(self._job)):
                await self._run()
        except asyncio.CancelledError:
            self._say("job_cancelled", {"reason": "It was called off"})
            raise
        except TimeoutError:
            self._fail("TimeoutError: it ran longer than it may", "TimeoutError")
        except NoInterpreter as error:
            self._say("job_reject", {"reason": str(error)})
        except Exception as error:  # Whatever a flow brings about, the hub hears of it.
            self._fail(str(getattr(error, "message", error)), str(getattr(error, "error_type", type(error).__name__)))
        else:
            self._conclude()

    async def _run(self) -> None:
        machine = self._machine()
        while not machine.done:
            until = await asyncio.to_thread(self._some, machine)
            self.progress = machine.progress
            if until is not None:
                await asyncio.sleep(max(0.0, until - time.time()))

    def _machine(self) -> Any:
        text = self._job.get("workflow_json")
        graph = json.loads(text) if isinstance(text, str) and text else self._job.get("workflow_data")
        given = self._job.get("variables")
        own = {"_job_id": self.job_id, "_job_priority": self._job.get("priority", 0)}
        return library().start(graph, {**(given if isinstance(given, dict) else {}), **own})

    def _some(self, machine: Any) -> float | None:
        """In a thread: until it waits, is done, or it is the turn of others. The moment it waits for, if it does."""
        began = time.monotonic()
        while not machine.done and time.monotonic() - began < SLICE_SECONDS:
            before = time.monotonic()
            for event in machine.step(time.time()):
                if (until := getattr(event, "until", None)) is not None:
                    return float(until)
                self._hear(event, round((time.monotonic() - before) * 1000))
        return None

    def _hear(self, event: Any, spent: int) -> None:
        match type(event).__name__:
            case "StepBegan":
                self.current_node = event.node_id
            case "StepEnded" if len(self._steps) < MOST_STEPS:
                self._steps.append(self._step(event, spent))
            case "Logged" if self._lines < MOST_LINES:
                self._lines += 1
                line = {"level": event.level.upper(), "message": event.message, "source": event.node_id}
                self._say("line", line)
            case "Finished" | "Failed":
                self._ended = event

    def _step(self, event: Any, spent: int) -> Fields:
        step = {
            "node_id": event.node_id,
            "node_type": event.node_type,
            "status": event.status,
            "duration_ms": event.duration_ms or spent,
        }
        size = len(json.dumps(event.outputs)) if event.outputs else 0
        if 0 < size <= LARGEST_OUTPUTS and self._outputs + size <= LARGEST_RESULT:
            self._outputs += size
            step["outputs"] = event.outputs
        return {**step, "error": event.error} if event.error else step

    def _conclude(self) -> None:
        ended = self._ended
        if hasattr(ended, "result"):
            whole = len(json.dumps(ended.result)) <= LARGEST_RESULT
            result = ended.result if whole else {**ended.result, "variables": {"truncated": True}}
            self._say("job_complete", {"result": {**result, "node_executions": self._steps}})
        else:
            self._fail(ended.error_message, ended.error_type, ended.node_id)

    def _fail(self, error: str, kind: str, node_id: str = "") -> None:
        steps = {"node_executions": self._steps} if self._steps else {}
        told = {"error_message": error or kind, "error_type": kind, "failed_node": node_id or self.current_node}
        self._say("job_failed", {**told, **steps})

    def _say(self, kind: str, fields: Fields) -> None:
        self._tell(kind, {"job_id": self.job_id, **fields})


def _seconds(job: Fields) -> float | None:
    seconds = job.get("timeout_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(seconds) if seconds > 0 else None
