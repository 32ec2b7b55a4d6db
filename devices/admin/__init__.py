"""The fleet in the console."""

from devices.admin import commands, groups, nodes, operations, tunnels

__all__ = ["commands", "groups", "nodes", "operations", "tunnels"]
