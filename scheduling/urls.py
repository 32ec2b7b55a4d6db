"""The API of what starts a flow, below /api/v1."""

from django.urls import path

from scheduling.api import calendars, firings, previews, schedule_verbs, schedules, triggers

urlpatterns = [
    path("calendars", calendars.CalendarsView.as_view()),
    path("calendars/<uuid:pk>", calendars.CalendarView.as_view()),
    path("firings", firings.FiringsView.as_view()),
    path("flows/<str:flow_id>/triggers", triggers.TriggersView.as_view()),
    path("flows/<str:flow_id>/triggers/<str:pk>", triggers.TriggerView.as_view()),
    path("flows/<str:flow_id>/triggers/<str:pk>/disable", triggers.DisableView.as_view()),
    path("flows/<str:flow_id>/triggers/<str:pk>/enable", triggers.EnableView.as_view()),
    path("flows/<str:flow_id>/triggers/<str:pk>/fire", triggers.FireView.as_view()),
    path("flows/<str:flow_id>/triggers/<str:pk>/firings", firings.FiringsOfTriggerView.as_view()),
    path("flows/<str:flow_id>/triggers/<str:pk>/regenerate-token", triggers.RegenerateView.as_view()),
    path("schedules", schedules.SchedulesView.as_view()),
    # Before whatever else could be an id.
    path("schedules/preview", previews.PreviewView.as_view()),
    path("schedules/upcoming", schedules.UpcomingView.as_view()),
    path("schedules/<str:pk>", schedules.OneScheduleView.as_view()),
    path("schedules/<str:pk>/backfill", schedule_verbs.BackfillView.as_view()),
    path("schedules/<str:pk>/disable", schedule_verbs.DisableView.as_view()),
    path("schedules/<str:pk>/enable", schedule_verbs.EnableView.as_view()),
    path("schedules/<str:pk>/firings", firings.FiringsOfScheduleView.as_view()),
    path("schedules/<str:pk>/preview", previews.SchedulePreviewView.as_view()),
    # The seed's word, and those of two of its clients.
    path("schedules/<str:pk>/run", schedule_verbs.TriggerNowView.as_view()),
    path("schedules/<str:pk>/run-now", schedule_verbs.TriggerNowView.as_view()),
    path("schedules/<str:pk>/trigger", schedule_verbs.TriggerNowView.as_view()),
]
