"""Which robot knocks at a socket."""

from dataclasses import replace
from datetime import datetime

from accounts import authentication as known
from accounts.errors import InvalidApiToken
from devices.models import Node
from devices.protocol import as_uuid
from rdos.kernel.actors import Actor, ActorKind


def robot_by(key: str, *, name: str, address: str, at: datetime) -> Actor | None:
    """None for a wrong key, and for the key of another robot. A node may give its id instead of its name."""
    actor = _by(key, at)
    if actor is None or actor.kind is not ActorKind.ROBOT or not _is_meant(actor, name):
        return None
    return replace(actor, address=address)


def _by(key: str, at: datetime) -> Actor | None:
    if (actor := known.by_key_of_another_app(key, at)) is not None:
        return actor
    token = known.api_token_by(key)
    try:
        return known.actor_of_token(token, at) if token else known.by_configured_key(key)
    except InvalidApiToken:
        return None


def _is_meant(actor: Actor, name: str) -> bool:
    pk = as_uuid(name)
    return actor.id == name or (pk is not None and Node.objects.filter(pk=pk, key=actor.id).exists())
