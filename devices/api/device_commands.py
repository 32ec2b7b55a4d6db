"""Commands of Tafy's clients: any object, published on the bus as it was sent."""

from functools import partial
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.access import device_for
from devices.api.shapes import devices as shapes
from devices.services import bus_commands, commands
from rdos.kernel.api.bodies import WHOLE
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from rdos.kernel.errors import InvalidInput
from rdos.kernel.waiting import Wait


class DeviceCommandView(ApiView):
    open_to_lan = True
    rules = {"POST": "commands.create"}

    @extend_schema(request={"application/json": {"type": "object"}}, responses=shapes.SentSerializer)
    def post(self, request: Request, key: str) -> Response | Wait:
        """Publish any object on the bus, byte for byte, and say so once it is out."""
        body, text = self._said()
        node = device_for(self.actor, key, "commands.create")
        command = bus_commands.tell(actor=self.actor, node=node, body=body, text=text, at=database_now())
        return Wait(
            topics=[commands.settled_bell(command.pk)],
            deadline=bus_commands.PATIENCE,
            answer=partial(_sent, command.pk, key, body),
            abandoned=lambda: bus_commands.abandon(command.pk, at=database_now()),
        )

    def _said(self) -> tuple[dict[str, Any], str]:
        """The text first: what was parsed cannot be read again."""
        raw: bytes = self.request._request.body
        if self.request.stream is None:
            raise InvalidInput("A command is needed.", errors={WHOLE: ["Field required."]}, kinds={WHOLE: "missing"})
        body = self.request.data
        if not isinstance(body, dict):
            raise InvalidInput("The body must be a JSON object.", kinds={WHOLE: "dict_type"}, misshapen=True)
        return body, raw.decode()


def _sent(command_id: UUID, key: str, body: dict[str, Any], over: bool) -> Response | None:
    if bus_commands.published(command_id, over=over, at=database_now()) is None:
        return None
    return Response({"status": "sent", "device_id": key, "command": body})
