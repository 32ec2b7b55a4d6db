import threading
import time
from collections.abc import Iterator
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path, re_path

open_streams: set[int] = set()


def facts(request: HttpRequest) -> JsonResponse:
    meta = {key: value for key, value in request.META.items() if isinstance(value, str)}
    return JsonResponse({"method": request.method, "path": request.path, "query": request.GET.dict(), "meta": meta})


def measure(request: HttpRequest) -> JsonResponse:
    body = request.body
    return JsonResponse({"bytes": len(body), "sum": sum(body) % 65521, "thread": threading.current_thread().name})


def drip(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(_drops(int(request.GET["count"])), content_type="application/x-ndjson")


def _drops(count: int) -> Iterator[str]:
    open_streams.add(threading.get_ident())
    try:
        for number in range(count):
            yield f'{{"number":{number}}}\n'
            time.sleep(0.02)
    finally:
        open_streams.discard(threading.get_ident())


def streams(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"open": len(open_streams)})


def slow(request: HttpRequest) -> HttpResponse:
    """Begins a file, and waits until somebody ends it."""
    place = Path(request.GET["place"])
    place.write_text("begun")
    while place.read_text() != "ended":
        time.sleep(0.01)
    return HttpResponse("done")


def source(request: HttpRequest) -> FileResponse:
    return FileResponse(open(__file__, "rb"))


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204)


def flood(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"x" * int(request.GET["bytes"]))


urlpatterns = [
    path("flood", flood),
    path("measure", measure),
    path("drip", drip),
    path("streams", streams),
    path("slow", slow),
    path("source", source),
    path("empty", empty),
    re_path(r"^facts", facts),
]
