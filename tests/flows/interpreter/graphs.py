"""Short ways to write a graph, and to run it with a clock that a test holds in its hand."""

import json
from dataclasses import dataclass, field
from typing import Any

from flows.interpreter import Bounds, Event, Failed, Finished, Logged, Machine, StepBegan, StepEnded, Waiting, start

Graph = dict[str, Any]


def node(node_type: str, /, **config: Any) -> dict[str, Any]:
    return {"node_type": node_type, "config": config}


def graph(*wires: str, variables: Any = None, settings: Any = None, **nodes: dict[str, Any]) -> Graph:
    """Wires are `a > b`, `a.true > b`, `a.result > b.data`."""
    named = {node_id: {"node_id": node_id, **one} for node_id, one in nodes.items()}
    connections = [connection(wire) for wire in wires]
    return {"nodes": named, "connections": connections, "variables": variables or {}, "settings": settings or {}}


def connection(wire: str) -> dict[str, str]:
    left, right = wire.split(" > ")
    source, _, source_port = left.partition(".")
    target, _, target_port = right.partition(".")
    return {
        "source_node": source,
        "source_port": source_port or "exec_out",
        "target_node": target,
        "target_port": target_port or "exec_in",
    }


@dataclass
class Run:
    machine: Machine
    events: list[Event] = field(default_factory=list)

    @property
    def ran(self) -> list[str]:
        return [event.node_id for event in self.events if isinstance(event, StepBegan)]

    @property
    def logs(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Logged)]

    @property
    def ended(self) -> dict[str, StepEnded]:
        """The last of each node."""
        return {event.node_id: event for event in self.events if isinstance(event, StepEnded)}

    @property
    def result(self) -> dict[str, Any]:
        last = self.events[-1]
        assert isinstance(last, Finished), last
        return last.result

    @property
    def variables(self) -> dict[str, Any]:
        found: dict[str, Any] = self.result["variables"]
        return found

    @property
    def failure(self) -> Failed:
        last = self.events[-1]
        assert isinstance(last, Failed), last
        return last

    def outputs(self, node_id: str) -> dict[str, Any]:
        return self.ended[node_id].outputs


def drive(machine: Machine, now: float = 1000.0) -> Run:
    """A millisecond passes at every step, and waiting takes as long as it should."""
    run = Run(machine)
    while not machine.done:
        told = machine.step(now)
        run.events += told
        now = told[-1].until if told and isinstance(told[-1], Waiting) else now + 0.001
    return run


def run(given: Graph, variables: dict[str, Any] | None = None, **bounds: Any) -> Run:
    return drive(start(given, variables, Bounds(**bounds)))


def outputs(node_type: str, variables: dict[str, Any] | None = None, /, **config: Any) -> dict[str, Any]:
    """Of one node alone."""
    return run(graph(it=node(node_type, **config)), variables).outputs("it")


def complaint(node_type: str, variables: dict[str, Any] | None = None, /, **config: Any) -> str:
    """Its type and its sentence."""
    failure = run(graph(it=node(node_type, **config)), variables).failure
    return f"{failure.error_type}: {failure.error_message}"


def posted(value: Any) -> Any:
    """As it comes back from where only JSON is kept."""
    return json.loads(json.dumps(value, allow_nan=False))
