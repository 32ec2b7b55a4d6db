"""Registration tokens: a new one makes everything the node had before worthless."""

import shlex
from datetime import datetime
from uuid import UUID

from django.db import transaction

from devices import signatures
from devices.access import node_for
from devices.choices import NodeStatus
from devices.models import Node
from devices.services import presence
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.journal import Who, record, row_of


@transaction.atomic
def issue(*, actor: Actor, pk: UUID, at: datetime) -> str:
    """The token, which is never seen again. Whoever speaks for the node now is shut out."""
    node = node_for(actor, pk, "nodes.credentials")
    return renew(who=actor.who, node=node, at=at)


def renew(*, who: Who, node: Node, at: datetime) -> str:
    """In the caller's transaction, whoever the caller is."""
    token = signatures.new_registration_token()
    session_id = Node.objects.select_for_update().values_list("session_id", flat=True).get(pk=node.pk)
    Node.objects.filter(pk=node.pk).update(
        status=NodeStatus.PENDING,
        status_reason="",
        session_id=None,
        gateway=None,
        token_digest=signatures.digest(token),
        secret_digest="",
        next_secret_digest="",
        spent_token_digest="",
        spent_token_at=None,
        secret_used_at=None,
        updated_at=at,
    )
    if session_id is not None:
        presence.let_go(node_id=node.pk, session_id=session_id, reason="a new registration token was issued", at=at)
    record(who=who, action="node.token", about=row_of(node))
    ring_on_commit(f"node.{node.pk}", "close:token")
    return token


def install_line(hub: str, token: str) -> str:
    """What a person types on the machine that is to become this node."""
    base = hub.rstrip("/")
    fetch = f"curl -fsSLo agent.pyz {shlex.quote(base + '/agent.pyz')}"
    return f"{fetch} && python3 agent.pyz --hub {shlex.quote(base)} --token {token}"
