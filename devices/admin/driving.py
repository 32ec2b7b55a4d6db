"""A robot's wheel in the console, and the buttons that stop one robot or all of them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.authentication import actor_in_console
from devices.access import node_for
from devices.admin import node_page
from devices.errors import CannotBeDriven
from devices.hal.motion import FIRMWARE_LIMITS
from devices.services import halting

# Of the sliders. Programs may choose more; from a page one sees the robot a moment late.
SLOW = {"linear": 0.3, "angular": 0.8}
FAST = {"linear": FIRMWARE_LIMITS.linear, "angular": FIRMWARE_LIMITS.angular}


@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, at = actor_in_console(request), timezone.now()
    node = node_for(actor, pk, "motion.drive")
    facts = node_page.frame(actor, node, at, "drive")
    if not facts["may_drive"]:
        raise CannotBeDriven
    return render(request, "console/driving/drive.html", {**facts, "slow": SLOW, "fast": FAST})


@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Without scripts. With them the button asks the API, and the page stays where it is."""
    actor = actor_in_console(request)
    node = node_for(actor, pk, "motion.stop")
    halting.stop_node(actor=actor, key=node.key, at=timezone.now())
    messages.success(request, f"{node.name} was told to stop.")
    return _back(request)


@require_POST
def stop_all(request: HttpRequest) -> HttpResponse:
    halting.stop_all(actor=actor_in_console(request), at=timezone.now())
    messages.success(request, "All robots were told to stop.")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page with the button, if it is one of ours."""
    place = request.POST.get("back", "/")
    is_ours = place.startswith("/") and url_has_allowed_host_and_scheme(place, allowed_hosts=None)
    return HttpResponseRedirect(place if is_ours else "/", status=303)
