"""Writes entries, always in the transaction of the change they tell of."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict, Unpack

from django.db.models import CharField, Model

from rdos.kernel.journal.storable import LONGEST_TEXT, storable, text
from rdos.kernel.journal.words import Row, Who
from rdos.kernel.models import JournalEntry
from rdos.kernel.secrecy import HIDDEN, looks_secret

Facts = Mapping[str, object]


class Told(TypedDict):
    who: Who
    action: str
    about: Row
    before: NotRequired[Facts | None]
    after: NotRequired[Facts | None]
    details: NotRequired[Facts | None]
    summary: NotRequired[str]


def record(**told: Unpack[Told]) -> JournalEntry:
    entry = entry_of(**told)
    entry.save(force_insert=True)
    return entry


def record_all(entries: Sequence[JournalEntry]) -> None:
    """What happened to many at once, as `entry_of` makes it."""
    JournalEntry.objects.bulk_create(entries, batch_size=500)


def entry_of(
    *,
    who: Who,
    action: str,
    about: Row,
    before: Facts | None = None,
    after: Facts | None = None,
    details: Facts | None = None,
    summary: str = "",
) -> JournalEntry:
    """Not written yet."""
    return JournalEntry(
        **_clipped("action", action),
        **_clipped("actor_kind", who.kind),
        **_clipped("actor_id", who.id),
        **_clipped("actor_label", who.label),
        **_clipped("actor_address", who.address),
        **_clipped("request_id", who.request_id),
        **_clipped("object_kind", about.kind),
        **_clipped("object_id", about.id),
        **_clipped("object_label", about.label),
        **_clipped("summary", summary),
        before=_facts(before),
        after=_facts(after),
        details=_facts(details),
    )


def row_of(row: Model) -> Row:
    return Row(kind=str(row._meta.model_name), id=str(row.pk), label=str(row))


def changes(before: Facts, after: Facts) -> tuple[dict[str, object], dict[str, object]]:
    """The two sides of what changed, and only that."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return ({name: before.get(name) for name in changed}, {name: after.get(name) for name in changed})


def _facts(facts: Facts | None) -> object:
    return None if facts is None else storable(_without_secrets(facts))


def _without_secrets(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if looks_secret(str(name)) and item not in (None, "") else _without_secrets(item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in value]
    return value


def _clipped(field: str, value: Any) -> dict[str, str]:
    declared = JournalEntry._meta.get_field(field)
    longest = declared.max_length if isinstance(declared, CharField) else None
    return {field: text(str(value or ""), longest or LONGEST_TEXT)}
