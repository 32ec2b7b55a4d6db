"""What kinds of node this hub knows."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices import drivers
from devices.api.shapes import device_types as shapes
from rdos.kernel.api.views import ApiView


class DeviceTypesView(ApiView):
    rules = {"GET": "nodes.read"}

    @extend_schema(responses=shapes.DeviceTypesSerializer)
    def get(self, request: Request) -> Response:
        """List the kinds of node, and what each can be told."""
        known = [
            {
                "device_type": driver.device_type,
                "display_name": driver.display_name,
                "supported_commands": driver.supported_commands(),
            }
            for driver in drivers.all_drivers()
        ]
        return self.ok(shapes.DeviceTypesSerializer, {"device_types": known})
