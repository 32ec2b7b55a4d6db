"""What nodes fetch without being known: the reference agent, one file."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.http import quote_etag

from devices.services import agent_file
from rdos.kernel.api.answers import answers_only


@answers_only("GET", "HEAD")
def agent(request: HttpRequest) -> HttpResponse:
    content = agent_file.build()
    tag = quote_etag(sha256(content).hexdigest()[:32])
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    response = HttpResponse(content, content_type="application/zip", headers={"ETag": tag})
    response["Content-Disposition"] = 'attachment; filename="agent.pyz"'
    return response
