"""Lets nodes in: by a registration token once, then by id and secret. Many at a time, since they come back together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from django.db import transaction

from devices import signatures
from devices.choices import NodeStatus
from devices.errors import AuthRefused, LockedOut
from devices.models import Connection, Node
from devices.protocol import Credentials, as_uuid
from devices.services import commands, replies, tunnels
from rdos.kernel import limits
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.journal import Who, record, row_of

# Failures of one node id, or of one token's beginning, before it is refused even with the right secret.
MOST_FAILURES, FAILURE_SECONDS = 5, 60
# A node whose first session broke before it kept its secret may show its used token again, for this long.
TOKEN_GRACE = timedelta(minutes=5)
KNOWN_PROTOCOLS = range(1, 5)


@dataclass(frozen=True, slots=True)
class Attempt:
    session_id: UUID
    address: str
    shown: Credentials


@dataclass(frozen=True, slots=True)
class Admitted:
    node_id: UUID
    session_id: UUID
    device_type: str
    # Only for a registration, and never seen again.
    secret: str = field(default="", repr=False)


Outcome = Admitted | AuthRefused


def admit(attempts: Sequence[Attempt], *, gateway_id: UUID, at: datetime) -> list[Outcome]:
    """One outcome for each attempt, in order."""
    left = {key: _tries_left(key, at) for key in {_locked_by(one.shown) for one in attempts}}
    with transaction.atomic():
        rows = _rows([one for one in attempts if left[_locked_by(one.shown)] > 0])
        found = [_admit_counted(one, rows, gateway_id, at, left) for one in attempts]
        if entered := [one.node_id for one in found if isinstance(one, Admitted)]:
            tunnels.node_connected(entered, at)
    for attempt, outcome in zip(attempts, found, strict=True):
        _count(attempt, outcome, at)
    return found


def _admit_counted(attempt: Attempt, rows: "_Rows", gateway_id: UUID, at: datetime, left: dict[str, int]) -> Outcome:
    """Of guesses that come at the same moment no more are looked at than of those that come one by one."""
    shown, key = attempt.shown, _locked_by(attempt.shown)
    if not shown.token and not (shown.node_id and shown.secret):
        return AuthRefused("Missing node_id or node_secret")
    if left[key] <= 0:
        return LockedOut()
    outcome = _admit(attempt, rows, gateway_id, at)
    left[key] = MOST_FAILURES if isinstance(outcome, Admitted) else left[key] - 1
    return outcome


def _tries_left(key: str, at: datetime) -> int:
    return limits.look("node-auth", key, limit=MOST_FAILURES, seconds=FAILURE_SECONDS, at=at.timestamp()).remaining


def _locked_by(shown: Credentials) -> str:
    """One node has one count, however its id is spelled."""
    return f"token {shown.token[:8]}" if shown.token else f"node {as_uuid(shown.node_id) or shown.node_id.lower()}"


def _count(attempt: Attempt, outcome: Outcome, at: datetime) -> None:
    key = _locked_by(attempt.shown)
    if isinstance(outcome, Admitted):
        if _tries_left(key, at) < MOST_FAILURES:
            limits.forget("node-auth", key)
    elif not isinstance(outcome, LockedOut):
        limits.hit("node-auth", key, limit=MOST_FAILURES, seconds=FAILURE_SECONDS, at=at.timestamp())


@dataclass(frozen=True, slots=True)
class _Rows:
    by_id: Mapping[UUID, Node]
    by_token: Mapping[str, Node]
    by_spent_token: Mapping[str, Node]


def _rows(attempts: Sequence[Attempt]) -> _Rows:
    """Locked in the order of their ids, so that two gateways never wait for each other."""
    ids = [pk for one in attempts if not one.shown.token and (pk := as_uuid(one.shown.node_id))]
    tokens = [signatures.digest(one.shown.token) for one in attempts if one.shown.token]
    wanted = set(ids)
    if tokens:
        wanted |= set(Node.objects.filter(token_digest__in=tokens).values_list("pk", flat=True))
        wanted |= set(Node.objects.filter(spent_token_digest__in=tokens).values_list("pk", flat=True))
    nodes = list(Node.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
    return _Rows(
        by_id={node.pk: node for node in nodes},
        by_token={node.token_digest: node for node in nodes if node.token_digest},
        by_spent_token={node.spent_token_digest: node for node in nodes if node.spent_token_digest},
    )


def _admit(attempt: Attempt, rows: _Rows, gateway_id: UUID, at: datetime) -> Outcome:
    try:
        node, secret = _by_token(attempt, rows, at) if attempt.shown.token else (_by_secret(attempt, rows, at), "")
    except AuthRefused as refusal:
        return refusal
    _seat(node, attempt, gateway_id, at)
    return Admitted(node.pk, attempt.session_id, node.device_type, secret)


def _by_token(attempt: Attempt, rows: _Rows, at: datetime) -> tuple[Node, str]:
    digest = signatures.digest(attempt.shown.token)
    node = rows.by_token.get(digest)
    if node is None or node.status != NodeStatus.PENDING:
        node = _once_more(rows.by_spent_token.get(digest), at)
    _insist_not_expired(node, at)
    secret = signatures.new_secret()
    node.token_digest, node.spent_token_digest, node.spent_token_at = "", digest, at
    node.secret_digest, node.next_secret_digest, node.secret_used_at = signatures.digest(secret), "", None
    return node, secret


def _once_more(node: Node | None, at: datetime) -> Node:
    """The used token again, while the secret issued for it was never shown to us."""
    if node is None or node.secret_used_at is not None or node.spent_token_at is None:
        raise AuthRefused("Invalid registration token")
    if at - node.spent_token_at > TOKEN_GRACE:
        raise AuthRefused("This registration token was used already")
    return node


def _by_secret(attempt: Attempt, rows: _Rows, at: datetime) -> Node:
    pk = as_uuid(attempt.shown.node_id)
    node = rows.by_id.get(pk) if pk else None
    if node is None or not node.secret_digest:
        raise AuthRefused("This node is not registered")
    _check_secret(node, signatures.digest(attempt.shown.secret))
    _insist_not_expired(node, at)
    node.secret_used_at = node.secret_used_at or at
    return node


def _check_secret(node: Node, shown: str) -> None:
    """During a rotation both are good, until the node has shown the new one."""
    if node.next_secret_digest and compare_digest(node.next_secret_digest, shown):
        node.secret_digest, node.next_secret_digest = shown, ""
    elif not compare_digest(node.secret_digest, shown):
        raise AuthRefused("Wrong node secret")


def _insist_not_expired(node: Node, at: datetime) -> None:
    if node.is_expired(at):
        raise AuthRefused("This node has expired")


def _seat(node: Node, attempt: Attempt, gateway_id: UUID, at: datetime) -> None:
    """The newest connection speaks for the node; whoever held it before hears that from the bell."""
    former, shown = node.session_id, attempt.shown
    node.session_id, node.gateway_id, node.address = attempt.session_id, gateway_id, attempt.address
    node.status, node.status_reason, node.last_seen_at = NodeStatus.ONLINE, "", at
    node.software_version = shown.software_version or node.software_version
    node.protocol_version = shown.protocol_version
    node.save(update_fields=SEATED)
    if former is not None:
        replaced = Connection.objects.filter(pk=former, closed_at=None)
        replaced.update(closed_at=at, close_code=4000, close_reason="replaced by a newer connection")
        replies.served(commands.end_awaited([former], at), at)
    Connection.objects.create(
        id=attempt.session_id,
        node=node,
        address=attempt.address,
        software_version=shown.software_version,
        protocol_version=shown.protocol_version,
    )
    _tell(node, attempt, at)
    ring_on_commit(f"node.{node.pk}", f"session {attempt.session_id}")


SEATED = (
    "session_id",
    "gateway",
    "address",
    "status",
    "status_reason",
    "last_seen_at",
    "software_version",
    "protocol_version",
    "token_digest",
    "spent_token_digest",
    "spent_token_at",
    "secret_digest",
    "next_secret_digest",
    "secret_used_at",
)


def _tell(node: Node, attempt: Attempt, at: datetime) -> None:
    shown = attempt.shown
    who = Who(kind="node", id=str(node.pk), label=node.name, address=attempt.address)
    facts: dict[str, Any] = {"version": shown.software_version, "protocol_version": shown.protocol_version}
    facts |= {"registered": bool(shown.token), "maintenance": node.in_maintenance(at)}
    record(who=who, action="node.connect", about=row_of(node), details=facts)
    if strange := _strangeness(node, shown):
        record(who=who, action="node.incompatible", about=row_of(node), details={"reason": strange})


def _strangeness(node: Node, shown: Credentials) -> str:
    if shown.protocol_version is not None and shown.protocol_version not in KNOWN_PROTOCOLS:
        return f"It speaks protocol {shown.protocol_version}, which this hub does not know."
    if shown.device_type and shown.device_type != node.device_type:
        return f"It calls itself {shown.device_type}, but was added as {node.device_type}."
    return ""
