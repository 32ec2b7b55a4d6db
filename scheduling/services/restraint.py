"""What keeps an event trigger from going off too often. Rows decide it, so that it holds whichever process reads."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max

from scheduling.choices import Outcome, Source
from scheduling.models import Firing
from scheduling.services.happenings import Happening
from scheduling.services.listeners import Listener

MINUTE = timedelta(minutes=1)
# For those that name no number of their own.
MOST_PER_MINUTE = 600

Match = tuple[Listener, Happening]


class Restraint:
    """Asked in the order of the journal; what it lets pass counts for what comes after."""

    def __init__(self, matches: Sequence[Match], at: datetime) -> None:
        ids = {listener.trigger_id for listener, _ in matches}
        lately = Firing.objects.filter(source=Source.EVENT, trigger_id__in=ids, fired_at__gt=at - MINUTE)
        counts = lately.filter(outcome=Outcome.STARTED).order_by().values_list("trigger_id").annotate(Count("pk"))
        self._started: Counter[UUID] = Counter(dict(counts))
        remarks = lately.exclude(outcome=Outcome.STARTED).order_by().values_list("trigger_id", "outcome").distinct()
        self._remarked = {(pk, outcome) for pk, outcome in remarks}
        self._last = _last_times(matches)

    def is_quiet(self, listener: Listener, happening: Happening) -> bool:
        """For the same subject, by the times of what happened: whoever reads late finds the same."""
        last = self._last.get((listener.trigger_id, happening.subject))
        return last is not None and happening.entry.at < last + timedelta(seconds=listener.debounce_seconds)

    def is_used_up(self, listener: Listener) -> bool:
        """By the hub's clock: it is for the queue's sake."""
        return self._started[listener.trigger_id] >= allowance(listener)

    def passed(self, listener: Listener, happening: Happening) -> None:
        self._started[listener.trigger_id] += 1
        if listener.debounce_seconds:
            self._last[listener.trigger_id, happening.subject] = happening.entry.at

    def may_remark(self, trigger_id: UUID, outcome: Outcome) -> bool:
        """What starts nothing is written down once a minute: a flood of it would be a flood of rows."""
        if (trigger_id, outcome.value) in self._remarked:
            return False
        self._remarked.add((trigger_id, outcome.value))
        return True


def allowance(listener: Listener) -> int:
    return MOST_PER_MINUTE if listener.per_minute is None else listener.per_minute


def _last_times(matches: Sequence[Match]) -> dict[tuple[UUID, str], datetime]:
    """One question for each length of quiet: there are few, and none reaches back further than it must."""
    by_length: dict[int, list[Match]] = defaultdict(list)
    for listener, happening in matches:
        if listener.debounce_seconds:
            by_length[listener.debounce_seconds].append((listener, happening))
    found: dict[tuple[UUID, str], datetime] = {}
    for seconds, some in by_length.items():
        first = min(happening.entry.at for _, happening in some)
        rows = Firing.objects.filter(
            source=Source.EVENT,
            outcome=Outcome.STARTED,
            trigger_id__in={listener.trigger_id for listener, _ in some},
            subject__in={happening.subject for _, happening in some},
            due_at__gt=first - timedelta(seconds=seconds),
        )
        last = rows.order_by().values_list("trigger_id", "subject").annotate(Max("due_at"))
        found.update({(pk, subject): moment for pk, subject, moment in last})
    return found
