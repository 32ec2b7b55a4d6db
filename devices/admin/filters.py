"""The filters of the node list; each is a word in the address, so that a list can be kept and sent to somebody."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.authentication import actor_in_console
from devices import drivers, queries
from devices.access import nodes_for
from devices.choices import CONNECTED, CommandStatus, NodeStatus
from devices.models import Node, NodeGroup
from devices.services import bus_presence, simulated

# As many as a person reads; whatever else there is still works in the address.
MOST_CHOICES = 100
LOOKED_AT = 2000


class NodeFilter(SimpleListFilter):
    def choices_for(self, request: HttpRequest) -> list[tuple[str, str]]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Always offers what is chosen: a filter without choices would be left out, and show every node."""
        found, chosen = self.choices_for(request), self.chosen
        return found if not chosen or chosen in dict(found) else [*found, (chosen, chosen)]

    @property
    def chosen(self) -> str:
        return str(self.value() or "")


class StatusFilter(NodeFilter):
    title = "status"
    parameter_name = "status"

    def choices_for(self, request: HttpRequest) -> list[tuple[str, str]]:
        return list(NodeStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Node]) -> QuerySet[Node]:
        return queryset.filter(status=self.chosen) if self.chosen else queryset


class DriverFilter(NodeFilter):
    title = "driver"
    parameter_name = "driver"

    def choices_for(self, request: HttpRequest) -> list[tuple[str, str]]:
        return [(driver.device_type, driver.display_name) for driver in drivers.all_drivers()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Node]) -> QuerySet[Node]:
        return queryset.filter(device_type=self.chosen) if self.chosen else queryset


class GroupFilter(NodeFilter):
    title = "group"
    parameter_name = "group"

    def choices_for(self, request: HttpRequest) -> list[tuple[str, str]]:
        found = NodeGroup.objects.order_by("name").values_list("pk", "name")[:MOST_CHOICES]
        return [(str(pk), name) for pk, name in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Node]) -> QuerySet[Node]:
        if not self.chosen:
            return queryset
        group = NodeGroup.objects.filter(pk=self.chosen).first() if is_uuid(self.chosen) else None
        if group is None:
            return queryset.none()
        return queryset.filter(pk__in=queries.members(group, actor_in_console(request)).values("pk"))


class LabelFilter(NodeFilter):
    title = "label"
    parameter_name = "label"

    def choices_for(self, request: HttpRequest) -> list[tuple[str, str]]:
        rows = nodes_for(actor_in_console(request)).exclude(labels={}).values_list("labels", flat=True)[:LOOKED_AT]
        pairs = {(name, value) for labels in rows for name, value in labels.items() if name != simulated.LABEL}
        return [(f"{name}:{value}", f"{name}: {value}") for name, value in sorted(pairs)[:MOST_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Node]) -> QuerySet[Node]:
        name, colon, value = self.chosen.partition(":")
        return queries.selected(queryset, labels={name: value}) if colon else queryset


class YesOrNo(NodeFilter):
    words = ("Yes", "No")

    def condition(self) -> Q:
        raise NotImplementedError

    def choices_for(self, request: HttpRequest) -> list[tuple[str, str]]:
        return list(zip(("yes", "no"), self.words, strict=True))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Node]) -> QuerySet[Node]:
        if self.chosen not in ("yes", "no"):
            return queryset
        inside = Node.objects.filter(self.condition()).values("pk")
        return queryset.filter(pk__in=inside) if self.chosen == "yes" else queryset.exclude(pk__in=inside)


class MaintenanceFilter(YesOrNo):
    title = "maintenance"
    parameter_name = "maintenance"
    words = ("In maintenance", "Not in maintenance")

    def condition(self) -> Q:
        return Q(maintenance_until__gt=timezone.now())


class SimulatedFilter(YesOrNo):
    title = "simulated"
    parameter_name = "simulated"
    words = ("Simulated", "Real")

    def condition(self) -> Q:
        return Q(**{f"labels__{simulated.LABEL}": simulated.YES})


class AttentionFilter(YesOrNo):
    title = "attention"
    parameter_name = "attention"
    words = ("Needs attention", "Needs none")

    def condition(self) -> Q:
        return missed(timezone.now())


class BusFilter(YesOrNo):
    title = "bus"
    parameter_name = "bus"
    words = ("On the bus", "Not on the bus")

    def condition(self) -> Q:
        return Q(on_bus=True)


class ClaimedFilter(YesOrNo):
    title = "claim"
    parameter_name = "claimed"
    words = ("Claimed", "Unclaimed")

    def condition(self) -> Q:
        return Q(claimed=True)


class DriftFilter(YesOrNo):
    title = "drift"
    parameter_name = "drift"
    words = ("Drifted", "Not drifted")

    def condition(self) -> Q:
        return Q(twin__drifted_at__isnull=False)


def missed(at: datetime) -> Q:
    """In trouble, and nobody said that it would be. Nobody misses what never was there, or was never claimed."""
    troubled = Q(status__in=(NodeStatus.OFFLINE, NodeStatus.ERROR, NodeStatus.DEGRADED))
    # That the hub itself hears nothing is told once, and not for each node.
    deaf = Q(on_bus=True, status=NodeStatus.OFFLINE, status_reason=bus_presence.BUS_LOST)
    excused = Q(maintenance_until__gt=at) | Q(expires_at__lte=at) | deaf
    return troubled & Q(claimed=True) & ~excused & ~Q(status=NodeStatus.OFFLINE, last_seen_at=None)


def waits_for_its_node() -> Q:
    """A command whose node is away; what was published on the bus waits for nobody."""
    published = Q(status=CommandStatus.SENT, node__on_bus=True)
    return ~Q(node__status__in=CONNECTED) & ~published


ALL: tuple[Any, ...] = (
    StatusFilter,
    AttentionFilter,
    DriverFilter,
    GroupFilter,
    LabelFilter,
    BusFilter,
    ClaimedFilter,
    DriftFilter,
    MaintenanceFilter,
    SimulatedFilter,
)
PARAMETERS = ("q", "o", *(one.parameter_name for one in ALL))


def is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
