"""What the steps of a run look like beside one another: when each began, and how long it took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.safestring import SafeString

from flows.admin.tones import STEPS, step_badge
from flows.choices import StepStatus
from flows.models import Step
from rdos.kernel.figures import lasting
from rdos.kernel.live_page import written
from rdos.kernel.secrecy import mask_text

MOST = 500
# A bar is a thousand wide, and never too thin to be seen.
WHOLE, THINNEST = 1000, 6


@dataclass(frozen=True)
class Bar:
    step: Step
    start: int
    width: int
    attempt: int

    @property
    def tone(self) -> str:
        return STEPS[StepStatus(self.step.status)]

    @property
    def badge(self) -> SafeString:
        return step_badge(self.step.status)

    @property
    def took(self) -> str:
        return "" if self.step.duration_ms is None else milliseconds(self.step.duration_ms)

    @property
    def error(self) -> str:
        return mask_text(self.step.error)

    @property
    def outputs(self) -> str:
        return written(self.step.outputs)


def milliseconds(count: int) -> str:
    if count < 1000:
        return f"{count} ms"
    return f"{count / 1000:.1f} s" if count < 60_000 else lasting(count / 1000)


def bars(steps: Sequence[Step], at: datetime) -> list[Bar]:
    """Each attempt has a scale of its own."""
    fences = list(dict.fromkeys(step.fence for step in steps))
    found: list[Bar] = []
    for attempt, fence in enumerate(fences, start=1):
        found += _scaled([step for step in steps if step.fence == fence], at, attempt if len(fences) > 1 else 0)
    return found


def _scaled(steps: list[Step], at: datetime, attempt: int) -> list[Bar]:
    spans = _spans(steps, at)
    first, last = min(begin for begin, _ in spans), max(end for _, end in spans)
    whole = max((last - first).total_seconds(), 0.001)
    made = []
    for step, (begin, end) in zip(steps, spans, strict=True):
        start = round(WHOLE * (begin - first).total_seconds() / whole)
        width = max(THINNEST, round(WHOLE * (end - begin).total_seconds() / whole))
        made.append(Bar(step, min(start, WHOLE - THINNEST), min(width, WHOLE), attempt))
    return made


def _spans(steps: list[Step], at: datetime) -> list[tuple[datetime, datetime]]:
    """A step that does not say when it began, began when the one before was over."""
    before, spans = next((step.started_at for step in steps if step.started_at), at), []
    for step in steps:
        begin = step.started_at or before
        if step.duration_ms is not None:
            end = begin + timedelta(milliseconds=step.duration_ms)
        else:
            end = max(at, begin) if step.status == StepStatus.RUNNING else begin
        spans.append((begin, end))
        before = end
    return spans
