"""The words of accounts: roles with their rank, tiers, kinds of token, scopes."""

from django.db.models import TextChoices


class Role(TextChoices):
    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    DEVELOPER = "developer", "Developer"
    ADMIN = "admin", "Admin"
    SUPER_ADMIN = "super_admin", "Super admin"

    @property
    def rank(self) -> int:
        return list(Role).index(self)

    def at_most(self) -> list["Role"]:
        """Highest first, as clients that look for an exact word expect to find every lower one too."""
        return list(Role)[self.rank :: -1]


class Tier(TextChoices):
    FREE = "free", "Free"
    PRO = "pro", "Pro"
    ENTERPRISE = "enterprise", "Enterprise"
    HIGH_FREQUENCY = "high_frequency", "High frequency"


class TokenKind(TextChoices):
    API = "api", "API token"
    ROBOT = "robot", "Robot token"


EVERYTHING = "*"
READ_ONLY = "read"
# A token's scope is `*`, `read` (every `….read` action), or the noun of the actions it may do.
SCOPES = (EVERYTHING, READ_ONLY, "users", "tokens", "journal", "nodes", "flows", "executions", "schedules", "telemetry")
