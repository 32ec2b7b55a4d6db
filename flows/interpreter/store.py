"""What a run knows, weighed as it comes in. Values are never changed in place, so they may be shared."""

from collections import ChainMap
from collections.abc import Collection, Iterator, MutableMapping
from typing import Any

from .bounds import Bounds, measure
from .errors import LimitExceeded

Values = dict[str, Any]
VARIABLES, OUTPUTS, HELD = "variables", "outputs", "held"


class Store:
    """Variables, the outputs of nodes, and what open loops hold.

    A node's outputs are also the variable of its id, until a variable of that name is set.
    """

    def __init__(self, given: dict[str, Values], bounds: Bounds, work: int = 0) -> None:
        self._places: dict[str, Values] = {VARIABLES: {}, OUTPUTS: {}, HELD: {}}
        self.variables, self.outputs, self.held = self._places.values()
        self.names: MutableMapping[str, Any] = ChainMap(self.variables, self.outputs)
        self._bounds, self._sizes, self._total, self.work = bounds, dict[tuple[str, str], int](), 0, 0
        self._admit([(place, name, value) for place in given for name, value in given[place].items()])
        self.work = work

    def keep(self, node_id: str, outputs: Values, variables: Values, memory: Values | None) -> None:
        """All of it or, when something is wrong with it, nothing."""
        self._admit([*self._brought(node_id, outputs, variables, memory)])
        if outputs and node_id not in variables:
            self._drop(VARIABLES, node_id)
        if memory is not None:
            self.held[node_id] = memory

    def _brought(
        self, node_id: str, outputs: Values, variables: Values, memory: Values | None
    ) -> Iterator[tuple[str, str, Any]]:
        yield from ((VARIABLES, name, value) for name, value in variables.items())
        if outputs:
            yield OUTPUTS, node_id, outputs
        # A loop holds the same things in every round.
        if memory is not None and node_id not in self.held:
            yield HELD, node_id, memory

    def release(self, open_loops: Collection[str]) -> None:
        for node_id in [one for one in self.held if one not in open_loops]:
            self._drop(HELD, node_id)

    def forget(self, node_id: str) -> None:
        """A node that failed has no outputs, not even those of an earlier round."""
        self._drop(OUTPUTS, node_id)

    def state(self) -> Values:
        """The values as they are, for they never change; what holds them is copied."""
        return {**{place: dict(values) for place, values in self._places.items()}, "work": self.work}

    def _admit(self, brought: list[tuple[str, str, Any]]) -> None:
        sizes = {(place, name): measure({name: value}, self._bounds) for place, name, value in brought}
        total = self._total + sum(size - self._sizes.get(key, 0) for key, size in sizes.items())
        if total > self._bounds.total:
            raise LimitExceeded(f"The variables of a run may take {self._bounds.total:,} characters of JSON at most.")
        self.work += sum(sizes.values())
        if self.work > self._bounds.work:
            raise LimitExceeded(f"A run may make {self._bounds.work:,} characters of JSON at most.")
        for place, name, value in brought:
            self._places[place][name] = value
        self._sizes.update(sizes)
        self._total = total

    def _drop(self, place: str, name: str) -> None:
        self._places[place].pop(name, None)
        self._total -= self._sizes.pop((place, name), 0)
