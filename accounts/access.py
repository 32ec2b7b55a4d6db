"""The rulebook: what each role may do. One table for the whole hub, asked by every door."""

from typing import Any
from uuid import UUID

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.choices import EVERYTHING, READ_ONLY, Role, TokenKind
from accounts.errors import AboveYourself, RoleTooLow, ScopeMissing
from accounts.models import ApiToken, User
from rdos.kernel.actors import PUBLIC, Actor, ActorKind
from rdos.kernel.errors import MethodNotAllowed, NotAuthenticated, NotFound

RULES: dict[str, Role] = {
    "account.read": Role.VIEWER,
    "account.update": Role.VIEWER,
    "users.list": Role.ADMIN,
    "users.read": Role.VIEWER,  # themselves; everybody from admin up
    "users.create": Role.ADMIN,
    "users.update": Role.ADMIN,
    "users.delete": Role.ADMIN,
    "tokens.read": Role.VIEWER,  # their own; everybody's from admin up
    "tokens.create": Role.VIEWER,
    "tokens.delete": Role.VIEWER,
    "robot_tokens.read": Role.ADMIN,
    "robot_tokens.create": Role.ADMIN,
    "robot_tokens.delete": Role.ADMIN,
    "nodes.read": Role.VIEWER,
    "nodes.create": Role.ADMIN,
    "nodes.update": Role.ADMIN,
    "nodes.delete": Role.ADMIN,
    "nodes.credentials": Role.ADMIN,  # registration tokens and secrets
    "nodes.configure": Role.OPERATOR,
    "nodes.maintain": Role.OPERATOR,
    "nodes.claim": Role.OPERATOR,
    "devices.create": Role.OPERATOR,  # a node of the bus, which gets no credential by it
    "devices.update": Role.OPERATOR,
    "groups.read": Role.VIEWER,
    "groups.create": Role.ADMIN,
    "groups.update": Role.ADMIN,
    "groups.delete": Role.ADMIN,
    "commands.read": Role.VIEWER,
    "commands.create": Role.OPERATOR,
    "commands.cancel": Role.OPERATOR,
    "motion.stop": Role.OPERATOR,
    "motion.drive": Role.OPERATOR,
    "tunnels.read": Role.OPERATOR,
    "tunnels.create": Role.ADMIN,
    "tunnels.update": Role.ADMIN,
    "tunnels.delete": Role.ADMIN,
    "flows.read": Role.VIEWER,
    "flows.create": Role.DEVELOPER,
    "flows.update": Role.DEVELOPER,
    "flows.delete": Role.DEVELOPER,
    "flows.operate": Role.OPERATOR,  # start and stop
    "flows.deploy": Role.DEVELOPER,
    "executions.read": Role.VIEWER,
    "executions.create": Role.OPERATOR,
    "executions.update": Role.OPERATOR,
    "executions.cancel": Role.OPERATOR,
    "executions.delete": Role.ADMIN,
    "executions.work": Role.SUPER_ADMIN,  # what robots do; of people only whoever may do everything
    "triggers.read": Role.VIEWER,
    "triggers.create": Role.DEVELOPER,
    "triggers.update": Role.DEVELOPER,
    "triggers.delete": Role.DEVELOPER,
    "triggers.operate": Role.OPERATOR,  # set off by hand, switch on and off
    "calendars.read": Role.VIEWER,
    "calendars.create": Role.DEVELOPER,
    "calendars.update": Role.DEVELOPER,
    "calendars.delete": Role.DEVELOPER,
    "robots.read": Role.VIEWER,
    "robots.update": Role.ADMIN,
    "robots.operate": Role.OPERATOR,  # pause, resume, stop
    "robots.report": Role.OPERATOR,  # what a robot says of itself, or a person for it
    "preferences.read": Role.VIEWER,
    "preferences.update": Role.VIEWER,
    "events.read": Role.VIEWER,
    "events.acknowledge": Role.OPERATOR,
    "logs.read": Role.VIEWER,
    "samples.read": Role.VIEWER,
    "journal.read": Role.ADMIN,
    "clock.read": Role.ADMIN,
    "system.read": Role.VIEWER,
    "system.logs": Role.ADMIN,
    "backups.read": Role.ADMIN,
    "backups.create": Role.ADMIN,
}
# Only the person behind a password may do these: a stolen token must not make itself permanent.
IN_PERSON = frozenset({"account.update", "tokens.create", "robot_tokens.create", "users.create"})
ROBOT_MAY = frozenset({"account.read", "executions.work", "robots.read", "robots.report"})
# A token's scope names the capability; these nouns are parts of one.
PART_OF = {
    "devices": "nodes",
    "robot_tokens": "tokens",
    "groups": "nodes",
    "commands": "nodes",
    "motion": "nodes",
    "tunnels": "nodes",
    "preferences": "nodes",
    "events": "telemetry",
    "logs": "telemetry",
    "samples": "telemetry",
    "executions": "flows",
    "robots": "flows",
    "triggers": "schedules",
    "calendars": "schedules",
}
# Anonymous callers inside RDOS_OPEN_LAN: what Tafy's clients need, with nodes of the bus and Node-RED flows only.
LAN_MAY = frozenset(
    {
        *("account.read", "nodes.read", "nodes.claim", "devices.create", "devices.update", "commands.create"),
        "motion.stop",
        *("flows.read", "flows.create", "flows.update", "flows.deploy"),
        *("system.read", "system.logs"),
    }
)


