"""The console's own pages."""

from django.http import HttpRequest, HttpResponse


def front(request: HttpRequest) -> HttpResponse:
    return HttpResponse("soon")


dashboard = login = logout = account = second_factor = front_live = front
