"""What a browser without scripts sends: the fields of a form as they stand, but for those that somebody changes."""

from html.parser import HTMLParser
from typing import Any

LINE = "\n"


class Fields(HTMLParser):
    """Of the form with these words among its attributes."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.mark, self.is_inside = mark, False
        self.found: dict[str, Any] = {}
        self.select, self.area = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_inside = self.mark in said
        if not self.is_inside:
            return
        if tag == "input":
            self._input(said)
        elif tag == "textarea":
            self.area, self.found[said["name"]] = said["name"], ""
        elif tag == "select":
            self.select = said["name"]
        elif tag == "option" and self.select and ("selected" in said or self.select not in self.found):
            self.found[self.select] = said.get("value", "")

    def _input(self, said: dict[str, str]) -> None:
        kind = said.get("type", "text")
        is_off = kind in ("checkbox", "radio") and "checked" not in said
        if "name" in said and kind != "file" and not is_off:
            self.found[said["name"]] = said.get("value", "")

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:
            # The first end of a line belongs to the tag.
            self.found[self.area] = self.found[self.area].removeprefix(LINE)
            self.area = ""
        elif tag == "select":
            self.select = ""


def fields_of(answer: Any, mark: str = "novalidate") -> dict[str, Any]:
    fields = Fields(mark)
    fields.feed(answer.content.decode())
    return fields.found
