"""Nodes as the choices of a form: by name, and only those that the person sees."""

from collections.abc import Iterable

from devices import drivers
from devices.access import nodes_for
from devices.models import Node
from rdos.kernel.actors import Actor

Choices = list[tuple[str, str]]
# More than a page can hold; whoever has so many nodes makes a group of what fits a query.
MOST_OFFERED = 5000


def every(actor: Actor) -> Choices:
    return _choices(nodes_for(actor))


def that_can(actor: Actor, command: str) -> Choices:
    """Nodes whose kind understands this."""
    kinds = [driver.device_type for driver in drivers.all_drivers() if driver.command(command) is not None]
    return _choices(nodes_for(actor).filter(device_type__in=kinds))


def _choices(nodes: "Iterable[Node]") -> Choices:
    found = nodes.order_by("name", "id").values_list("pk", "name", "key")[:MOST_OFFERED]  # type: ignore[attr-defined]
    return [(str(pk), f"{name} ({key})") for pk, name, key in found]
