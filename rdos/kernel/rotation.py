"""Moves all that the previous master key protects over to the present one: in batches, and again if interrupted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from rdos.kernel.encryption import EncryptedField, Unreadable, conceal, present_prefix, reveal
from rdos.kernel.journal.chain import is_signed, sign
from rdos.kernel.keys import JOURNAL, key_id
from rdos.kernel.models import JournalSeal

BATCH = 200

# Changes one row that is locked; False when neither key fits it.
Move = Callable[[Any], bool]


@dataclass(slots=True)
class Tally:
    """What became of one kind of thing. What is refused fits neither key, and is left as it was."""

    what: str
    waiting: int = 0
    moved: int = 0
    refused: int = 0


def waiting() -> list[Tally]:
    """What is still under another key than the present one."""
    fields = [
        Tally(field_label(model, field), waiting=_old_rows(model, field).count()) for model, field in encrypted_fields()
    ]
    return [*fields, Tally("journal seals", waiting=_old_seals().count())]


def rotate() -> list[Tally]:
    tallies = [
        _in_batches(Tally(field_label(model, field)), _old_rows(model, field), _mover(model, field))
        for model, field in encrypted_fields()
    ]
    return [*tallies, _in_batches(Tally("journal seals"), _old_seals(), _sign_again)]


def encrypted_fields() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedField) and not model._meta.proxy and model._meta.managed:
                yield model, field.name


def field_label(model: type[models.Model], field: str) -> str:
    return f"{model._meta.label_lower}.{field}"


def _old_rows(model: type[models.Model], field: str) -> models.QuerySet[Any]:
    present = models.Q(**{f"{field}__startswith": present_prefix()})
    return model._base_manager.exclude(present).exclude(**{field: ""})


def _old_seals() -> models.QuerySet[Any]:
    return JournalSeal.objects.exclude(signature__startswith=f"{key_id(settings.MASTER_KEY, JOURNAL)}:")


def _in_batches(tally: Tally, rows: models.QuerySet[Any], move: Move) -> Tally:
    last: object = None
    while True:
        with transaction.atomic():
            # By key, not by "the first that are left": refused rows stay, and must not be met again.
            onward = rows if last is None else rows.filter(pk__gt=last)
            batch = list(onward.select_for_update().order_by("pk")[:BATCH])
            moved = sum(move(row) for row in batch)
        if not batch:
            return tally
        last = batch[-1].pk
        tally.moved += moved
        tally.refused += len(batch) - moved


def _mover(model: type[models.Model], field: str) -> Move:
    def move(row: Any) -> bool:
        try:
            conceal(row, field, reveal(row, field))
        except Unreadable:
            return False
        return model._base_manager.filter(pk=row.pk).update(**{field: getattr(row, field)}) == 1

    return move


def _sign_again(seal: JournalSeal) -> bool:
    # A seal that nobody of ours signed must not become ours by rotation.
    if not is_signed(seal):
        return False
    return JournalSeal.objects.filter(pk=seal.pk).update(signature=sign(seal.hash)) == 1
