"""Telemetry in the console."""

from telemetry.admin import events

__all__ = ["events"]
