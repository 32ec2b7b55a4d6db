"""A filter of a list as a word in the address, so that a page can open its rows."""

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest


class WordFilter(SimpleListFilter):
    """Always offers what is chosen: a filter without choices would be left out, and show everything."""

    def words(self, request: HttpRequest) -> list[tuple[str, str]]:
        return []

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        found, chosen = self.words(request), self.chosen
        return found if not chosen or chosen in dict(found) else [*found, (chosen, self.said(chosen))]

    def said(self, word: str) -> str:
        return word

    @property
    def chosen(self) -> str:
        return str(self.value() or "").replace("\x00", "")
