"""Every path of the hub."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

from devices.views.agent import agent
from flows.urls import jobs_urls
from rdos.health import views as health
from rdos.kernel.api.document import DocumentView
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
]

urlpatterns: list[URLPattern | URLResolver] = [
    # First, because programs ask more often than people, and Django tries one pattern after another.
    path("api/v1/", include(api)),
    path("", include(hook_urls)),
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
    urlpatterns += [
        path("api/v1/schema", DocumentView.as_view(), name="schema"),
        path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    ]

handler400 = "rdos.console.failures.bad_request"
handler403 = "rdos.console.failures.forbidden"
handler404 = "rdos.console.failures.not_found"
handler500 = "rdos.console.failures.broken"
