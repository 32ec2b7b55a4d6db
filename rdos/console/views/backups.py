"""Backups: which there are, when the last one was proven, and the buttons that begin another or prove one."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from accounts.access import allows, require
from accounts.authentication import actor_in_console
from rdos.backups import keeping
from rdos.kernel.clock import database_now
from rdos.kernel.console import badge
from rdos.kernel.figures import lasting, said
from rdos.kernel.models import Backup, BackupProof
from rdos.kernel.models.backup import BackupStatus

PLACE = "/backups"
MOST_ROWS, MOST_PROOFS = 30, 5
TONES = {BackupStatus.RUNNING: "info", BackupStatus.DONE: "good", BackupStatus.FAILED: "bad"}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "console/backups/backups.html", _facts(request))


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return render(request, "console/backups/live.html", _facts(request))


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    actor = actor_in_console(request)
    require(actor, "backups.create")
    backup, is_new = keeping.begin(who=actor.who, at=database_now())
    if is_new:
        keeping.hand_on(backup)
    messages.success(request, f"{backup.name} has begun." if is_new else f"{backup.name} is being made already.")
    return HttpResponseRedirect(PLACE, status=303)


@require_POST
def prove(request: HttpRequest, pk: int) -> HttpResponse:
    require(actor_in_console(request), "backups.create")
    backup = get_object_or_404(Backup, pk=pk, status=BackupStatus.DONE, removed_at=None)
    keeping.send(keeping.PROVE, backup.pk)
    messages.success(request, f"{backup.name} is being restored aside. What comes of it appears here.")
    return HttpResponseRedirect(PLACE, status=303)


def _facts(request: HttpRequest) -> dict[str, Any]:
    actor, at = actor_in_console(request), timezone.now()
    require(actor, "backups.read")
    rows = list(Backup.objects.order_by("-created_at", "-id")[:MOST_ROWS])
    return {
        "rows": [_row(backup, at) for backup in rows],
        "proofs": [_proof(proof) for proof in BackupProof.objects.order_by("-at", "-id")[:MOST_PROOFS]],
        "may_begin": allows(actor, "backups.create"),
        "is_running": any(backup.status == BackupStatus.RUNNING for backup in rows),
    }


def _row(backup: Backup, at: datetime) -> dict[str, Any]:
    is_there = backup.status == BackupStatus.DONE and backup.removed_at is None
    return {
        "backup": backup,
        "badge": _badge(backup),
        "facts": list(_said(backup, at)),
        "place": _place(backup),
        "is_there": is_there,
    }


def _badge(backup: Backup) -> SafeString:
    if backup.removed_at:
        return badge("idle", "Removed")
    if backup.status == BackupStatus.RUNNING and backup.begun_at is None:
        return badge("idle", "Waits for a worker")
    status = BackupStatus(backup.status)
    return badge(TONES[status], status.label)


def _said(backup: Backup, at: datetime) -> Iterator[str]:
    if backup.size is not None:
        yield said("bytes", backup.size)
    if backup.seconds is not None:
        yield _short(backup.seconds)
    elif backup.status == BackupStatus.RUNNING and backup.begun_at:
        yield f"for {lasting((at - backup.begun_at).total_seconds())}"
    if backup.created_by_label:
        yield f"by {backup.created_by_label}"


def _short(seconds: float) -> str:
    return lasting(seconds) if seconds >= 1 else f"{seconds:.1f} s"


def _place(backup: Backup) -> str:
    if backup.status == BackupStatus.FAILED:
        return backup.reason
    if backup.removed_at:
        return "It made room for newer ones."
    return f"{backup.path} on {backup.host}" if backup.path else ""


def _proof(proof: BackupProof) -> dict[str, Any]:
    return {
        "proof": proof,
        "badge": badge("good", "As it was") if proof.passed else badge("bad", "Failed"),
        "took": _short(proof.seconds),
    }
