"""The shapes of flows that come in as files."""

from typing import Any

from rest_framework import serializers

from flows.api.shapes.flows import CreateFlowRequest
from flows.api.shapes.flows_forms import OWN
from flows.services.importing import Arrival, Taken, document_in, naming
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer, checked


class DocumentRequest(CreateFlowRequest):
    """A flow as it was exported. Whose it is and who may see it is not in it."""

    id = serializers.UUIDField(required=False, allow_null=True)


class ImportQuery(RequestSerializer):
    over = serializers.BooleanField(
        default=False, help_text="Flows of the same ids get these as their next versions; else all are new."
    )


class ImportForm(ImportQuery):
    """Describes the form; `over` may stand in the query as well."""

    file = serializers.FileField(help_text="One flow as .json, or many of them as .zip.")


class TakenSerializer(AnswerSerializer):
    file = serializers.CharField()
    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    created = serializers.BooleanField()


class ImportedSerializer(AnswerSerializer):
    imported = TakenSerializer(many=True)


NOT_TAKEN = ("access", "target_node_id")


def arrival(file: str, data: Any) -> Arrival:
    with naming(file):
        said = checked(DocumentRequest(data=document_in(file, data)))
        wanted = OWN.made(said)
        fields = {name: value for name, value in wanted.fields.items() if name not in (*NOT_TAKEN, "id")}
        return Arrival(file, wanted.content, fields, wanted.kind, wanted.message, said.get("id"))


def taken(one: Taken) -> dict[str, Any]:
    flow = one.flow
    return {"file": one.file, "id": flow.pk, "name": flow.name, "version": flow.version, "created": one.created}
