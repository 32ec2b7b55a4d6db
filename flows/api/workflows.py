"""Workflows: submitted, uploaded, shown, removed."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from flows.access import workflow_for, workflows_for
from flows.api.shapes import workflows as shapes
from flows.api.uploads import workflow_in
from flows.services import flows, submitting
from rdos.kernel.api.keysets import NEWEST, listed
from rdos.kernel.api.parsing import JSONParser
from rdos.kernel.api.serializers import checked, shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from rdos.kernel.errors import InvalidInput

SUBMITTED = {200: shapes.SubmittedSerializer}


class SubmittingView(ApiView):
    def submit(self, said: dict[str, Any]) -> Response:
        asked = shapes.submission_of(said)
        done = submitting.submit(actor=self.actor, asked=asked, at=database_now())
        # 200 in every accent: the path is Casare's alone.
        return Response(shaped(self.request, shapes.submitted(done)))


class WorkflowsView(SubmittingView):
    rules = {"GET": "flows.read", "POST": "flows.create"}

    @extend_schema(parameters=[shapes.WorkflowQuery], responses=shapes.WorkflowSummarySerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the workflows you see, newest first."""
        query = self.query(shapes.WorkflowQuery)
        rows = workflows_for(self.actor).filter(name__icontains=query["search"])
        return listed(
            request,
            rows.values(*shapes.COLUMNS),
            order=NEWEST,
            query=query,
            noun="workflows",
            shape=lambda page: [shaped(request, shapes.summary(row)) for row in page],
        )

    @extend_schema(request=shapes.SubmitRequest, responses=SUBMITTED)
    def post(self, request: Request) -> Response:
        """Submit a workflow. A manual one is queued at once; the answer names its job."""
        return self.submit(self.body(shapes.SubmitRequest))


class UploadView(SubmittingView):
    rules = {"POST": "flows.create"}
    # Whoever sends JSON is told what is missing.
    parser_classes = (MultiPartParser, JSONParser)

    @extend_schema(
        parameters=[shapes.StartRequest],
        request={"multipart/form-data": shapes.UploadForm},
        responses=SUBMITTED,
    )
    def post(self, request: Request) -> Response:
        """Submit a workflow as a .json file. Other fields are read from the form, else from the query."""
        name, content = workflow_in(request.FILES.get("file"))
        # The workflow itself, or an object around it.
        whole = content if "workflow_json" in content else {"workflow_json": content}
        said = {"metadata": whole.get("metadata"), "workflow_json": whole["workflow_json"], "workflow_name": name}
        sent = {**request.query_params.dict(), **request.POST.dict()}
        return self.submit(checked(shapes.SubmitRequest(data=sent | said, context={"request": request})))


class WorkflowView(ApiView):
    rules = {"GET": "flows.read", "DELETE": "flows.delete"}

    @extend_schema(responses=shapes.WorkflowSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """Show a workflow as it was sent."""
        return Response(shaped(request, shapes.workflow(workflow_for(self.actor, id_of(pk)))))

    @extend_schema(responses={200: shapes.WorkflowDeletedSerializer})
    def delete(self, request: Request, pk: str) -> Response:
        """Remove a workflow with all that hangs on it. What is under way of it is cancelled."""
        found = workflow_for(self.actor, id_of(pk), "flows.delete")
        flows.delete(actor=self.actor, pk=found.pk, at=database_now())
        return Response({"status": "success", "message": f"Workflow deleted: {found.pk}"})


def id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput("Invalid workflow_id format. Expected UUID.") from error
