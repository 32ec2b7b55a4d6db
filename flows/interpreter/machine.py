"""Runs a graph, one node at a call, driven from outside.

The driver calls `step(now)` until `done`, and decides how to wait for what `Waiting` says. `now` is in seconds of its
own clock, which must be the same wherever the run goes on. A run is cancelled by calling no more. Between any two calls
it can be parked as JSON and restored elsewhere.
"""

from typing import Any

from .bounds import Bounds
from .errors import InterpreterError, LimitExceeded, StepError
from .events import Event, Failed, Finished, Logged, StepBegan, StepEnded, Waiting
from .frames import parked
from .graph import Graph, Node
from .inputs import Inputs
from .nodes import work_of
from .outcome import Outcome
from .progress import Progress
from .route import Route, Uncaught, error_of
from .store import Store
from .values import truth

VERSION = 1
# What a node's function stumbles over by itself fails its step, never the driver.
STUMBLES = (ArithmeticError, LookupError, TypeError, ValueError, RecursionError)


class Machine:
    def __init__(self, graph: Graph, store: Store, route: Route, progress: Progress, bounds: Bounds) -> None:
        self.graph, self.store, self.route, self.bounds = graph, store, route, bounds
        self._progress = progress

    @property
    def done(self) -> bool:
        return self._progress.ended

    @property
    def progress(self) -> int:
        """From 0 to 100: the nodes that have run, of those that can be reached. It never falls."""
        return self._progress.percent

    def step(self, now: float) -> list[Event]:
        """What happens next: one node from its beginning to its end or to where it waits. Nothing when all is done."""
        if self.done:
            return []
        self._progress.begin(now)
        if waiting := self._progress.waiting:
            return self._woken(waiting, now) if now >= waiting["until"] else [_still(waiting)]
        try:
            node_id = self.route.next()
        except Uncaught as error:
            return [self._fail(error.node_id, error)]
        return [self._finish(now)] if node_id is None else self._run(self.graph.nodes[node_id], now)

    def state(self) -> dict[str, Any]:
        """All of the run, for `json.dumps`. Keep it as text: a database that sorts keys would change the order of
        loops over objects."""
        return {
            "version": VERSION,
            **self.store.state(),
            "frames": parked(self.route.frames),
            "fetched": list(self.route.fetched),
            "progress": self._progress.state(),
        }

    def _run(self, node: Node, now: float) -> list[Event]:
        if not self._progress.count(self.bounds.steps):
            return [self._fail(node.id, LimitExceeded(f"A run may take {self.bounds.steps:,} steps at most."))]
        began = StepBegan(node.id, node.type)
        try:
            outcome = self._work(node)
            self.store.keep(node.id, outcome.outputs, outcome.variables, outcome.memory)
            return [began, *(Logged(*log, node.id) for log in outcome.logs), *self._settle(node, outcome, now)]
        except InterpreterError as error:
            self.store.forget(node.id)
            ended = StepEnded(node.id, node.type, "failed", 0, error=error.message)
            return [began, ended, *self._stumble(node, error)]

    def _work(self, node: Node) -> Outcome:
        try:
            found = work_of(node.type)(self._inputs(node))
        except STUMBLES as error:
            raise StepError(f"The node could not do this: {error}", type(error).__name__) from error
        return found if isinstance(found, Outcome) else Outcome(found)

    def _inputs(self, node: Node) -> Inputs:
        loops, told = self.route.loops(), self.store.held.get(node.id) or self.route.block_told(node.id)
        return Inputs(
            node.config,
            self._wired(node.id),
            self.store.names,
            self.bounds,
            memory=told,
            loop=loops[-1] if loops else "",
            ports=self.graph.flow.ports(node.id),
        )

    def _wired(self, node_id: str) -> dict[str, Any]:
        """What came over the data connections. One from a port that is not there takes a node's only output."""
        wired = {}
        for port, (source, source_port) in self.graph.wires[node_id].items():
            outputs = self.store.outputs.get(source, {})
            if source_port in outputs or len(outputs) == 1:
                wired[port] = outputs.get(source_port, next(iter(outputs.values())))
        return wired

    def _settle(self, node: Node, outcome: Outcome, now: float) -> list[Event]:
        if outcome.wait:
            waiting = self._progress.wait(node.id, now, now + outcome.wait)
            return [_still(waiting)]
        self._go_on(node, outcome.ports, again=outcome.memory is not None)
        return [StepEnded(node.id, node.type, outcome.status, 0, outcome.outputs)]

    def _woken(self, waiting: dict[str, Any], now: float) -> list[Event]:
        node = self.graph.nodes[waiting["node_id"]]
        self._progress.waiting = None
        self._go_on(node, ("exec_out",))
        duration = max(0, round((now - waiting["since"]) * 1000))
        return [StepEnded(node.id, node.type, "completed", duration, self.store.outputs.get(node.id, {}))]

    def _go_on(self, node: Node, ports: tuple[str, ...], *, again: bool = False) -> None:
        self.route.follow(node.id, ports, again=again)
        self._pass_by(node.id)

    def _stumble(self, node: Node, error: InterpreterError) -> list[Event]:
        """A catch, the node's own word or the flow's own word keeps an error from ending the run."""
        careless = truth(node.config.get("continue_on_error"))
        if error.final:
            return [self._fail(node.id, error)]
        if careless or not self.route.fail(error_of(node.id, error)):
            if not careless and self.graph.stop_on_error:
                return [self._fail(node.id, error)]
            self.route.skip(node.id)
        self._progress.recovered = True
        self._pass_by(node.id)
        return []

    def _pass_by(self, node_id: str) -> None:
        self._progress.passed[node_id] = None
        self.store.release(self.route.loops())

    def _fail(self, node_id: str, error: InterpreterError) -> Failed:
        self._progress.ended = True
        return Failed(error.message, error.error_type, node_id, error.retryable)

    def _finish(self, now: float) -> Finished:
        variables = {name: value for name, value in self.store.variables.items() if not name.startswith("_")}
        return Finished({**self._progress.finish(now), "variables": variables})


def _still(waiting: dict[str, Any]) -> Waiting:
    return Waiting(waiting["until"], waiting["node_id"])
