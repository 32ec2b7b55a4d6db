"""How much waits where: what changes in the menu while a page stays open."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from accounts.authentication import actor_in_console
from rdos.console import navigation


@require_safe
def waiting(request: HttpRequest) -> JsonResponse:
    return JsonResponse(navigation.counts(actor_in_console(request)))
