"""What a new flow does when nobody says it."""

from typing import Any

from flows.choices import FlowKind

ORGANISM = """\
organism:
  name: my-flow

listeners:
  - name: greeter
    payload_class: greetings.Hello
    handler: rdos.echo
    description: Answers everybody who says hello with the same words.
    agent: true
    peers: []
"""


def blank(kind: str) -> Any:
    """None for a media flow: it has an id, and only whoever makes it knows which."""
    return {
        FlowKind.GRAPH: {"nodes": {}, "connections": []},
        FlowKind.NODERED: {"flows": []},
        FlowKind.ORGANISM: ORGANISM,
    }.get(FlowKind(kind))
