"""What people say of a webhook: what a delivery must be like."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms

from rdos.kernel.forms import PLAIN, LabelsField, WordsField
from scheduling.admin.fields import SpanField
from scheduling.admin.trigger_forms import RUNS, TriggerForm, initial_of
from scheduling.models import Webhook
from scheduling.particulars import (
    LARGEST_BODY,
    LONGEST_DAY,
    LONGEST_HEADER,
    LONGEST_SECRET,
    LONGEST_TYPE,
    LONGEST_VALUE,
    MOST_ADDRESSES,
    MOST_HEADERS,
    MOST_PER_MINUTE,
)
from scheduling.services.webhooks import FIELDS

ROWS = {"rows": 3, "spellcheck": "false"}
KIB = 1024


class WebhookForm(TriggerForm):
    secret = forms.CharField(
        label="Secret for signatures",
        required=False,
        strip=False,
        max_length=LONGEST_SECRET,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="With one, every delivery must be signed. It is never shown again.",
    )
    no_secret = forms.BooleanField(label="Ask for no signature any more", required=False)
    replay_seconds = SpanField(
        label="A timestamp may be off by", least=1, most=LONGEST_DAY, help_text="Of signed deliveries, either way."
    )
    content_type = forms.CharField(
        label="Content type",
        required=False,
        max_length=LONGEST_TYPE,
        widget=forms.TextInput(PLAIN),
        help_text="Such as application/json. Empty: any.",
    )
    required_headers = LabelsField(
        label="Required headers",
        required=False,
        widget=forms.Textarea(ROWS),
        help_text="One a line, as “X-Shop: graz”; without a value, any will do.",
    )
    allowed_addresses = WordsField(
        label="Allowed addresses",
        required=False,
        widget=forms.Textarea(ROWS),
        help_text="Addresses and networks, one a line, such as 192.0.2.0/24. Empty: all.",
    )
    largest_kib = forms.IntegerField(label="Largest body, in KiB", min_value=1, max_value=LARGEST_BODY // KIB)
    per_minute = forms.IntegerField(
        label="Calls a minute",
        required=False,
        min_value=1,
        max_value=MOST_PER_MINUTE,
        help_text="More are refused. Empty: as many as come.",
    )

    PART = tuple(name for name in FIELDS if name != "largest_body")
    SECTIONS = (
        ("What it starts", ("flow", "name"), ""),
        ("Signatures", ("secret", "no_secret", "replay_seconds"), "A secret that callers sign with"),
        (
            "What a delivery must be like",
            ("content_type", "required_headers", "allowed_addresses", "largest_kib", "per_minute"),
            "Type, headers, addresses, size, and how often",
        ),
        ("How its runs go", tuple(name for name in RUNS if name != "input"), "Priority, environment, when it gives up"),
    )

    def __init__(self, actor: Any, row: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, row, *args, **kwargs)
        # The body of a delivery is the input.
        del self.fields["input"]
        if row is None or not row.secret:
            del self.fields["no_secret"]
        else:
            self.fields["secret"].help_text = "There is one. Empty: it stays as it is."

    def clean_required_headers(self) -> dict[str, str]:
        found: dict[str, str] = self.cleaned_data["required_headers"]
        if len(found) > MOST_HEADERS:
            raise forms.ValidationError(f"At most {MOST_HEADERS}.")
        if any(not 0 < len(name) <= LONGEST_HEADER or len(value) > LONGEST_VALUE for name, value in found.items()):
            raise forms.ValidationError(f"Names have 1–{LONGEST_HEADER} characters, values at most {LONGEST_VALUE}.")
        return found

    def clean_allowed_addresses(self) -> list[str]:
        found: list[str] = self.cleaned_data["allowed_addresses"]
        if len(found) > MOST_ADDRESSES:
            raise forms.ValidationError(f"At most {MOST_ADDRESSES}.")
        return found

    def part(self, at: datetime) -> dict[str, Any]:
        said = super().part(at)
        if "largest_kib" in self.said(("largest_kib",)):
            said["largest_body"] = self.cleaned_data["largest_kib"] * KIB
        if self.cleaned_data["secret"]:
            said["secret"] = self.cleaned_data["secret"]
        elif self.cleaned_data.get("no_secret"):
            said["secret"] = ""
        return said


def initial(webhook: Webhook | None) -> Mapping[str, Any]:
    row = webhook or Webhook()
    found = {name: getattr(row, name) for name in FIELDS} | {"largest_kib": -(-row.largest_body // KIB)}
    return found if webhook is None else {**initial_of(webhook.trigger), **found}
