"""Tunnels: people make, change and remove them; the hub tells the nodes concerned and keeps what came of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from devices.access import tunnel_for
from devices.choices import OPEN_COMMANDS, LegSide, LegStatus, TunnelStatus
from devices.errors import NodesInvolved
from devices.models import Command, Tunnel, TunnelLeg
from devices.services import commands, ends, pushes
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.encryption import conceal
from rdos.kernel.errors import NotFound
from rdos.kernel.journal import SYSTEM, Who, changes, record, row_of

# The clock looks every 30 s. What failed soon after it looked is not passed by the next time.
RETRY_AFTER = timedelta(seconds=20)
# As many as a tick can surely carry; the longest untried come first.
MOST_RETRIED = 500
SECRETS = ("encryption_key", "bind_secret", "psk")
# What the edges were told, and must be told again.
TOLD = ("name", "relay_addr", "ingress_listen_port", "egress_forward_addr", "egress_peer_addr")
CHANGEABLE = (*TOLD, "associated_flow_ids")
KEPT = (*CHANGEABLE, "status", "protocol", "mode", *ends.FIELDS.values())


def create(*, actor: Actor, fields: Mapping[str, Any], at: datetime) -> Tunnel:
    try:
        with transaction.atomic():
            return _create(actor, fields, at)
    except IntegrityError as error:
        # Somebody removed one of them meanwhile.
        raise NodesInvolved from error


def _create(actor: Actor, fields: Mapping[str, Any], at: datetime) -> Tunnel:
    tunnel = Tunnel(id=uuid4(), protocol=fields["protocol"], mode=fields["mode"])
    _set(tunnel, fields)
    nodes = ends.choose(actor=actor, fields=fields)
    for side, node in nodes.items():
        setattr(tunnel, ends.FIELDS[side], node.pk)
    for secret in SECRETS:
        conceal(tunnel, secret, token_hex(32))
    tunnel.save(force_insert=True)
    TunnelLeg.objects.bulk_create(TunnelLeg(tunnel=tunnel, side=side, node=node) for side, node in nodes.items())
    record(who=actor.who, action="tunnel.create", about=row_of(tunnel), after=facts(tunnel))
    pushes.advance(tunnel=tunnel, at=at)
    return tunnel


def _set(tunnel: Tunnel, fields: Mapping[str, Any]) -> None:
    for name in fields.keys() & set(CHANGEABLE):
        is_text = name.endswith("_addr")
        setattr(tunnel, name, (fields[name] or "") if is_text else fields[name])
    ends.insist_sound(tunnel)


def facts(tunnel: Tunnel) -> dict[str, Any]:
    """What the journal keeps of a tunnel; never its secrets."""
    return {name: getattr(tunnel, name) for name in KEPT}


def update(*, actor: Actor, pk: UUID, fields: Mapping[str, Any], at: datetime) -> Tunnel:
    with transaction.atomic():
        tunnel = _held(tunnel_for(actor, pk, "tunnels.update").pk)
        before, wanted = facts(tunnel), fields.get("status")
        _set(tunnel, fields)
        old, new = changes(before, facts(tunnel) | ({"status": wanted} if wanted else {}))
        tunnel.save()
        if new or wanted:
            record(who=actor.who, action="tunnel.update", about=row_of(tunnel), before=old, after=new)
        _follow(tunnel, wanted, actor.who, at, retold=bool(set(TOLD) & new.keys()))
        return tunnel


def _follow(tunnel: Tunnel, wanted: str | None, who: Who, at: datetime, *, retold: bool) -> None:
    """What a change means for the nodes."""
    was = tunnel.status
    if wanted in (TunnelStatus.DISABLED, TunnelStatus.ERROR):
        _become(tunnel, wanted)
        if wanted == TunnelStatus.DISABLED and was != TunnelStatus.DISABLED:
            _take_away(tunnel, who, at)
    elif wanted or (retold and was in pushes.IN_USE):
        _become(tunnel, TunnelStatus.PENDING)
        if retold and was != TunnelStatus.DISABLED:
            _remove_from_edges(tunnel, who, at)
        pushes.make_due(tunnel.legs.all())
        pushes.advance(tunnel=tunnel, at=at)
    ring_on_commit(pushes.bell(tunnel.pk))


def _become(tunnel: Tunnel, status: str) -> None:
    Tunnel.objects.filter(pk=tunnel.pk).update(status=status)
    tunnel.status = status


def _take_away(tunnel: Tunnel, who: Who, at: datetime) -> None:
    pushes.make_due(tunnel.legs.all())
    for leg in pushes.legs_of(tunnel):
        pushes.remember(leg=leg, command_id=pushes.withdraw(leg=leg, who=who, at=at))


def _remove_from_edges(tunnel: Tunnel, who: Who, at: datetime) -> None:
    """Their numbers put these letters before the ones that make the tunnel anew."""
    for leg in pushes.legs_of(tunnel):
        if leg.side != LegSide.RELAY:
            pushes.withdraw(leg=leg, who=who, at=at)


@transaction.atomic
def delete(*, actor: Actor, pk: UUID, at: datetime) -> None:
    _delete(_held(tunnel_for(actor, pk, "tunnels.delete").pk), actor.who, at)


@transaction.atomic
def delete_of_node(*, node_id: UUID, who: Who, at: datetime) -> None:
    """Called before the node is removed, in the same transaction: the other ends hear that the tunnel is gone."""
    concerned = TunnelLeg.objects.filter(node_id=node_id).values("tunnel_id")
    for tunnel in Tunnel.objects.select_for_update().filter(pk__in=concerned).order_by("pk"):
        _delete(tunnel, who, at)


def _delete(tunnel: Tunnel, who: Who, at: datetime) -> None:
    for leg in pushes.legs_of(tunnel):
        pushes.withdraw(leg=leg, who=who, at=at)
    record(who=who, action="tunnel.delete", about=row_of(tunnel), before=facts(tunnel))
    ring_on_commit(pushes.bell(tunnel.pk))
    tunnel.delete()


def _held(pk: UUID) -> Tunnel:
    tunnel = pushes.held(pk)
    if tunnel is None:
        raise NotFound
    return tunnel


def answered(ended: Sequence[Command], at: datetime) -> None:
    """Commands that were settled, or ended without an answer. Only those of a present push matter here."""
    ours = {one.pk: one for one in ended if one.purpose == pushes.PURPOSE and one.status not in OPEN_COMMANDS}
    if not ours:
        return

    def noted(tunnel: Tunnel) -> bool:
        present = tunnel.legs.filter(command_id__in=ours).values_list("command_id", flat=True)
        return any([pushes.note(tunnel=tunnel, command=ours[pk]) for pk in present if pk is not None])

    served = [pk for one in ours.values() if (pk := one.serves) is not None]
    _each_tunnel(TunnelLeg.objects.filter(pk__in=served), at, noted)


def node_connected(node_ids: Collection[UUID], at: datetime) -> None:
    """An edge may have lost what it was told, a relay surely has: both hear it again."""

    def again(tunnel: Tunnel) -> bool:
        theirs = tunnel.legs.filter(node_id__in=node_ids)
        if tunnel.status == TunnelStatus.DISABLED:
            _remind(theirs, at)
        return tunnel.status in pushes.IN_USE and pushes.make_due(theirs) > 0

    _each_tunnel(TunnelLeg.objects.filter(node_id__in=node_ids), at, again)


def _remind(legs: QuerySet[TunnelLeg], at: datetime) -> None:
    """Of a tunnel that was disabled while the node was away for longer than the letter lived."""
    for leg in legs:
        letter = leg.command_id
        if letter and not Command.objects.filter(pk=letter, status__in=OPEN_COMMANDS).exists():
            pushes.remember(leg=leg, command_id=pushes.withdraw(leg=leg, who=SYSTEM, at=at))


def node_disconnected(node_ids: Collection[UUID], at: datetime) -> None:
    """Nobody knows what becomes of a tunnel on a node that is away. A node that is back already is left alone."""
    away = Q(node_id__in=node_ids, node__session_id=None)

    def unsure(tunnel: Tunnel) -> bool:
        pushes.set_status(tunnel, TunnelStatus.PENDING)
        theirs = tunnel.legs.filter(away, tunnel__status__in=pushes.IN_USE)
        return theirs.update(status=LegStatus.PENDING, error="", command_id=None) > 0

    _each_tunnel(TunnelLeg.objects.filter(away, tunnel__status__in=pushes.IN_USE), at, unsure)


def retry(at: datetime) -> None:
    """What failed or was forgotten, when its node is there; and pushes whose answer was lost on the way here."""
    there = Q(status__in=(LegStatus.PENDING, LegStatus.FAILED), node__session_id__isnull=False)
    late = Q(tried_at__lte=at - RETRY_AFTER, tunnel__status__in=pushes.IN_USE)
    stale = late & (there | Q(command_id__isnull=False))
    chosen = TunnelLeg.objects.filter(stale).order_by("tried_at").values_list("pk", flat=True)[:MOST_RETRIED]
    _each_tunnel(
        TunnelLeg.objects.filter(pk__in=list(chosen)), at, lambda tunnel: pushes.make_due(tunnel.legs.filter(stale)) > 0
    )


def give_up_late(*, tunnel_id: UUID, at: datetime) -> None:
    """For whoever waits at a door: the clock that ends commands may come a few seconds later."""
    late = TunnelLeg.objects.filter(
        tunnel_id=tunnel_id, tunnel__status__in=pushes.IN_USE, tried_at__lte=at - pushes.PUSH_LIVES
    )
    under_way = [pk for pk in late.values_list("command_id", flat=True) if pk is not None]
    for command_id in under_way:
        commands.give_up(command_id, at, error="The node did not answer in time", error_code="no_answer")
    answered(list(Command.objects.filter(pk__in=under_way)), at)


def is_decided(tunnel: Tunnel) -> bool:
    """Nothing is on its way to a node, and so nothing waits for its turn."""
    return tunnel.status not in pushes.IN_USE or not tunnel.legs.exclude(command_id=None).exists()


def _each_tunnel(legs: QuerySet[TunnelLeg], at: datetime, change: Callable[[Tunnel], bool]) -> None:
    """One transaction each, and always in the same order: two who want the same tunnels never block each other."""
    for pk in sorted(set(legs.values_list("tunnel_id", flat=True))):
        with transaction.atomic():
            tunnel = pushes.held(pk)
            if tunnel is not None and change(tunnel):
                pushes.advance(tunnel=tunnel, at=at)
