"""A report read back: its text, its attributes, and what a browser would fetch for it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_FETCHED = {"src", "href", "srcset", "data", "poster", "action", "formaction", "background", "xlink:href"}
_VOID = {"meta", "link", "br", "img", "input", "hr", "col", "wbr"}


class Read(HTMLParser):
    """The elements of a document.

    ``fetched``: values of attributes that make a browser fetch something; ``attributes``: all (tag, name, value); ``text``: what is read;
    ``unbalanced``: end tags that close nothing, or start tags never closed.
    """

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.fetched: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.styles: list[str] = []
        self.unbalanced: list[str] = []
        self._open: list[str] = []
        self.feed(document)
        self.close()
        self.unbalanced += self._open

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def values(self, name: str) -> list[str]:
        return [value for _, one, value in self.attributes if one == name]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            if name in _FETCHED:
                self.fetched.append(value or "")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag == "p" and tag not in self._open:
            return
        if self._open and self._open[-1] == tag:
            self._open.pop()
        else:
            self.unbalanced.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        (self.styles if self._open and self._open[-1] == "style" else self.texts).append(data)


def outside(read: Read) -> list[str]:
    """Everything a browser would ask somebody else for; anchors within the file are not."""
    styles = " ".join([*read.styles, *read.values("style")])
    return [one for one in read.fetched if not one.startswith("#")] + re.findall(r"url\([^)]*\)|@import[^;]*", styles)
