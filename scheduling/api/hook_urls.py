"""Where webhooks are answered, and below /api/v1 where their deliveries are sent again."""

from django.urls import path

from scheduling.api import hooks, redelivery

hook_urls = [
    # Before the tokens.
    path("webhooks/stripe", hooks.BillingView.as_view()),
    path("webhooks/clerk", hooks.BillingView.as_view()),
    path("webhooks/<str:token>", hooks.WebhookView.as_view()),
    path("webhooks/<str:token>/test", hooks.TestView.as_view()),
    path("hooks/<uuid:pk>", hooks.HookView.as_view()),
]
redelivery_urls = [
    path("firings/<uuid:pk>/redeliver", redelivery.RedeliverView.as_view()),
]
