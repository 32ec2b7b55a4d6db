"""The fleet in the console."""

from devices.admin import commands, groups, inbox, nodes, operations, tunnels

__all__ = ["commands", "groups", "inbox", "nodes", "operations", "tunnels"]
