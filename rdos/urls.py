"""Every path of the hub."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView

from devices.views.agent import agent
from flows.urls import jobs_urls
from rdos.console.views import front
from rdos.health import views as health
from rdos.kernel.api.answers import answers_only
from rdos.kernel.api.document import DocumentView
from rdos.kernel.api.spoken import chosen
from scheduling.api.hook_urls import hook_urls, redelivery_urls

api: list[URLPattern | URLResolver] = [
    # Robots ask more often than anybody else.
    path("jobs/", include(jobs_urls)),
    path("", include("accounts.urls")),
    path("", include("devices.urls")),
    path("", include("flows.urls")),
    path("", include("scheduling.urls")),
    path("", include(redelivery_urls)),
    path("", include("telemetry.urls")),
    path("system/", include("rdos.system.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    # First, because programs ask more often than people, and Django tries one pattern after another.
    path("api/v1/", include(api)),
    path("", include(hook_urls)),
    # Exempt, because neither takes a form: a write is refused as what it is, not for its missing token.
    path("", csrf_exempt(chosen(front.front, tafy=health.greeting))),
    path("", include("rdos.console.urls")),
    path("health", health.basic),
    path("health/detailed", health.detailed),
    path("health/ready", health.ready),
    path("health/live", health.live),
    path("metrics", health.metrics),
    path("agent.pyz", agent),
    path("console/", admin.site.urls),
]

if settings.ENABLE_DOCS:
    to_docs = answers_only("GET", "HEAD")(RedirectView.as_view(pattern_name="docs"))
    urlpatterns += [
        path("api/v1/schema", DocumentView.as_view(), name="schema"),
        path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
        # Where Tafy's clients and generators of clients look for them.
        path("openapi.json", DocumentView.as_view()),
        path("docs", to_docs),
        path("redoc", to_docs),
    ]

handler400 = "rdos.console.failures.bad_request"
handler403 = "rdos.console.failures.forbidden"
handler404 = "rdos.console.failures.not_found"
handler500 = "rdos.console.failures.broken"
