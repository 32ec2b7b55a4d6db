"""Where the nodes of a drawing lie: where somebody has put them, spread until none covers another, else in layers."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

WIDTH, HEIGHT = 156, 48
ACROSS, DOWN = WIDTH + 44, HEIGHT + 26
# Beyond this somebody has laid nodes on one another, and the layers show more.
MOST_SPREAD = 6.0
ROUNDS = 4

Place = tuple[float, float]
Link = tuple[str, str]


def placed(given: dict[str, Place]) -> dict[str, Place] | None:
    """The given places from the corner on; none when they say nothing."""
    if len(set(given.values())) < len(given) or not given:
        return None
    scale = _spread(sorted(given.values()))
    if scale > MOST_SPREAD:
        return None
    left, top = min(x for x, _ in given.values()), min(y for _, y in given.values())
    found = {name: ((x - left) * scale, (y - top) * scale) for name, (x, y) in given.items()}
    return _without_gaps(found)


def _spread(places: Sequence[Place]) -> float:
    """How much wider all must be drawn so that no box touches another."""
    needed = 1.0
    for place, (x, y) in enumerate(places):
        for other_x, other_y in places[place + 1 :]:
            across, down = abs(x - other_x), abs(y - other_y)
            needed = max(needed, min((WIDTH + 20) / max(across, 0.01), (HEIGHT + 14) / max(down, 0.01)))
    return needed


def _without_gaps(places: dict[str, Place]) -> dict[str, Place]:
    """Rows far below all others move up: an empty half of a drawing tells nothing."""
    ys = sorted({y for _, y in places.values()})
    cut, moved = 0.0, {ys[0]: ys[0]}
    for above, below in pairwise(ys):
        cut += max(0.0, below - above - 4 * DOWN)
        moved[below] = below - cut
    return {name: (x, moved[y]) for name, (x, y) in places.items()}


def layered(names: Sequence[str], links: Sequence[Link], *, downwards: bool = False) -> dict[str, Place]:
    """Each as far from the beginning as its longest way from there; neighbours near one another."""
    layers: dict[int, list[str]] = defaultdict(list)
    depth = _depths(names, links)
    for name in names:
        layers[depth[name]].append(name)
    row = {name: float(place) for layer in layers.values() for place, name in enumerate(layer)}
    around: dict[str, list[str]] = defaultdict(list)
    for source, target in links:
        around[source].append(target)
        around[target].append(source)
    for _ in range(ROUNDS):
        for layer in layers.values():
            layer.sort(key=lambda name: _mean([row[other] for other in around[name]], row[name]))
            row |= {name: place - (len(layer) - 1) / 2 for place, name in enumerate(layer)}
    first = min(row.values(), default=0.0)
    if downwards:
        return {name: ((row[name] - first) * (WIDTH + 20), depth[name] * DOWN) for name in names}
    return {name: (depth[name] * ACROSS, (row[name] - first) * DOWN) for name in names}


def _mean(rows: Sequence[float], otherwise: float) -> float:
    return sum(rows) / len(rows) if rows else otherwise


def _depths(names: Sequence[str], links: Sequence[Link]) -> dict[str, int]:
    """A circle is entered once, wherever its first node stands."""
    before: dict[str, set[str]] = {name: set() for name in names}
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in links:
        if source != target:
            before[target].add(source)
            after[source].append(target)
    depth = dict.fromkeys(names, 0)
    waiting = [name for name in names if not before[name]]
    left = dict.fromkeys(names)
    while left:
        name = waiting.pop() if waiting else next(iter(left))
        if name not in left:
            continue
        del left[name]
        for target in after[name]:
            before[target].discard(name)
            if target in left:
                depth[target] = max(depth[target], depth[name] + 1)
                if not before[target]:
                    waiting.append(target)
    return depth
