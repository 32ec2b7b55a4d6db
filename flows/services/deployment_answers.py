"""What becomes of the letters about deployments: nodes answer, or their time runs out, or they come back later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from devices.choices import OPEN_COMMANDS, UNCONFIRMED, CommandStatus
from devices.models import Command
from devices.services import commands, healing
from flows import doorbell
from flows.choices import (
    DEPLOYMENT_LIFE,
    MOVING_DEPLOYMENTS,
    OPEN_ROLLOUTS,
    DeploymentStatus,
    FlowKind,
    TargetStatus,
)
from flows.models import Deployment, RolloutTarget
from flows.services import delivering, deploying
from flows.services.delivering import Parcel
from flows.services.deploying import SILENCE_CODES
from rdos.kernel.journal import SYSTEM, Who, record, row_of
from rdos.kernel.secrecy import mask_text

LONGEST_ERROR = 1000
# What went another way than by command has only its own deadline; commands are ended by their own clock before.
GRACE = timedelta(seconds=30)
NO_ANSWER = "The node did not answer in time"
TOLD = "It was told, and nobody confirmed it"
# What nodes say of a flow that they do not have: then it is gone.
GONE_CODES = frozenset({"not_found", "unknown_flow", "flow_not_found"})
MOST_ATTEMPTS = 10
MOST_AT_ONCE = 500


def answered(ended: Sequence[Command], at: datetime) -> None:
    """Commands of ours that were settled, or ended without an answer."""
    for command in ended:
        if command.status in OPEN_COMMANDS:
            continue
        acked = command.status == CommandStatus.ACKED
        error_code = command.error_code or ("" if acked else str(command.status))
        settle(letter_id=command.pk, ok=acked, error=command.error, error_code=error_code, at=at)


@transaction.atomic
def settle(*, letter_id: UUID, ok: bool, at: datetime, error: str = "", error_code: str = "") -> bool:
    """False when another letter is under way by now, or the row is settled already: such answers change nothing."""
    held = Deployment.objects.select_for_update(of=("self",)).filter(letter_id=letter_id, status__in=MOVING_DEPLOYMENTS)
    row = held.select_related("flow", "node", "wanted").first()
    if row is None:
        return False
    if error_code == UNCONFIRMED:
        _unconfirmed(row, letter_id, at)
        return True
    if row.status == DeploymentStatus.REMOVING:
        ok = (ok or error_code in GONE_CODES) and deploying.forget(row.pk)
    elif ok:
        _arrived(row, at)
    if not ok:
        # A node may repeat in its complaint what it was told.
        _failed(row, mask_text(error)[:LONGEST_ERROR] or "The node refused the flow", error_code)
    _tell_rollout(letter_id, ok=ok, reason=mask_text(error), at=at)
    _note(row, ok, error)
    return True


def _arrived(row: Deployment, at: datetime) -> None:
    number = row.wanted.number if row.wanted else None
    said: dict[str, Any] = {
        "reported_number": number,
        "reported_at": at,
        "drift": "",
        "drifted_at": None,
        "error": "",
        "error_code": "",
    }
    DEPLOYMENT_LIFE.move(
        Deployment, row.pk, to=DeploymentStatus.DEPLOYED, present=row.wanted, confirmed_at=at, letter_id=None,
        deadline_at=None, attempts=0, **said,
    )  # fmt: skip
    if row.flow.kind == FlowKind.MEDIA:
        # What an edge made of it, only its configuration tells.
        healing.ask_again(row.node, at)


def _unconfirmed(row: Deployment, letter_id: UUID, at: datetime) -> None:
    """Most that speak on the bus cannot answer, so that their silence is no alarm."""
    DEPLOYMENT_LIFE.move(Deployment, row.pk, to=DeploymentStatus.TOLD, letter_id=None, deadline_at=None)
    _tell_rollout(letter_id, ok=False, reason=TOLD, at=at)
    _record(row, "flow.unconfirmed")


def _failed(row: Deployment, error: str, error_code: str) -> None:
    DEPLOYMENT_LIFE.move(
        Deployment, row.pk, to=DeploymentStatus.FAILED, letter_id=None, deadline_at=None, error=error,
        error_code=error_code[:100],
    )  # fmt: skip


def _tell_rollout(letter_id: UUID, *, ok: bool, reason: str, at: datetime) -> None:
    mine = RolloutTarget.objects.filter(letter_id=letter_id)
    for rollout_id in mine.values_list("rollout_id", flat=True):
        doorbell.rollout_moved(rollout_id)
    changes: dict[str, Any] = {"letter_id": None, "settled_at": at}
    going_back = mine.filter(status=TargetStatus.REVERTING)
    going = mine.filter(status__in=(TargetStatus.SENT, TargetStatus.DEFERRED))
    if ok:
        going_back.update(status=TargetStatus.REVERTED, reason="", **changes)
        going.update(status=TargetStatus.SUCCEEDED, reason="", **changes)
    else:
        failed = {"status": TargetStatus.FAILED, "reason": reason[:LONGEST_ERROR], **changes}
        going_back.update(**failed)
        going.update(**failed)


def _note(row: Deployment, ok: bool, error: str) -> None:
    gone = row.status == DeploymentStatus.REMOVING
    word = ("flow.undeployed" if gone else "flow.deployed") if ok else "flow.deploy_failed"
    _record(row, word, **({} if ok else {"error": mask_text(error)[:LONGEST_ERROR]}))


def _record(row: Deployment, word: str, **more: Any) -> None:
    facts: dict[str, Any] = {"node_id": row.node_id, "node": row.node.name}
    facts |= {"version": row.wanted.number} if row.wanted else {}
    who = Who(kind="node", id=str(row.node_id), label=row.node.name)
    record(who=who, action=word, about=row_of(row.flow), details=facts | more)


def give_up(at: datetime) -> int:
    """Letters whose time is over, whichever way they went."""
    late = Deployment.objects.filter(status__in=MOVING_DEPLOYMENTS, deadline_at__lt=at - GRACE)
    letters = list(late.order_by("deadline_at").values_list("pk", "letter_id")[:MOST_AT_ONCE])
    for pk, letter_id in letters:
        if letter_id is None or not settle(
            letter_id=letter_id, ok=False, at=at, error=NO_ANSWER, error_code="no_answer"
        ):
            _fail_without_letter(pk, at)
    return len(letters)


def _fail_without_letter(pk: UUID, at: datetime) -> None:
    late = Deployment.objects.filter(deadline_at__lt=at - GRACE)
    DEPLOYMENT_LIFE.try_move(
        late, pk, to=DeploymentStatus.FAILED, letter_id=None, deadline_at=None, error=NO_ANSWER, error_code="no_answer"
    )


def tell_again(at: datetime) -> int:
    """Nodes that were away for longer than their letter lived, and are back."""
    silent = Deployment.objects.filter(
        status=DeploymentStatus.FAILED,
        error_code__in=SILENCE_CODES,
        attempts__lt=MOST_ATTEMPTS,
        node__session_id__isnull=False,
    ).exclude(rollout__status__in=OPEN_ROLLOUTS)
    found = list(silent.values_list("pk", flat=True)[:MOST_AT_ONCE])
    return sum(_tell_again(pk, at) for pk in found)


@transaction.atomic
def _tell_again(pk: UUID, at: datetime) -> bool:
    mine = Deployment.objects.filter(pk=pk, status=DeploymentStatus.FAILED, error_code__in=SILENCE_CODES)
    row = mine.select_for_update(of=("self",), skip_locked=True).select_related("flow", "node", "wanted").first()
    if row is None:
        return False
    parcel = Parcel(
        deployment_id=row.pk,
        node=row.node,
        flow=row.flow,
        cargo=delivering.cargo_of(row.flow, row.wanted) if row.wanted else None,
        placed_as=row.placed_as if row.present_id or row.wanted is None else "",
        expires_at=at + commands.TIME_TO_LIVE,
        who=SYSTEM,
    )
    if _is_barred(parcel, at):
        return False
    (letter,) = delivering.way_of(row.node).send([parcel])
    to = DeploymentStatus.PENDING if row.wanted else DeploymentStatus.REMOVING
    return DEPLOYMENT_LIFE.try_move(
        Deployment, pk, to=to, letter_id=letter, deadline_at=parcel.expires_at, attempts=row.attempts + 1
    )


def _is_barred(parcel: Parcel, at: datetime) -> bool:
    node = parcel.node
    words = {action["type"] for action in delivering.actions_of(parcel)}
    return node.in_maintenance(at) or node.is_expired(at) or bool(words & set(node.denied_commands))
