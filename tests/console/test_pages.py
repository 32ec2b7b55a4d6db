"""Every page, in both widths and both colours: nothing sticks out, and the browser has nothing to complain about."""

import pytest
from django.utils import timezone

from accounts.services import users
from rdos import ticks
from rdos.kernel import journal
from rdos.kernel.models import JournalEntry
from tests.console import bus, flows, starting
from tests.console.conftest import Visit
from tests.console.fleet import everything
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLACES = {
    "front": "/",
    "account": "/account",
    "second-factor": "/account/second-factor",
    "users": "/console/accounts/user/",
    "user-add": "/console/accounts/user/add/",
    "user": "/console/accounts/user/{user}/change/",
    "user-delete": "/console/accounts/user/{user}/delete/",
    "tokens": "/console/accounts/apitoken/",
    "token-add": "/console/accounts/apitoken/add/",
    "token": "/console/accounts/apitoken/{token}/change/",
    "journal": "/console/kernel/journalentry/",
    "entry": "/console/kernel/journalentry/{entry}/change/",
    "ticks": "/console/django_celery_beat/periodictask/",
    "nodes": "/console/devices/node/",
    "node-add": "/nodes/add",
    "node": "/nodes/{node}",
    "node-config": "/nodes/{node}/config",
    "bus-node": "/nodes/{bus_node}",
    "bus-credential": "/nodes/{bus_node}/bus-credential",
    "bus-credential-withdraw": "/nodes/{bus_node}/bus-credential/withdraw",
    "node-drive": "/nodes/{bus_node}/drive",
    "inbox": "/console/devices/busnode/",
    "bus-node-forget": "/nodes/{found}/forget",
    "node-connections": "/nodes/{node}/connections",
    "node-settings": "/nodes/{node}/settings",
    "node-token": "/nodes/{node}/token",
    "topology": "/topology",
    "groups": "/console/devices/nodegroup/",
    "group-add": "/console/devices/nodegroup/add/",
    "group": "/console/devices/nodegroup/{group}/change/",
    "commands": "/console/devices/command/",
    "command": "/console/devices/command/{command}/change/",
    "operations": "/console/devices/operation/",
    "operation": "/console/devices/operation/{operation}/change/",
    "tunnels": "/console/devices/tunnel/",
    "tunnel-add": "/console/devices/tunnel/add/",
    "tunnel": "/console/devices/tunnel/{tunnel}/change/",
    "events": "/console/telemetry/event/",
    "event": "/console/telemetry/event/{event}/change/",
    "flows": "/console/flows/flow/",
    "flow": "/console/flows/flow/{flow}/change/",
    "flow-run": "/console/flows/flow/{flow}/run/",
    "flow-version": "/console/flows/flow/{flow}/versions/2/",
    "flow-difference": "/console/flows/flow/{flow}/difference/",
    "flow-add": "/console/flows/flow/add/",
    "flow-edit": "/console/flows/flow/{flow}/edit/",
    "flow-of-nodes": "/console/flows/flow/{sheet}/change/",
    "flow-deploy": "/console/flows/flow/{sheet}/deploy/",
    "flow-undeploy": "/console/flows/flow/{sheet}/undeploy/",
    "flow-rollout": "/console/flows/flow/{sheet}/rollout/",
    "rollouts": "/console/flows/rollout/",
    "rollout": "/console/flows/rollout/{rollout}/change/",
    "executions": "/console/flows/execution/",
    "execution": "/console/flows/execution/{execution}/change/",
    "execution-failed": "/console/flows/execution/{lost}/change/",
    "execution-waiting": "/console/flows/execution/{waiting}/change/",
    "queue": "/queue",
    "backups": "/backups",
    "robots": "/console/flows/robot/",
    "robot": "/console/flows/robot/{robot}/change/",
    "dead-letters": "/console/flows/deadletter/",
    "dead-letter": "/console/flows/deadletter/{letter}/change/",
    "schedules": "/console/scheduling/schedule/",
    "schedule": "/console/scheduling/schedule/{schedule}/change/",
    "schedule-add": "/console/scheduling/schedule/add/?flow={started}",
    "schedule-edit": "/console/scheduling/schedule/{schedule}/edit/",
    "schedule-backfill": "/console/scheduling/schedule/{schedule}/backfill/",
    "schedules-day": "/schedules/day?zone=Europe/Berlin",
    "webhooks": "/console/scheduling/webhook/",
    "webhook": "/console/scheduling/webhook/{webhook}/change/",
    "webhook-signed": "/console/scheduling/webhook/{signed}/change/",
    "webhook-add": "/console/scheduling/webhook/add/",
    "webhook-edit": "/console/scheduling/webhook/{signed}/edit/",
    "event-triggers": "/console/scheduling/eventfilter/",
    "event-trigger": "/console/scheduling/eventfilter/{event_trigger}/change/",
    "event-trigger-add": "/console/scheduling/eventfilter/add/",
    "firings": "/console/scheduling/firing/",
    "firing": "/console/scheduling/firing/{firing}/change/",
    "calendars": "/console/scheduling/calendar/",
    "calendar": "/console/scheduling/calendar/{calendar}/change/",
    "calendar-add": "/console/scheduling/calendar/add/",
    "calendar-edit": "/console/scheduling/calendar/{calendar}/edit/",
    "flow-started": "/console/flows/flow/{started}/change/",
}
EMPTY = (
    *("flows", "executions", "queue", "rollouts", "robots", "dead-letters", "schedules", "schedules-day", "webhooks"),
    *("inbox", "event-triggers", "firings", "calendars", "backups"),
)


