"""One thing done to many nodes: asked first, with what it needs to know, then told row by row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import action
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.authentication import actor_in_console
from devices.models import Node
from rdos.kernel.actors import Actor
from rdos.kernel.console import ModelPage
from rdos.kernel.errors import DomainError

# Each is named in the form that asks, and Django reads no more than a thousand fields.
MOST_NODES = 500
Data = Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    node: Node
    done: bool
    text: str
    # Shown this once.
    secret: str = ""

    @property
    def tone(self) -> str:
        return "good" if self.done else "bad"


@dataclass(frozen=True)
class Bulk:
    """`run` gets everything; what one node refuses is no reason to leave out the next."""

    name: str
    permission: str
    title: str
    text: str
    button: str
    run: Callable[[Actor, Sequence[Node], Data, datetime], Iterator[Result]]
    form: Callable[[Actor, Data | None], Form] = lambda actor, data: Form(data)
    dangerous: bool = False
    # Done at once, without a question.
    harmless: bool = False


def each(verb: Callable[[Actor, Node, Data, datetime], str], *, secret: bool = False) -> Any:
    """Makes a verb on one node a run over many."""

    def run(actor: Actor, nodes: Sequence[Node], data: Data, at: datetime) -> Iterator[Result]:
        for node in nodes:
            yield _one(verb, actor, node, data, at, secret)

    return run


def _one(verb: Any, actor: Actor, node: Node, data: Data, at: datetime, secret: bool) -> Result:
    try:
        said = verb(actor, node, data, at)
    except DomainError as error:
        return Result(node, False, worded(error))
    return Result(node, True, "Done" if secret else said, said if secret else "")


def worded(error: DomainError) -> str:
    """The sentence that helps: what is said of a field says more than that something is wrong."""
    said = [text for sentences in (error.errors or {}).values() for text in sentences]
    return " ".join(said) or error.detail


def chosen(page: ModelPage, request: HttpRequest, queryset: QuerySet[Any]) -> list[Node] | None:
    # A row of the inbox has the id of its node.
    found = Node.objects.filter(pk__in=queryset.order_by().values("pk"))
    nodes = list(found.order_by("name", "id")[: MOST_NODES + 1])
    if len(nodes) > MOST_NODES:
        messages.error(request, f"At most {MOST_NODES} nodes at once; choose fewer.")
        return None
    return nodes


def asked(bulk: Bulk) -> Callable[..., HttpResponse]:
    @action(description=bulk.button, permissions=[bulk.permission])
    def ask(page: ModelPage, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        nodes = chosen(page, request, queryset)
        if nodes is None:
            return HttpResponseRedirect(page.place("changelist"))
        actor, sure = actor_in_console(request), bulk.harmless or "confirmed" in request.POST
        form = bulk.form(actor, request.POST if sure else None)
        facts = {
            "title": bulk.title,
            "bulk": bulk,
            "rows": nodes,
            "back": page.place("changelist"),
            "whence": page.noun,
        }
        if not (sure and form.is_valid()):
            return page.page(request, "console/fleet/ask.html", form=form, **facts)
        results = list(bulk.run(actor, nodes, form.cleaned_data, timezone.now()))
        return page.page(request, "console/fleet/results.html", results=results, **facts)

    ask.__name__ = bulk.name
    return ask
