"""Who asks. Made by a door from the authenticated connection, never from a field in a message."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from rdos.kernel.journal.words import Who

# The action of a route that asks nobody who they are.
PUBLIC = "public"


class ActorKind(StrEnum):
    USER = "user"
    TOKEN = "token"  # noqa: S105 a user's API token: the user, within the token's scopes
    ROBOT = "robot"
    LAN = "lan"  # anonymous inside RDOS_OPEN_LAN
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    id: str
    label: str
    role: str
    # None means every node.
    node_ids: frozenset[UUID] | None = None
    # Never these, whatever else is allowed.
    denied_node_ids: frozenset[UUID] = frozenset()
    scopes: frozenset[str] = frozenset({"*"})
    login_id: UUID | None = None
    tenant_id: str | None = None
    dev_mode: bool = False
    address: str = ""
    request_id: str = ""

    @property
    def is_authenticated(self) -> bool:
        return self.kind is not ActorKind.ANONYMOUS

    @property
    def is_active(self) -> bool:
        return self.is_authenticated

    @property
    def user_id(self) -> UUID | None:
        return UUID(self.id) if self.id and self.kind in (ActorKind.USER, ActorKind.TOKEN) else None

    @property
    def who(self) -> Who:
        return Who(kind=self.kind, id=self.id, label=self.label, address=self.address, request_id=self.request_id)
