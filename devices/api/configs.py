"""The configuration of a node, read from it and written to it."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import allows
from devices import redaction
from devices.access import node_for
from devices.api.shapes import commands as shapes
from devices.api.telling import TellingView
from devices.models import ConfigVersion
from devices.services import commands, config_versions, configuring, twins
from rdos.kernel.actors import Actor
from rdos.kernel.waiting import Wait


class NodeConfigView(TellingView):
    rules = {"GET": "nodes.read", "PUT": "nodes.configure"}

    @extend_schema(responses={200: OpenApiTypes.ANY, **shapes.REFUSALS})
    def get(self, request: Request, pk: UUID) -> Response | Wait:
        """The configuration as the node reports it, without credentials; it is asked when nothing fresh is known."""
        node = node_for(self.actor, pk)
        fresh = config_versions.fresh(pk)
        if fresh is not None:
            return _shown(self.actor, fresh)
        command = configuring.ask(actor=self.actor, node=node, at=timezone.now())
        return Wait(
            topics=[commands.settled_bell(command.pk), twins.reported_bell(pk)],
            deadline=configuring.PATIENCE,
            answer=partial(_reported, self.actor, command.pk),
        )

    @extend_schema(parameters=[shapes.WaitQuery], request=OpenApiTypes.ANY, responses=shapes.ANSWERS)
    def put(self, request: Request, pk: UUID) -> Response | Wait:
        """Give the node a configuration. What it takes over is desired of it from then on."""
        node, query = node_for(self.actor, pk, "nodes.configure"), self.query(shapes.WaitQuery)
        wait, ttl = query["wait"] or None, timedelta(seconds=query["ttl"])
        command = configuring.configure(
            actor=self.actor, node=node, config=self.whole_body(), at=timezone.now(), wait=wait, ttl=ttl
        )
        return self.answered(command, wait)


def _reported(actor: Actor, command_id: UUID, over: bool) -> Response | None:
    version = configuring.reported(command_id=command_id, over=over, at=timezone.now())
    return None if version is None else _shown(actor, version)


def _shown(actor: Actor, version: ConfigVersion) -> Response:
    content = config_versions.content_of(version)
    return Response(redaction.shown(content, secrets=allows(actor, "nodes.configure")))
