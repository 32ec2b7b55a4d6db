"""What the hub gives this node to run. Jobs outlive connections: their results go out on whichever there is then."""

import asyncio
import logging
from collections import deque
from typing import Any

from websockets.asyncio.client import ClientConnection

from rdos_agent.config import Config
from rdos_agent.figures import Figures
from rdos_agent.frames import Frame, decoded, encoded, frame
from rdos_agent.outbox import Outbox
from rdos_agent.together import first_to_end
from rdos_agent.wishes import Wishes
from rdos_agent.work import Fields, Work

TELL_SECONDS = 0.5
USUAL_HEARTBEAT, SHORTEST_HEARTBEAT = 30.0, 1.0
MOST_LINES, LINES_AT_ONCE = 5000, 500
logger = logging.getLogger(__name__)


class Jobs:
    def __init__(self, config: Config, figures: Figures) -> None:
        self._config, self._figures = config, figures
        self._outbox = Outbox()
        # Telemetry, of which the oldest is lost first; results never wait behind it.
        self._lines: deque[Fields] = deque(maxlen=MOST_LINES)
        self._works: dict[str, Work] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._told: dict[str, tuple[int, str]] = {}
        self._paused = False
        # Until this agent starts anew.
        self.is_shut = False
        self._heartbeat = USUAL_HEARTBEAT
        self._beat = asyncio.Event()

    async def serve(self, line: ClientConnection, wishes: Wishes) -> None:
        """Until the connection ends, or the config wants something else."""
        await line.send(encoded(_registration(wishes)))
        try:
            await first_to_end(
                self._listen(line, wishes),
                self._tell(line),
                self._send_heartbeats(line),
                self._outbox.deliver(line),
                self._until_unwanted(wishes),
            )
        finally:
            if self.is_shut or self._config.jobs != wishes:
                self.stop()
                await line.send(encoded(frame("disconnect", {})))

    def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    async def _until_unwanted(self, wishes: Wishes) -> None:
        while self._config.jobs == wishes and not self.is_shut:
            await self._config.rest(1.0)

    # --- What the hub says

    async def _listen(self, line: ClientConnection, wishes: Wishes) -> None:
        async for raw in line:
            message = decoded(raw)
            if message is not None:
                self._hear(message["type"], message.get("payload"), wishes)

    def _hear(self, kind: str, payload: Any, wishes: Wishes) -> None:
        fields = payload if isinstance(payload, dict) else {}
        match kind:
            case "job_assign":
                self._take(fields, wishes)
            case "job_cancel":
                self._call_off(str(fields.get("job_id")))
            case "register_ack":
                self._welcomed(fields)
            case "pause" | "resume":
                self._paused = kind == "pause"
                self._beat.set()
            case "status_request":
                self._outbox.put(frame("status_response", self._status()))
            case "shutdown":
                self.is_shut = True
            case "error":
                logger.warning("The hub did not understand this agent: %s", fields.get("message"))

    def _welcomed(self, fields: Fields) -> None:
        config = fields.get("config")
        seconds = config.get("heartbeat_interval") if isinstance(config, dict) else None
        if isinstance(seconds, int | float) and seconds >= SHORTEST_HEARTBEAT:
            self._heartbeat = float(seconds)
        logger.info("Ready for jobs.")

    def _take(self, job: Fields, wishes: Wishes) -> None:
        job_id = job.get("job_id")
        if not isinstance(job_id, str) or job_id in self._works:
            return
        if self._paused or len(self._works) >= wishes.max_concurrent:
            self._outbox.put(frame("job_reject", {"job_id": job_id, "reason": "This node takes no more now"}))
            return
        work = Work(job, self._say)
        self._works[job_id], self._tasks[job_id] = work, asyncio.create_task(work.carry_out())
        self._tasks[job_id].add_done_callback(lambda _: self._over(job_id))

    def _over(self, job_id: str) -> None:
        self._works.pop(job_id, None)
        self._tasks.pop(job_id, None)
        self._told.pop(job_id, None)

    def _call_off(self, job_id: str) -> None:
        if task := self._tasks.get(job_id):
            task.cancel()

    # --- What the hub hears

    def _say(self, kind: str, fields: Fields) -> None:
        """From the loop or from the thread of a job."""
        if kind == "line":
            self._lines.append(fields)
        else:
            self._outbox.put(frame(kind, fields))

    async def _tell(self, line: ClientConnection) -> None:
        """How far jobs have come and what they wrote, some of it at a time."""
        while True:
            await asyncio.sleep(TELL_SECONDS)
            for message in [*self._written(), *self._progress()]:
                await line.send(encoded(message))

    def _written(self) -> list[Frame]:
        lines = [self._lines.popleft() for _ in range(min(len(self._lines), LINES_AT_ONCE))]
        return [frame("log_batch", {"logs": lines})] if lines else []

    def _progress(self) -> list[Frame]:
        now = {job_id: (work.progress, work.current_node) for job_id, work in self._works.items()}
        news = {job_id: place for job_id, place in now.items() if self._told.get(job_id) != place}
        self._told.update(news)
        return [
            frame("job_progress", {"job_id": job_id, "progress": percent, "current_node": node, "message": ""})
            for job_id, (percent, node) in news.items()
        ]

    async def _send_heartbeats(self, line: ClientConnection) -> None:
        while True:
            await line.send(encoded(frame("heartbeat", self._status())))
            self._beat.clear()
            try:
                async with asyncio.timeout(self._heartbeat):
                    await self._beat.wait()
            except TimeoutError:
                continue

    def _status(self) -> Fields:
        word = "paused" if self._paused else "busy" if self._works else "online"
        ids = list(self._works)
        return {"status": word, "current_jobs": len(ids), "active_job_ids": ids, **self._figures.stats()}


def _registration(wishes: Wishes) -> Frame:
    able = {"types": list(wishes.capabilities), "max_concurrent_jobs": wishes.max_concurrent}
    return frame("register", {"environment": wishes.environment, "capabilities": able})
