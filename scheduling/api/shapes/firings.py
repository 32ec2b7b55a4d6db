"""The shapes of what went off."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers

from rdos.kernel.api.keysets import Order, an_instant
from rdos.kernel.api.paging import KeysetQuery
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from scheduling.api.shapes.options import Moment
from scheduling.choices import Outcome, Source, TriggerKind
from scheduling.models import Firing

LATEST = Order("fired_at", an_instant, descending=True)
SAME = ("id", "trigger_id", "source", "due_at", "fired_at", "outcome", "execution_id", "delivery_id", "details")
COLUMNS = (*SAME, "reason", "trigger__name", "trigger__kind", "trigger__flow_id", "trigger__flow__name")
# What a run is given, in the words of three systems.
GIVEN = ("input", "input_payload", "variables")


class FiringFilter(KeysetQuery):
    outcome = serializers.ChoiceField(choices=Outcome.choices, default="", allow_blank=True)
    source = serializers.ChoiceField(  # type: ignore[assignment] # a field of that name, not where it is read from
        choices=Source.choices, default="", allow_blank=True
    )
    since = serializers.DateTimeField(default=None, allow_null=True)
    until = serializers.DateTimeField(default=None, allow_null=True)


class FiringQuery(FiringFilter):
    trigger_id = serializers.UUIDField(default=None, allow_null=True)
    flow_id = serializers.UUIDField(default=None, allow_null=True)


class BackfillRequest(RequestSerializer):
    since = Moment()
    until = Moment()


class FiringSerializer(AnswerSerializer):
    """Describes what `row` makes."""

    id = serializers.UUIDField()
    trigger_id = serializers.UUIDField()
    trigger_name = serializers.CharField()
    trigger_type = serializers.ChoiceField(choices=TriggerKind.choices)
    flow_id = serializers.UUIDField()
    flow_name = serializers.CharField()
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment] # a field of that name
    due_at = serializers.DateTimeField()
    fired_at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reason = serializers.CharField()
    execution_id = serializers.UUIDField(allow_null=True)
    delivery_id = serializers.CharField(allow_null=True)
    details = serializers.JSONField()


class BackfilledSerializer(AnswerSerializer):
    runs = serializers.IntegerField(help_text="What had gone off before is not among them.")
    execution_ids = serializers.ListField(child=serializers.UUIDField(), help_text="The oldest due time first.")


def row(found: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row of `values(*COLUMNS)`."""
    return {name: found[name] for name in SAME} | {
        "reason": found["reason"],
        "trigger_name": found["trigger__name"],
        "trigger_type": found["trigger__kind"],
        "flow_id": found["trigger__flow_id"],
        "flow_name": found["trigger__flow__name"],
    }


def one(pk: UUID) -> dict[str, Any]:
    return row(Firing.objects.values(*COLUMNS).get(pk=pk))


def given(said: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing, if nothing is said: then it is the trigger's own. A dashboard always sends variables, be they none."""
    told = next((said[name] for name in GIVEN if said.get(name) is not None), None)
    own = told is None or (told == {} and "variables" in said)
    return {} if own else {"given": told}
