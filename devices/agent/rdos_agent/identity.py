"""Who this node is to its hub, kept in a file only its owner can read."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rdos_agent.files import read_object, write_private
from rdos_agent.problems import CannotStart


@dataclass(frozen=True)
class Identity:
    node_id: str
    node_secret: str = field(repr=False)
    hub: str


class IdentityFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.identity = _read(path)

    def store(self, identity: Identity) -> None:
        """In memory even when the disk fails: a token was spent for it, and this process can still use it."""
        self.identity = identity
        write_private(self._path, json.dumps(asdict(identity)))

    def rotate(self, secret: str) -> None:
        """On disk first: an answered rotation that is lost would lock this node out."""
        if self.identity is None:
            raise CannotStart("There is no secret to rotate.")
        changed = replace(self.identity, node_secret=secret)
        write_private(self._path, json.dumps(asdict(changed)))
        self.identity = changed


def _read(path: Path) -> Identity | None:
    found = read_object(path)
    if found is None:
        return None
    texts = [found.get(name) for name in ("node_id", "node_secret", "hub")]
    if not all(isinstance(text, str) and text for text in texts):
        raise CannotStart(f"{path} names no node. Remove it, and register with a new token.")
    path.chmod(0o600)  # a copy from a backup may have lost its mode
    return Identity(*(str(text) for text in texts))
