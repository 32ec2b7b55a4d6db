"""Groups of nodes: made of named nodes or of a query, with the members that fit now."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices import queries
from devices.access import within
from devices.admin import cells, group_command
from devices.admin.group_forms import GroupForm, labels_of
from devices.admin.places import node_place
from devices.choices import GroupKind, NodeStatus
from devices.models import Node, NodeGroup
from devices.services import groups
from rdos.kernel.console import FormPage, Question, badge, confirmed, journal_of, moment, pair
from rdos.kernel.live_page import LivePage, Nothing

MOST_SHOWN = 200


@admin.register(NodeGroup)
class GroupPage(LivePage, FormPage):
    list_display = ("what", "shown_kind", "asked", "members", "changed")
    noun = "groups"
    list_filter = ("kind",)
    search_fields = ("name", "description")
    search_help_text = "Name or description"
    ordering = ("name", "id")
    actions = ("delete_groups",)
    form_template = "console/groups/group.html"
    live_template = "console/groups/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[NodeGroup]:
        found: QuerySet[NodeGroup] = super().get_queryset(request)
        seen = Q(nodes__isnull=False) & within(actor_in_console(request), "nodes__id")
        return found.annotate(seen=Count("nodes", filter=seen))

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        title = "No group yet"
        if not self.has_add_permission(request):
            return Nothing(title, "A group holds nodes that are told something together. An administrator makes them.")
        text = "A group holds nodes that you name, or whatever fits a query. One command then reaches all of them."
        return Nothing(title, text, "Make a group", self.place("add"))

    def get_urls(self) -> list[URLPattern]:
        own = path("<str:pk>/command/", self.admin_site.admin_view(self.command), name="devices_nodegroup_command")
        return [own, *super().get_urls()]

    def command(self, request: HttpRequest, pk: str) -> HttpResponse:
        if not allows(actor_in_console(request), "commands.create"):
            raise PermissionDenied
        return group_command.send(self, request, self.found(request, pk))

    @display(description="Group", ordering="name")
    def what(self, group: NodeGroup) -> SafeString:
        return pair(group.name, group.description)

    @display(description="Kind", ordering="kind")
    def shown_kind(self, group: NodeGroup) -> str:
        return GroupKind(group.kind).label

    @display(description="Asks for")
    def asked(self, group: NodeGroup) -> str:
        return in_words(group.query) or "–"

    @display(description="Nodes")
    def members(self, group: Any) -> str:
        return "whatever fits" if group.kind == GroupKind.QUERY else str(group.seen)

    @display(description="Changed (UTC)", ordering="updated_at")
    def changed(self, group: NodeGroup) -> str:
        return moment(group.updated_at)

    def form_for(self, request: HttpRequest, row: NodeGroup | None) -> Form:
        data = request.POST if request.method == "POST" else None
        actor = actor_in_console(request)
        return GroupForm(actor, row, data, initial=GroupForm.facts(row, actor) if row else None)

    def carry_out(self, request: HttpRequest, form: Form, row: NodeGroup | None) -> HttpResponse:
        actor, given = actor_in_console(request), form.cleaned_data
        fields = {name: given[name] for name in ("name", "description", "query")}
        chosen = [UUID(pk) for pk in given["nodes"]]
        if row is None:
            made = groups.create(actor=actor, kind=given["kind"], node_ids=chosen, **fields)
            messages.success(request, f"{made.name} is there now.")
            return HttpResponseRedirect(self.place("change", made.pk))
        groups.update(actor=actor, pk=row.pk, **fields)
        if row.kind == GroupKind.STATIC:
            groups.assign(actor=actor, pk=row.pk, node_ids=chosen)
        messages.success(request, f"{given['name']} was changed.")
        return HttpResponseRedirect(self.place("change", row.pk))

    def facts_for(self, request: HttpRequest, row: NodeGroup | None) -> dict[str, Any]:
        if row is None:
            return {"title": "Make a group"}
        actor = actor_in_console(request)
        return self.live_facts(request, row) | {
            "live": self.place("live", row.pk),
            "their_list": f"{reverse('admin:devices_node_changelist')}?group={row.pk}",
            "command": self.place("command", row.pk) if allows(actor, "commands.create") else "",
            "may_delete": self.has_delete_permission(request, row),
            "journal": journal_of("nodegroup", row.pk) if allows(actor, "journal.read") else "",
            "list": self.place("changelist"),
        }

    def live_facts(self, request: HttpRequest, row: NodeGroup) -> dict[str, Any]:
        actor = actor_in_console(request)
        found = queries.members(row, actor).order_by("name", "id")
        shown = list(found.only("name", "key", "status", "maintenance_until")[: MOST_SHOWN + 1])
        return {
            "members": [_member(node, timezone.now()) for node in shown[:MOST_SHOWN]],
            "beyond": found.count() - MOST_SHOWN if len(shown) > MOST_SHOWN else 0,
            "asks": in_words(row.query),
        }

    @confirmed(
        permission="delete",
        done="deleted.",
        ask=Question("Delete groups", "Their nodes stay as they are.", "Delete"),
    )
    def delete_groups(self, request: HttpRequest, group: NodeGroup) -> None:
        groups.delete(actor=actor_in_console(request), pk=group.pk)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: object = None) -> HttpResponse:
        self.found(request, object_id)
        asked = self.delete_groups(request, self.get_queryset(request).filter(pk=object_id))
        return asked or HttpResponseRedirect(self.place("changelist"))


def _member(node: Node, at: datetime) -> dict[str, Any]:
    look = badge(cells.tone_of(node, at), NodeStatus(node.status).label)
    return {"node": node, "place": node_place(node.pk), "badge": look}


def in_words(query: dict[str, Any]) -> str:
    named = {"type": query.get("device_type"), "status": query.get("status"), "words": query.get("search")}
    said = [f"{name} {value}" for name, value in named.items() if value]
    return ", ".join(said + ([f"labels {labels_of(query)}"] if query.get("labels") else []))
