"""Whose nodes are whose on a Node-RED, and whether they are still as they were put there.

Node-RED keeps everything in one list: tabs, subflows, configurations and nodes, which name each other by ids. Ours are
the ids that we pushed; whatever else is in the list belongs to somebody else, and stays as it is and where it is.
"""

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from devices.node_red.errors import MissingNodeTypes, NodeIdTaken, NotANodeRedFlow

Thing = dict[str, Any]
Things = list[Thing]
# By id, which properties we set.
Parts = dict[str, list[str]]

LONGEST_ID = 256
MOST_NAMED = 5
# Where an editor draws something says nothing of what it does, and credentials are never read back.
NOT_COMPARED = frozenset({"x", "y", "w", "h", "credentials"})
# What switches off: without it, it is on.
SWITCHES = ("d", "disabled")
# Every Node-RED knows these; they are no nodes, and no list of types names them.
BUILT_IN = frozenset({"tab", "subflow", "group", "junction", "global-config"})


def things_in(definition: Any) -> Things:
    """What is to be pushed. A bare list is what Node-RED itself exports."""
    found = definition.get("flows") if isinstance(definition, Mapping) else definition
    if definition == {}:
        return []
    if not isinstance(found, list):
        raise NotANodeRedFlow
    ids: set[str] = set()
    for thing in found:
        _insist_sound(thing, ids)
    return found


def _insist_sound(thing: Any, ids: set[str]) -> None:
    if not isinstance(thing, dict):
        raise NotANodeRedFlow("Everything in the list `flows` is an object with an `id` and a `type`.")
    name, kind = thing.get("id"), thing.get("type")
    if not (isinstance(name, str) and isinstance(kind, str) and kind and 0 < len(name) <= LONGEST_ID):
        raise NotANodeRedFlow("Everything in the list `flows` is an object with an `id` and a `type`.")
    if name in ids:
        raise NotANodeRedFlow(f"Two things in `flows` have the id {_shown(name)}.")
    ids.add(name)


def insist_known(wanted: Things, types: Collection[str]) -> None:
    """Node-RED stops everything, others' flows too, while it lacks a type that somebody uses."""
    needed = {thing["type"] for thing in wanted}
    missing = sorted(kind for kind in needed - BUILT_IN if not kind.startswith("subflow:") and kind not in types)
    if missing:
        raise MissingNodeTypes(f"This Node-RED lacks: {', '.join(missing[:MOST_NAMED])}. It would stop all its flows.")


def insist_free(there: Things, wanted: Things, mine: Collection[str], owners: Mapping[str, str]) -> None:
    """`owners` are the other flows of the hub, by the ids that they have put there, or are about to."""
    ids = {thing["id"] for thing in wanted} - set(mine)
    present = {thing["id"] for thing in there}
    taken = next((name for name in sorted(ids) if name in present or name in owners), None)
    if taken is not None:
        owner = f"the flow {owners[taken]}" if taken in owners else "something that this hub did not put there"
        raise NodeIdTaken(f"The id {_shown(taken)} is used by {owner} on this Node-RED.")


def merged(there: Things, wanted: Things, mine: Collection[str]) -> Things:
    """Ours stand where they stood before, or at the end."""
    kept = [thing for thing in there if thing["id"] not in mine]
    before = next((number for number, thing in enumerate(there) if thing["id"] in mine), len(there))
    place = sum(1 for thing in there[:before] if thing["id"] not in mine)
    return [*kept[:place], *wanted, *kept[place:]]


def parts_of(wanted: Things) -> Parts:
    return {thing["id"]: sorted({*thing} - NOT_COMPARED) for thing in wanted}


def digest_of(there: Things, parts: Parts) -> str:
    """Of what we set, and of whether it is switched on. What an editor adds by itself beside that is no difference."""
    ours = sorted((thing for thing in there if thing["id"] in parts), key=lambda thing: str(thing["id"]))
    found = [_compared(thing, parts[thing["id"]]) for thing in ours]
    return sha256(orjson.dumps(found, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _compared(thing: Thing, names: Sequence[str]) -> Thing:
    switched = {name: bool(thing.get(name)) for name in SWITCHES}
    return {name: _plain(thing.get(name)) for name in names} | switched


def _plain(value: Any) -> Any:
    """JavaScript knows one kind of number, so that 1.0 comes back as 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value) if abs(value) < 2**53 else value
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def first_difference(there: Things, wanted: Things, parts: Parts) -> str:
    """The id of the first that is not as it was pushed; empty when all are."""
    found = {thing["id"]: thing for thing in there}
    for thing in wanted:
        same = thing["id"] in found and digest_of([found[thing["id"]]], parts) == digest_of([thing], parts)
        if not same:
            return _shown(thing["id"])
    return ""


def _shown(name: str) -> str:
    return name if len(name) <= 64 else f"{name[:63]}…"
