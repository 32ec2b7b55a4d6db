"""How many may stand before the door at once who have not said yet who they are."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rdos.kernel.addresses import neighbourhood

# Of one address; a site behind one comes back all together.
MOST_OF_ONE_PLACE = 2000
MOST_IN_ALL = 10_000


class Crowded(Exception):
    """There is no room for one more."""


class Doorway:
    def __init__(self) -> None:
        self._places: Counter[str] = Counter()
        self._all = 0

    @contextmanager
    def standing(self, address: str) -> Iterator[None]:
        place = neighbourhood(address)
        if self._all >= MOST_IN_ALL or self._places[place] >= MOST_OF_ONE_PLACE:
            raise Crowded
        self._places[place] += 1
        self._all += 1
        try:
            yield
        finally:
            self._all -= 1
            self._places[place] -= 1
            if not self._places[place]:
                del self._places[place]
