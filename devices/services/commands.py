"""A command's life: given, sent, answered, or ended without an answer. The socket only carries what is decided here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Case, F, Q, QuerySet, TextField, Value, When

from devices.choices import COMMAND_LIFE, OPEN_COMMANDS, UNCONFIRMED, CommandStatus
from devices.models import Command, NextNumber, Operation
from rdos.kernel import dialect
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.compiled import ID, CompiledRow
from rdos.kernel.encryption import conceal, reveal
from rdos.kernel.journal import Who
from rdos.kernel.journal.storable import storable
from rdos.kernel.secrecy import mask

TIME_TO_LIVE = timedelta(days=1)
LONGEST_ERROR = 2000
NAMELESS = "command"
SILENT = "It was published, and the node never said what became of it"
UNSURE = "The hub was cut off while it published this, and nobody said what became of it"
# At once; whoever calls comes again while there are as many.
MOST_EXPIRED = 1000
MOST_KEPT = 1000


def wake(node_id: UUID) -> None:
    """Tells whoever holds the node's socket that something waits for it."""
    ring_on_commit(f"node.{node_id}", "wake", everywhere=False)


def settled_bell(command_id: UUID) -> str:
    return f"command.{command_id}"


def operation_bell(operation_id: UUID) -> str:
    return f"operation.{operation_id}"


def create(
    *,
    who: Who,
    node_id: UUID,
    action: Mapping[str, Any],
    expires_at: datetime,
    awaited: bool = False,
    operation: Operation | None = None,
    purpose: str = "",
    serves: UUID | None = None,
    verbatim: str = "",
) -> Command:
    """The row is the letter; the bell only makes it quick. `verbatim` is sent as it stands, in place of the action."""
    command = draft(
        who=who,
        node_id=node_id,
        action=action,
        expires_at=expires_at,
        awaited=awaited,
        operation=operation,
        purpose=purpose,
        serves=serves,
        verbatim=verbatim,
    )
    command.save(force_insert=True)
    wake(node_id)
    return command


def draft(*, who: Who, node_id: UUID, action: Mapping[str, Any], verbatim: str = "", **fields: Any) -> Command:
    """A row that is not saved yet."""
    shown = storable(mask(action))
    command = Command(
        id=uuid4(),
        number=NextNumber(),
        node_id=node_id,
        name=name_of(action),
        action=shown,
        created_by_kind=who.kind,
        created_by_id=who.id[:128],
        created_by_label=who.label[:200],
        **fields,
    )
    if verbatim or shown != action:
        conceal(command, "sealed", verbatim or orjson.dumps(action).decode())
    return command


def name_of(action: Mapping[str, Any]) -> str:
    """On the bus a command may be any object at all."""
    name = action.get("type")
    return name[:128] if isinstance(name, str) and name else NAMELESS


def keep(drafts: Sequence[Command]) -> None:
    """Many at once; each node gets its own in this order."""
    for place, command in enumerate(drafts):
        command.number = NextNumber(place)
    Command.objects.bulk_create(drafts, batch_size=MOST_KEPT)


@dataclass(frozen=True, slots=True)
class Letter:
    """A command on its way to its node."""

    command_id: UUID
    node_id: UUID
    session_id: UUID
    action: Any
    expires_at: datetime


def claim(
    *,
    gateway_id: UUID,
    node_ids: Sequence[UUID] | None,
    at: datetime,
    but_not: Sequence[UUID] = (),
    most: int | None = None,
) -> list[Letter]:
    """What waits for these nodes (or for all of this gateway), marked as sent on their present sessions.

    After the commit it goes on the wire. What a former session took with it is sent once more, under its old id.
    """
    chosen, facts = _chosen(gateway_id, node_ids, but_not, at)
    lock = "" if dialect.is_sqlite() else "FOR UPDATE OF c"
    sql = f"""
        UPDATE devices_command AS told
        SET status = 'sent', session_id = waiting.speaker, sent_at = %s, attempts = attempts + 1
        FROM (
            SELECT c.id AS letter, n.session_id AS speaker
            FROM devices_command c JOIN devices_node n ON n.id = c.node_id
            WHERE c.status IN ('queued', 'sent') AND (c.status = 'queued' OR c.session_id <> n.session_id) AND {chosen}
            ORDER BY c.number, c.id LIMIT %s {lock}
        ) AS waiting
        WHERE told.id = waiting.letter
        RETURNING number, id, node_id, session_id, action, sealed, expires_at
    """  # noqa: S608 - made of words of our own
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [dialect.given(at), *facts, ALL_THERE_ARE if most is None else most])
        rows = sorted(cursor.fetchall(), key=lambda row: (row[0], str(row[1])))
    return [_letter(*row[1:]) for row in rows]


ALL_THERE_ARE = 2**31


def _chosen(
    gateway_id: UUID, node_ids: Sequence[UUID] | None, but_not: Sequence[UUID], at: datetime
) -> tuple[str, list[Any]]:
    """Written by hand because every command passes here: building this question costs more than answering it."""
    words, facts = ["c.expires_at > %s", "n.gateway_id = %s", "n.session_id IS NOT NULL"], [at, gateway_id]
    for negation, ids in (("", node_ids), ("NOT ", but_not or None)):
        if ids is not None:
            words.append(f"c.node_id {negation}IN ({', '.join(['%s'] * len(ids)) or 'NULL'})")
            facts += ids
    return " AND ".join(words), [dialect.given(fact) for fact in facts]


def _letter(pk: Any, node_id: Any, session_id: Any, action: Any, sealed: str, expires_at: Any) -> Letter:
    command = Command(pk=dialect.as_uuid(pk), action=dialect.as_json(action), sealed=sealed)
    ids = dialect.as_uuid(node_id), dialect.as_uuid(session_id)
    return Letter(command.pk, *ids, letter_of(command), dialect.as_moment(expires_at))


