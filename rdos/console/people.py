"""Who stands in front of a page: Django's user, for as long as the login that the session names is open."""

from django.contrib.auth import get_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.authentication import actor_of_session
from rdos.kernel.middleware.pages import PagesOnly


class PersonMiddleware(PagesOnly, AuthenticationMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        request.__dict__["user"] = SimpleLazyObject(lambda: _person(request))


def _person(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    # A session may be saved again and outlive its login, which is what people end when they end logins.
    return get_user(request) if actor_of_session(request.session, timezone.now()) else AnonymousUser()
