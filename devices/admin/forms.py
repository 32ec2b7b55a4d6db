"""What people fill in about nodes. The rules themselves live in the services, which every door shares."""

from datetime import timedelta
from typing import Any

from django import forms

from devices import drivers
from devices.choices import GroupKind, TwinPolicy
from devices.models import BusNode, Node, NodeGroup
from devices.node_red import address
from devices.particulars import LONGEST_DESCRIPTION, LONGEST_KEY, LONGEST_NAME, LONGEST_REASON, LONGEST_VALUE
from rdos.kernel.forms import PLAIN, JsonField, LabelsField, PageForm, WordsField

MOMENT = "%Y-%m-%dT%H:%M"
LASTING = {"1h": timedelta(hours=1), "8h": timedelta(hours=8), "1d": timedelta(days=1), "7d": timedelta(days=7)}
LASTING_WORDS = [("1h", "One hour"), ("8h", "8 hours"), ("1d", "One day"), ("7d", "A week")]


class MaintenanceForm(PageForm):
    lasts = forms.ChoiceField(label="For", choices=LASTING_WORDS)
    reason = forms.CharField(max_length=LONGEST_REASON, required=False, widget=forms.TextInput(PLAIN))

    def clean_lasts(self) -> timedelta:
        return LASTING[self.cleaned_data["lasts"]]


class LabelNameForm(PageForm):
    name = forms.CharField(max_length=63, widget=forms.TextInput(PLAIN), help_text="Such as site.")


class LabelForm(LabelNameForm):
    value = forms.CharField(max_length=LONGEST_VALUE, required=False, widget=forms.TextInput(PLAIN))


class GroupForm(PageForm):
    group = forms.ModelChoiceField(
        NodeGroup.objects.filter(kind=GroupKind.STATIC).order_by("name"), empty_label="Choose a group"
    )


class NodeForm(PageForm):
    name = forms.CharField(max_length=LONGEST_NAME, widget=forms.TextInput(PLAIN | {"autofocus": True}))
    description = forms.CharField(max_length=LONGEST_DESCRIPTION, required=False, widget=forms.TextInput(PLAIN))
    labels = LabelsField(
        required=False,
        help_text="One a line, such as “site: Graz”.",
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
    )
    expires_at = forms.DateTimeField(
        label="Expires (UTC)",
        required=False,
        input_formats=[MOMENT, f"{MOMENT}:%S"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT),
        help_text="From then on it is not let in. Leave empty for never.",
    )


class NewNodeForm(NodeForm):
    device_type = forms.ChoiceField(label="Driver", widget=forms.RadioSelect, choices=list)
    field_order = ("name", "device_type")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(driver.device_type, driver.display_name) for driver in drivers.all_drivers()]
        self.fields["device_type"].choices = found  # type: ignore[attr-defined]


class NodeSettingsForm(NodeForm):
    key = forms.CharField(max_length=LONGEST_KEY, widget=forms.TextInput(PLAIN), help_text="What it calls itself.")
    denied_commands = WordsField(
        required=False,
        label="Commands nobody may send it",
        help_text="One a line, such as “restart”.",
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
    )
    field_order = ("name", "key", "description", "labels")

    @staticmethod
    def facts(node: Node) -> dict[str, Any]:
        names = ("name", "key", "description", "labels", "expires_at", "denied_commands")
        return {name: getattr(node, name) for name in names}


class NodeRedForm(PageForm):
    admin_url = forms.CharField(
        max_length=address.LONGEST,
        required=False,
        label="Address",
        widget=forms.TextInput(PLAIN | {"inputmode": "url", "placeholder": "http://192.168.1.20:1880"}),
        help_text="Of its Admin API. Leave empty if it has none: then flows are told to the node over the bus.",
    )
    admin_token = forms.CharField(
        max_length=address.LONGEST_TOKEN,
        required=False,
        label="Token",
        strip=False,
        widget=forms.PasswordInput(PLAIN | {"autocomplete": "off"}),
    )
    forget_token = forms.BooleanField(required=False, label="Forget the token")

    def __init__(self, bus: BusNode, data: Any = None) -> None:
        super().__init__(data, auto_id="node_red_%s", initial={"admin_url": bus.admin_url})
        has_token = bool(bus.admin_token)
        told = "Leave empty to keep the one it has." if has_token else "If it asks for one. It is never shown again."
        self.fields["admin_token"].help_text = told
        if not has_token:
            del self.fields["forget_token"]

    def said(self) -> dict[str, str]:
        given = self.cleaned_data
        token = {"admin_token": given["admin_token"]} if given["admin_token"] else {}
        return {"admin_url": given["admin_url"]} | ({"admin_token": ""} if given.get("forget_token") else token)


class PolicyForm(PageForm):
    policy = forms.ChoiceField(label="When it drifts", choices=TwinPolicy.choices)


class DesiredForm(PageForm):
    desired = JsonField(label="Desired configuration", rows=12)
