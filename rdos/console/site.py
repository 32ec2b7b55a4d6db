"""The console: Django's admin in the theme's dress, with our own pages for everything personal."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.sites import UnfoldAdminSite

FRONT, LOGIN, LOGOUT, ACCOUNT = "/", "/login", "/logout", "/account"


class Console(UnfoldAdminSite):
    site_title = "RDOS"
    site_header = "RDOS"
    index_title = "Console"
    site_url = None

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # It would delete past the services, their guards and the journal.
        self.disable_action("delete_selected")

    def index(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        return HttpResponseRedirect(FRONT)

    def app_index(self, request: HttpRequest, app_label: str, extra_context: object = None) -> HttpResponse:
        return HttpResponseRedirect(FRONT)

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        return HttpResponseRedirect(f"{LOGIN}?{urlencode({'next': request.GET.get('next', FRONT)})}")

    def logout(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        # The method and the form's token go along.
        return HttpResponseRedirect(LOGOUT, status=307)

    def password_change(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        return HttpResponseRedirect(ACCOUNT)

    def password_change_done(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        return HttpResponseRedirect(ACCOUNT)
