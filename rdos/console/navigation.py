"""Where one can go: data for the theme's sidebar and for ours. A new app adds its group here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices.admin import inbox
from devices.admin.inbox import MOST_COUNTED
from rdos.kernel.actors import Actor


@dataclass(frozen=True)
class Place:
    title: str
    icon: str
    link: str
    # The rulebook's action that lets somebody see it; none means everybody who is signed in.
    action: str = ""
    # How much waits there.
    count: Callable[[Actor], int] | None = None

    def opens_for(self, actor: Actor) -> bool:
        return not self.action or allows(actor, self.action)

    @property
    def address(self) -> str:
        return self.link if self.link.startswith("/") else reverse(self.link)

    def is_at(self, path: str) -> bool:
        address = self.address
        return path == address or (address.startswith("/console/") and path.startswith(address))


@dataclass(frozen=True)
class Group:
    title: str
    places: tuple[Place, ...]


GROUPS = (
    Group("Overview", (Place("Needs attention", "monitor_heart", "/"),)),
    Group(
        "Fleet",
        (
            Place("Nodes", "memory", "admin:devices_node_changelist", "nodes.read"),
            Place("Found on the bus", "inbox", "admin:devices_busnode_changelist", "nodes.read", inbox.waiting),
            Place("Topology", "hub", "/topology", "nodes.read"),
            Place("Groups", "category", "admin:devices_nodegroup_changelist", "groups.read"),
            Place("Commands", "terminal", "admin:devices_command_changelist", "commands.read"),
            Place("Operations", "checklist", "admin:devices_operation_changelist", "commands.read"),
            Place("Tunnels", "cable", "admin:devices_tunnel_changelist", "tunnels.read"),
            Place("Events", "notifications", "admin:telemetry_event_changelist", "events.read"),
        ),
    ),
    Group(
        "Flows",
        (
            Place("Flows", "account_tree", "admin:flows_flow_changelist", "flows.read"),
            Place("Executions", "play_circle", "admin:flows_execution_changelist", "executions.read"),
            Place("Queue", "low_priority", "/queue", "executions.read"),
            Place("Rollouts", "rocket_launch", "admin:flows_rollout_changelist", "flows.read"),
            Place("Robots", "smart_toy", "admin:flows_robot_changelist", "robots.read"),
            Place("Dead letters", "report", "admin:flows_deadletter_changelist", "executions.read"),
        ),
    ),
    Group(
        "What starts them",
        (
            Place("Schedules", "event_repeat", "admin:scheduling_schedule_changelist", "triggers.read"),
            Place("Next 24 hours", "calendar_view_day", "/schedules/day", "triggers.read"),
            Place("Webhooks", "webhook", "admin:scheduling_webhook_changelist", "triggers.read"),
            Place("Event triggers", "bolt", "admin:scheduling_eventfilter_changelist", "triggers.read"),
            Place("Firings", "history", "admin:scheduling_firing_changelist", "triggers.read"),
            Place("Calendars", "event_busy", "admin:scheduling_calendar_changelist", "calendars.read"),
        ),
    ),
    Group(
        "People and access",
        (
            Place("Users", "group", "admin:accounts_user_changelist", "users.list"),
            Place("API tokens", "key", "admin:accounts_apitoken_changelist", "tokens.read"),
            Place("My account", "account_circle", "/account"),
        ),
    ),
    Group(
        "Record",
        (
            Place("Journal", "menu_book", "admin:kernel_journalentry_changelist", "journal.read"),
            Place("Backups", "archive", "/backups", "backups.read"),
        ),
    ),
    Group("Clock", (Place("Ticks", "schedule", "admin:django_celery_beat_periodictask_changelist", "clock.read"),)),
)


# Our own pages lie elsewhere than the place that leads to them.
INSIDE = {"/account": "/account/", "admin:devices_node_changelist": "/nodes/"}


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """What this person may see, in the words of the theme, which our own sidebar reads too."""
    actor = actor_in_console(request)
    found = []
    for group in GROUPS:
        places = [place for place in group.places if place.opens_for(actor)]
        if places:
            found.append({"title": group.title, "items": [_item(place, request.path, actor) for place in places]})
    return found


def counts(actor: Actor) -> dict[str, str]:
    """By the address of the place; empty where nothing waits."""
    counted = [(place, place.count) for group in GROUPS for place in group.places if place.count]
    return {place.address: _short(count(actor)) for place, count in counted if place.opens_for(actor)}


def _item(place: Place, path: str, actor: Actor) -> dict[str, Any]:
    at = place.is_at(path) or path.startswith(INSIDE.get(place.link, "\n"))
    item = {"title": place.title, "icon": place.icon, "link": place.address, "active": at}
    return item | ({"badge": _short(place.count(actor))} if place.count else {})


def _short(number: int) -> str:
    if number > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return str(number or "")
