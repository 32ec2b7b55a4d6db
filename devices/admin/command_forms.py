"""A form for each command, built from what its driver says of the arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms

from accounts.choices import Role
from devices import drivers
from devices.drivers import CommandSpec
from devices.errors import CommandDenied, NodeExpired
from devices.models import Node
from rdos.kernel.actors import Actor
from rdos.kernel.errors import DomainError
from rdos.kernel.forms import PLAIN, JsonField, PageForm, WordsField

KEEPING = {
    "10m": timedelta(minutes=10),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}
KEEPING_WORDS = [("10m", "10 minutes"), ("1h", "one hour"), ("1d", "one day"), ("7d", "a week")]
YES_OR_NO = [("", "–"), ("true", "Yes"), ("false", "No")]
# Beside what the driver knows: whatever the node itself understands.
ANOTHER = CommandSpec("", "A command that is not listed here; the node decides")


class CommandForm(PageForm):
    """The fields are called as the arguments are. Empty ones are left out."""

    def __init__(self, spec: CommandSpec, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"prefix": f"with-{spec.name}"} | kwargs))
        self.spec = spec
        required = spec.arguments.get("required", [])
        for name, schema in spec.arguments.get("properties", {}).items():
            self.fields[name] = field_of(name, schema if isinstance(schema, Mapping) else {}, name in required)

    def action(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if value not in ("", None, [])}
        return {"type": self.spec.name, **given}


class AnotherForm(PageForm):
    name = forms.CharField(max_length=128, widget=forms.TextInput(PLAIN))
    arguments = JsonField(required=False, help_text='An object, such as {"speed": 2}. Leave empty for none.')

    def action(self) -> dict[str, Any]:
        return {**(self.cleaned_data["arguments"] or {}), "type": self.cleaned_data["name"]}


def field_of(name: str, schema: Mapping[str, Any], required: bool) -> forms.Field:
    shared: dict[str, Any] = {"label": name, "required": required, "help_text": help_of(schema)}
    kind = schema.get("type")
    if isinstance(schema.get("enum"), list):
        return EnumField(schema["enum"], **shared)
    if kind == "boolean":
        return EnumField([True, False], words=("Yes", "No"), **shared)
    if kind in ("integer", "number"):
        number = forms.IntegerField if kind == "integer" else forms.FloatField
        return number(min_value=schema.get("minimum"), max_value=schema.get("maximum"), **shared)
    if kind == "array":
        of_words = schema.get("items", {}).get("type") == "string"
        rows = forms.Textarea({"rows": 3, "spellcheck": "false"})
        return WordsField(widget=rows, **shared) if of_words else JsonField(kind=list, **shared)
    if kind == "string":
        return forms.CharField(max_length=schema.get("maxLength"), strip=False, widget=forms.TextInput(PLAIN), **shared)
    return JsonField(kind=dict if kind == "object" else object, **shared)


def help_of(schema: Mapping[str, Any]) -> str:
    said = [str(schema["description"])] if schema.get("description") else []
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        said.append(f"From {low} to {high}.")
    if schema.get("type") == "array":
        said.append("One a line." if schema.get("items", {}).get("type") == "string" else "A list in brackets.")
    if schema.get("type") == "object":
        said.append("An object in braces.")
    return " ".join(said)


class EnumField(forms.ChoiceField):
    """Gives back the value itself, whatever its kind: a page knows only words."""

    def __init__(self, values: list[Any], *, words: tuple[str, ...] = (), **kwargs: Any) -> None:
        shown = words or tuple(map(str, values))
        self.values = {str(place): value for place, value in enumerate(values)}
        super().__init__(choices=[("", "–"), *zip(self.values, shown, strict=True)], **kwargs)

    def clean(self, value: Any) -> Any:
        return self.values.get(super().clean(value))


@dataclass(frozen=True)
class Offer:
    """A command as the page shows it: with its form, or with the reason why there is none."""

    spec: CommandSpec
    form: Any = None
    reason: str = ""
    is_open: bool = False


def specs_of(node: Node) -> list[CommandSpec]:
    known = drivers.known(node.device_type)
    return [spec for spec in drivers.get(node.device_type).commands if spec.offered] if known else []


def hindrance(actor: Actor, node: Node, spec: CommandSpec, at: datetime) -> str:
    """Why this person cannot send this now; empty when they can."""
    if node.is_expired(at):
        return str(NodeExpired())
    if spec.name in node.denied_commands:
        return str(CommandDenied())
    if Role(actor.role).rank < Role(spec.requires_role).rank:
        return f"It needs the role {Role(spec.requires_role).label}."
    if not spec.waits and not node.is_reachable:
        return "The node is offline, and this command cannot wait."
    return ""


def offers(actor: Actor, node: Node, at: datetime, filled: Any = None) -> list[Offer]:
    """`filled` is the form that was sent and refused: it stays open, with what was typed into it."""
    found = [_offer(actor, node, spec, at, filled) for spec in specs_of(node)]
    is_open = isinstance(filled, AnotherForm)
    another = "" if not node.is_expired(at) else str(NodeExpired())
    return [
        *found,
        Offer(ANOTHER, None if another else filled if is_open else AnotherForm(prefix="another"), another, is_open),
    ]


def _offer(actor: Actor, node: Node, spec: CommandSpec, at: datetime, filled: Any) -> Offer:
    if isinstance(filled, CommandForm) and filled.spec.name == spec.name:
        return Offer(spec, filled, is_open=True)
    reason = hindrance(actor, node, spec, at)
    return Offer(spec, None if reason else CommandForm(spec), reason)


def refuse(form: forms.Form, error: DomainError) -> None:
    """A fault deep inside an argument is told at that argument, with its path."""
    if not error.errors:
        form.add_error(None, error.detail)
    for path, sentences in (error.errors or {}).items():
        first, dot, _ = path.partition(".")
        at = first if first in form.fields else "arguments" if "arguments" in form.fields else None
        form.add_error(at, [f"{path}: {text}" if dot or at != first else text for text in sentences])