def letter_of(command: Command) -> Any:
    return orjson.loads(reveal(command, "sealed")) if command.sealed else command.action


@dataclass(frozen=True, slots=True)
class Reply:
    """What a node said of one command. The node is the connection's, never the frame's."""

    command_id: UUID
    node_id: UUID
    success: bool
    error: str = ""
    error_code: str = ""
    data: Any = None
    details: Any = None


def settle(replies: Sequence[Reply], at: datetime) -> list[Command]:
    """The commands that these replies ended. Late, doubled and foreign replies change nothing."""
    settled = []
    for reply in replies:
        mine = Command.objects.filter(node_id=reply.node_id)
        moved = COMMAND_LIFE.try_move(
            mine,
            reply.command_id,
            to=CommandStatus.ACKED if reply.success else CommandStatus.REJECTED,
            from_=CommandStatus.SENT,
            settled_at=at,
            error=reply.error[:LONGEST_ERROR],
            error_code=reply.error_code[:100],
            data=storable(reply.data),
            details=storable(reply.details),
            sealed=_sealed_after(CommandStatus.ACKED if reply.success else CommandStatus.REJECTED),
        )
        if moved:
            settled.append(reply.command_id)
    return _told(settled)


def answer_config(node_ids: Iterable[UUID], at: datetime) -> list[Command]:
    """A reported configuration is the answer to whoever asked for it: edge and relay send no other."""
    open_questions = Command.objects.filter(node_id__in=list(node_ids), name="get_config", status=CommandStatus.SENT)
    return _end(open_questions, CommandStatus.ACKED, at)


def end_awaited(sessions: Sequence[UUID], at: datetime) -> list[Command]:
    """Whoever waits at a door for these sessions hears at once that they are over."""
    lost = Command.objects.filter(awaited=True, session_id__in=sessions, status=CommandStatus.SENT)
    return _end(
        lost, CommandStatus.CANCELLED, at, error="The node went away before it answered", error_code="connection_lost"
    )


def give_up(command_id: UUID, at: datetime, *, error: str, error_code: str) -> bool:
    """Ends a command whose asker stopped waiting; False when its answer was quicker."""
    mine = Command.objects.filter(pk=command_id, status__in=OPEN_COMMANDS)
    return bool(_end(mine, CommandStatus.CANCELLED, at, error=error, error_code=error_code))


@transaction.atomic
def expire(at: datetime, limit: int = MOST_EXPIRED) -> list[Command]:
    late = Command.objects.filter(status__in=OPEN_COMMANDS, expires_at__lte=at).order_by("expires_at")
    chosen = Command.objects.filter(pk__in=list(late.values_list("pk", flat=True)[:limit]))
    told = Q(status=CommandStatus.SENT, node__on_bus=True)
    silent = _expired(chosen.filter(told, sent_at__isnull=False), at, SILENT, UNCONFIRMED)
    unsure = _expired(chosen.filter(told, sent_at=None), at, UNSURE, UNCONFIRMED)
    return silent + unsure + _expired(chosen.exclude(told), at, "Its time ran out", "expired")


def _expired(rows: QuerySet[Command], at: datetime, error: str, error_code: str) -> list[Command]:
    return _end(rows, CommandStatus.EXPIRED, at, error=error, error_code=error_code)


def cancel(rows: QuerySet[Command], at: datetime, *, error: str) -> list[Command]:
    """What was sent already is not sent again; whether its node carries it out, nobody knows."""
    return _end(rows, CommandStatus.CANCELLED, at, error=error, error_code="cancelled")


def end_away(rows: QuerySet[Command], at: datetime, *, error: str) -> list[Command]:
    """The bus was away when it should have carried them."""
    return _end(rows, CommandStatus.CANCELLED, at, error=error, error_code="bus_away")


@transaction.atomic
def _end(
    rows: QuerySet[Command], to: CommandStatus, at: datetime, *, error: str = "", error_code: str = ""
) -> list[Command]:
    """Locked in the order in which claims lock them; what is no longer open was quicker, and is left alone."""
    still_open = rows.order_by().filter(status__in=sorted(COMMAND_LIFE.sources(to)))
    held = still_open.select_for_update(of=("self",)).order_by("number", "id")
    ended = list(held.values_list("pk", flat=True))
    # SQLite locks the whole database instead, and so does the guard there.
    Command.objects.filter(pk__in=ended, status__in=sorted(COMMAND_LIFE.sources(to))).update(
        status=to, settled_at=at, error=error[:LONGEST_ERROR], error_code=error_code[:100], sealed=_sealed_after(to)
    )
    return _told(ended)


def _sealed_after(to: CommandStatus) -> Any:
    """Secrets go when a command is over. Those of an operation stay with what failed, for whoever retries it."""
    if to == CommandStatus.ACKED:
        return ""
    return Case(When(operation__isnull=False, then=F("sealed")), default=Value(""), output_field=TextField())


# Of one command, as whoever waits for it looks again and again.
ALL = tuple(field.attname for field in Command._meta.concrete_fields)
_row = CompiledRow(ID, lambda pk: Command.objects.filter(pk=pk).values_list(*ALL))


def now(pk: UUID) -> Command | None:
    found = _row.get(pk)
    return None if found is None else Command.from_db(DEFAULT_DB_ALIAS, ALL, found)


def _told(ids: Sequence[UUID]) -> list[Command]:
    ended = [command for pk in ids if (command := now(pk))]
    for command in ended:
        ring_on_commit(settled_bell(command.pk))
    for operation_id in {command.operation_id for command in ended if command.operation_id}:
        ring_on_commit(operation_bell(operation_id))
    return ended
