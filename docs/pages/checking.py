"""The built site held against three promises: links inside it lead somewhere, nothing comes from a network, mathematics is set.

python docs/pages/checking.py docs/_build/html
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

RESOURCES = {"script": "src", "img": "src", "source": "src", "iframe": "src", "object": "data", "embed": "src", "video": "src"}
RESOURCES |= {"audio": "src", "track": "src", "image": "href", "use": "href"}
LOADED = {"stylesheet", "icon", "shortcut", "preload", "prefetch", "modulepreload", "preconnect", "dns-prefetch", "manifest"}
_URL_IN_CSS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
_RAW_MATH = re.compile(r"\$[^$\n]{0,80}\\[a-z]+[^$\n]{0,80}\$|\\\(|\\begin\{(?:equation|align|pmatrix)")
_WITHOUT = ("genindex.html", "py-modindex.html", "search.html")


class Page(HTMLParser):
    """links       where <a> leads
    resources   what the browser loads by itself
    anchors     the ids of the page
    text        what is read, without code and scripts
    """

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.resources: list[str] = []
        self.anchors: set[str] = set()
        self.text: list[str] = []
        self._silent: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag in RESOURCES and (value := found.get(RESOURCES[tag]) or found.get(f"xlink:{RESOURCES[tag]}")):
            self.resources.append(value)
        if tag == "link" and set(found.get("rel", "").split()) & LOADED:
            self.resources.append(found.get("href", ""))
        self.resources += [part.split()[0] for part in found.get("srcset", "").split(",") if part.strip()]
        self.resources += [a or b for a, b in _URL_IN_CSS.findall(found.get("style", ""))]
        if tag in ("script", "style", "pre", "code"):
            self._silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text.append(data)
        elif self._silent[-1] == "style":
            self.resources += [a or b for a, b in _URL_IN_CSS.findall(data)]


def problems(site: Path) -> Iterator[str]:
    """Every promise that is not kept, in words."""
    site = site.resolve()
    pages = {path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        for resource in page.resources:
            yield from (f"{name}: {text}" for text in _resource(path, resource))
        if path.name in _WITHOUT:
            continue
        for link in page.links:
            yield from (f"{name}: {text}" for text in _link(path, link, pages))
        if left := _RAW_MATH.search("".join(page.text)):
            yield f"{name}: mathematics that is not set: {left[0]!r}"
    for path in sorted(site.rglob("*.css")):
        for a, b in _URL_IN_CSS.findall(path.read_text("utf-8")):
            yield from (f"{path.relative_to(site).as_posix()}: {text}" for text in _resource(path, a or b))


def _resource(path: Path, resource: str) -> Iterator[str]:
    parts = urlsplit(resource)
    if parts.scheme == "data" or not parts.path:
        return
    if parts.scheme or parts.netloc:
        yield f"{resource} is loaded from a network"
    elif not (path.parent / unquote(parts.path)).exists():
        yield f"{resource} is not there"


def _link(path: Path, link: str, pages: dict[Path, Page]) -> Iterator[str]:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return  # make docs-links asks these
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    target = target / "index.html" if target.is_dir() else target
    if not target.exists():
        yield f"the link {link} leads nowhere"
    elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        yield f"the link {link} leads to a page without that place"


def main() -> None:
    found = list(problems(Path(sys.argv[1])))
    print(
        "\n".join(found)
        or f"{sys.argv[1]}: every link leads somewhere, nothing is loaded from a network, all mathematics is set"
    )
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
