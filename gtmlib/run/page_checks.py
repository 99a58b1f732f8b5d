"""What a report's file says about itself, without opening it: addresses, policy, ids, alternative texts, secrets."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

from gtmlib.errors import Problem
from gtmlib.run.secrets import find_secrets

ADDRESSES = (
    "src", "href", "srcset", "imagesrcset", "data", "action", "formaction", "poster", "background", "ping", "manifest",
    "xlink:href", "codebase", "cite", "longdesc",
)  # fmt: skip
REFUSED = ("base", "iframe", "frame", "object", "embed", "applet", "form", "link", "portal", "fencedframe")
POLICY = "content-security-policy"
LAX = ("style-src", "style-src-elem", "style-src-attr")  # may say 'unsafe-inline'
DRAWN = ("content", "d", "points", "class", "style", "transform", "viewbox")  # numbers that are no texts
LARGEST_PACK = 50_000_000  # bytes
PACK_IN = "Pack it into the file, or remove it"
AS_WRITTEN = "Deliver the file as the run wrote it"


@dataclass(slots=True)
class Tag:
    """A tag of a page.

    Parameters
    ----------
    name : str
        In small letters.
    attrs : dict
        Its attributes.
    line : int
        Where it starts, from 1.
    text : str
        Of a script or a style sheet.
    within : tuple of str
        Names of the tags around it.
    is_hidden : bool
        From screen readers, by itself or by what is around it.
    """

    name: str
    attrs: dict[str, str]
    line: int
    text: str = ""
    within: tuple[str, ...] = ()
    is_hidden: bool = False


@dataclass(slots=True)
class PageFile:
    """A page's tags and texts.

    Parameters
    ----------
    tags : list of Tag
        In their order.
    texts : list of (int, str)
        Line and text, without scripts and style sheets.
    """

    tags: list[Tag] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)

    def named(self, *names: str) -> list[Tag]:
        """Give the tags of some names.

        Parameters
        ----------
        *names : str
            In small letters.
        """
        return [tag for tag in self.tags if tag.name in names]


class _Reader(HTMLParser):
    VOID = ("meta", "link", "br", "img", "hr", "input", "base", "source", "col", "embed", "area", "wbr", "track")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.page, self._open = PageFile(), list[Tag]()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        hidden = given.get("aria-hidden") == "true" or any(one.is_hidden for one in self._open)
        within = tuple(one.name for one in self._open)
        found = Tag(name=tag, attrs=given, line=self.getpos()[0], within=within, is_hidden=hidden)
        self.page.tags.append(found)
        if tag not in self.VOID:
            self._open.append(found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        places = [place for place, one in enumerate(self._open) if one.name == tag]
        if places:
            del self._open[places[-1] :]

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].name in ("script", "style"):
            self._open[-1].text += data
        else:
            self.page.texts.append((self.getpos()[0], data))


def check_page(text: str) -> list[Problem]:
    """Check a report's file without opening it.

    Parameters
    ----------
    text : str
        HTML.

    Returns
    -------
    list of Problem
        Each with its line; empty if all is well.
    """
    page = _Reader(text).page
    checks: tuple[Callable[[PageFile], Iterator[Problem]], ...] = (
        _check_addresses,
        _check_policy,
        _check_ids,
        _check_pictures,
        _check_frame,
        _check_secrets,
    )
    return [problem for check in checks for problem in check(page)]


def _problem(line: int, what: str, fix: str) -> Problem:
    return Problem(place=f"line {line}", what=what, fix=fix)


def _is_inside(address: str) -> bool:
    return address == "" or address.startswith("#") or address.strip().lower().startswith("data:image/")


def _check_addresses(page: PageFile) -> Iterator[Problem]:
    """Find what would ask somebody for something; a link to the web does so only when a reader follows it."""
    for tag in page.tags:
        where = f"<{tag.name}>"
        if tag.name in REFUSED:
            yield _problem(tag.line, f"{where} has no place in a report", "Remove it")
            continue
        if tag.name == "meta" and tag.attrs.get("http-equiv", "").lower() == "refresh":
            yield _problem(tag.line, "<meta> leads to another page", "Remove it")
        for name, value in tag.attrs.items():
            shown = f'{where} points outside the file: {name}="{value[:80]}"'
            is_followed = (tag.name, name) == ("a", "href") and re.match(r"https?://", value, re.IGNORECASE)
            if name in ADDRESSES and not is_followed and not _is_inside(value):
                yield _problem(tag.line, shown, PACK_IN)
            if name.startswith("on"):
                yield _problem(tag.line, f"{where} runs a script by '{name}'", "Remove it")
            if name == "style" or "url(" in value:  # also SVG's own, such as fill="url(#plot)"
                yield from _check_style(value, tag.line, where)
        if tag.name == "style":
            yield from _check_style(tag.text, tag.line, where)


def _check_style(text: str, line: int, where: str) -> Iterator[Problem]:
    plain = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    plain = re.sub(r"(url\(|@import)\s*([\"'])(.*?)\2", r"\1 \3", plain, flags=re.IGNORECASE)
    plain = re.sub(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", '""', plain)  # a text is no address
    plain = re.sub(r"\\([0-9a-fA-F]{1,6})\s?", lambda match: chr(int(match[1], 16) % 0x110000), plain)  # `\75rl(`
    for match in re.finditer(
        r"(?:url|src|image-set)\(\s*(?!#|data:)[^)]{0,80}|@import[^;]{0,80}", plain, re.IGNORECASE
    ):
        yield _problem(line, f"{where} points outside the file: {match[0].strip()}", PACK_IN)


def _check_policy(page: PageFile) -> Iterator[Problem]:
    """Hold the policy to be there, first and strict, and each script to be one that it allows."""
    metas = [tag for tag in page.named("meta") if tag.attrs.get("http-equiv", "").lower() == POLICY]
    if not metas:
        yield _problem(1, "there is no content-security policy: nothing would stop a request", AS_WRITTEN)
        return
    policy, name = metas[0], "the content-security policy"
    before = [tag for tag in page.tags[: page.tags.index(policy)] if tag.name in ("script", "style", "img", "link")]
    if before or "head" not in policy.within:
        yield _problem(policy.line, f"{name} comes too late: it must be the first in <head>", AS_WRITTEN)
    rules = [rule.split() for rule in policy.attrs.get("content", "").lower().split(";") if rule.strip()]
    if ["default-src", "'none'"] not in rules:
        yield _problem(policy.line, f"{name} does not start from default-src 'none'", AS_WRITTEN)
    for rule in ("base-uri", "form-action"):
        if [rule, "'none'"] not in rules:
            yield _problem(policy.line, f"{name} does not say {rule} 'none'", AS_WRITTEN)
    for rule, *sources in rules:
        for source in sources:
            is_inline = rule in LAX and source == "'unsafe-inline'"
            if not (is_inline or source in ("'none'", "data:", "blob:") or source.startswith("'sha256-")):
                yield _problem(policy.line, f"{name} lets {rule} have {source}", AS_WRITTEN)
    for tag in page.named("script"):
        if tag.attrs.get("type", "text/javascript").lower() in ("", "text/javascript", "module"):
            digest = base64.b64encode(hashlib.sha256(tag.text.encode()).digest()).decode()
            if f"'sha256-{digest}'" not in policy.attrs.get("content", ""):
                yield _problem(tag.line, f"<script> is not one that {name} knows", AS_WRITTEN)


def _check_ids(page: PageFile) -> Iterator[Problem]:
    lines: dict[str, list[int]] = {}
    for tag in page.tags:
        if "id" in tag.attrs:
            lines.setdefault(tag.attrs["id"], []).append(tag.line)
    for name, found in lines.items():
        if len(found) > 1:
            yield _problem(found[1], f"the id '{name}' is there {len(found)} times", "Give each part its own")
    for tag in page.named("a"):
        target = tag.attrs.get("href", "")
        if target.startswith("#") and target[1:] not in lines:
            yield _problem(tag.line, f"the link '{target}' leads nowhere", "Give its target that id")


def _check_pictures(page: PageFile) -> Iterator[Problem]:
    charts = page.named("figure")
    say_it = "Say what it shows, in words and numbers"
    same = Counter(tag.attrs.get("aria-label", "").strip() for tag in charts)
    for tag in charts:
        label = tag.attrs.get("aria-label", "").strip()
        if not label:
            yield _problem(tag.line, "a chart has no alternative text", say_it)
        elif same[label] > 1:
            yield _problem(tag.line, f"{same[label]} charts have the same alternative text: '{label[:60]}'", say_it)
    for tag in page.named("img"):
        if "alt" not in tag.attrs:
            yield _problem(tag.line, "<img> has no alternative text", say_it)
    for tag in page.named("svg"):
        is_told = tag.attrs.get("aria-label") or tag.attrs.get("aria-labelledby")
        if not (tag.is_hidden or is_told or "figure" in tag.within):
            yield _problem(tag.line, "<svg> has no alternative text, and is not hidden from screen readers", say_it)


def _check_frame(page: PageFile) -> Iterator[Problem]:
    root = page.named("html")
    if not root or not root[0].attrs.get("lang"):
        yield _problem(1, "<html> does not say its language", AS_WRITTEN)
    if not any(tag.within[-1:] == ("head",) for tag in page.named("title")):
        yield _problem(1, "the page has no title", AS_WRITTEN)
    levels = [(int(tag.name[1]), tag.line) for tag in page.named(*(f"h{level}" for level in range(1, 7)))]
    for (before, _), (level, line) in pairwise(levels):
        if level > before + 1:
            yield _problem(line, f"a heading of level {level} follows one of level {before}", "Leave out no level")
    n_plotly = sum(tag.attrs.get("id") == "plotly-pack" for tag in page.named("script"))
    if n_plotly > 1:
        yield _problem(1, f"plotly.js is packed in {n_plotly} times", "Pack it in once")


def _check_secrets(page: PageFile) -> Iterator[Problem]:
    for line, text in _readable(page):
        for start, kind, sign in find_secrets(text):
            at = line + text[:start].count("\n")
            yield _problem(at, f"'{sign}' looks like {kind}", "Remove it where it came from, and run again")


def _readable(page: PageFile) -> Iterator[tuple[int, str]]:
    """Every text that a reader of the file could find: also in attributes, in charts and in packs."""
    yield from page.texts
    for tag in page.tags:
        for name, value in tag.attrs.items():
            if name not in DRAWN and not value.startswith("data:"):
                yield tag.line, value
        if tag.name == "script" and tag.attrs.get("type") == "application/json":
            yield tag.line, tag.text
        if tag.name == "script" and tag.attrs.get("type") == "text/plain" and tag.attrs.get("id") != "plotly-pack":
            yield tag.line, _unpack(tag.text).replace("\\n", " ")


def _unpack(text: str) -> str:
    try:
        with gzip.open(io.BytesIO(base64.b64decode(text, validate=True))) as packed:
            return packed.read(LARGEST_PACK).decode("utf-8", "replace")
    except (ValueError, OSError, EOFError):
        return text
