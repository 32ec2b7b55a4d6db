"""What a flow may consist of, by its kind, and how two of its versions differ. Pure.

A definition is checked once, before it is stored. Everything but `check` relies on that; of Node-RED's, which Tafy's
clients write as they like, only on that it is sound.
"""

from flows.definition.blank import blank
from flows.definition.checking import check, check_soundness
from flows.definition.comparison import difference
from flows.definition.findings import Finding
from flows.definition.normal import executable, name_of, variables_of
from flows.definition.program import program

__all__ = [
    "Finding",
    "blank",
    "check",
    "check_soundness",
    "difference",
    "executable",
    "name_of",
    "program",
    "variables_of",
]
