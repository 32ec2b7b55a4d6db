"""What goes wrong in a fleet: each rarely, each repeatable by its seed."""

from random import Random

# Chances for each second on the line.
VANISHES, LEAVES, BEGINS_TO_FLAP = 1 / 600, 1 / 1200, 1 / 3000
# Chances for each command.
IS_LATE, IS_SLOW, REFUSES, DOUBLES = 0.01, 0.05, 0.05, 0.03
# Chances for each health report.
FALLS_ILL, RECOVERS = 0.02, 0.25
FLAPS = 4


class Calm:
    """A node that never fails."""

    def mishap(self) -> str:
        """Of this second: nothing, `vanish` (no Close frame) or `leave` (with one)."""
        return ""

    def delay(self) -> float:
        """Seconds before this command is answered; beyond ten its asker has given up."""
        return 0.0

    def refuses(self) -> bool:
        return False

    def doubles(self) -> bool:
        """Whether this answer is sent twice."""
        return False

    def condition(self) -> str:
        """The word of this health report."""
        return "ok"


class Faults(Calm):
    def __init__(self, seed: str) -> None:
        self._chance = Random(seed)  # noqa: S311 - mishaps are no secret
        self._flaps = 0
        self._condition = "ok"

    def mishap(self) -> str:
        drawn = self._chance.random()
        if self._flaps:
            self._flaps -= 1
            return "vanish"
        if drawn < BEGINS_TO_FLAP:
            self._flaps = FLAPS
            return "vanish"
        if drawn < BEGINS_TO_FLAP + VANISHES:
            return "vanish"
        return "leave" if drawn < BEGINS_TO_FLAP + VANISHES + LEAVES else ""

    def delay(self) -> float:
        drawn = self._chance.random()
        if drawn < IS_LATE:
            return self._chance.uniform(11.0, 20.0)
        return self._chance.uniform(0.5, 6.0) if drawn < IS_LATE + IS_SLOW else 0.0

    def refuses(self) -> bool:
        return self._chance.random() < REFUSES

    def doubles(self) -> bool:
        return self._chance.random() < DOUBLES

    def condition(self) -> str:
        drawn = self._chance.random()
        if self._condition != "ok":
            self._condition = "ok" if drawn < RECOVERS else self._condition
        elif drawn < FALLS_ILL:
            self._condition = self._chance.choice(("degraded", "degraded", "error"))
        return self._condition
