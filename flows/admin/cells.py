"""Cells of lists: words in a row."""

from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def chips(words: Iterable[object]) -> SafeString:
    shown = format_html_join("", '<span class="r-chip">{}</span>', ((str(word),) for word in words))
    return format_html('<span class="r-chips">{}</span>', shown)
