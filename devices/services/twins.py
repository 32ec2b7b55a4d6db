"""What a node's configuration should be, and what it says it is."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from devices import redaction
from devices.choices import CommandStatus, Side, TwinPolicy
from devices.errors import CommandDenied, InSync, NodeExpired, NothingDesired, NothingReported
from devices.models import Command, ConfigVersion, Node, Twin
from devices.services import actions, config_versions, healing
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.errors import NotFound
from rdos.kernel.journal import record, row_of

# A command that carries a configuration somebody wants from now on, once the node has taken it over.
CONFIGURE = "configure"


def reported_bell(node_id: UUID) -> str:
    return f"config.{node_id}"


@transaction.atomic
def report(*, node_id: UUID, session_id: UUID, config: Any, at: datetime) -> None:
    twin = config_versions.held(node_id)
    config_versions.settle_reported(twin, session_id, redaction.kept(config), at)
    ring_on_commit(reported_bell(node_id))
    healing.judge(twin, at)


def forget_fresh(node_ids: Iterable[UUID]) -> None:
    """Whatever a node has done since may have changed its configuration."""
    Twin.objects.filter(node_id__in=list(node_ids), fresh_session_id__isnull=False).update(fresh_session_id=None)


def reported_configs(node_ids: Iterable[UUID]) -> dict[UUID, Any]:
    """Of those nodes that reported in their present session."""
    return config_versions.fresh_contents(node_ids)


def answered(ended: Sequence[Command], at: datetime) -> None:
    """Commands of ours that were settled, or ended without an answer."""
    for command in ended:
        acked = command.status == CommandStatus.ACKED
        # Asked before the twin is held: a report holds the node first, and its twin afterwards. Where drift is only
        # reported there is no hurry, and `healing.look` asks soon enough.
        if acked and command.purpose in (CONFIGURE, healing.PURPOSE) and _is_kept_true(command.node_id):
            healing.ask_again(Node.objects.get(pk=command.node_id), at)
        if command.purpose == CONFIGURE:
            _settle_wish(command, taken_over=acked)


def _is_kept_true(node_id: UUID) -> bool:
    return Twin.objects.filter(node_id=node_id).exclude(policy=TwinPolicy.REPORT).exists()


def _settle_wish(command: Command, *, taken_over: bool) -> None:
    wishes = ConfigVersion.objects.filter(node_id=command.node_id, side=Side.DESIRED)
    version = wishes.filter(pk=command.serves).first() if command.serves else None
    if version is None:
        return
    twin = Twin.objects.select_for_update().get(node_id=command.node_id)
    if taken_over and version.number > twin.desired_number:
        twin.desired_number = version.number
        twin.save(update_fields=["desired_number"])
    elif not taken_over and version.number != twin.desired_number:
        version.delete()


@transaction.atomic
def update(
    *, actor: Actor, node: Node, at: datetime, policy: str | None = None, desired: dict[str, Any] | None = None
) -> Twin:
    twin = config_versions.held(node.pk)
    before, number = twin.policy, twin.desired_number
    if policy:
        twin.policy = policy
        twin.save(update_fields=["policy"])
    if desired is not None:
        healing.desire(twin, redaction.kept(desired), actor.who)
    if twin.policy == TwinPolicy.HEAL:
        # What heals is a command, whoever sends it.
        actions.insist_ranked(actor, node, actions.UPDATE)
    if (twin.policy, twin.desired_number) != (before, number):
        record(
            who=actor.who,
            action="twin.update",
            about=row_of(node),
            before={"policy": before, "desired": number},
            after={"policy": twin.policy, "desired": twin.desired_number},
        )
    healing.judge(twin, at)
    return twin


def set_desired(*, actor: Actor, node: Node, config: dict[str, Any], at: datetime) -> Twin:
    return update(actor=actor, node=node, desired=config, at=at)


@transaction.atomic
def adopt(*, actor: Actor, node: Node, at: datetime) -> Twin:
    twin = config_versions.held(node.pk)
    if healing.adopt(twin, actor.who) is None:
        raise NothingReported
    healing.judge(twin, at)
    return twin


@transaction.atomic
def heal(*, actor: Actor, node: Node, at: datetime) -> Command:
    """By hand: at once, whatever the policy and however often it was tried."""
    if actions.UPDATE in node.denied_commands:
        raise CommandDenied
    actions.insist_ranked(actor, node, actions.UPDATE)
    if node.is_expired(at):
        raise NodeExpired
    twin = config_versions.held(node.pk)
    if config_versions.latest(node.pk, Side.DESIRED) is None:
        raise NothingDesired
    if config_versions.latest(node.pk, Side.REPORTED) is not None and not healing.differences_of(twin):
        raise InSync
    command = healing.send(twin=twin, who=actor.who, at=at)
    if command is None:
        raise NothingDesired
    return command


def version_of(node_id: UUID, side: str, number: int) -> ConfigVersion:
    # The side comes out of a path, which may hold what no column does.
    found = ConfigVersion.objects.filter(node_id=node_id, side=side, number=number) if side in Side.values else None
    version = found.first() if found is not None else None
    if version is None:
        raise NotFound
    return version
