"""The fleet as a list: who is there, who is not, and what can be done to many at once."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices.access import nodes_for
from devices.admin import cells, filters, fresh, saved_views
from devices.admin.bulk import asked
from devices.admin.bulk_command import send_command
from devices.admin.bulks import BULKS
from devices.admin.places import node_place
from devices.models import Node
from devices.services import halting
from devices.services.simulated import simulated
from rdos.kernel.console import ModelPage

# Large, and nothing of them is listed.
UNSHOWN = ("metadata", "last_health", "denied_commands")


@admin.register(Node)
class NodePage(ModelPage):
    # None of them is called as a field is: the field would be shown as it is stored.
    list_display = ("node", "state", "driver", "labelled", "seen", "came_from")
    list_display_links = None
    noun = "nodes"
    list_filter = filters.ALL
    search_fields = ("name", "key", "address")
    search_help_text = "Name, key, address or label"
    ordering = ("name", "id")
    actions = (send_command, *(asked(bulk) for bulk in BULKS))
    change_list_template = "console/fleet/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Node]:
        return nodes_for(actor_in_console(request)).defer(*UNSHOWN).order_by(*self.ordering)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Node], search_term: str
    ) -> tuple[QuerySet[Node], bool]:
        words = search_term.replace("\x00", "").strip()
        if not words:
            return queryset, False
        rows = queryset.alias(label_text=Cast("labels", TextField()))
        named = Q(name__icontains=words) | Q(key__icontains=words) | Q(address__icontains=words)
        return rows.filter(named | Q(label_text__icontains=words)), False

    def has_command_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "commands.create")

    def has_maintain_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "nodes.maintain")

    def has_group_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "groups.update")

    def has_credentials_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "nodes.credentials")

    @display(description="Node", ordering="name")
    def node(self, node: Node) -> SafeString:
        link = '<a class="c-pair f-node" href="{}"><span class="c-name">{}</span><span class="c-more">{}</span></a>'
        return format_html(link, node_place(node.pk), node.name, node.key)

    @display(description="Status", ordering="status")
    def state(self, node: Node) -> SafeString:
        return cells.live(node, "state", cells.state(node, timezone.now()))

    @display(description="Driver", ordering="device_type")
    def driver(self, node: Node) -> SafeString:
        return cells.driver(node)

    @display(description="Labels")
    def labelled(self, node: Node) -> SafeString:
        return cells.labels(node)

    @display(description="Last seen", ordering="last_seen_at")
    def seen(self, node: Node) -> SafeString:
        return cells.live(node, "seen", cells.seen(node, timezone.now()))

    @display(description="Address")
    def came_from(self, node: Node) -> SafeString:
        return cells.live(node, "address", cells.came_from(node))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        facts = _facts(request)
        answer: HttpResponse = super().changelist_view(request, {**facts, **(extra_context or {})})
        listed = getattr(answer, "context_data", {}).get("cl")
        if listed is not None:
            ids = [node.pk for node in listed.result_list]
            answer.context_data["fresh"] = fresh.place_of(ids, timezone.now())  # type: ignore[attr-defined]
        return answer

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: object = None) -> HttpResponse:
        return HttpResponseRedirect("/nodes/add")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        return HttpResponseRedirect(node_place(object_id))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: object = None) -> HttpResponse:
        return HttpResponseRedirect(f"{node_place(object_id)}/delete")


def _facts(request: HttpRequest) -> dict[str, Any]:
    actor, query = actor_in_console(request), saved_views.known(request.GET.urlencode())
    virtual = simulated(nodes_for(actor)).count()
    return {
        "title": "Nodes",
        "views": saved_views.kept(actor),
        "query": query,
        "simulated": virtual,
        "may_remove": virtual and allows(actor, "nodes.delete"),
        "is_first": not nodes_for(actor).exists(),
        "may_stop": halting.has_robots(actor),
        "may_add": allows(actor, "nodes.create") and actor.node_ids is None,
    }
