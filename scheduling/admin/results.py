"""What came of the last times that triggers went off: a small line of ticks, each of which opens its run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from accounts.access import allows
from accounts.authentication import actor_in_console
from flows.access import executions_for
from flows.choices import ExecutionStatus
from rdos.kernel.actors import Actor
from scheduling import queries
from scheduling.admin.places import execution_place
from scheduling.admin.tones import OUTCOMES, RUNS
from scheduling.choices import Outcome

MOST = 12


@dataclass(frozen=True)
class Result:
    """`status` of the run, if it started one that is still kept and that the person may see."""

    at: datetime
    outcome: Outcome
    tone: str
    word: str
    place: str = ""


def of_each(actor: Actor, trigger_ids: Sequence[UUID]) -> dict[UUID, list[Result]]:
    """The oldest of them first."""
    found = queries.newest_of_each(trigger_ids, MOST)
    statuses = statuses_of(actor, [row["execution_id"] for row in found if row["execution_id"]])
    results: dict[UUID, list[Result]] = {}
    for row in sorted(found, key=lambda row: row["fired_at"]):
        results.setdefault(row["trigger_id"], []).append(_result(row, statuses))
    return results


def statuses_of(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, str]:
    if not ids or not allows(actor, "executions.read"):
        return {}
    return dict(executions_for(actor).filter(pk__in=ids).values_list("pk", "status"))


def _result(row: Mapping[str, Any], statuses: Mapping[UUID, str]) -> Result:
    outcome, status = Outcome(row["outcome"]), statuses.get(row["execution_id"])
    if status is None:
        word = row["reason"] or outcome.label
        return Result(row["fired_at"], outcome, "idle" if outcome == Outcome.STARTED else OUTCOMES[outcome], word)
    found = ExecutionStatus(status)
    return Result(row["fired_at"], outcome, RUNS[found], found.label, execution_place(row["execution_id"]))


def line(results: Sequence[Result]) -> SafeString:
    """For the eye and the pointer; what can be read and reached by keys is the log on the trigger's page."""
    if not results:
        return format_html('<span class="c-quiet">{}</span>', "not yet")
    shown = format_html_join("", "{}", ((_tick(one),) for one in results))
    return format_html('<span class="s-line" role="img" aria-label="{}">{}</span>', _summed(results), shown)


def _tick(one: Result) -> SafeString:
    said = f"{one.word}, {one.at:%Y-%m-%d %H:%M:%S} UTC"
    if not one.place:
        return format_html('<span class="s-tick c-tone-{}" title="{}"></span>', one.tone, said)
    link = '<a class="s-tick c-tone-{}" href="{}" title="{}" tabindex="-1"></a>'
    return format_html(link, one.tone, one.place, said)


def _summed(results: Sequence[Result]) -> str:
    words = [one.word for one in results]
    counted = {word: words.count(word) for word in words}
    return f"Last {len(results)}: " + ", ".join(f"{count} {word.lower()}" for word, count in counted.items())


class ResultsList(ChangeList):
    """Asks for the results of a whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type] # the theme has no types
        found = of_each(actor_in_console(request), [row.pk for row in rows])
        for row in rows:
            row.results = found.get(row.pk, [])
        self.result_list = rows
