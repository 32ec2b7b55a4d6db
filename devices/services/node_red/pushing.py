"""A flow is brought to a Node-RED, and taken away from it, by the command that a deployment sent.

Whoever else deploys there at the same time is noticed by Node-RED's own revision: it is read, changed and written only
if it is still the same, else read again.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from devices.bus_letters import DEPLOY, DEPLOYMENT, UNDEPLOY
from devices.choices import CommandStatus
from devices.models import BusNode, Command, NodeRedFlow
from devices.node_red import contents
from devices.node_red.contents import Things
from devices.node_red.errors import NodeRedBusy, NotANodeRedFlow, NotOnTheBus, Overtaken, ReadBackDiffers
from devices.services import commands
from devices.services.commands import Reply
from devices.services.node_red.admin_api import AdminApi, Contents
from rdos.kernel.clock import database_now
from rdos.kernel.errors import DomainError

TRIES = 5


@dataclass(frozen=True, slots=True)
class Errand:
    """One flow on its way to one Node-RED, or away from it."""

    number: int
    node_id: UUID
    deployment_id: UUID | None
    flow_id: UUID
    flow_name: str
    version: int
    # None: to be taken away.
    wanted: Things | None

    @property
    def ids(self) -> set[str]:
        return {thing["id"] for thing in self.wanted or ()}


def carries(purpose: str, admin_url: str) -> bool:
    """Everything else that such a node is told goes over the bus."""
    return purpose == DEPLOYMENT and bool(admin_url)


def carry(command_id: UUID) -> Reply | None:
    """None when there is nobody to tell any more. An error is the node's answer, with its name."""
    command = Command.objects.filter(pk=command_id).first()
    bus = BusNode.objects.filter(pk=command.node_id).first() if command else None
    if command is None or bus is None:
        return None
    try:
        if not bus.admin_url:
            raise NotOnTheBus("This node has no Node-RED any more.")
        revision = _run(errand_of(command), AdminApi.of(bus))
    except DomainError as error:
        return Reply(command.pk, command.node_id, False, error=error.detail, error_code=error.code)
    return Reply(command.pk, command.node_id, True, data={"revision": revision})


def errand_of(command: Command) -> Errand:
    action = commands.letter_of(command)
    if command.name not in (DEPLOY, UNDEPLOY):
        raise NotANodeRedFlow("Node-RED takes Node-RED flows only.")
    going: Any = command.name == UNDEPLOY
    return Errand(
        number=command.number,
        node_id=command.node_id,
        deployment_id=command.serves,
        flow_id=UUID(action["flow_id"]),
        flow_name="" if going else str(action["name"]),
        version=0 if going else action["version"],
        wanted=None if going else _things_of(action),
    )


def _things_of(action: dict[str, Any]) -> Things:
    if action["kind"] != "nodered":
        raise NotANodeRedFlow("Node-RED takes Node-RED flows only.")
    return contents.things_in(action["definition"])


def _run(errand: Errand, api: AdminApi) -> str:
    if errand.wanted is None:
        return _withdraw(errand, api)
    return _push(errand, errand.wanted, api)


def _push(errand: Errand, wanted: Things, api: AdminApi) -> str:
    contents.insist_known(wanted, api.types())
    for _ in range(TRIES):
        there = api.read()
        mine = _claim(errand, wanted, there)
        if api.write(contents.merged(there.things, wanted, mine), there.revision):
            return _confirm(errand, wanted, api.read())
        # It was not written, so that whatever comes to stand there under these ids is not ours.
        _mine(errand).update(claimed=sorted(mine))
    raise NodeRedBusy


@transaction.atomic
def _claim(errand: Errand, wanted: Things, there: Contents) -> set[str]:
    """Written down before it is done: should nobody see the end of it, its ids are known to be ours."""
    _insist_newest(errand)
    rows = list(NodeRedFlow.objects.select_for_update().filter(node_id=errand.node_id).order_by("pk"))
    row = next((one for one in rows if one.flow_id == errand.flow_id), None)
    owners = {name: one.flow_name for one in rows if one is not row for name in one.mine}
    mine = row.mine if row else set()
    contents.insist_free(there.things, wanted, mine, owners)
    fresh = {"flow_name": errand.flow_name[:255], "number": errand.number, "claimed": sorted(mine | errand.ids)}
    NodeRedFlow.objects.update_or_create(node_id=errand.node_id, flow_id=errand.flow_id, defaults=fresh)
    return mine


def _insist_newest(errand: Errand) -> None:
    """Two bridges may carry two errands of one deployment at once. Whoever is the older finds the other's command, or
    is found by it: both ask while they hold the node."""
    BusNode.objects.select_for_update(no_key=True).filter(pk=errand.node_id).values_list("pk").first()
    later = Command.objects.filter(serves=errand.deployment_id, purpose=DEPLOYMENT, number__gt=errand.number)
    if later.exclude(status=CommandStatus.CANCELLED).exists():
        raise Overtaken


def _mine(errand: Errand) -> Any:
    return NodeRedFlow.objects.filter(node_id=errand.node_id, flow_id=errand.flow_id, number__lte=errand.number)


def _confirm(errand: Errand, wanted: Things, there: Contents) -> str:
    parts = contents.parts_of(wanted)
    if other := contents.first_difference(there.things, wanted, parts):
        raise ReadBackDiffers(f"Node-RED took the flow, but what it has as {other} is something else.")
    found: dict[str, Any] = {"version": errand.version, "ids": parts, "claimed": []}
    found |= {"digest": contents.digest_of(there.things, parts), "revision": there.revision}
    clean: dict[str, Any] = {"drift": "", "trouble": "", "pushed_at": database_now()}
    _mine(errand).update(**found, **clean)
    return there.revision


def _withdraw(errand: Errand, api: AdminApi) -> str:
    for _ in range(TRIES):
        there = api.read()
        mine = _to_go(errand)
        ours = [thing for thing in there.things if thing["id"] in mine]
        if not ours or api.write(contents.merged(there.things, [], mine), there.revision):
            return _gone(errand, mine, api.read() if ours else there)
    raise NodeRedBusy


@transaction.atomic
def _to_go(errand: Errand) -> set[str]:
    _insist_newest(errand)
    row = NodeRedFlow.objects.filter(node_id=errand.node_id, flow_id=errand.flow_id).first()
    return row.mine if row else set()


def _gone(errand: Errand, mine: set[str], there: Contents) -> str:
    left = next((thing["id"] for thing in there.things if thing["id"] in mine), None)
    if left is not None:
        raise ReadBackDiffers(f"Node-RED was told to drop the flow, and still has {left[:64]}.")
    _mine(errand).delete()
    return there.revision
