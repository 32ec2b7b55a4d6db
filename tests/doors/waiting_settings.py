"""The bare Django of these tests, with what a waiting door needs: the request's middleware, accents, and Redis."""

import os

from tests.doors.settings import *  # noqa: F403

MIDDLEWARE = [
    "rdos.kernel.middleware.requests.RequestMiddleware",
    "rdos.kernel.middleware.headers.SecurityHeadersMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "rdos.kernel.middleware.accents.AccentMiddleware",
    "rdos.kernel.middleware.compression.LargeJsonGzipMiddleware",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "tests.doors.waiting_urls"
HTTP_THREADS = 2
HTTPS = False
STATIC_URL = "/static/"
ACCENT_HOSTS: dict[str, str] = {}
TRUSTED_PROXIES: list[object] = []
REDIS_URL = os.environ["REDIS_URL"]
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rdos.kernel.api.rendering.JSONRenderer"],
    "EXCEPTION_HANDLER": "rdos.kernel.api.answers.refuse",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{name} {levelname} {message} {status}", "style": "{"}},
    "handlers": {"file": {"class": "logging.FileHandler", "filename": os.devnull, "formatter": "plain"}},
    "loggers": {"rdos.requests": {"handlers": ["file"], "level": "DEBUG", "propagate": False}},
}
if where := os.environ.get("WAITING_LOG"):
    LOGGING["handlers"]["file"]["filename"] = where  # type: ignore[index]
