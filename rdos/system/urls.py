"""Below /api/v1/system."""

from django.urls import path

from rdos.system import views

urlpatterns = [
    path("info", views.InfoView.as_view()),
    path("health", views.HealthView.as_view()),
    path("logs", views.LogsView.as_view()),
    path("backup", views.BackupView.as_view()),
]
