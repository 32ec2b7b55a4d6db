"""What was found on the bus and is claimed by nobody: who is there, what it can, and one button to claim it."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices.access import within
from devices.admin import cells
from devices.admin.bulk import Bulk, Data, asked, each
from devices.admin.places import node_place
from devices.models import BusNode, Node
from devices.services import bus_forgetting, bus_nodes, halting
from rdos.kernel.actors import Actor
from rdos.kernel.console import ReadOnlyPage, badge
from rdos.kernel.live_page import LiveList, Nothing

# More than a person counts.
MOST_COUNTED = 99
SHOWN_CAPABILITIES = 4
UNSHOWN = ("said_capabilities", "admin_token", "node__metadata", "node__last_health", "node__denied_commands")
HOW = (
    "A device appears here as soon as it speaks on the bus. Give an ESP32 or a node agent the address below; an ESP32 "
    "takes the host from it and speaks MQTT, on port 1883 unless MQTT_PORT is another. Without --lan both ports are "
    "open to this computer only."
)


def unclaimed(actor: Actor) -> QuerySet[BusNode]:
    return BusNode.objects.filter(within(actor), node__claimed=False)


def waiting(actor: Actor) -> int:
    """Asked by every page, so that it counts no further than it shows."""
    return unclaimed(actor).order_by().values("pk")[: MOST_COUNTED + 1].count()


def _claim(actor: Actor, node: Node, data: Data, at: datetime) -> str:
    bus_nodes.claim(actor=actor, pk=node.pk, at=at)
    return "Claimed already" if node.claimed else "Claimed"


def _forget(actor: Actor, node: Node, data: Data, at: datetime) -> str:
    bus_forgetting.forget(actor=actor, pk=node.pk, at=at)
    return "Forgotten"


CLAIM = Bulk("claim_nodes", "claim", "Claim nodes", "", "Claim", each(_claim), harmless=True)
FORGET = Bulk(
    "forget_nodes",
    "forget",
    "Forget nodes",
    "For devices of somebody else. Whatever speaks on the bus again is found again.",
    "Forget",
    each(_forget),
    dangerous=True,
)


class KindFilter(SimpleListFilter):
    title = "type"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        kinds = unclaimed(actor_in_console(request)).order_by("kind").values_list("kind", flat=True).distinct()
        return [(kind, kind) for kind in kinds[:MOST_COUNTED]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[BusNode]) -> QuerySet[BusNode]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class HeardFilter(SimpleListFilter):
    title = "heard"
    parameter_name = "heard"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "Heard now"), ("no", "Silent")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[BusNode]) -> QuerySet[BusNode]:
        heard = queryset.filter(heard_until__gt=timezone.now())
        if self.value() == "no":
            return queryset.exclude(pk__in=heard.values("pk"))
        return heard if self.value() == "yes" else queryset


@admin.register(BusNode)
class InboxPage(LiveList, ReadOnlyPage):
    change_list_template = "console/fleet/inbox.html"
    list_display = ("node_found", "heard", "says_it_is", "able", "came_from", "when")
    list_display_links = None
    noun = "devices found on the bus"
    list_filter = (KindFilter, HeardFilter)
    search_fields = ("node__name", "node__key", "node__address", "kind")
    search_help_text = "Name, key, address or type"
    ordering = ("-met_at", "-node_id")
    sortable_by = ()
    actions = (asked(CLAIM), asked(FORGET))  # type: ignore[assignment] # what a person does with what was found

    def get_queryset(self, request: HttpRequest) -> QuerySet[BusNode]:
        rows = unclaimed(actor_in_console(request)).select_related("node").defer(*UNSHOWN)
        return rows.order_by(*self.ordering)

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Only what this person may press."""
        presses = {"claim": self.has_claim_permission(request), "forget": self.has_forget_permission(request)}
        return [*self.list_display, *(name for name, may in presses.items() if may)]

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        return Nothing("Nothing waits to be claimed", HOW, line=_address(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        facts = {"may_stop": halting.has_robots(actor_in_console(request)), **(extra_context or {})}
        return super().changelist_view(request, facts)

    def has_claim_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "nodes.claim")

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "nodes.delete")

    @display(description="Device")
    def node_found(self, row: BusNode) -> SafeString:
        link = '<a class="c-pair f-node" href="{}"><span class="c-name">{}</span><span class="c-more">{}</span></a>'
        return format_html(link, node_place(row.pk), row.node.name, row.node.key)

    @display(description="Heard")
    def heard(self, row: BusNode) -> SafeString:
        at = timezone.now()
        if row.heard_until and row.heard_until > at:
            return badge("good", "Heard now")
        return badge("idle", "Silent" if row.heard_until else "Never heard")

    @display(description="Type")
    def says_it_is(self, row: BusNode) -> str:
        return row.kind

    @display(description="It can")
    def able(self, row: BusNode) -> SafeString:
        names = list(row.capabilities)
        beyond = len(names) - SHOWN_CAPABILITIES
        chips = [(name,) for name in names[:SHOWN_CAPABILITIES]] + ([(f"{beyond} more",)] if beyond > 0 else [])
        if not chips:
            return cells.NOTHING
        return format_html(
            '<span class="f-chips">{}</span>', format_html_join("", '<span class="f-chip">{}</span>', chips)
        )

    @display(description="Address")
    def came_from(self, row: BusNode) -> SafeString:
        return format_html("<span>{}</span>", row.node.address) if row.node.address else cells.NOTHING

    @display(description="Found")
    def when(self, row: BusNode) -> SafeString:
        return cells.since(row.met_at, timezone.now())

    @display(description="Ours")
    def claim(self, row: BusNode) -> SafeString:
        button = '<button form="presses" formaction="{}/claim" class="{}" aria-label="Claim {}">Claim</button>'
        return format_html(button, node_place(row.pk), "c-button c-button-small", row.node.name)

    @display(description="Not ours")
    def forget(self, row: BusNode) -> SafeString:
        link = '<a class="c-link" href="{}/forget" aria-label="Forget {}">Forget…</a>'
        return format_html(link, node_place(row.pk), row.node.name)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        return HttpResponseRedirect(node_place(object_id))


def _address(request: HttpRequest) -> str:
    """The host by which this person found the hub; the port by which the hub finds the bus."""
    host = urlsplit(f"//{request.get_host()}").hostname or "127.0.0.1"
    return f"nats://{host}:{urlsplit(settings.NATS_URL).port or 4222}"
