"""Judges a twin: notes when its sides part and meet again, and does then what its policy says."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from devices import drift
from devices.choices import OPEN_COMMANDS, Side, TwinPolicy
from devices.drift import Difference
from devices.models import Command, ConfigVersion, Node, Twin
from devices.services import actions, commands, config_versions
from rdos.kernel.journal import SYSTEM, Who, record, row_of

PURPOSE = "heal"
VERIFY = "verify"
NEXT_HEAL_AFTER = timedelta(minutes=5)
NEXT_LOOK_AFTER = timedelta(minutes=1)
MOST_AT_ONCE = 200


def judge(twin: Twin, at: datetime) -> None:
    """The caller holds the twin."""
    differences = differences_of(twin)
    if differences and twin.policy == TwinPolicy.ADOPT:
        adopt(twin, SYSTEM)
        differences = []
    _note(twin, differences, at)
    if twin.policy == TwinPolicy.HEAL and _may_heal(twin, differences, at):
        send(twin=twin, who=SYSTEM, at=at)


def differences_of(twin: Twin) -> list[Difference]:
    """None while one side is unknown."""
    desired, reported = (config_versions.latest(twin.node_id, side) for side in (Side.DESIRED, Side.REPORTED))
    if desired is None or reported is None or desired.digest == reported.digest:
        return []
    return drift.compare(config_versions.content_of(desired), config_versions.content_of(reported))


def adopt(twin: Twin, who: Who) -> ConfigVersion | None:
    """What the node reports becomes what is desired."""
    reported = config_versions.latest(twin.node_id, Side.REPORTED)
    if reported is not None:
        desire(twin, config_versions.content_of(reported), who)
        record(who=who, action="twin.adopt", about=row_of(twin.node), details={"reported": reported.number})
    return reported


def desire(twin: Twin, content: object, who: Who) -> bool:
    """True when this is another configuration than the one desired before."""
    before = config_versions.latest(twin.node_id, Side.DESIRED)
    if before is not None and before.digest == config_versions.digest(content):
        return False
    version = config_versions.add(node_id=twin.node_id, side=Side.DESIRED, content=content, by=who.label)
    twin.desired_number = version.number
    twin.save(update_fields=["desired_number"])
    return True


def _note(twin: Twin, differences: list[Difference], at: datetime) -> None:
    if bool(differences) == (twin.drifted_at is not None):
        return
    twin.drifted_at = at if differences else None
    twin.save(update_fields=["drifted_at"])
    details = {"differences": len(differences), "policy": twin.policy} if differences else None
    word = "node.drifted" if differences else "node.converged"
    record(who=SYSTEM, action=word, about=row_of(twin.node), details=details)


def _may_heal(twin: Twin, differences: list[Difference], at: datetime) -> bool:
    """Once for each report, and seldom: a node that refuses its configuration is not hammered with it."""
    worth_it = any(one["kind"] in drift.HEALABLE for one in differences)
    early = twin.heal_after is not None and at < twin.heal_after
    return worth_it and not early and not is_barred(twin.node, at) and not _healed(twin)


def is_barred(node: Node, at: datetime) -> bool:
    return node.in_maintenance(at) or node.is_expired(at) or actions.UPDATE in node.denied_commands


def _healed(twin: Twin) -> bool:
    mine = Command.objects.filter(serves=twin.node_id, purpose=PURPOSE)
    reported = config_versions.latest(twin.node_id, Side.REPORTED)
    desired = config_versions.latest(twin.node_id, Side.DESIRED)
    # A newer wish is worth another try.
    since = max(version.created_at for version in (reported, desired) if version is not None)
    return mine.filter(status__in=OPEN_COMMANDS).exists() or mine.filter(created_at__gte=since).exists()


def send(*, twin: Twin, who: Who, at: datetime) -> Command | None:
    """The desired configuration once more; it may wait for its node."""
    desired = config_versions.latest(twin.node_id, Side.DESIRED)
    if desired is None:
        return None
    twin.heal_after = at + NEXT_HEAL_AFTER
    twin.save(update_fields=["heal_after"])
    command = commands.create(
        who=who,
        node_id=twin.node_id,
        action={"type": actions.UPDATE, "config": config_versions.content_of(desired)},
        expires_at=at + commands.TIME_TO_LIVE,
        purpose=PURPOSE,
        serves=twin.node_id,
    )
    details = {"command_id": command.pk, "desired": desired.number}
    record(who=who, action="node.heal", about=row_of(twin.node), details=details)
    return command


@transaction.atomic
def look(at: datetime) -> int:
    """Asks connected nodes whose configuration is wanted in a certain way, and not known at present."""
    unknown = Twin.objects.filter(desired_number__gt=0, fresh_session_id=None, node__session_id__isnull=False)
    asked = Command.objects.filter(node_id=OuterRef("node_id"), purpose=VERIFY, created_at__gt=at - NEXT_LOOK_AFTER)
    settled = unknown.filter(
        node__connections__opened_at__lt=at - NEXT_LOOK_AFTER / 2, node__connections__closed_at=None
    )
    found = Node.objects.filter(twin__in=settled.filter(~Exists(asked)))[:MOST_AT_ONCE]
    for node in found:
        ask_again(node, at)
    return len(found)


def ask_again(node: Node, at: datetime) -> None:
    """After a configuration was taken over: only the node knows what it made of it."""
    may_be_asked = actions.READ not in node.denied_commands and actions.spec_of(node, actions.READ) is not None
    if node.is_connected and may_be_asked:
        commands.create(
            who=SYSTEM,
            node_id=node.pk,
            action={"type": actions.READ},
            expires_at=at + timedelta(minutes=1),
            purpose=VERIFY,
        )
