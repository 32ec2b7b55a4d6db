"""The API of accounts, below /api/v1."""

from django.urls import path

from accounts.api import account, auth, scheme, tokens, users

# Known to the API document by having been imported.
__all__ = ["scheme", "urlpatterns"]

urlpatterns = [
    path("auth/me", auth.MeView.as_view()),
    path("auth/login", auth.LoginView.as_view()),
    path("auth/login-form", auth.login_form),
    path("auth/refresh", auth.RefreshView.as_view()),
    path("auth/logout", auth.LogoutView.as_view()),
    path("auth/password", account.OwnPasswordView.as_view()),
    path("auth/second-factor", account.SecondFactorView.as_view()),
    path("auth/logins", account.OwnLoginsView.as_view()),
    path("auth/logins/<uuid:pk>", account.OwnLoginView.as_view()),
    path("me", account.OwnUserView.as_view()),
    path("users", users.UsersView.as_view()),
    path("users/<uuid:pk>", users.UserView.as_view()),
    path("tokens", tokens.TokensView.as_view()),
    path("tokens/<uuid:pk>", tokens.TokenView.as_view()),
]
