"""The shapes of versions on the wire."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from flows.models import Flow, FlowVersion
from flows.particulars import LONGEST_MESSAGE
from flows.services.versions import content_of
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer

HIGHEST = 2**31 - 1


class FlowVersionSummarySerializer(AnswerSerializer):
    """Describes what `summary` makes."""

    number = serializers.IntegerField()
    message = serializers.CharField()
    author = serializers.CharField()
    restored_from = serializers.IntegerField(allow_null=True)
    digest = serializers.CharField()
    created_at = serializers.DateTimeField()


class FlowVersionSerializer(FlowVersionSummarySerializer):
    definition = serializers.JSONField()


class DifferenceQuery(RequestSerializer):
    """`from` is a word of Python's own, so the fields are named when they are made."""

    def get_fields(self) -> dict[str, Any]:
        return {
            "from": serializers.IntegerField(
                min_value=0, max_value=HIGHEST, help_text="0 stands for nothing: all of the other is new."
            ),
            "to": serializers.IntegerField(
                min_value=1,
                max_value=HIGHEST,
                default=None,
                allow_null=True,
                help_text="The newest, unless it is said.",
            ),
        }


class RestoreRequest(RequestSerializer):
    message = serializers.CharField(max_length=LONGEST_MESSAGE, required=False, allow_blank=True, default="")


COLUMNS = ("id", "number", "message", "created_by_label", "restored_from", "digest", "created_at")


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row of `values(*COLUMNS)`."""
    others = {name: row[name] for name in ("restored_from", "digest", "created_at")}
    return {"number": row["number"], "message": row["message"], "author": row["created_by_label"], **others}


def version(flow: Flow, found: FlowVersion) -> dict[str, Any]:
    row = {name: getattr(found, name) for name in COLUMNS}
    return summary(row) | {"definition": content_of(flow, found)}
