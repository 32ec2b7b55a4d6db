"""Why the hub closes a node's socket. Clients treat every code alike; people read the words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Closing:
    code: int
    reason: str


REFUSED = 1008
# Not said by anybody: the wire broke.
LOST = Closing(1006, "connection lost")
REPLACED = Closing(4000, "replaced by a newer connection")
DELETED = Closing(4001, "the node was deleted")
NEW_TOKEN = Closing(4002, "a new registration token was issued")
EXPIRED = Closing(4003, "the node has expired")
SILENT = Closing(4008, "nothing was heard for too long")
TOO_SLOW = Closing(4009, "it does not read what it is sent")
TOO_MANY_BAD_FRAMES = Closing(1007, "too many malformed frames")
TRY_AGAIN = Closing(1013, "the hub is busy; try again")
STOPPING = Closing(1012, "the hub restarts")
# What a bell says, by its second word.
BY_WORD = {"deleted": DELETED, "token": NEW_TOKEN, "expired": EXPIRED}
