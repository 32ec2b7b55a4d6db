"""Cron expressions, as the standard cron of Debian reads them: day of the month or weekday, 0 and 7 are Sunday.

A sixth field is the seconds, and it comes last. cronsim does the matching, on wall times without a zone; what becomes
of them on the days when the clock is changed is decided in `walls`.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from cronsim import CronSim, CronSimError

from scheduling.cron.fields import DAY, FIELDS, MONTH, WEEKDAY
from scheduling.errors import InvalidExpression

LONGEST = 200
ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
# Any moment does: what does not come within fifty years of it never comes.
SOME_MOMENT = datetime(2000, 1, 1)  # noqa: DTZ001 - a wall time
UNREADABLE = re.compile(r"[^\t -~]")


@dataclass(frozen=True)
class Expression:
    text: str
    clockwork: CronSim = field(compare=False, repr=False)


# Schedules share few expressions, and reading one costs as much as computing with it.
@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    _check_text(text)
    words = text.split()
    if words[0].startswith("@"):
        return Expression(text.strip(), _clockwork(_alias(text.strip()).split()))
    if len(words) not in (5, 6):
        raise InvalidExpression(f"it has five fields, or six with the seconds last; here are {len(words)}.")
    return Expression(" ".join(words), _clockwork_or_advice(words))


def _check_text(text: str) -> None:
    if len(text) > LONGEST:
        raise InvalidExpression(f"it is longer than {LONGEST} characters.")
    if unreadable := UNREADABLE.search(text):
        raise InvalidExpression(f"it holds the character {unreadable[0]!a}.")
    if not text.strip():
        raise InvalidExpression("it is empty.")


def _alias(word: str) -> str:
    if word.lower() not in ALIASES:
        raise InvalidExpression(f'"{word}" is not known; known are {", ".join(ALIASES)}.')
    return ALIASES[word.lower()]


def _clockwork_or_advice(words: list[str]) -> CronSim:
    try:
        return _clockwork(words)
    except InvalidExpression as error:
        if advice := _with_seconds_last(words):
            raise InvalidExpression(f'here the seconds come last: write "{advice}".') from error
        raise


def _with_seconds_last(words: list[str]) -> str:
    """What was meant, if it only makes sense with the seconds first, as Quartz has them."""
    if len(words) != 6:
        return ""
    moved = ["*" if word == "?" else word for word in (*words[1:], words[0])]
    try:
        _clockwork(moved)
    except InvalidExpression:
        return ""
    return " ".join(moved)


def _clockwork(words: list[str]) -> CronSim:
    seconds = words[5] if len(words) == 6 else "0"
    said = [word.upper() for word in (seconds, *words[:5])]
    fields = [known.cronsim(word) for known, word in zip(FIELDS, said, strict=True)]
    try:
        clockwork = CronSim(" ".join(fields), SOME_MOMENT)
        next(clockwork)
    except (CronSimError, StopIteration):
        raise _never(said) from None
    return clockwork


def _never(said: list[str]) -> InvalidExpression:
    named = zip((DAY, MONTH, WEEKDAY), said[3:], strict=True)
    return InvalidExpression(f"no such day ever comes: {', '.join(f'{known.name} {word}' for known, word in named)}.")
