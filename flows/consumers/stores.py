"""What robots on sockets tell beside their runs, gathered and stored by the process: lines, heartbeats, goodbyes."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from flows.models import Execution
from flows.services import robot_sessions, steps
from flows.services.robot_sessions import Heartbeat, Part
from flows.services.steps import Line
from rdos.kernel.batches import Batch, KeyedBatch
from rdos.kernel.clock import database_now
from rdos.kernel.intake import LOG_LINES, LogLine
from rdos.kernel.sorting import sorting_out

MOST_WAITING = 20_000
HEARTBEAT_SECONDS = 0.5

T = TypeVar("T")
# A line of a run, and who wrote it.
Written = tuple[str, Line]


class Stores:
    def __init__(self) -> None:
        self._lines = _dropping(_take_lines, "lines of runs")
        self._node_lines = _dropping(_take_node_lines, "log lines of robots")
        self._parts: Batch[Part] = Batch(sorting_out(_take_parts, "robots that left"), name="parts", most=1_000_000)
        self._heartbeats: KeyedBatch[UUID, Heartbeat] = KeyedBatch(
            _take_heartbeats, name="heartbeats", every=HEARTBEAT_SECONDS, most=MOST_WAITING
        )

    def line(self, robot_key: str, line: Line) -> None:
        self._lines.add((robot_key, line))

    def node_line(self, line: LogLine) -> None:
        self._node_lines.add(line)

    def heartbeat(self, heartbeat: Heartbeat) -> None:
        self._heartbeats.add(heartbeat.node_id, heartbeat)

    def parted(self, part: Part) -> None:
        self._parts.add(part)

    async def drain(self, seconds: float) -> None:
        ends_at = asyncio.get_running_loop().time() + seconds
        for batch in (self._lines, self._node_lines, self._heartbeats, self._parts):
            await batch.drain(max(0.0, ends_at - asyncio.get_running_loop().time()))


def _dropping(store: Callable[[list[T]], object], name: str) -> Batch[T]:
    return Batch(sorting_out(store, name), name=name, every=0.25, most=MOST_WAITING, drop_oldest=True)


def _take_lines(written: list[Written]) -> None:
    """A robot writes into its own runs only."""
    ids = {line.execution_id for _, line in written}
    holders = dict(Execution.objects.filter(pk__in=ids).values_list("pk", "robot_key"))
    steps.write_lines([line for key, line in written if holders.get(line.execution_id) == key])


def _take_node_lines(lines: list[LogLine]) -> None:
    known = robot_sessions.standing({line.node_id for line in lines})
    with transaction.atomic():
        LOG_LINES.give([line for line in lines if line.node_id in known])


def _take_heartbeats(said: dict[UUID, Heartbeat]) -> None:
    def of_pairs(pairs: list[tuple[UUID, Heartbeat]]) -> None:
        robot_sessions.note_heartbeats(dict(pairs), database_now())

    sorting_out(of_pairs, "heartbeats")([*said.items()])


def _take_parts(parts: list[Part]) -> None:
    robot_sessions.part(parts, timezone.now())
