"""The paths of our own pages."""

from django.urls import path

from rdos.console.views import account, entrance, front, second_factor

urlpatterns = [
    path("", front.front),
    path("front/live", front.live),
    path("dashboard", front.dashboard),
    path("login", entrance.login),
    path("logout", entrance.logout),
    path("account", account.account),
    path("account/password", account.change_password),
    path("account/second-factor", second_factor.enrol),
    path("account/second-factor/off", second_factor.turn_off),
    path("account/logins/<uuid:pk>/end", account.end_login),
    path("account/tokens", account.make_token),
    path("account/tokens/<uuid:pk>/revoke", account.revoke_token),
]
