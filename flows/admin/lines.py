"""What a run writes, as its page follows it: only what is new is asked for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from flows.models import Execution, RunLine
from rdos.kernel.secrecy import mask_text

MOST = 500
TONES = {"error": "bad", "critical": "bad", "fatal": "bad", "warning": "warn", "warn": "warn", "debug": "idle"}


def newest(execution: Execution) -> dict[str, Any]:
    """The last lines, in their order, and whether there are earlier ones."""
    found = list(RunLine.objects.filter(execution=execution).order_by("-id")[: MOST + 1])
    return {"lines": [_shown(line) for line in reversed(found[:MOST])], "is_cut": len(found) > MOST}


def answer(request: HttpRequest, execution: Execution) -> HttpResponse:
    """After the line that the page saw last; a page that cannot say so gets the newest."""
    seen = request.GET.get("after", "")
    rows = RunLine.objects.filter(execution=execution)
    if seen.isascii() and seen.isdecimal() and len(seen) < 19:
        found = [_shown(line) for line in rows.filter(id__gt=int(seen)).order_by("id")[:MOST]]
    else:
        found = newest(execution)["lines"]
    return render(request, "console/executions/lines.html", {"lines": found})


def _shown(line: RunLine) -> dict[str, Any]:
    return {"line": line, "message": mask_text(line.message), "tone": TONES.get(line.level, "")}
