"""The API of telemetry, below /api/v1."""

from django.urls import path

from telemetry.api import events, logs, samples

urlpatterns = [
    path("events", events.EventsView.as_view()),
    path("events/count", events.EventCountView.as_view()),
    path("events/ack", events.AcknowledgeManyView.as_view()),
    path("events/<int:pk>/ack", events.AcknowledgeView.as_view()),
    path("nodes/<uuid:pk>/values", samples.ValuesView.as_view()),
    path("nodes/<uuid:pk>/samples", samples.SamplesView.as_view()),
    path("nodes/<uuid:pk>/logs", logs.LogsView.as_view()),
]
