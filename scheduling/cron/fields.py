"""The fields of an expression: what each may say, and the same said so that cronsim understands it."""

import re
from dataclasses import dataclass

from scheduling.errors import InvalidExpression

WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
USUAL = "lists (1,5), ranges (1-5) and steps (*/5)"
VALUE = r"[0-9]{1,3}|[A-Z]{3}"
TERM = re.compile(rf"(?:\*|({VALUE})(?:-({VALUE}))?)(?:/([0-9]{{1,3}}))?")
LAST_WEEKDAY = re.compile(rf"L({VALUE})|({VALUE})L")
NTH_WEEKDAY = re.compile(rf"({VALUE})#[1-5]")


@dataclass(frozen=True)
class Field:
    name: str
    low: int
    high: int
    hint: str
    names: tuple[str, ...] = ()

    def cronsim(self, text: str) -> str:
        return ",".join(self._term(term) for term in text.split(","))

    def _term(self, term: str) -> str:
        found = TERM.fullmatch(term)
        if not found:
            return self._special(term)
        first, last, step = found.groups()
        return self._range(term, first, last, step)

    def _range(self, term: str, first: str | None, last: str | None, step: str | None) -> str:
        if step and int(step) == 0:
            raise self.refused(term)
        if first is None:
            return self._starred(term, int(step or 1))
        start = self._number(first, term)
        if last is None:
            return term
        end = self._number(last, term)
        # cronsim takes 5-5/2 for 5/2.
        return term if start < end else self._around(start, end, int(step or 1))

    def _starred(self, term: str, step: int) -> str:
        """*/90 for minutes means minute 0, and is said so. A day keeps its star: it decides between "and" and "or"."""
        if step == 1:
            return "*"
        return term if self in (DAY, WEEKDAY) or step <= self.high - self.low else str(self.low)

    def _around(self, start: int, end: int, step: int) -> str:
        """A range that passes the end, such as 22-5 or SAT-SUN; cronsim knows only those that rise."""
        size = 7 if self is WEEKDAY else self.high - self.low + 1
        length = (end - start) % size + 1
        return ",".join(str(self.low + (start - self.low + passed) % size) for passed in range(0, length, step))

    def _number(self, value: str, term: str) -> int:
        if value in self.names:
            return self.low + self.names.index(value)
        if not value.isdigit() or not self.low <= int(value) <= self.high:
            raise self.refused(term)
        return int(value)

    def _special(self, term: str) -> str:
        if self is DAY and term in ("L", "LW"):
            return term
        if self is WEEKDAY and (found := NTH_WEEKDAY.fullmatch(term)):
            self._number(found[1], term)
            return term
        if self is WEEKDAY and (found := LAST_WEEKDAY.fullmatch(term)):
            return f"{self._number(found[1] or found[2], term)}L"
        raise self.refused(term)

    def refused(self, term: str) -> InvalidExpression:
        advice = "write * instead of ?" if term == "?" else self.hint
        return InvalidExpression(f'the {self.name} "{term}" is not valid: {advice}.')


SECOND = Field("second", 0, 59, f"0–59, *, {USUAL}")
MINUTE = Field("minute", 0, 59, f"0–59, *, {USUAL}")
HOUR = Field("hour", 0, 23, f"0–23, *, {USUAL}")
DAY = Field("day of the month", 1, 31, f"1–31, L for the last day, LW for the last weekday, *, {USUAL}")
MONTH = Field("month", 1, 12, f"1–12, JAN–DEC, *, {USUAL}", MONTHS)
WEEKDAY = Field(
    "weekday", 0, 7, f"0–7 (0 and 7 are Sunday), SUN–SAT, 1#1 for the first Monday, L5 for the last Friday, *, {USUAL}",
    WEEKDAYS,
)  # fmt: skip
# In the order of cronsim, which is not that of people: they say the seconds last.
FIELDS = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY)
