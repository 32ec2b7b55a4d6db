"""What the first middleware found out about a request. Works for Django's request and for DRF's around it."""

from django.http import HttpRequest


def note(request: HttpRequest, *, request_id: str, client_address: str) -> None:
    request.__dict__.update(request_id=request_id, client_address=client_address)


def request_id(request: object) -> str:
    return str(getattr(request, "request_id", ""))


def client(request: object) -> str:
    """The true address of whoever asks; forwarded headers count from trusted proxies only."""
    return str(getattr(request, "client_address", ""))
