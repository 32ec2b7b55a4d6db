"""The API document as JSON, which every tool reads; YAML would need one more parser on the other side."""

from typing import ClassVar

from drf_spectacular.renderers import OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularAPIView


class DocumentView(SpectacularAPIView):  # type: ignore[misc] # drf-spectacular ships no types
    renderer_classes = (OpenApiJsonRenderer2,)
    http_method_names: ClassVar[list[str]] = ["get", "head"]
