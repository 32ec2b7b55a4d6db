"""Devices, as Tafy's clients know the nodes of the bus: always 200, and a list with its total."""

from collections.abc import Iterator
from contextlib import contextmanager

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.access import device_for, devices_for
from devices.api.shapes import devices as shapes
from devices.choices import DeviceStatus
from devices.services import bus_nodes
from devices.services.bus_devices import device_of, in_status
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from rdos.kernel.errors import InvalidInput

MOST = 10_000


class DevicesView(ApiView):
    open_to_lan = True
    rules = {"GET": "nodes.read", "POST": "devices.create"}

    @extend_schema(operation_id="devices_list", parameters=[shapes.DeviceQuery], responses=shapes.DevicesSerializer)
    def get(self, request: Request) -> Response:
        """List the nodes of the bus, in the order they came."""
        word = self.query(shapes.DeviceQuery).get("status")
        rows = devices_for(self.actor)
        rows = in_status(rows, word) if word else rows
        found = [device_of(node) for node in rows.order_by("created_at", "id")[:MOST]]
        return Response({"devices": found, "total": len(found) if len(found) < MOST else rows.count()})

    @extend_schema(request=shapes.DeviceCreate, responses=shapes.DeviceSerializer)
    def post(self, request: Request) -> Response:
        """Make a node of the bus, or begin it anew: whether it is claimed, and since when it is here, stays."""
        fields = shapes.fields_of(self.body(shapes.DeviceCreate))
        with their_words():
            return Response(device_of(bus_nodes.register(actor=self.actor, at=database_now(), **fields)))


class DeviceView(ApiView):
    open_to_lan = True
    rules = {"GET": "nodes.read", "PATCH": "devices.update"}

    @extend_schema(responses=shapes.DeviceSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Show a node of the bus."""
        return Response(device_of(device_for(self.actor, key)))

    @extend_schema(request=shapes.DeviceUpdate, responses=shapes.DeviceSerializer)
    def patch(self, request: Request, key: str) -> Response:
        """Change what is sent; leave the rest."""
        fields = shapes.fields_of(self.body(shapes.DeviceUpdate))
        pk = device_for(self.actor, key).pk
        status = fields.pop("status", "")
        with their_words():
            node = bus_nodes.update(actor=self.actor, pk=pk, fields=fields, status=status, at=database_now())
        return Response(device_of(node))


class ClaimView(ApiView):
    open_to_lan = True
    rules = {"POST": "nodes.claim"}

    @extend_schema(request=None, responses=shapes.DeviceSerializer)
    def post(self, request: Request, key: str) -> Response:
        """Take a node of the bus that was found. Again is no error."""
        node = bus_nodes.claim(actor=self.actor, pk=device_for(self.actor, key).pk, at=database_now())
        return Response(device_of(node, status=DeviceStatus.CLAIMED))


@contextmanager
def their_words() -> Iterator[None]:
    try:
        yield
    except InvalidInput as error:
        raise shapes.as_they_say(error) from error
