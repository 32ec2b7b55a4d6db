"""All virtual nodes of one process, on one event loop."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable

from websockets.uri import WebSocketURI, parse_uri

from devices.management.simulated.jobs import LONGEST_WAIT, Worker
from devices.management.simulated.keyring import Credential, Keyring
from devices.management.simulated.line import Line
from devices.management.simulated.virtual_node import VirtualNode

# A hub that just started has better things to do than to shake thousands of hands at once.
DIALLING_AT_ONCE = 100
OPEN_SECONDS = 20.0
SAVE_SECONDS = 0.3
PATH = "/ws/node"
TAKE_JOBS = ("robot", "agent")
GOODBYE_SECONDS = 1.5


class Fleet:
    def __init__(
        self, url: str, keyring: Keyring, *, rate: float = 1.0, tls: ssl.SSLContext | None = None, jobs: bool = False
    ) -> None:
        """A rate of 0 is a fleet that sends no stats."""
        self.loop = asyncio.get_running_loop()
        self.keyring = keyring
        self.rate = rate
        self.nodes: list[VirtualNode] = []
        self.online = 0
        # Set when no node is wanted any more.
        self.deserted = asyncio.Event()
        self.stopping = False
        self.on_change: Callable[[], None] = lambda: None
        self._uri: WebSocketURI = parse_uri(url)
        self._url, self._jobs = url, jobs
        self._workers: dict[str, Worker] = {}
        self._tls = tls if self._uri.secure else None
        self._dialling = asyncio.Semaphore(DIALLING_AT_ONCE)
        self._calls: set[asyncio.Task[None]] = set()
        self._save: asyncio.TimerHandle | None = None

    def add(self, node: VirtualNode, *, after: float = 0.0) -> None:
        self.nodes.append(node)
        self._dial_later(node, after)

    async def stop(self) -> None:
        """Every node says goodbye; whoever is not heard out in time is cut off."""
        self.stopping = True
        for call in self._calls:
            call.cancel()
        for worker in self._workers.values():
            worker.end()
        for node in self.nodes:
            node.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                while any(node.line for node in self.nodes):
                    await asyncio.sleep(0.02)
        for node in self.nodes:
            if node.line is not None:
                node.line.abort()
        self.keyring.save()

    # --- What nodes tell it

    def entered(self, node: VirtualNode) -> None:
        self.online += 1
        self.on_change()
        if self._jobs and node.machine.device_type in TAKE_JOBS:
            self._workers[node.machine.key] = worker = Worker(self, node.machine.key)
            worker.begin()

    def parted(self, node: VirtualNode, *, was_online: bool) -> None:
        self.online -= was_online
        self.on_change()
        if (worker := self._workers.pop(node.machine.key, None)) is not None:
            worker.end()
        if self.stopping:
            return
        if not node.retired:
            self._dial_later(node, node.next_wait())
        elif all(node.retired for node in self.nodes):
            self.deserted.set()

    def keep(self, key: str, credential: Credential) -> None:
        """Many register at the same time, and one writing serves them all."""
        self.keyring.put(key, credential)
        if self._save is None:
            self._save = self.loop.call_later(SAVE_SECONDS, self._save_now)

    def _save_now(self) -> None:
        self._save = None
        self.keyring.save()

    # --- Dialling

    def _dial_later(self, node: VirtualNode, wait: float) -> None:
        self.loop.call_later(wait, self._begin_to_dial, node)

    def _begin_to_dial(self, node: VirtualNode) -> None:
        if not self.stopping:
            call = self.loop.create_task(self._dial(node))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _dial(self, node: VirtualNode) -> None:
        if not await self._connected(Line(self._uri, node)):
            self._dial_later(node, node.next_wait())

    async def _connected(self, line: Line) -> bool:
        async with self._dialling:
            try:
                async with asyncio.timeout(OPEN_SECONDS):
                    await self.loop.create_connection(lambda: line, self._uri.host, self._uri.port, ssl=self._tls)
            except (OSError, TimeoutError):
                return False
        return True

    # --- Jobs

    def dial_for_jobs(self, worker: Worker, after: float) -> None:
        self.loop.call_later(after, self._begin_to_dial_for_jobs, worker)

    def _begin_to_dial_for_jobs(self, worker: Worker) -> None:
        if worker.is_wanted and not self.stopping:
            call = self.loop.create_task(self._dial_for_jobs(worker))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _dial_for_jobs(self, worker: Worker) -> None:
        if (held := worker.credential) is None:
            return
        uri = parse_uri(f"{self._url.removesuffix(PATH)}/ws/robot/{held.node_id}")
        line = Line(uri, worker, {"X-Api-Key": f"node:{held.node_id}:{held.secret}"})
        if not await self._connected(line):
            self.dial_for_jobs(worker, LONGEST_WAIT)
