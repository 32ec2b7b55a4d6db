"""Which flows an actor sees, and the runs that follow them. Rows are fetched here and nowhere else."""

from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q, QuerySet

from accounts.access import allows, require
from accounts.authentication import LAN, actor_of_user
from accounts.choices import Role
from accounts.models import User
from devices.access import sees_everything, within
from flows.choices import Access, FlowKind
from flows.errors import (
    DeadLetterNotFound,
    ExecutionNotFound,
    FlowNotFound,
    NotItself,
    NotTheOwner,
    RobotNotFound,
    WorkflowNotFound,
)
from flows.models import AwaitedDeployment, DeadLetter, Deployment, Execution, Flow, Robot, Rollout, RolloutTarget
from rdos.kernel.actors import Actor, ActorKind
from rdos.kernel.compiled import ID, CompiledRow
from rdos.kernel.errors import NotFound

OPEN_TO_ALL = (Access.SHARED, Access.PUBLIC)


def visible(actor: Actor, prefix: str = "") -> Q:
    """Admins see all; others what is theirs, shared or public; the LAN of these what is Node-RED's."""
    if Role(actor.role).rank >= Role.ADMIN.rank:
        return Q()
    open_to_all = Q(**{f"{prefix}access__in": OPEN_TO_ALL})
    if actor.kind is ActorKind.LAN:
        return open_to_all & Q(**{f"{prefix}kind": FlowKind.NODERED})
    return open_to_all | Q(**{f"{prefix}owner_id": actor.user_id}) if actor.user_id else open_to_all


def sees(actor: Actor, flow: Flow) -> bool:
    """The same of a flow at hand."""
    if Role(actor.role).rank >= Role.ADMIN.rank or flow.access in OPEN_TO_ALL:
        return actor.kind is not ActorKind.LAN or flow.kind == FlowKind.NODERED
    return flow.owner_id is not None and flow.owner_id == actor.user_id


def flows_for(actor: Actor) -> QuerySet[Flow]:
    return Flow.objects.filter(visible(actor))


def flow_for(actor: Actor, pk: UUID, action: str = "flows.read", *, hold: bool = False) -> Flow:
    require(actor, action)
    rows = flows_for(actor).select_for_update(no_key=True) if hold else flows_for(actor)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise FlowNotFound
    return found


# Read by every start of a run; whatever else there is to know of its flow is read when it is asked for.
READ = {
    *("id", "name", "runs_on", "status", "owner_id", "access", "current_id", "environment", "priority"),
    *("capabilities", "labels", "target_node_id", "max_concurrent", "timeout_seconds", "max_retries"),
}
# In the order of the model's own fields, as `from_db` takes them.
TO_RUN = tuple(field.attname for field in Flow._meta.concrete_fields if field.attname in READ)
_to_run = CompiledRow(ID, lambda pk: Flow.objects.filter(pk=pk).values_list(*TO_RUN))


def flow_to_run(actor: Actor, pk: UUID) -> Flow:
    require(actor, "executions.create")
    row = _to_run.get(pk)
    found = None if row is None else Flow.from_db(DEFAULT_DB_ALIAS, TO_RUN, row)
    if found is None or not sees(actor, found):
        raise FlowNotFound
    return found


def insist_own(actor: Actor, flow: Flow) -> None:
    """Nobody hides a flow from the person whose it is."""
    if Role(actor.role).rank < Role.ADMIN.rank and (flow.owner_id is None or flow.owner_id != actor.user_id):
        raise NotTheOwner


def insist_changeable(actor: Actor, flow: Flow) -> None:
    """The LAN runs what people share with it, and changes only what belongs to nobody."""
    if actor.kind is ActorKind.LAN and flow.owner_id is not None:
        raise NotTheOwner("This flow is somebody's own, and the open network changes only flows that are nobody's.")


def workflows_for(actor: Actor) -> QuerySet[Flow]:
    """Flows as Casare's clients know them: graphs."""
    return flows_for(actor).filter(kind=FlowKind.GRAPH)


