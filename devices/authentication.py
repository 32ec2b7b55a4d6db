"""Which robot stands behind a node's own secret, where the node calls instead of being on a socket."""

from datetime import datetime
from hmac import compare_digest

from accounts.authentication import robot
from devices import signatures
from devices.models import Node
from devices.protocol import as_uuid
from rdos.kernel.actors import Actor

# A key is `node:<id>:<secret>`.
WORD = "node"


def by_node_secret(rest: str, at: datetime) -> Actor | None:
    """Reads only: a new secret counts as shown when the node says it on its socket."""
    node_id, _, secret = rest.partition(":")
    pk = as_uuid(node_id)
    node = Node.objects.filter(pk=pk).first() if pk and secret else None
    if node is None or node.is_expired(at):
        return None
    shown = signatures.digest(secret)
    held = [digest for digest in (node.secret_digest, node.next_secret_digest) if digest]
    return robot(node.key) if any(compare_digest(shown, digest) for digest in held) else None
