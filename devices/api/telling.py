"""How a door answers that told a node something: with the node's word, or at once."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import allows
from devices.access import node_for
from devices.api.shapes import commands as shapes
from devices.models import Command
from devices.services import commands, telling, twins
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from rdos.kernel.errors import MalformedBody
from rdos.kernel.waiting import Wait


class TellingView(ApiView):
    """What the views share whose commands are waited for."""

    def tell(self, pk: UUID, action: dict[str, Any]) -> Response | Wait:
        node, query = node_for(self.actor, pk, "commands.create"), self.query(shapes.WaitQuery)
        ttl = timedelta(seconds=query["ttl"])
        wait = query["wait"] or None
        if wait is not None and node.on_bus:
            wait = min(wait, telling.BUS_PATIENCE)
        command = telling.tell(actor=self.actor, node=node, action=action, at=database_now(), wait=wait, ttl=ttl)
        return self.answered(command, wait)

    def whole_body(self) -> Any:
        """Where the body itself is what a node is told. One that is left out is not an empty configuration."""
        if self.request.stream is None:
            raise MalformedBody("The body is empty.")
        return self.request.data

    def answered(self, command: Command, wait: float | None) -> Response | Wait:
        if wait is None:
            return queued(self.request, command)
        return Wait(
            topics=[commands.settled_bell(command.pk), twins.reported_bell(command.node_id)],
            deadline=wait,
            answer=partial(_outcome, self.request, command.pk),
            abandoned=lambda: telling.abandon(command_id=command.pk, at=database_now()),
        )


def queued(request: Request, command: Command) -> Response:
    body = {"command_id": command.pk, "status": command.status, "position": telling.position(command)}
    return Response(shaped(request, body), status=202)


def _outcome(request: Request, command_id: UUID, over: bool) -> Response | None:
    secrets = allows(request.user, "nodes.configure")  # type: ignore[arg-type] # our authentication makes it an Actor
    said = telling.outcome(command_id=command_id, over=over, at=timezone.now(), secrets=secrets)
    if said is None:
        return None
    return Response(shaped(request, said), status=202 if said.get("confirmed") is False else 200)
