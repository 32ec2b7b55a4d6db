"""Where the flows of connected nodes listen and send."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices import drivers, queries
from devices.api.shapes import device_types as shapes
from devices.services import twins
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView


class EndpointsView(ApiView):
    rules = {"GET": "nodes.read"}

    @extend_schema(responses=shapes.EndpointsSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the flows of the connected nodes you see, as their configurations tell. A node that has not reported
        its configuration since it connected is left out."""
        kinds = [driver.device_type for driver in drivers.all_drivers() if driver.has_flows]
        names = dict(queries.connected(self.actor).filter(device_type__in=kinds).values_list("pk", "name"))
        configs = twins.reported_configs(names)
        found = [
            {"node_id": pk, "node_name": name, "flows": drivers.flows_of(configs[pk])}
            for pk, name in names.items()
            if pk in configs
        ]
        return Response([shaped(request, row) for row in found])
