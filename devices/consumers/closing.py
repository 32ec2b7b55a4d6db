"""Why the hub closes the socket of a node in particular."""

from rdos.kernel.sockets.closing import Closing

DELETED = Closing(4001, "the node was deleted")
NEW_TOKEN = Closing(4002, "a new registration token was issued")
EXPIRED = Closing(4003, "the node has expired")
# What a bell says, by its second word.
BY_WORD = {"deleted": DELETED, "token": NEW_TOKEN, "expired": EXPIRED}
