"""One instruction to one node, and the bulk operation it may be part of."""

from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import Q

from devices.choices import OPEN_COMMANDS, CommandStatus
from rdos.kernel.clock import Now
from rdos.kernel.encryption import EncryptedField


class NextNumber(models.Func):
    """The next number of a sequence that both dialects know in their own way.

    SQLite looks the last one up once for a whole statement, so whatever is written in one says which of its rows it is.
    """

    output_field = models.BigIntegerField()

    def __init__(self, place: int = 0) -> None:
        super().__init__()
        self.place = place

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> tuple[str, Any]:
        return "nextval('devices_command_number')", ()

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        return "(SELECT COALESCE(MAX(number), 0) + 1 + %s FROM devices_command)", (self.place,)


class Operation(models.Model):
    """One action told to many nodes. Its state is what its commands say."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # As shown: without its secrets.
    action = models.JSONField()
    title = models.CharField(max_length=200)
    # Nodes that got no command: [{"node_id", "node_name", "reason"}].
    skipped = models.JSONField(default=list)
    retry_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="retries")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by_kind = models.CharField(max_length=20)
    created_by_id = models.CharField(max_length=128, blank=True)
    created_by_label = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="operations_newest_first")]

    def __str__(self) -> str:
        return self.title


class Command(models.Model):
    """queued → sent → acked | rejected; queued or sent → expired | cancelled.

    Sent again, with the same id, when its node reconnects before it answered.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # The order in which a node gets them: clocks jump, and two times may be equal.
    number = models.BigIntegerField(editable=False)
    node = models.ForeignKey("devices.Node", models.CASCADE, related_name="commands")
    operation = models.ForeignKey(Operation, models.CASCADE, null=True, related_name="commands")
    name = models.CharField(max_length=128)
    # As shown: without its secrets. What is sent is `sealed` when that is not empty.
    action = models.JSONField()
    sealed = EncryptedField()
    status = models.CharField(max_length=10, choices=CommandStatus.choices, default=CommandStatus.QUEUED)
    # Somebody waits for it at a door: without an answer in time it is cancelled and never carried out later.
    awaited = models.BooleanField(default=False)
    # Which verb of the hub it belongs to (a tunnel's leg, a rotation, a heal), and the row it serves.
    purpose = models.CharField(max_length=20, blank=True)
    serves = models.UUIDField(null=True)
    session_id = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=2000, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    # What came back: `data` of the ack, and its `details` when it was refused.
    data = models.JSONField(null=True)
    details = models.JSONField(null=True)
    created_by_kind = models.CharField(max_length=20)
    created_by_id = models.CharField(max_length=128, blank=True)
    created_by_label = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "node"],
                name="an_operation_tells_a_node_once",
                condition=Q(operation__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["node", "number"], name="commands_open", condition=Q(status__in=OPEN_COMMANDS)),
            models.Index(fields=["expires_at"], name="commands_that_expire", condition=Q(status__in=OPEN_COMMANDS)),
            models.Index(fields=["node", "-created_at", "-id"], name="commands_of_a_node"),
            models.Index(fields=["-created_at", "-id"], name="commands_newest_first"),
            models.Index(fields=["serves"], name="commands_by_served_row", condition=Q(serves__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name
