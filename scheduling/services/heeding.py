"""Event triggers go off for what the journal tells. It is read by position: each entry once, in its order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from flows.interpreter.errors import InterpreterError
from flows.services import queueing
from rdos.kernel.errors import DomainError
from rdos.kernel.journal import end, follow, skip
from rdos.kernel.models import JournalEntry
from scheduling.choices import Outcome, Source
from scheduling.models import Trigger
from scheduling.patterns import Index
from scheduling.services import firings, gates, listeners, pausing, settled
from scheduling.services.firings import Shot
from scheduling.services.happenings import Happening, look_up
from scheduling.services.listeners import Listener
from scheduling.services.restraint import Match, Restraint, allowance

READER = "scheduling.events"
READ_AT_ONCE = 2500
# The clock's worker waits for nobody: what is left of a flood, the next tick reads.
MOST_SECONDS = 0.25
MOST_ASKED = 5000
MOST_MATCHED = 500
# The hub was down, or the reader far behind: what is older than this starts nothing any more.
OLDEST = timedelta(hours=1)


def heed(at: datetime) -> int:
    """How many entries were read."""
    # In this order: whoever switches a trigger on after the second question finds their entries behind `newest`.
    newest = end()
    if not listeners.switched_on().exists():
        skip(READER, newest)
        return 0
    began, read, took, limit = monotonic(), 0, 0.0, READ_AT_ONCE
    # What is read later starts later, so that the queue keeps the order of the journal.
    while took < MOST_SECONDS and (more := heed_some(at + timedelta(seconds=took), limit)):
        read, took = read + more, monotonic() - began
        # Where each entry is asked by many, not much more is fetched than can be asked.
        limit = min(READ_AT_ONCE, 4 * more)
    return read


def heed_some(at: datetime, limit: int = READ_AT_ONCE) -> int:
    """What it starts and how far it has read are one transaction."""
    with follow(READER, limit=limit) as entries:
        index = listeners.index()
        matches, failed = _matches(entries, index)
        if matches or failed:
            _go_off(matches, failed, at)
        return len(entries)


Failed = tuple[Listener, Happening, str]


def _matches(entries: list[JournalEntry], index: Index[Listener]) -> tuple[list[Match], list[Failed]]:
    """As many as may be at once; entries behind them stay unread."""
    _shorten(entries, index)
    happenings = {one.entry.pk: one for one in look_up([one for one in entries if index.heeding(one.action)])}
    matches: list[Match] = []
    failed: dict[UUID, Failed] = {}
    for place, entry in enumerate(entries, 1):
        for listener in index.heeding(entry.action):
            _ask(listener, happenings[entry.pk], matches, failed)
        if len(matches) >= MOST_MATCHED:
            del entries[place:]
            break
    return matches, list(failed.values())


def _shorten(entries: list[JournalEntry], index: Index[Listener]) -> None:
    asked = 0
    for place, entry in enumerate(entries, 1):
        asked += len(index.heeding(entry.action))
        if asked >= MOST_ASKED:
            del entries[place:]
            return


def _ask(listener: Listener, happening: Happening, matches: list[Match], failed: dict[UUID, Failed]) -> None:
    try:
        if listener.heeds(happening):
            matches.append((listener, happening))
    except InterpreterError as error:
        failed.setdefault(listener.trigger_id, (listener, happening, error.message))


def _go_off(matches: Sequence[Match], failed: Sequence[Failed], at: datetime) -> None:
    asked = [*matches, *((listener, happening) for listener, happening, _ in failed)]
    triggers = _held({listener.trigger_id for listener, _ in asked})
    stopped = _stopped(triggers, at)
    sound = {pk: trigger for pk, trigger in triggers.items() if pk not in stopped}
    restraint = Restraint(asked, at)
    shots = [_refused(sound[one.trigger_id], what, why) for one, what, why in failed if one.trigger_id in sound]
    for listener, happening in matches:
        if listener.trigger_id in sound and not restraint.is_quiet(listener, happening):
            shots.append(_shot(sound[listener.trigger_id], listener, happening, restraint, at))
    kept = [one for one in shots if one.outcome == Outcome.STARTED or restraint.may_remark(one.trigger.pk, one.outcome)]
    settled.count(firings.fire(kept, at), at)
    pausing.pause([(triggers[pk], reason) for pk, reason in stopped.items()], at)


def _held(ids: set[UUID]) -> dict[UUID, Trigger]:
    """Whoever edits one, or switches it off, comes before or after."""
    rows = listeners.switched_on().filter(pk__in=ids).order_by("pk").defer("flow__canvas")
    return {row.pk: row for row in rows.select_related("flow", "owner").select_for_update(of=("self",))}


def _stopped(triggers: dict[UUID, Trigger], at: datetime) -> dict[UUID, str]:
    found = gates.failing(triggers.values())
    for pk, trigger in triggers.items():
        if reason := gates.lost_right(trigger, at):
            found[pk] = reason
    return found


def _shot(trigger: Trigger, listener: Listener, happening: Happening, restraint: Restraint, at: datetime) -> Shot:
    shot = _new(trigger, happening)
    if at - happening.entry.at > OLDEST:
        shot.outcome, shot.reason = Outcome.MISSED, "The hub read of it only an hour later, or later than that."
    elif restraint.is_used_up(listener):
        shot.leave_out(f"It goes off {allowance(listener)} times a minute at most.")
    elif reason := gates.closed(trigger) or _unfit(shot):
        shot.leave_out(reason)
    else:
        restraint.passed(listener, happening)
    return shot


def _refused(trigger: Trigger, happening: Happening, why: str) -> Shot:
    shot = _new(trigger, happening)
    shot.outcome, shot.reason = Outcome.REFUSED, f"Its condition cannot be answered: {why}"
    return shot


def _new(trigger: Trigger, happening: Happening) -> Shot:
    entry = happening.entry
    return Shot(
        trigger=trigger,
        source=Source.EVENT,
        due_at=entry.at,
        given=_given(trigger.input, happening.event),
        delivery_id=str(entry.position),
        subject=happening.subject,
        details={"position": entry.position, "action": entry.action, "chain": list(happening.chain)},
    )


def _given(own: Any, event: dict[str, Any]) -> dict[str, Any]:
    """The trigger's own input, and the event under its name."""
    if own is None:
        return {"event": event}
    return {**(own if isinstance(own, dict) else {"input": own}), "event": event}


def _unfit(shot: Shot) -> str:
    """One that no run could take must not hold up the others."""
    try:
        queueing.text_of(shot.given)
    except DomainError as error:
        return error.detail
    return ""
