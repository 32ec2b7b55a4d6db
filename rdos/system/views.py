"""System information, health, log lines and backups, as clients of Tafy's hub know them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.backups import keeping
from rdos.kernel.actors import ActorKind
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from rdos.kernel.lines import reading
from rdos.system import facts, shapes

# Whoever may join the bus may read what the hub says of it, and nothing else.
OF_THE_BUS = "rdos.bus"
# What a traceback tells of the hub's own insides is nothing to a stranger.
INSIDES = ("exception", "stack_info")


class InfoView(ApiView):
    open_to_lan = True
    rules = {"GET": "system.read"}

    @extend_schema(responses=shapes.InfoSerializer)
    def get(self, request: Request) -> Response:
        """What this hub is and what it runs on."""
        return self.ok(shapes.InfoSerializer, facts.info())


class HealthView(ApiView):
    open_to_lan = True
    rules = {"GET": "system.read"}

    @extend_schema(responses=shapes.SystemHealthSerializer)
    def get(self, request: Request) -> Response:
        """How the hub does. Always a 200: what is wrong stands in the body."""
        return self.ok(shapes.SystemHealthSerializer, facts.health())


class LogsView(ApiView):
    open_to_lan = True
    rules = {"GET": "system.logs"}

    @extend_schema(parameters=[shapes.HubLogQuery], responses=shapes.HubLineSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The hub's own log lines from info upwards, newest first; devices of an open network see those of the bus."""
        is_lan = self.actor.kind is ActorKind.LAN
        lines = reading.newest(**self.query(shapes.HubLogQuery), below=OF_THE_BUS if is_lan else "")
        told = [_without_insides(line) for line in lines] if is_lan else lines
        return Response([self.answer(shapes.HubLineSerializer, line) for line in told])


def _without_insides(line: dict[str, Any]) -> dict[str, Any]:
    metadata = {name: value for name, value in line["metadata"].items() if name not in INSIDES}
    return {**line, "metadata": metadata}


class BackupView(ApiView):
    rules = {"POST": "backups.create"}

    @extend_schema(request=None, responses={200: shapes.BackupBegunSerializer})
    def post(self, request: Request) -> Response:
        """Begin a backup, which a worker makes. While one is being made, the answer names that one."""
        backup, is_new = keeping.begin(who=self.actor.who, at=database_now())
        if is_new:
            keeping.hand_on(backup)
        message = "The backup has begun." if is_new else "A backup was under way already; this is the one."
        return self.ok(
            shapes.BackupBegunSerializer, {"status": "initiated", "backup_id": backup.name, "message": message}
        )
