"""The shapes of webhooks on the wire. Their names are those of the one system that had them, in every accent."""

from typing import Any

from rest_framework import serializers

from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from scheduling.services.receiving import Taken

LONGEST_WAIT = 30
NEW = "Webhook received and execution started"
AGAIN = "Webhook received before: this is its execution"
OVER = "The execution has ended"
NOT_OVER = "Webhook received; its execution has not ended yet"


class WaitQuery(RequestSerializer):
    wait = serializers.FloatField(
        min_value=0,
        max_value=LONGEST_WAIT,
        default=0,
        help_text="Seconds to wait for the end of the run, whose result is then the answer.",
    )


class AcceptedSerializer(AnswerSerializer):
    status = serializers.CharField(help_text="`accepted`, or how the run ended if that was waited for.")
    executionId = serializers.UUIDField()
    message = serializers.CharField()
    result = serializers.JSONField(required=False, help_text="Of a run that was waited for. Any JSON.")
    error = serializers.CharField(required=False, allow_null=True)


class TestSerializer(AnswerSerializer):
    valid = serializers.BooleanField()
    triggerName = serializers.CharField()
    flowName = serializers.CharField()
    flowStatus = serializers.CharField()


class RedeliveredSerializer(AnswerSerializer):
    id = serializers.UUIDField(help_text="Of the new firing.")
    execution_id = serializers.UUIDField()


def accepted(taken: Taken, message: str = "") -> dict[str, Any]:
    said = message or (NEW if taken.is_new else AGAIN)
    return {"status": "accepted", "executionId": taken.execution_id, "message": said}