def workflow_for(actor: Actor, pk: UUID, action: str = "flows.read") -> Flow:
    require(actor, action)
    found = workflows_for(actor).select_related("current").filter(pk=pk).first()
    if found is None:
        raise WorkflowNotFound(f"Workflow not found: {pk}")
    return found


def executions_for(actor: Actor) -> QuerySet[Execution]:
    return Execution.objects.filter(visible(actor, "flow__"))


def execution_for(actor: Actor, pk: UUID, action: str = "executions.read", *, hold: bool = False) -> Execution:
    require(actor, action)
    rows = executions_for(actor).select_related("flow")
    found = (rows.select_for_update(of=("self",)) if hold else rows).filter(pk=pk).first()
    if found is None:
        raise ExecutionNotFound(f"Job {pk} not found")
    return found


def execution_of(runs: QuerySet[Execution], pk: UUID) -> Execution:
    """Among the runs of a flow that the actor sees."""
    found = runs.filter(pk=pk).first()
    if found is None:
        raise ExecutionNotFound
    return found


def dead_letters_for(actor: Actor) -> QuerySet[DeadLetter]:
    return DeadLetter.objects.filter(visible(actor, "flow__"))


def dead_letter_for(actor: Actor, pk: UUID, action: str = "executions.read") -> DeadLetter:
    require(actor, action)
    found = dead_letters_for(actor).select_related("execution__flow").filter(pk=pk).first()
    if found is None:
        raise DeadLetterNotFound(f"DLQ entry {pk} not found")
    return found


def robots_for(actor: Actor) -> QuerySet[Robot]:
    """A robot sees itself."""
    if actor.kind is ActorKind.ROBOT:
        return Robot.objects.filter(node__key=actor.id)
    return Robot.objects.filter(within(actor))


def robot_for(actor: Actor, key: str, action: str = "robots.read", *, hold: bool = False) -> Robot:
    require(actor, action)
    insist_itself(actor, key)
    rows = robots_for(actor).select_related("node")
    found = (rows.select_for_update(of=("self",)) if hold else rows).filter(node__key=key).first()
    if found is None:
        raise RobotNotFound(f"Robot {key} not found")
    return found


def insist_itself(actor: Actor, key: str) -> None:
    if actor.kind is ActorKind.ROBOT and actor.id != key:
        raise NotItself


def deployments_for(actor: Actor) -> QuerySet[Deployment]:
    """Flows that the actor sees, on nodes that the actor sees."""
    return Deployment.objects.filter(visible(actor, "flow__"), within(actor))


def deployment_for(actor: Actor, pk: UUID, action: str = "flows.read") -> Deployment:
    require(actor, action)
    rows = deployments_for(actor).select_related("flow", "node", "wanted", "present", "former")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def awaited_for(actor: Actor) -> QuerySet[AwaitedDeployment]:
    """Of flows that the actor sees. Who is limited to nodes sees only what they wanted themselves."""
    found = AwaitedDeployment.objects.filter(visible(actor, "flow__"))
    if sees_everything(actor):
        return found
    return found.filter(wanted_by_kind=actor.who.kind, wanted_by_id=actor.who.id[:128])


def deployer_of(flow_id: UUID, user_id: UUID | None, kind: str = ActorKind.USER) -> Actor | None:
    """Whoever wanted it, with the rights they have by now; nobody when those are not enough."""
    actor = _lan() if kind == ActorKind.LAN else _person(user_id)
    if actor is None or not allows(actor, "flows.deploy"):
        return None
    return actor if flows_for(actor).filter(pk=flow_id).exists() else None


def _person(user_id: UUID | None) -> Actor | None:
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
    return actor_of_user(user) if user is not None else None


def _lan() -> Actor | None:
    return LAN if settings.OPEN_LAN else None


def rollouts_for(actor: Actor) -> QuerySet[Rollout]:
    return Rollout.objects.filter(visible(actor, "flow__"))


def rollout_for(actor: Actor, pk: UUID, action: str = "flows.read") -> Rollout:
    require(actor, action)
    found = rollouts_for(actor).select_related("flow", "version").filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def targets_for(actor: Actor) -> QuerySet[RolloutTarget]:
    return RolloutTarget.objects.filter(within(actor))
