"""Tunnels: the list, the form, and the page that shows what each node was told and said."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices.access import tunnels_for
from devices.admin.places import node_place
from devices.admin.tones import leg_look, tunnel_badge
from devices.admin.tunnel_forms import NewTunnelForm, TunnelForm
from devices.choices import LegSide, LegStatus, TunnelMode, TunnelStatus
from devices.models import Tunnel, TunnelLeg
from devices.services import pushes, tunnels
from rdos.kernel.console import FormPage, Question, badge, confirmed, journal_of, pair
from rdos.kernel.live_page import Button, LivePage, Nothing, Verb

LEG = '<span class="c-tone-{}"><span class="c-shape" aria-hidden="true"></span>{}: {}</span>'


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("failed", "Failed"), *((word.value, word.label) for word in TunnelStatus if word != "error")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tunnel]) -> QuerySet[Tunnel]:
        if self.value() == "failed":
            return failed(queryset)
        return queryset.filter(status=self.value()) if self.value() in TunnelStatus.values else queryset


def failed(rows: QuerySet[Tunnel]) -> QuerySet[Tunnel]:
    refused = TunnelLeg.objects.filter(status=LegStatus.FAILED).values("tunnel_id")
    return rows.filter(Q(status=TunnelStatus.ERROR) | Q(status=TunnelStatus.PENDING, pk__in=refused))


@admin.register(Tunnel)
class TunnelPage(LivePage, FormPage):
    list_display = ("what", "state", "way", "shown_mode", "legs_now")
    noun = "tunnels"
    list_filter = (StateFilter, "mode", "protocol")
    list_select_related = ("ingress_node", "egress_node", "relay_node")
    search_fields = ("name", "ingress_node__name", "egress_node__name", "relay_node__name")
    search_help_text = "Tunnel or node"
    ordering = ("name", "id")
    sortable_by = ("what",)
    actions = ("delete_tunnels",)
    form_template = "console/tunnels/tunnel.html"
    live_template = "console/tunnels/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tunnel]:
        found = tunnels_for(actor_in_console(request)).select_related(*self.list_select_related)
        return found.prefetch_related("legs").order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        title = "No tunnel yet"
        if not self.has_add_permission(request):
            return Nothing(title, "Tunnels between nodes that you see appear here. An administrator makes them.")
        text = "A tunnel carries traffic from one node to another, by a relay or directly. The hub tells its nodes."
        return Nothing(title, text, "Make a tunnel", self.place("add"))

    @display(description="Tunnel", ordering="name")
    def what(self, tunnel: Tunnel) -> SafeString:
        return pair(tunnel.name, f"{tunnel.get_protocol_display()} port {tunnel.ingress_listen_port}")

    @display(description="State")
    def state(self, tunnel: Tunnel) -> SafeString:
        return tunnel_badge(tunnel)

    @display(description="From and to")
    def way(self, tunnel: Tunnel) -> SafeString:
        return pair(f"{tunnel.ingress_node.name} → {tunnel.egress_node.name}", _by(tunnel))

    @display(description="Mode")
    def shown_mode(self, tunnel: Tunnel) -> str:
        return TunnelMode(tunnel.mode).label

    @display(description="Nodes told")
    def legs_now(self, tunnel: Tunnel) -> SafeString:
        said = [(*leg_look(tunnel, leg), LegSide(leg.side).label) for leg in _in_order(tunnel)]
        return format_html('<span class="p-legs">{}</span>', format_html_join("", LEG, _worded(said)))

    def form_for(self, request: HttpRequest, row: Tunnel | None) -> Form:
        data = request.POST if request.method == "POST" else None
        if row is None:
            return NewTunnelForm(actor_in_console(request), data)
        return TunnelForm(row.mode, data, initial=TunnelForm.facts(row))

    def carry_out(self, request: HttpRequest, form: Form, row: Tunnel | None) -> HttpResponse:
        actor, at = actor_in_console(request), timezone.now()
        if row is None:
            row = tunnels.create(actor=actor, fields=form.cleaned_data, at=at)
            messages.success(request, f"{row.name} is made; its nodes are told now.")
        else:
            tunnels.update(actor=actor, pk=row.pk, fields=form.cleaned_data, at=at)
            messages.success(request, f"{form.cleaned_data['name']} was changed.")
        return HttpResponseRedirect(self.place("change", row.pk))

    def facts_for(self, request: HttpRequest, row: Tunnel | None) -> dict[str, Any]:
        if row is None:
            return {"title": "Make a tunnel"}
        return self.live_facts(request, row) | {
            "live": self.place("live", row.pk),
            "list": self.place("changelist"),
            "may_delete": self.has_delete_permission(request, row),
            "journal": journal_of("tunnel", row.pk) if allows(actor_in_console(request), "journal.read") else "",
        }

    def live_facts(self, request: HttpRequest, tunnel: Tunnel) -> dict[str, Any]:
        return {
            "badge": tunnel_badge(tunnel),
            "legs": [_leg(tunnel, leg) for leg in pushes.legs_of(tunnel)],
            "buttons": self._buttons(request, tunnel),
            "may_press": self.may(request, "push"),
        }

    def _buttons(self, request: HttpRequest, tunnel: Tunnel) -> list[Button]:
        if not self.may(request, "push"):
            return []
        if tunnel.status == TunnelStatus.DISABLED:
            return [self.button("enable", "Enable", tunnel)]
        again = self.button("push", "Tell its nodes again", tunnel)
        return [again, self.button("disable", "Disable", tunnel, dangerous=True)]

    def enable(self, request: HttpRequest, tunnel: Tunnel) -> tuple[str, str]:
        self._become(request, tunnel, TunnelStatus.PENDING)
        return "Enabled; its nodes are told now.", ""

    def push(self, request: HttpRequest, tunnel: Tunnel) -> tuple[str, str]:
        self._become(request, tunnel, TunnelStatus.PENDING)
        return "Its nodes are told again.", ""

    def disable(self, request: HttpRequest, tunnel: Tunnel) -> tuple[str, str]:
        self._become(request, tunnel, TunnelStatus.DISABLED)
        return "Disabled; its nodes are told to take it away.", ""

    def _become(self, request: HttpRequest, tunnel: Tunnel, status: TunnelStatus) -> None:
        fields = {"status": status.value}
        tunnels.update(actor=actor_in_console(request), pk=tunnel.pk, fields=fields, at=timezone.now())

    verbs = {
        "enable": Verb(enable, "change"),
        "push": Verb(push, "change"),
        "disable": Verb(
            disable,
            "change",
            Question(
                "Disable the tunnel",
                "Its nodes are told to take it away, and what runs through it stops. It can be enabled again.",
                "Disable",
            ),
        ),
    }

    @confirmed(
        permission="delete",
        done="deleted.",
        ask=Question("Delete tunnels", "Their nodes are told to take them away, and their keys are lost.", "Delete"),
    )
    def delete_tunnels(self, request: HttpRequest, tunnel: Tunnel) -> None:
        tunnels.delete(actor=actor_in_console(request), pk=tunnel.pk, at=timezone.now())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: object = None) -> HttpResponse:
        self.found(request, object_id)
        asked = self.delete_tunnels(request, self.get_queryset(request).filter(pk=object_id))
        return asked or HttpResponseRedirect(self.place("changelist"))


def _by(tunnel: Tunnel) -> str:
    return f"by {tunnel.relay_node.name}" if tunnel.relay_node else "direct"


def _in_order(tunnel: Tunnel) -> list[TunnelLeg]:
    return sorted(tunnel.legs.all(), key=lambda leg: pushes.ORDER.index(LegSide(leg.side)))


def _worded(said: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [(tone, side, word.lower()) for tone, word, side in said]


def _leg(tunnel: Tunnel, leg: TunnelLeg) -> dict[str, Any]:
    away = "" if leg.node.is_connected else "The node is away; it is told when it returns."
    unsettled = leg.command_id if tunnel.status == TunnelStatus.DISABLED else leg.status != LegStatus.PUSHED
    return {
        "leg": leg,
        "side": LegSide(leg.side).label,
        "place": node_place(leg.node_id),
        "badge": badge(*leg_look(tunnel, leg)),
        "note": away if unsettled else "",
    }
