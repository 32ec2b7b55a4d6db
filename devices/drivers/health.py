"""Judges a node by the word in its health report."""

from collections.abc import Collection
from typing import Any

from devices.drivers.figures import record
from devices.drivers.shapes import Health, Report

DEGRADED = frozenset({"warning", "degraded"})
ERROR = frozenset({"error", "critical", "failed"})
LONGEST_REASON = 256
# Where nodes say why, the likeliest first.
REASONS = ("reason", "message", "error")


def plain_health(report: Report) -> Health:
    """A word nobody knows means that the node is there and talks."""
    given = record(report)
    return judge(given, given.get("status"), degraded=DEGRADED, error=ERROR)


def judge(report: dict[str, Any], status: object, *, degraded: Collection[str], error: Collection[str]) -> Health:
    word = str(status).strip().lower() if isinstance(status, str | int | float) else ""
    if word in error:
        return Health("error", _reason(report, word))
    if word in degraded:
        return Health("degraded", _reason(report, word))
    return Health("online")


def _reason(report: dict[str, Any], word: str) -> str:
    texts = (printable(report[key]) for key in REASONS if isinstance(report.get(key), str))
    return next((text for text in texts if text), f"The node reports {word}.")


def printable(text: str) -> str:
    return "".join(letter for letter in text[:LONGEST_REASON] if letter.isprintable()).strip()
