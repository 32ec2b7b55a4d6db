from django.apps import AppConfig


class CommandsOnly(AppConfig):
    """The hub's management commands, without the hub."""

    name = "rdos"
