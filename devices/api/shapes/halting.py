"""The shape of a stop on the wire."""

from typing import Any

from rest_framework import serializers

from devices.services.halting import Halted
from rdos.kernel.api.serializers import AnswerSerializer


class HaltedSerializer(AnswerSerializer):
    status = serializers.ChoiceField(choices=["sent"], help_text="The bus took it; no robot acknowledges a stop.")
    devices = serializers.ListField(child=serializers.CharField(), help_text="The robots that were told by name.")
    everyone = serializers.BooleanField(help_text="Every robot on the bus was told, also those the hub does not know.")
    published = serializers.IntegerField(help_text="Zeros said at once; each is said again four times within a second.")
    ended_sessions = serializers.IntegerField(help_text="People who drove one of them by hand.")
    cancelled_commands = serializers.IntegerField(help_text="Motion commands that were still open.")
    told_by_command = serializers.IntegerField(help_text="Robots with a socket, which were told `stop`.")


def halted_of(halted: Halted) -> dict[str, Any]:
    return {
        "status": "sent",
        "devices": list(halted.keys),
        "everyone": halted.everyone,
        "published": halted.published,
        "ended_sessions": halted.ended_sessions,
        "cancelled_commands": halted.cancelled_commands,
        "told_by_command": halted.told_by_command,
    }
