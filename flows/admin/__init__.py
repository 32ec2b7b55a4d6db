"""Flows, their runs and the queue in the console."""

from flows.admin import dead_letters, executions, flows, robots, rollouts

__all__ = ["dead_letters", "executions", "flows", "robots", "rollouts"]
