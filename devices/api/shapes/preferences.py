"""The shapes of preferences and layouts on the wire."""

from rest_framework import serializers

from devices.choices import View
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer


class PreferenceSerializer(AnswerSerializer):
    value = serializers.CharField()


class PreferenceRequest(RequestSerializer):
    value = serializers.CharField(allow_blank=True, trim_whitespace=False)


class PlaceSerializer(AnswerSerializer):
    x = serializers.FloatField()
    y = serializers.FloatField()


class PositionsSerializer(AnswerSerializer):
    positions = serializers.DictField(child=PlaceSerializer(), help_text="By the id of the node.")


class ViewQuery(RequestSerializer):
    view = serializers.ChoiceField(choices=View.choices, default=View.GRAPH)


class PositionsRequest(RequestSerializer):
    # A view nobody knows breaks a rule and not the shape, so the rule says it.
    view = serializers.CharField(max_length=32, default=View.GRAPH, allow_blank=True)
    positions = serializers.DictField()
