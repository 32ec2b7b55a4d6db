"""What an admin fills in for a tunnel. The rules themselves are the service's."""

from typing import Any
from uuid import UUID

from django import forms

from devices.admin import choosing
from devices.admin.group_forms import select, text
from devices.bindings import HIGHEST_PORT
from devices.choices import LegSide, Protocol, TunnelMode
from devices.models import Tunnel
from devices.services.ends import FIELDS, NEEDED
from rdos.kernel.actors import Actor

RELAY, DIRECT = TunnelMode.RELAY.value, TunnelMode.DIRECT.value
NODES = tuple(FIELDS.values())
# What each mode asks for besides.
OF_MODE = {RELAY: ("relay_node_id", "relay_addr"), DIRECT: ("egress_peer_addr",)}


class TunnelForm(forms.Form):
    """What can be changed later too."""

    name = forms.CharField(max_length=128, widget=text(autocomplete="off"))
    ingress_listen_port = forms.IntegerField(
        label="Listening port",
        min_value=1,
        max_value=HIGHEST_PORT,
        widget=text(inputmode="numeric"),
        help_text="Where traffic enters, on the ingress node.",
    )
    egress_forward_addr = forms.CharField(
        label="Forward to",
        max_length=256,
        widget=text(spellcheck="false"),
        help_text="IP:port as the egress node sees it, such as 127.0.0.1:7000.",
    )
    relay_addr = forms.CharField(
        label="Address of the relay",
        max_length=256,
        required=False,
        widget=text(spellcheck="false", **{"data-for": RELAY}),
        help_text="Host:port that both ends reach.",
    )
    egress_peer_addr = forms.CharField(
        label="Address of the egress node",
        max_length=256,
        required=False,
        widget=text(spellcheck="false", **{"data-for": DIRECT}),
        help_text="Host:port at which the ingress node reaches the egress node.",
    )

    def __init__(self, mode: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in OF_MODE[_other(mode)] if mode else ():
            self.fields.pop(name, None)

    @staticmethod
    def facts(tunnel: Tunnel) -> dict[str, Any]:
        return {name: getattr(tunnel, name) for name in TunnelForm.base_fields}


class NewTunnelForm(TunnelForm):
    protocol = forms.ChoiceField(choices=Protocol.choices, initial=Protocol.UDP, widget=select())
    mode = forms.ChoiceField(choices=TunnelMode.choices, initial=RELAY, widget=select(**{"data-chooses": ""}))
    ingress_node_id = forms.ChoiceField(label="Ingress node", widget=select())
    egress_node_id = forms.ChoiceField(label="Egress node", widget=select())
    relay_node_id = forms.ChoiceField(label="Relay", required=False, widget=select(**{"data-for": RELAY}))
    field_order = (
        "name",
        "protocol",
        "mode",
        "ingress_node_id",
        "ingress_listen_port",
        "egress_node_id",
        "egress_forward_addr",
        "relay_node_id",
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__("", *args, **kwargs)
        edges = choosing.that_can(actor, NEEDED[LegSide.INGRESS])
        relays = choosing.that_can(actor, NEEDED[LegSide.RELAY])
        for name in NODES:
            choices = relays if name == "relay_node_id" else edges
            self.fields[name].choices = [("", "Choose a node"), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        for name in OF_MODE[_other(data.get("mode", RELAY))]:
            data[name] = None
        return data | {name: UUID(data[name]) if data.get(name) else None for name in NODES}


def _other(mode: str) -> str:
    return DIRECT if mode == RELAY else RELAY
