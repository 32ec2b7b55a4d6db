"""Which actor stands behind a credential. Every function reads; none of them writes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends.base import SessionBase
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import signatures
from accounts.access import RULES
from accounts.choices import Role, TokenKind
from accounts.errors import InvalidApiToken, WrongTokenType
from accounts.models import ApiToken, Login, User
from rdos.kernel.actors import Actor, ActorKind
from rdos.kernel.addresses import came_through_a_proxy, is_loopback
from rdos.kernel.compiled import ID, WORD, CompiledRow
from rdos.kernel.errors import InvalidToken
from rdos.kernel.requests import client, request_id
from rdos.kernel.sessions import SessionStore

LOGIN_IN_SESSION = "login_id"
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
ANONYMOUS = Actor(ActorKind.ANONYMOUS, "", "anonymous", "")
LAN = Actor(ActorKind.LAN, "", "open LAN", Role.OPERATOR, scopes=frozenset({"bus"}))
ADMIN_KEY_USER = "admin_api_key"
# Which console models each noun of the rulebook stands for.
NOUNS = {
    "accounts.user": "users",
    "accounts.apitoken": "tokens",
    "devices.node": "nodes",
    "devices.busnode": "nodes",
    "devices.nodegroup": "groups",
    "devices.command": "commands",
    "devices.operation": "commands",
    "devices.tunnel": "tunnels",
    "flows.flow": "flows",
    "flows.execution": "executions",
    "flows.robot": "robots",
    "flows.deadletter": "executions",
    "flows.rollout": "flows",
    "scheduling.schedule": "triggers",
    "scheduling.webhook": "triggers",
    "scheduling.eventfilter": "triggers",
    "scheduling.firing": "triggers",
    "scheduling.calendar": "calendars",
    "telemetry.event": "events",
    "kernel.journalentry": "journal",
    "kernel.journalseal": "journal",
    "django_celery_beat.periodictask": "clock",
}
VERBS = {"view": "read", "add": "create", "change": "update", "delete": "delete"}


def signer() -> signatures.Signer:
    return signatures.Signer(key=settings.JWT_SIGNING_KEY, issuer=settings.JWT_ISSUER)


def actor_of_user(user: User, *, login_id: UUID | None = None, tenant_id: str | None = None) -> Actor:
    return Actor(
        kind=ActorKind.USER,
        id=str(user.pk),
        label=user.username,
        role=user.role,
        node_ids=user.node_ids(),
        denied_node_ids=user.denied_ids(),
        login_id=login_id,
        tenant_id=tenant_id,
    )


# In the order of the models' own fields, as `from_db` takes them.
LOGIN_FACTS = ("id", "user_id", "tenant_id", "expires_at", "revoked_at")
USER_FACTS = ("id", "username", "role", "is_active", "expires_at", "allowed_node_ids", "denied_node_ids")
_login_with_user = CompiledRow(
    ID, lambda pk: Login.objects.filter(pk=pk).values_list(*LOGIN_FACTS, *(f"user__{name}" for name in USER_FACTS))
)


def login_by(pk: UUID) -> Login | None:
    """A login joined with its user, in the one read that every authenticated request makes."""
    row = _login_with_user.get(pk)
    if row is None:
        return None
    login = Login.from_db(DEFAULT_DB_ALIAS, LOGIN_FACTS, row[: len(LOGIN_FACTS)])
    login.user = User.from_db(DEFAULT_DB_ALIAS, USER_FACTS, row[len(LOGIN_FACTS) :])
    return login


def by_access_token(token: str, at: datetime) -> Actor:
    """One read: the login joined with its user, so that a revoked login and a changed role count at once."""
    claims = signer().read(token, at)
    if claims.type != signatures.ACCESS:
        raise WrongTokenType
    login = login_by(claims.login_id)
    if login is None or login.user_id != claims.user_id or not login.is_open(at) or not login.user.may_sign_in(at):
        raise InvalidToken
    return actor_of_user(login.user, login_id=login.pk, tenant_id=login.tenant_id)


TOKEN = tuple(field.attname for field in ApiToken._meta.concrete_fields)
_token_with_owner = CompiledRow(
    WORD,
    lambda digest: ApiToken.objects.filter(digest=digest).values_list(
        *TOKEN, *(f"owner__{name}" for name in USER_FACTS)
    ),
)


def api_token_by(raw: str) -> ApiToken | None:
    """Like a login: one read, by whatever calls with a key."""
    row = _token_with_owner.get(signatures.digest(raw))
    if row is None:
        return None
    token = ApiToken.from_db(DEFAULT_DB_ALIAS, TOKEN, row[: len(TOKEN)])
    token.owner = User.from_db(DEFAULT_DB_ALIAS, USER_FACTS, row[len(TOKEN) :])
    return token


def actor_of_token(token: ApiToken, at: datetime) -> Actor:
    if not token.is_open(at):
        raise InvalidApiToken
    if token.kind == TokenKind.ROBOT:
        # A robot goes on working when the person who gave it its key has left.
        return robot(token.robot_key)
    if not token.owner.may_sign_in(at):
        raise InvalidApiToken
    owner = token.owner
    return Actor(
        kind=ActorKind.TOKEN,
        id=str(owner.pk),
        label=f"{owner.username} by token {token.name}",
        role=owner.role,
        node_ids=owner.node_ids(),
        denied_node_ids=owner.denied_ids(),
        scopes=frozenset(token.scopes),
    )


def robot(key: str) -> Actor:
    return Actor(ActorKind.ROBOT, key, key, "robot", scopes=frozenset({"robot"}))


def by_configured_key(raw: str) -> Actor | None:
    """The keys that come from the environment rather than from a table."""
    if settings.ADMIN_API_KEY and constant_time_compare(raw, settings.ADMIN_API_KEY):
        return Actor(ActorKind.TOKEN, "", ADMIN_KEY_USER, Role.ADMIN)
    shown = signatures.digest(raw)
    for pair in settings.ROBOT_TOKENS:
        key, _, wanted = pair.partition(":")
        if constant_time_compare(shown, wanted.strip().lower()):
            return robot(key.strip())
    return None


KeyReader = Callable[[str, datetime], Actor | None]
_readers: dict[str, KeyReader] = {}


def keys_beginning_with(word: str, *, are_read_by: KeyReader) -> None:
    """A higher app knows credentials of its own; which ones, composition says once."""
    _readers[word] = are_read_by


def by_key_of_another_app(raw: str, at: datetime) -> Actor | None:
    word, colon, rest = raw.partition(":")
    reader = _readers.get(word) if colon else None
    return reader(rest, at) if reader else None


def by_session_key(session_key: str, at: datetime) -> Actor | None:
    """The value of the `session` cookie, shown as a bearer."""
    return actor_of_session(SessionStore(session_key=session_key), at)


def actor_of_session(session: SessionBase, at: datetime) -> Actor | None:
    login_id = session.get(LOGIN_IN_SESSION)
    if not login_id:
        return None
    login = login_by(UUID(login_id))
    if login is None or not login.is_open(at) or not login.user.may_sign_in(at):
        return None
    return actor_of_user(login.user, login_id=login.pk, tenant_id=login.tenant_id)


def password_fits(user: User | None, password: str) -> bool:
    """As slow for a name that nobody has as for one with a wrong password."""
    if user is None or not user.has_usable_password():
        check_password(password, _dummy_hash())
        return False
    return check_password(password, user.password)


_dummy: list[str] = []


def _dummy_hash() -> str:
    if not _dummy:
        _dummy.append(make_password("nobody's password"))
    return _dummy[0]


class ConsoleBackend(BaseBackend):
    """Sign-in itself is a service with locks and a journal; Django only asks who is there and what they may."""

    def get_user(self, user_id: object) -> User | None:
        user = User.objects.filter(pk=str(user_id)).first()
        return user if user and user.may_sign_in(timezone.now()) else None

    def has_perm(self, user_obj: object, perm: str, obj: object = None) -> bool:
        app, _, rest = perm.partition(".")
        verb, _, model = rest.partition("_")
        rule = RULES.get(f"{NOUNS.get(f'{app}.{model}')}.{VERBS.get(verb)}")
        return isinstance(user_obj, User) and rule is not None and user_obj.rank >= rule.rank

    def has_module_perms(self, user_obj: object, app_label: str) -> bool:
        names = [name for name in NOUNS if name.startswith(f"{app_label}.")]
        return any(self.has_perm(user_obj, f"{app_label}.view_{name.partition('.')[2]}") for name in names)


def actor_in_console(request: HttpRequest) -> Actor:
    """The signed-in person of a console page."""
    user = request.user
    if not isinstance(user, User):
        return ANONYMOUS
    login_id = request.session.get(LOGIN_IN_SESSION)
    actor = actor_of_user(user, login_id=UUID(login_id) if login_id else None)
    return replace(actor, address=client(request), request_id=request_id(request))


def at_the_desk(user: User) -> Actor:
    return replace(actor_of_user(user), dev_mode=True)


def is_developer_at_the_desk(request: HttpRequest) -> bool:
    """Development mode lets in without a login, from this very machine only."""
    if not (settings.DEV_MODE and settings.DEBUG) or came_through_a_proxy(request):
        return False
    return is_loopback(str(request.META.get("REMOTE_ADDR", ""))) and _is_local_name(request.get_host())


def _is_local_name(host: str) -> bool:
    """A page elsewhere can make a browser call loopback, but under its own name."""
    return host.rpartition(":")[0] in LOCAL_NAMES or host in LOCAL_NAMES
