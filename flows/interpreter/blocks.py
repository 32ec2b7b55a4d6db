"""Which catch and which finally belong to a try.

A pair is named by `paired_try_id` in the config of the catch or the finally, or by `paired_catch_id` and
`paired_finally_id` in that of the try. A try without a named partner takes the nearest one along the flow that is still
free, else the next free one in order of appearance. Inner blocks choose before outer ones.

The body is what `try_body` leads to. An error in it goes to the catch, if its `error_types` name the error's type or
are empty; `catch_body` follows. Whatever happened, `finally_body` comes then; an error nobody caught goes on after it.
Without one the run goes on where `exec_out` of the three leads to. Flow that comes to the catch or the finally by
itself ends there: only the block enters them. If one of the three has nothing at its body port, `exec_out` is its body.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .flow import Flow


class BlockNode(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def config(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Block:
    catch: str
    final: str
    error_types: str

    @property
    def members(self) -> tuple[str, ...]:
        return tuple(one for one in (self.catch, self.final) if one)

    def catches(self, error_type: str) -> bool:
        wanted = [word.strip().lower() for word in self.error_types.split(",") if word.strip()]
        return bool(self.catch) and (not wanted or error_type.lower() in wanted)


def paired(nodes: Mapping[str, BlockNode], flow: Flow) -> dict[str, Block]:
    tries = [node.id for node in nodes.values() if node.kind == "Try"]
    # Those inside another reach fewer blocks than the one around them.
    inner_first = sorted(tries, key=lambda try_id: len({*flow.reach(try_id)}.intersection(tries)))
    catches, finals = (dict(_pairs(nodes, flow, inner_first, kind)) for kind in ("Catch", "Finally"))
    return {one: _block(nodes, catches.get(one, ""), finals.get(one, "")) for one in tries}


def _block(nodes: Mapping[str, BlockNode], catch: str, final: str) -> Block:
    types = nodes[catch].config.get("error_types") if catch else None
    return Block(catch, final, types if isinstance(types, str) else "")


def _pairs(nodes: Mapping[str, BlockNode], flow: Flow, tries: list[str], kind: str) -> Iterator[tuple[str, str]]:
    free = {node.id: node for node in nodes.values() if node.kind == kind}
    named = {try_id: _named(nodes[try_id], free, kind) for try_id in tries}
    for try_id, partner in named.items():
        if partner:
            free.pop(partner, None)
            yield try_id, partner
    for try_id in tries:
        if not named[try_id] and (found := _nearest(flow, try_id, free) or _next(nodes, try_id, free)):
            del free[found]
            yield try_id, found


def _named(node: BlockNode, free: Mapping[str, BlockNode], kind: str) -> str:
    for one in free.values():
        if one.config.get("paired_try_id") == node.id:
            return one.id
    wanted = node.config.get(f"paired_{kind.lower()}_id")
    return wanted if isinstance(wanted, str) and wanted in free else ""


def _nearest(flow: Flow, start: str, free: Mapping[str, BlockNode]) -> str:
    seen, ahead = {start}, [start]
    for node_id in ahead:
        if node_id in free and not free[node_id].config.get("paired_try_id"):
            return node_id
        fresh = [one for one in dict.fromkeys(flow.after(node_id)) if one not in seen]
        seen.update(fresh)
        ahead.extend(fresh)
    return ""


def _next(nodes: Mapping[str, BlockNode], start: str, free: Mapping[str, BlockNode]) -> str:
    order = list(nodes)
    behind = order[order.index(start) + 1 :]
    return next((one for one in behind if one in free and not free[one].config.get("paired_try_id")), "")
