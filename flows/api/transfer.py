"""Flows as files: given out one by one or all together, and taken in again."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from flows.access import flow_for, flows_for
from flows.api import uploads
from flows.api.shapes import flows as flow_shapes
from flows.api.shapes import transfer as shapes
from flows.api.shapes.flows_forms import form_of
from flows.services import exporting, importing
from rdos.kernel.api.parsing import JSONParser
from rdos.kernel.api.serializers import checked, shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now

READ_AT_ONCE = 50


def attached(content: bytes, name: str, media_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)


class ExportFlowView(ApiView):
    rules = {"GET": "flows.read"}

    @extend_schema(operation_id="flows_export_one", responses=shapes.DocumentRequest)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """Give out a flow as a file that any hub reads."""
        flow = flow_for(self.actor, pk)
        return attached(exporting.written(flow, flow.current), exporting.file_name(flow), "application/json")


class ExportFlowsView(ApiView):
    rules = {"GET": "flows.read"}

    @extend_schema(
        operation_id="flows_export",
        parameters=[flow_shapes.FlowFilter],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponse:
        """Give out all flows you see as one archive, a file for each."""
        asked = self.query(flow_shapes.FlowFilter)
        rows = flow_shapes.narrowed(flows_for(self.actor), asked).select_related("current").order_by("created_at", "id")
        return attached(exporting.archive(rows.iterator(READ_AT_ONCE)), "flows.zip", "application/zip")


class ImportView(ApiView):
    rules = {"POST": "flows.create"}
    # Whoever sends JSON is told what is missing.
    parser_classes = (MultiPartParser, JSONParser)

    @extend_schema(
        parameters=[shapes.ImportQuery],
        request={"multipart/form-data": shapes.ImportForm},
        responses=shapes.ImportedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Take in flows: one .json file, or a .zip of them. All of them, or none when one is not valid."""
        arrivals = [shapes.arrival(name, data) for name, data in _documents(request.FILES.get("file"))]
        sent = {**request.query_params.dict(), **request.POST.dict()}
        form, over = form_of(request), checked(shapes.ImportQuery(data=sent))["over"]
        born: dict[str, Any] = {**form.born, "counted": form.counted}
        done = importing.take(actor=self.actor, arrivals=arrivals, at=database_now(), over=over, **born)
        return Response({"imported": [shaped(request, shapes.taken(one)) for one in done]})


def _documents(file: uploads.Upload | None) -> Iterator[tuple[str, Any]]:
    given = uploads.archive_or_json(file)
    if not uploads.is_archive(given):
        yield str(given.name), uploads.json_in(given.read())
        return
    for name, raw in importing.unpacked(given):
        with importing.naming(name):
            data = uploads.json_in(raw)
        yield name, data
