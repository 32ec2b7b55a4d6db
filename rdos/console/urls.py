"""The paths of our own pages."""

from django.urls import path

from devices.admin import (
    adding,
    claiming,
    configuration,
    fresh,
    node_page,
    saved_views,
    settings,
    telling,
    topology,
    verbs,
)
from flows.admin import queue
from rdos.console.pages import asked_again, leads_to, signed_in
from rdos.console.views import account, entrance, front, second_factor
from scheduling.admin import day

urlpatterns = [
    path("front/live", front.live),
    # Where people of the bilbycast manager have their bookmarks.
    path("dashboard", leads_to("/")),
    path("events", leads_to("admin:telemetry_event_changelist")),
    path("admin/nodes", leads_to("admin:devices_node_changelist")),
    path("admin/users", leads_to("admin:accounts_user_changelist")),
    path("login", entrance.login),
    path("logout", entrance.logout),
    path("account", account.account),
    path("account/password", account.change_password),
    path("account/second-factor", second_factor.enrol),
    path("account/second-factor/off", second_factor.turn_off),
    path("account/logins/<uuid:pk>/end", account.end_login),
    path("account/tokens", account.make_token),
    path("account/tokens/<uuid:pk>/revoke", account.revoke_token),
    path("commands/<uuid:pk>/cancel", signed_in(telling.cancel)),
    path("nodes/add", signed_in(adding.add)),
    path("nodes/fresh", asked_again(fresh.rows)),
    path("nodes/inbox", leads_to("admin:devices_busnode_changelist")),
    path("nodes/simulated/remove", signed_in(verbs.remove_simulated)),
    path("nodes/<uuid:pk>", signed_in(node_page.page)),
    path("nodes/<uuid:pk>/awaited", asked_again(adding.awaited)),
    path("nodes/<uuid:pk>/claim", signed_in(claiming.claim)),
    path("nodes/<uuid:pk>/commands", signed_in(telling.send)),
    path("nodes/<uuid:pk>/config", signed_in(configuration.page)),
    path("nodes/<uuid:pk>/config/adopt", signed_in(configuration.adopt)),
    path("nodes/<uuid:pk>/config/ask", signed_in(configuration.ask)),
    path("nodes/<uuid:pk>/config/desired", signed_in(configuration.desire)),
    path("nodes/<uuid:pk>/config/fresh", asked_again(configuration.fresh)),
    path("nodes/<uuid:pk>/config/policy", signed_in(configuration.choose_policy)),
    path("nodes/<uuid:pk>/config/send", signed_in(configuration.send_again)),
    path("nodes/<uuid:pk>/connections", signed_in(node_page.connections)),
    path("nodes/<uuid:pk>/connections/fresh", asked_again(node_page.fresh_connections)),
    path("nodes/<uuid:pk>/delete", signed_in(verbs.delete)),
    path("nodes/<uuid:pk>/forget", signed_in(claiming.forget)),
    path("nodes/<uuid:pk>/fresh", asked_again(node_page.fresh)),
    path("nodes/<uuid:pk>/maintenance", signed_in(verbs.begin_maintenance)),
    path("nodes/<uuid:pk>/maintenance/end", signed_in(verbs.end_maintenance)),
    path("nodes/<uuid:pk>/node-red", signed_in(settings.node_red)),
    path("nodes/<uuid:pk>/rotate", signed_in(verbs.rotate)),
    path("nodes/<uuid:pk>/settings", signed_in(settings.page)),
    path("nodes/<uuid:pk>/token", signed_in(verbs.new_token)),
    path("nodes/views", signed_in(saved_views.keep)),
    path("nodes/views/forget", signed_in(saved_views.forget)),
    path("queue", signed_in(queue.page)),
    path("queue/live", asked_again(queue.live)),
    path("schedules/day", signed_in(day.page)),
    path("schedules/day/live", asked_again(day.live)),
    path("topology", signed_in(topology.topology)),
    path("topology/state", asked_again(topology.state)),
]
