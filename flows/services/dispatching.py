"""Hands work out to many robots at once: those who are on the line here, each as much as it has room for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction

from flows import predicates
from flows.models import Robot
from flows.services import claiming
from flows.services.claiming import MOST_AT_ONCE, Grant
from rdos.kernel import dialect, prepared

LEASE = timedelta(seconds=30)
# The first in the queue may all be for robots that have no room left: then the rest is asked again.
MOST_ROUNDS = 10


@dataclass(slots=True)
class Hand:
    """A robot that may take more."""

    node_id: UUID
    key: str
    environment: str
    room: int


@dataclass(frozen=True, slots=True)
class Dealt:
    node_id: UUID
    robot_key: str
    grant: Grant


def deal(*, node_ids: Sequence[UUID], at: datetime) -> list[Dealt]:
    """In the order of the queue."""
    if dialect.is_sqlite():
        return [dealt for pk in node_ids for dealt in _to_one(pk, at)]
    with transaction.atomic():
        predicates.hold_all(node_ids)
        given = [one for some in _rounds(_hands(node_ids, at), at) for one in some]
        holders = dict(given)
        return [_dealt(holders[grant.execution_id], grant) for grant in (_take(given, at) if given else [])]


def _dealt(hand: Hand, grant: Grant) -> Dealt:
    return Dealt(hand.node_id, hand.key, grant)


def _to_one(node_id: UUID, at: datetime) -> list[Dealt]:
    robot = Robot.objects.select_related("node").filter(pk=node_id).first()
    if robot is None:
        return []
    found = claiming.claim(robot=robot, at=at, limit=MOST_AT_ONCE, lease=LEASE)
    return [Dealt(node_id, robot.node.key, grant) for grant in found]


def _hands(node_ids: Sequence[UUID], at: datetime) -> list[Hand]:
    able = " AND ".join(predicates.OF_ROBOT.values())
    sql = f"""
        SELECT r.node_id, r.key, r.environment, {predicates.ROOM} FROM ({predicates.ROBOTS}) r
        WHERE r.node_id = ANY(%(node_ids)s) AND {able}
    """  # noqa: S608 - made of words of our own
    with prepared.cursor() as cursor:
        cursor.execute(sql, {"node_ids": list(node_ids), "now": at})
        return [Hand(*row) for row in cursor.fetchall()]


Given = tuple[UUID, Hand]


def _rounds(hands: list[Hand], at: datetime) -> Iterator[list[Given]]:
    """What is locked and given is not looked at again."""
    taken: list[UUID] = []
    for _ in range(MOST_ROUNDS):
        hands = [hand for hand in hands if hand.room > 0]
        wanted = min(MOST_AT_ONCE, sum(hand.room for hand in hands))
        found = _candidates(hands, wanted, taken, at) if hands else []
        given = list(_given(found, {hand.node_id: hand for hand in hands}))
        yield given
        taken += [pk for pk, _ in given]
        if len(found) < wanted or not given:
            return


def _given(found: Sequence[tuple[UUID, list[UUID]]], hands: dict[UUID, Hand]) -> Iterator[Given]:
    for pk, able in found:
        hand = max((hands[node_id] for node_id in able), key=lambda one: one.room)
        if hand.room > 0:
            hand.room -= 1
            yield pk, hand


def _candidates(hands: list[Hand], limit: int, taken: list[UUID], at: datetime) -> list[tuple[UUID, list[UUID]]]:
    environments = predicates.environments_for({hand.environment for hand in hands})
    facts: dict[str, Any] = {"hands": [hand.node_id for hand in hands], "taken": taken, "now": at}
    with prepared.cursor() as cursor:
        cursor.execute(_sql(limit, environments is not None), facts | {"environments": environments})
        return list(cursor.fetchall())


OF_PAIR = " AND ".join(predicates.OF_PAIR.values())


@cache
def _sql(limit: int, in_some: bool) -> str:
    """The limit is said in words, so that the plan that is made once is right for it. What none of the robots could
    have is passed over in the index itself."""
    environment = "e.environment = ANY(%(environments)s)" if in_some else "true"
    return f"""
        WITH hands AS MATERIALIZED (SELECT * FROM ({predicates.ROBOTS}) r WHERE r.node_id = ANY(%(hands)s))
        SELECT e.id, ARRAY(SELECT r.node_id FROM hands r WHERE {OF_PAIR})
        FROM flows_execution e
        WHERE e.status = 'queued' AND e.runs_on = 'robot' AND {environment}
            AND {" AND ".join(predicates.OF_RUN.values())} AND e.id <> ALL(%(taken)s::uuid[])
            AND EXISTS (SELECT 1 FROM hands r WHERE {OF_PAIR})
        ORDER BY e.priority, e.created_at, e.id
        LIMIT {limit:d}
        FOR UPDATE OF e SKIP LOCKED
    """  # noqa: S608 - made of words of our own


def _take(given: Sequence[Given], at: datetime) -> list[Grant]:
    facts: dict[str, Any] = {
        "ids": [pk for pk, _ in given],
        "nodes": [hand.node_id for _, hand in given],
        "keys": [hand.key for _, hand in given],
        "now": at,
        "lease_until": at + LEASE,
    }
    with prepared.cursor() as cursor:
        cursor.execute(TAKE, facts)
        return claiming.granted(cursor.fetchall())


TAKE = f"""
    UPDATE flows_execution e SET
        status = 'claimed', node_id = v.node_id, robot_key = v.key, fence = e.fence + 1,
        lease_until = %(lease_until)s, claimed_at = %(now)s, started_at = NULL,
        ends_by = {predicates.later("%(now)s", "e.timeout_seconds")}
    FROM unnest(%(ids)s::uuid[], %(nodes)s::uuid[], %(keys)s::text[]) AS v (id, node_id, key)
    WHERE e.id = v.id AND e.status = 'queued'
    {claiming.RETURNING}
"""  # noqa: S608 - made of words of our own
