"""What stands between a queued run and a robot: each condition by its name, in the words of the database.

The claim asks all of them at once, and "why is this not running" asks each. `e` is the run, `f` its flow, `r` the
robot with what its node adds.
"""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Any
from uuid import UUID

from flows.choices import RESTING
from rdos.kernel import dialect, prepared

IS_SQLITE = dialect.is_sqlite()
RESTS = ", ".join(f"'{word.value}'" for word in RESTING)
# Whoever holds a run has a lease, and of a robot's runs only those in its hands have one: the index of just these is
# small, however many wait in the queue.
HELD_BY_ROBOT = "SELECT count(*) FROM flows_execution h WHERE h.node_id = r.node_id AND h.lease_until IS NOT NULL"
# Asked once for a whole claim, however many runs of a full flow wait in front. The status is wrapped so that no index
# of what is open fits, which would be read from the first run in the queue to the last.
FULL_FLOWS = """
    SELECT h.flow_id FROM flows_execution h JOIN flows_flow f ON f.id = h.flow_id
    WHERE f.max_concurrent IS NOT NULL AND h.lease_until IS NOT NULL
        AND COALESCE(h.status, '') IN ('claimed', 'running')
    GROUP BY h.flow_id, f.max_concurrent HAVING count(*) >= f.max_concurrent
"""
# Casare's socket robots call themselves production when nobody chose, and its jobs are for lan or internet then.
UNCHOSEN = "(r.environment = 'production' AND e.environment IN ('lan', 'internet'))"
# How much more the robot may take.
ROOM = f"r.max_concurrent - ({HELD_BY_ROBOT})"


def _within(inner: str, outer: str) -> str:
    """Every item of the one list, or pair of the one object, is in the other."""
    if not IS_SQLITE:
        return f"{inner} <@ {outer}"
    same = f"o.value = i.value AND (json_type({inner}) = 'array' OR o.key = i.key)"
    found = f"EXISTS (SELECT 1 FROM json_each({outer}) o WHERE {same})"  # noqa: S608 - made of words of our own
    return f"NOT EXISTS (SELECT 1 FROM json_each({inner}) i WHERE NOT {found})"  # noqa: S608


def _rejected() -> str:
    """The ids of nodes are kept without dashes, as both databases can write them."""
    if not IS_SQLITE:
        return "jsonb_exists(e.rejected_by, replace(r.node_id::text, '-', ''))"
    return "EXISTS (SELECT 1 FROM json_each(e.rejected_by) o WHERE o.value = r.node_id)"


# About the run alone. Its flow is asked by subqueries: a join would let the database sort the whole queue first.
OF_RUN = {
    "delayed": "e.ready_at <= %(now)s",
    "flow_not_running": "(SELECT f.status = 'running' FROM flows_flow f WHERE f.id = e.flow_id)",
    "flow_limit": f"(NOT e.is_limited OR e.flow_id NOT IN ({FULL_FLOWS}))",
}
# About the robot alone, whatever it has in its hands.
ABLE = {
    "robot_resting": f"(r.status NOT IN ({RESTS}) AND NOT r.is_draining)",
    "robot_in_maintenance": "(r.maintenance_until IS NULL OR r.maintenance_until <= %(now)s)",
    "robot_expired": "(r.expires_at IS NULL OR r.expires_at > %(now)s)",
}
OF_ROBOT = ABLE | {"robot_busy": f"({HELD_BY_ROBOT}) < r.max_concurrent"}
# About both.
OF_PAIR = {
    "other_robot_wanted": "(e.target_node_id IS NULL OR e.target_node_id = r.node_id)",
    "environment": f"(e.environment IN ('default', r.environment) OR r.environment = 'default' OR {UNCHOSEN})",
    "rejected": f"(e.rejected_by IS NULL OR NOT {_rejected()})",
    "capability_missing": _within("e.capabilities", "r.capabilities"),
    "label_missing": _within("e.labels", "r.labels"),
}
ROBOTS = """
    SELECT r.*, n.key, n.name, n.labels, n.maintenance_until, n.expires_at
    FROM flows_robot r JOIN devices_node n ON n.id = r.node_id
"""
# One robot as constants, so that the queue is read in its own order and only as far as needed.
ROBOT_AS_FACTS = (
    "SELECT %(node_id)s AS node_id, %(environment)s AS environment, %(max_concurrent)s AS max_concurrent, "
    "%(capabilities)s AS capabilities, %(labels)s AS labels"
    if IS_SQLITE
    else "SELECT %(node_id)s::uuid AS node_id, %(environment)s::text AS environment, "
    "%(max_concurrent)s::int AS max_concurrent, %(capabilities)s::jsonb AS capabilities, %(labels)s::jsonb AS labels"
)
FACTS = ("environment", "max_concurrent", "capabilities", "labels")
# Until the end of its transaction no other claim of the robot goes on, else both would find room for one more. The
# lock is no row's, so that looking for work in vain writes nothing. Never change it: two versions of the hub would not
# see each other's claims. And the queue is read in its own order and never sorted, which statistics from before it was
# full would call cheaper.
HOLD = "pg_advisory_xact_lock(7314, {}), set_config('enable_sort', 'off', true)"
HOLD_ALL = f"""
    SELECT {HOLD.format("o.place")}
    FROM (SELECT hashtext(n::text) AS place FROM unnest(%(node_ids)s::uuid[]) n ORDER BY place) AS o
"""  # noqa: S608 - made of words of our own