# Its scripts have run, and its letters are as wide as they stay.
SETTLED = "document.fonts.ready.then(() => new Promise(requestAnimationFrame))"


@pytest.fixture
def ids(super_admin: Person, viewer: Person) -> dict[str, str]:
    """A hub with something in every list."""
    at = timezone.now()
    ticks.sync()
    super_admin.token()
    super_admin.robot_token("arm-1")
    users.update(actor=super_admin.actor, pk=viewer.id, at=at, display_name="Vera the Viewer", role="operator")
    journal.seal()
    entry = JournalEntry.objects.get(action="user.update")
    token = super_admin.user.api_tokens.order_by("created_at").first()
    assert token
    own = {"user": str(viewer.id), "token": str(token.pk), "entry": str(entry.pk)}
    fleet = {**everything(super_admin), **bus.everything()}
    return {**own, **fleet, **flows.everything(super_admin), **starting.everything(super_admin)}


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_is_whole(
    visit: Visit, super_admin: Person, ids: dict[str, str], narrow: bool, colours: str
) -> None:
    browser = visit(super_admin, narrow=narrow, color_scheme=colours)
    width = 360 if narrow else 1280
    for name, place in PLACES.items():
        browser.go(place.format(**ids)).evaluate(SETTLED)
        browser.picture(f"{name}-{colours}-{width}")
        browser.fits()
    browser.is_content()


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_lists_without_a_row_are_whole_and_say_what_to_do(visit: Visit, admin: Person, narrow: bool) -> None:
    browser = visit(admin, narrow=narrow)
    for name in EMPTY:
        page = browser.go(PLACES[name])
        page.evaluate(SETTLED)
        browser.picture(f"{name}-empty-{360 if narrow else 1280}")
        browser.fits()
        assert "No" in page.locator("main, #content").first.inner_text(), name
    browser.is_content()


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_the_pages_before_signing_in_are_whole(visit: Visit, db: None, narrow: bool) -> None:
    browser = visit(narrow=narrow)
    for name, place, status in (
        ("login", "/login", 200),
        ("login-error", "/login?error=rate_limited", 200),
        ("nothing", "/account/nothing-here", 404),
    ):
        browser.go(place, status=status)
        browser.picture(f"{name}-{'360' if narrow else '1280'}")
        browser.fits()
    browser.is_content()
