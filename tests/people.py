"""The people of the stories: one of each role, a stranger, and the ways they knock."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone
from redis import Redis

from accounts.authentication import actor_of_user
from accounts.choices import Role
from accounts.models import User
from accounts.services import logins, tokens, users
from rdos.kernel.actors import Actor

PASSWORD = "Copper-Kettle-42"
LOGIN = "/api/v1/auth/login"


class Caller(Client):
    """A client that speaks JSON and is held to CSRF like any other; whatever a view raises, the test sees."""

    def __init__(self, **options: Any) -> None:
        super().__init__(enforce_csrf_checks=True, **options)
        self.handler = the_hub()

    def post(self, path: str, data: Any = None, content_type: str = "application/json", **extra: Any) -> Any:
        return super().post(path, data, content_type, **extra)

    def put(self, path: str, data: Any = "", content_type: str = "application/json", **extra: Any) -> Any:
        return super().put(path, data, content_type, **extra)

    def patch(self, path: str, data: Any = "", content_type: str = "application/json", **extra: Any) -> Any:
        return super().patch(path, data, content_type, **extra)

    def delete(self, path: str, data: Any = "", content_type: str = "application/json", **extra: Any) -> Any:
        return super().delete(path, data, content_type, **extra)


@cache
def the_hub() -> ClientHandler:
    """One for all: its middleware reads every static file's address when it starts."""
    return ClientHandler(enforce_csrf_checks=True)


@dataclass
class Person:
    user: User
    password: str = PASSWORD
    _signed_in: logins.SignedIn | None = field(default=None, repr=False)

    @property
    def id(self) -> UUID:
        return self.user.pk

    @property
    def name(self) -> str:
        return self.user.username

    @property
    def actor(self) -> Actor:
        return actor_of_user(User.objects.get(pk=self.id))

    @property
    def signed_in(self) -> logins.SignedIn:
        """One login for the whole story, opened without the door and its limits."""
        if self._signed_in is None:
            self._signed_in = logins.open_login(user=self.user, origin=logins.Origin("203.0.113.5"), at=timezone.now())
        return self._signed_in

    @property
    def caller(self) -> Caller:
        return bearer(self.signed_in.access_token)

    def token(self, *scopes: str, **fields: Any) -> str:
        return tokens.create(
            actor=self.actor, kind="api", name="a program", scopes=list(scopes or ("*",)), at=timezone.now(), **fields
        )[1]

    def robot_token(self, key: str, **fields: Any) -> str:
        return tokens.create(
            actor=self.actor, kind="robot", name=key, scopes=[], robot_key=key, at=timezone.now(), **fields
        )[1]


def bearer(token: str) -> Caller:
    return Caller(headers={"authorization": f"Bearer {token}"})


@cache
def hashed() -> str:
    """Argon2id is slow on purpose, so the one password of everybody is hashed once."""
    return make_password(PASSWORD)


def person(username: str, role: Role, **fields: Any) -> Person:
    user = users.make(username=username, password=None, role=role, **fields)
    user.password = hashed()
    user.save(update_fields=["password"])
    return Person(user)


def sign_in(name: str, password: str = PASSWORD, *, prefix: str = "", caller: Client | None = None, **more: Any) -> Any:
    extra = {key: more.pop(key) for key in ("REMOTE_ADDR", "headers", "secure") if key in more}
    data = {"username": name, "password": password, **more}
    return (caller or Caller()).post(prefix + LOGIN, data, content_type="application/json", **extra)


@pytest.fixture(autouse=True)
def a_fresh_count_of_tries() -> Iterator[None]:
    """Rate limits are kept in Redis, where no rolled-back transaction takes them back."""
    yield
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.flushdb()


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.fixture
def viewer(db: None) -> Person:
    return person("vera", Role.VIEWER, email="vera@example.org", display_name="Vera")


@pytest.fixture
def operator(db: None) -> Person:
    return person("oskar", Role.OPERATOR)


@pytest.fixture
def developer(db: None) -> Person:
    return person("dana", Role.DEVELOPER)


@pytest.fixture
def admin(db: None) -> Person:
    return person("alice", Role.ADMIN, email="alice@example.org")


@pytest.fixture
def super_admin(db: None) -> Person:
    return person("sofia", Role.SUPER_ADMIN)


@pytest.fixture
def stranger(db: None) -> Person:
    """As ordinary as the viewer, and no friend of theirs."""
    return person("charlie", Role.VIEWER)


MakePerson = Callable[..., Person]


@pytest.fixture
def make_person(db: None) -> MakePerson:
    return person
