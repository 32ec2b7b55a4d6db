"""What each node type does: a function from its inputs to its outputs, found by name.

A new node is a function in the module of its family and a line in the table there.
"""

from ..errors import StepError
from ..flow import kind_of
from ..outcome import Work
from . import blocks, control, dicts, handlers, json_nodes, lists, loops, numbers, texts, variables

# Work that only makes data: it may also run when somebody asks for what it makes.
DATA: dict[str, Work] = {
    **variables.READING,
    **numbers.NODES,
    **texts.NODES,
    **lists.NODES,
    **dicts.NODES,
    **json_nodes.NODES,
}
NODES: dict[str, Work] = {
    **control.NODES,
    **loops.NODES,
    **blocks.NODES,
    **handlers.NODES,
    **variables.WRITING,
    **DATA,
}


def work_of(node_type: str) -> Work:
    found = NODES.get(kind_of(node_type))
    if found is None:
        raise StepError(f"This interpreter knows no node of the type {node_type}.", "UnknownNodeError")
    return found
