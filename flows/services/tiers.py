"""How many flows of their own a tier allows to whoever makes them as Bloxserver's clients do."""

from accounts.choices import Role, Tier
from accounts.models import User
from flows.choices import Access
from flows.errors import FlowLimitReached
from flows.models import Flow
from rdos.kernel.actors import Actor

MOST = {Tier.FREE: 1, Tier.PRO: 100, Tier.ENTERPRISE: 1000, Tier.HIGH_FREQUENCY: 1000}


def insist_room(actor: Actor) -> None:
    """Inside the transaction that makes the flow: two at once are counted one after the other. Admins have no tier."""
    if actor.user_id is None or Role(actor.role).rank >= Role.ADMIN.rank:
        return
    owner = User.objects.select_for_update(no_key=True).get(pk=actor.user_id)
    most = MOST[Tier(owner.tier)]
    if Flow.objects.filter(owner=owner, access=Access.PRIVATE).count() >= most:
        raise FlowLimitReached(f"Flow limit reached ({most}). Upgrade to create more flows.")