def hold(node_id: UUID, at: datetime) -> dict[str, Any] | None:
    """What a claim looks at of its robot, which is held from here on; none while it takes no work."""
    lock = "" if IS_SQLITE else ", " + HOLD.format("hashtext(r.node_id::text)")
    able = " AND ".join(ABLE.values())
    sql = f"SELECT {', '.join(FACTS)}{lock} FROM ({ROBOTS}) r WHERE r.node_id = %(node_id)s AND {able}"  # noqa: S608
    known = {"now": dialect.given(at), "node_id": dialect.given(node_id)}
    with prepared.cursor() as cursor:
        cursor.execute(sql, known)
        row = cursor.fetchone()
    return None if row is None else known | dict(zip(FACTS, row, strict=False))


def hold_all(node_ids: Sequence[UUID]) -> None:
    """In one order everywhere, so that two processes never wait for each other."""
    with prepared.cursor() as cursor:
        cursor.execute(HOLD_ALL, {"node_ids": list(node_ids)})


def first_for_robot(environment: str, limit: int) -> str:
    """The ids of what a robot takes: of the first in the queue that are for it, as many as it has room for.

    The environment and the limit are said in words, so that the plan that is made once is right for both.
    """
    of_pair = OF_PAIR | {"environment": _of_environment(environment)}
    fits = " AND ".join([*OF_RUN.values(), *of_pair.values()])
    lock = "" if IS_SQLITE else "FOR UPDATE OF e SKIP LOCKED"
    room = f"SELECT {'max' if IS_SQLITE else 'greatest'}(0, {ROOM}) FROM ({ROBOT_AS_FACTS}) r"  # noqa: S608
    return f"""
        SELECT id FROM (
            SELECT e.id FROM flows_execution e CROSS JOIN ({ROBOT_AS_FACTS}) r
            WHERE e.status = 'queued' AND e.runs_on = 'robot' AND {fits}
            ORDER BY e.priority, e.created_at, e.id LIMIT {limit:d} {lock}
        ) AS first LIMIT ({room})
    """  # noqa: S608 - made of words of our own


def _of_environment(environment: str) -> str:
    """The same condition where the robot's side is known: the index itself sorts out what is for others."""
    if environment == "default":
        return "true"
    more = ", 'lan', 'internet'" if environment == "production" else ""
    return f"e.environment IN ('default', %(environment)s{more})"


def environments_for(of_robots: Set[str]) -> list[str] | None:
    """Where runs may be that one of several robots could have; None for anywhere."""
    modes = {"lan", "internet"} if "production" in of_robots else set()
    return None if "default" in of_robots else sorted({*of_robots, *modes, "default"})


def later(at: str, seconds: str) -> str:
    if IS_SQLITE:
        return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', {at}, '+' || {seconds} || ' seconds')"
    return f"{at} + make_interval(secs => {seconds})"
