"""Configurations as they are kept: numbered, encrypted, never changed."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.db.models import F, Max, QuerySet

from devices import redaction
from devices.choices import CommandStatus, Side
from devices.models import Command, ConfigVersion, Node, Twin
from rdos.kernel.encryption import conceal, reveal

# What nodes report changes by itself; what people want is kept for good.
MOST_REPORTED = 100


def held(node_id: UUID) -> Twin:
    """The twin, locked. Made when this is the first that is heard of its configuration."""
    # The node before its twin, as whoever takes in a report does: two orders would block each other for ever.
    Node.objects.select_for_update(no_key=True).filter(pk=node_id).values_list("pk").first()
    Twin.objects.get_or_create(node_id=node_id)
    return Twin.objects.select_for_update().get(node_id=node_id)


def digest(content: Any) -> str:
    return sha256(redaction.canonical(content)).hexdigest()


def add(*, node_id: UUID, side: Side, content: Any, by: str = "") -> ConfigVersion:
    """The caller holds the twin: numbers have no gaps and no doubles."""
    mine = ConfigVersion.objects.filter(node_id=node_id, side=side)
    newest: int = mine.aggregate(newest=Max("number"))["newest"] or 0
    version = ConfigVersion(
        id=uuid4(), node_id=node_id, side=side, number=newest + 1, digest=digest(content), created_by_label=by[:200]
    )
    conceal(version, "content", redaction.canonical(content).decode())
    version.save(force_insert=True)
    if side == Side.REPORTED:
        mine.filter(number__lte=version.number - MOST_REPORTED).delete()
    return version


def latest(node_id: UUID, side: Side) -> ConfigVersion | None:
    """The one that counts: a wish that its node has not taken over is none yet."""
    current = F(f"node__twin__{side.value}_number")
    return ConfigVersion.objects.filter(node_id=node_id, side=side, number=current).first()


def fresh(node_id: UUID) -> ConfigVersion | None:
    """What the node reported in its present session, with no command answered since."""
    return _fresh([node_id]).first()


def fresh_contents(node_ids: Iterable[UUID]) -> dict[UUID, Any]:
    return {version.node_id: content_of(version) for version in _fresh(node_ids)}


def answer_to(question: Command) -> ConfigVersion | None:
    """What a node reported when it was asked. Other commands may have changed it since: it is the answer."""
    reported = ConfigVersion.objects.filter(
        node_id=question.node_id, side=Side.REPORTED, number=F("node__twin__reported_number")
    )
    if question.status != CommandStatus.ACKED:
        return None
    # Some nodes acknowledge first and report afterwards, the others report only.
    return reported.filter(node__twin__reported_at__gte=question.settled_at).first()


def _fresh(node_ids: Iterable[UUID]) -> QuerySet[ConfigVersion]:
    return ConfigVersion.objects.filter(
        node_id__in=list(node_ids),
        side=Side.REPORTED,
        number=F("node__twin__reported_number"),
        node__session_id=F("node__twin__fresh_session_id"),
    )


def content_of(version: ConfigVersion) -> Any:
    return orjson.loads(reveal(version, "content"))


def settle_reported(twin: Twin, session_id: UUID, content: Any, at: datetime) -> bool:
    """True when the node reports something else than before."""
    before = latest(twin.node_id, Side.REPORTED)
    changed = before is None or before.digest != digest(content)
    if changed:
        twin.reported_number = add(node_id=twin.node_id, side=Side.REPORTED, content=content).number
    twin.reported_at, twin.fresh_session_id = at, session_id
    twin.save(update_fields=["reported_number", "reported_at", "fresh_session_id"])
    return changed
