"""How long to wait before a program that died is started again."""

FIRST = 0.5
LONGEST = 30.0
# Whoever lived this long was healthy: its next death is a new story.
HEALTHY = 60.0


class Backoff:
    def __init__(self) -> None:
        self._next = FIRST

    def pause_after(self, lived: float) -> float:
        if lived >= HEALTHY:
            self._next = FIRST
        pause = self._next
        self._next = min(pause * 2, LONGEST)
        return pause
