"""Writes what the hub knows as one JSON file, in the shape of bilbycast's export; no secret ever leaves with it."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts.models import User
from rdos.kernel.api.rendering import dumps
from rdos.kernel.models import JournalEntry

AUDIT_LIMIT = 10_000
AUDIT_DAYS = 30


USER_INFO = (
    "id",
    "username",
    "display_name",
    "email",
    "role",
    "is_temporary",
    "expires_at",
    "allowed_node_ids",
    "denied_node_ids",
    "is_active",
    "last_login_at",
)


def exported(*, exported_by: str = "cli-export") -> dict[str, Any]:
    """Nodes, settings, templates and events are part of the shape, and empty until the hub has them."""
    return {
        "version": 1,
        "exported_at": timezone.now(),
        "exported_by": exported_by,
        "data": {
            "users": list(User.objects.order_by("-created_at").values(*USER_INFO)),
            "nodes": [],
            "settings": [],
            "config_templates": [],
            "events": [],
            "audit_log": [_audit_row(entry) for entry in _recent()],
        },
    }


def _recent() -> list[JournalEntry]:
    since = timezone.now() - timedelta(days=AUDIT_DAYS)
    return list(JournalEntry.objects.filter(at__gte=since).order_by("-at")[:AUDIT_LIMIT])


def _audit_row(entry: JournalEntry) -> dict[str, Any]:
    facts = {"before": entry.before, "after": entry.after, "details": entry.details}
    return {
        "id": entry.pk,
        "user_id": entry.actor_id or None,
        "action": entry.action,
        "target_type": entry.object_kind,
        "target_id": entry.object_id or None,
        "details": {name: value for name, value in facts.items() if value},
        "ip_address": entry.actor_address or None,
        "created_at": entry.at,
    }


class Command(BaseCommand):
    help = "Exports users and the audit log as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", default="-", help="a file, or - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        document = dumps(exported())
        if options["output"] == "-":
            sys.stdout.buffer.write(document + b"\n")
            return
        path = Path(options["output"])
        path.touch(mode=0o600)
        path.write_bytes(document)
        self.stdout.write(f"{path}: {len(document)} bytes")
