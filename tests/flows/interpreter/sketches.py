"""Random graphs: some that make sense, built from statements, and some that make none."""

from typing import Any

from hypothesis import strategies as some

from tests.flows.interpreter.graphs import Graph, connection, node

Statement = tuple[Any, ...]

SIMPLE: some.SearchStrategy[Statement] = some.one_of(
    some.tuples(some.just("set"), some.sampled_from("ab"), some.sampled_from([0, 3, "x", [1, 2], {"k": 1}, "{{a}}"])),
    some.tuples(some.just("count"), some.sampled_from("ab")),
    some.tuples(some.just("log"), some.sampled_from(["{{a}}", "{{b}} {{a}}", "{{missing}}", "plain"])),
    some.tuples(some.just("sum"), some.sampled_from(["{{a}}", 2])),
    some.tuples(some.just("wait"), some.sampled_from([0, 1.5])),
    some.tuples(some.just("throw")),
)


def _compound(inner: some.SearchStrategy[list[Statement]]) -> some.SearchStrategy[list[Statement]]:
    return some.lists(
        some.one_of(
            SIMPLE,
            some.tuples(some.just("if"), some.sampled_from(["a == 3", "b", "{{a}} > 1"]), inner, inner),
            some.tuples(some.just("for"), some.sampled_from(["range", "keys"]), inner),
            some.tuples(some.just("while"), inner),
            some.tuples(some.just("try"), inner, inner, inner),
            some.tuples(some.just("fork"), inner, inner),
        ),
        max_size=4,
    )


STATEMENTS = some.recursive(some.lists(SIMPLE, max_size=3), _compound, max_leaves=12)


class Builder:
    """Puts statements one after the other, and wires them."""

    def __init__(self) -> None:
        self.nodes: dict[str, Any] = {}
        self.wires: list[str] = []

    def add(self, kind: str, /, **config: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes[name] = {"node_id": name, **node(kind, **config)}
        return name

    def row(self, before: list[str], statements: list[Statement]) -> list[str]:
        """From the ports before it to the ports after it."""
        for kind, *parts in statements:
            before = getattr(self, f"make_{kind}")(before, *parts)
        return before

    def _after(self, before: list[str], name: str) -> str:
        self.wires += [f"{port} > {name}" for port in before]
        return name

    def _plain(self, before: list[str], kind: str, **config: Any) -> list[str]:
        return [self._after(before, self.add(kind, **config))]

    def make_set(self, before: list[str], name: str, value: Any) -> list[str]:
        return self._plain(before, "SetVariable", variable_name=name, value=value)

    def make_count(self, before: list[str], name: str) -> list[str]:
        return self._plain(before, "IncrementVariable", variable_name=name)

    def make_log(self, before: list[str], text: str) -> list[str]:
        return self._plain(before, "Log", message=text)

    def make_wait(self, before: list[str], seconds: float) -> list[str]:
        return self._plain(before, "Wait", duration=seconds)

    def make_throw(self, before: list[str]) -> list[str]:
        return self._plain(before, "ThrowError", message="thrown")

    def make_sum(self, before: list[str], operand: Any) -> list[str]:
        loose = self.add("MathOperation", a=operand, b=1)
        after = self._plain(before, "Log")
        self.wires.append(f"{loose}.result > {after[0]}.data")
        return after

    def make_if(self, before: list[str], expression: str, yes: list[Statement], no: list[Statement]) -> list[str]:
        [name] = self._plain(before, "If", expression=expression)
        return [*self.row([f"{name}.true"], yes), *self.row([f"{name}.false"], no)]

    def make_fork(self, before: list[str], left: list[Statement], right: list[Statement]) -> list[str]:
        [name] = self._plain(before, "Merge")
        return [*dict.fromkeys([*self.row([name], left), *self.row([name], right)])]

    def make_for(self, before: list[str], over: str, body: list[Statement]) -> list[str]:
        config = {"mode": "range", "end": 2} if over == "range" else {"items": {"x": 1, "b": 2}, "item_var": "b"}
        return self._loop(before, self.add("ForLoopStart", **config), "ForLoopEnd", body)

    def make_while(self, before: list[str], body: list[Statement]) -> list[str]:
        return self._loop(before, self.add("WhileLoopStart", expression="true", max_iterations=2), "WhileLoopEnd", body)

    def _loop(self, before: list[str], start: str, end: str, body: list[Statement]) -> list[str]:
        self._after(before, start)
        self._after(self.row([f"{start}.body"], body), self.add(end, paired_start_id=start))
        return [f"{start}.completed"]

    def make_try(self, before: list[str], *bodies: list[Statement]) -> list[str]:
        [start] = self._plain(before, "Try")
        catch, final = self.add("Catch", paired_try_id=start), self.add("Finally", paired_try_id=start)
        for port, body in zip(
            (f"{start}.try_body", f"{catch}.catch_body", f"{final}.finally_body"), bodies, strict=True
        ):
            # A body port without a connection would make `exec_out` the body.
            self.row(self._plain([port], "Merge"), body)
        return [start]


def built(statements: list[Statement], stop_on_error: bool) -> Graph:
    builder = Builder()
    builder.row([builder.add("Start")], statements)
    return {
        "nodes": builder.nodes,
        "connections": [connection(wire) for wire in builder.wires],
        "variables": {"a": 1, "b": {"y": 1, "x": 2}},
        "settings": {"stop_on_error": stop_on_error},
    }


SENSIBLE = some.builds(built, STATEMENTS, some.booleans())

KINDS = [
    "Start", "End", "Merge", "Log", "If", "Switch", "ForLoopStart", "ForLoopEnd", "WhileLoopStart",
    "WhileLoopEnd", "Try", "Catch", "Finally", "ThrowError", "SetVariable", "MathOperation", "ListAppend",
    "Wait", "Nonsense",
]  # fmt: skip
CONFIGS: list[dict[str, Any]] = [
    {},
    {"data": "x", "message": "{{n1}}"},
    {"expression": "true"},
    {"expression": "{{n2}} > 1", "mode": "range", "end": 2},
    {"paired_start_id": "n1"},
    {"paired_try_id": "n2"},
    {"variable_name": "n3", "value": ["{{n3}}"]},
    {"list": [1], "item": 2},
    {"continue_on_error": True, "duration": 1},
    {"paired_catch_id": "n0", "items": {"a": 1}},
    {"expression": 7, "cases": "a"},
]
PORTS = ["exec_out", "true", "body", "completed", "try_body", "catch_body", "finally_body", "default", "result"]
IDS = [f"n{i}" for i in range(6)]
WIRES = some.builds(
    "{}.{} > {}.{}".format,
    some.sampled_from(IDS),
    some.sampled_from(PORTS),
    some.sampled_from(IDS),
    some.sampled_from(["exec_in", "exec_in", "exec_in", "data", "a", "condition", "items"]),
)


def _senseless(kinds: list[str], configs: list[dict[str, Any]], wires: list[str], stop_on_error: bool) -> Graph:
    nodes = {name: node(kind, **config) for name, kind, config in zip(IDS, kinds, configs, strict=True)}
    connections = [connection(wire) for wire in wires]
    return {"nodes": nodes, "connections": connections, "settings": {"stop_on_error": stop_on_error}}


SENSELESS = some.builds(
    _senseless,
    some.lists(some.sampled_from(KINDS), min_size=6, max_size=6),
    some.lists(some.sampled_from(CONFIGS), min_size=6, max_size=6),
    some.lists(WIRES, max_size=14),
    some.booleans(),
)
