"""Runs Casare graphs of the nodes that need no outside world. Pure: no I/O, no clock, no Django, the standard library.

The hub and the reference agent share it, so it imports only itself, by relative names.
"""

from .bounds import Bounds
from .errors import ExpressionError, InterpreterError, InvalidFlow
from .events import Event, Failed, Finished, Logged, StepBegan, StepEnded, Waiting
from .machine import Machine
from .nodes import NODES
from .starting import restore, start

__all__ = [
    "NODES",
    "Bounds",
    "Event",
    "ExpressionError",
    "Failed",
    "Finished",
    "InterpreterError",
    "InvalidFlow",
    "Logged",
    "Machine",
    "StepBegan",
    "StepEnded",
    "Waiting",
    "restore",
    "start",
]