def allows(actor: Actor, action: str) -> bool:
    try:
        require(actor, action)
    except (RoleTooLow, ScopeMissing, NotAuthenticated):
        return False
    return True


def require(actor: Actor, action: str) -> None:
    """Lets the actor pass, or says why not."""
    needed = RULES[action]
    if not actor.is_authenticated:
        raise NotAuthenticated
    if actor.kind is ActorKind.ROBOT or actor.kind is ActorKind.LAN:
        if action not in (ROBOT_MAY if actor.kind is ActorKind.ROBOT else LAN_MAY):
            raise RoleTooLow
        return
    if Role(actor.role).rank < needed.rank:
        raise RoleTooLow(f"Insufficient permissions. Required role: {needed.value}")
    if not _in_scope(actor, action):
        raise ScopeMissing


def _in_scope(actor: Actor, action: str) -> bool:
    if actor.kind is ActorKind.TOKEN and action in IN_PERSON:
        return False
    noun, _, verb = action.partition(".")
    reading = verb in ("read", "list") and READ_ONLY in actor.scopes
    named = noun in actor.scopes or PART_OF.get(noun, noun) in actor.scopes
    return EVERYTHING in actor.scopes or named or reading or noun == "account"


class Rulebook(BasePermission):
    """Asks the rulebook for the action that the view names for this method; no name, no entry."""

    def has_permission(self, request: Request, view: Any) -> bool:
        method = str(request.method)
        action = view.rules.get("GET" if method == "HEAD" else method)
        if action is None:
            raise RoleTooLow if method in view.allowed_methods else MethodNotAllowed
        if action != PUBLIC:
            _insist_open(request.user, view)
            require(request.user, action)  # type: ignore[arg-type] # our authentication makes it an Actor
        return True


def _insist_open(actor: Any, view: Any) -> None:
    """The same action stands before many doors, and of these the LAN has but a few."""
    if actor.kind is ActorKind.LAN and not view.open_to_lan:
        raise RoleTooLow


def user_for(actor: Actor, pk: UUID) -> User:
    """Themselves, or anybody for an admin. Other people's objects do not exist."""
    if actor.user_id != pk and not allows(actor, "users.list"):
        raise NotFound
    user = User.objects.filter(pk=pk).first()
    if user is None:
        raise NotFound
    return user


def user_to_change(actor: Actor, pk: UUID) -> User:
    user = user_for(actor, pk)
    if user.rank > Role(actor.role).rank:
        raise AboveYourself
    if not may_grant(actor, user.node_ids(), user.denied_ids()):
        raise AboveYourself("They see nodes that you do not.")
    return user


def may_grant(actor: Actor, node_ids: frozenset[UUID] | None, denied: frozenset[UUID]) -> bool:
    """Nobody gives away, or takes over, more nodes than they see themselves."""
    if node_ids is None:
        return actor.node_ids is None and actor.denied_node_ids <= denied
    granted = node_ids - denied
    return (actor.node_ids is None or granted <= actor.node_ids) and not granted & actor.denied_node_ids


def insist_in_person(actor: Actor) -> None:
    if actor.kind is ActorKind.TOKEN:
        raise ScopeMissing("A token gives nobody a password, a role or nodes: sign in yourself for that.")


def token_for(actor: Actor, pk: UUID) -> ApiToken:
    found = ApiToken.objects.select_related("owner").filter(pk=pk).first()
    if found is None or (found.owner_id != actor.user_id and not allows(actor, "users.list")):
        raise NotFound
    return found


def robot_token_for(actor: Actor, pk: UUID, action: str = "robot_tokens.read") -> ApiToken:
    require(actor, action)
    found = ApiToken.objects.select_related("owner").filter(pk=pk, kind=TokenKind.ROBOT).first()
    if found is None:
        raise NotFound
    return found
