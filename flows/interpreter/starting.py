"""Where machines come from: a graph and variables, or a graph and a parked state."""

from typing import Any

from .bounds import Bounds
from .errors import InterpreterError, InvalidFlow
from .frames import FLOW, Frame, unparked
from .graph import Graph, read
from .machine import VERSION, Machine
from .progress import Progress
from .route import Route
from .store import HELD, OUTPUTS, VARIABLES, Store

BOUNDS = Bounds()


def start(graph: dict[str, Any], variables: dict[str, Any] | None = None, bounds: Bounds = BOUNDS) -> Machine:
    """`variables` come before those of the graph. Raises InvalidFlow for what cannot be run at all."""
    ready = read(graph, bounds)
    starters = ready.starters()
    if not starters:
        raise InvalidFlow("Nothing in this flow can start: every node waits for another.")
    store = _store({VARIABLES: _variables(graph.get("variables")) | _variables(variables)}, bounds)
    route = Route(ready, [Frame(FLOW, agenda=starters)], [], bounds.nesting)
    return Machine(ready, store, route, Progress(len(ready.reachable())), bounds)


def restore(graph: dict[str, Any], state: dict[str, Any], bounds: Bounds = BOUNDS) -> Machine:
    """The machine whose `state()` this was. Raises InvalidFlow for what is no state of this graph."""
    ready = read(graph, bounds)
    try:
        return _restored(ready, state, bounds)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidFlow("This is no state of a run of this flow.") from error


def _restored(graph: Graph, state: dict[str, Any], bounds: Bounds) -> Machine:
    if state["version"] != VERSION:
        raise InvalidFlow("The state was parked by another version.")
    frames = unparked(state["frames"], graph.nodes, graph.blocks)
    fetched = [graph.nodes[node_id].id for node_id in state["fetched"]]
    places = {place: _variables(state[place]) for place in (VARIABLES, OUTPUTS, HELD)}
    store = _store(places, bounds, work=int(state["work"]))
    route = Route(graph, frames, fetched, bounds.nesting)
    return Machine(graph, store, route, _progress(graph, **state["progress"]), bounds)


def _store(given: dict[str, dict[str, Any]], bounds: Bounds, *, work: int = 0) -> Store:
    try:
        return Store(given, bounds, work)
    except InterpreterError as error:
        raise InvalidFlow(f"The variables of the run: {error.message}") from error


def _progress(graph: Graph, *, passed: list[str], waiting: dict[str, Any] | None, **rest: Any) -> Progress:
    if waiting is not None:
        since, until = float(waiting["since"]), float(waiting["until"])
        waiting = {"node_id": graph.nodes[waiting["node_id"]].id, "since": since, "until": until}
    return Progress(len(graph.reachable()), waiting=waiting, passed=dict.fromkeys(passed), **rest)


def _variables(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(name, str) for name in given):
        raise InvalidFlow("Variables are an object.")
    return given
