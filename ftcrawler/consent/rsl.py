"""Really Simple Licensing: pointers and licence documents in, statements out. Pure.

Source: RSL 1.0 (rslstandard.org/rsl). A site points at a document with ``License:`` in
robots.txt, a ``Link`` header or a ``<link>``. Where several terms cover a page the most restrictive
counts, and terms that we cannot meet or cannot check refuse: a payment, a licence server, an
encrypted work, a permission for certain users or countries only, a list of permitted uses that
does not hold training, a document that cannot be read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml import etree

from ftcrawler.consent.decision import Statement
from ftcrawler.consent.licences import is_creative_commons
from ftcrawler.consent.linkheader import absolute
from ftcrawler.consent.patterns import compile_pattern, url_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ftcrawler.consent.linkheader import PageLink
    from ftcrawler.consent.robots import Robots

SIGNAL = "rsl"
SPEC = "RSL 1.0 (rslstandard.org)"
MAX_CHARACTERS = 102_400
MAX_POINTERS = 20  # of one page or robots.txt
_TYPE = "application/rsl+xml"
_NAMED = re.compile(r"\.rsl$|(?:^|/)(?:rsl|license|licence)\.xml$", re.IGNORECASE)
_TRAINING = {"all", "ai-all", "ai-train"}
_OLDER = {"train-ai": "ai-train", "ai": "ai-all", "ai-training": "ai-train"}
_NO_MONEY = {"", "free", "attribution"}
_DECLARED = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PROLOGUE = re.compile(r"^\s*<\?xml[^>]*\?>")


def robots_pointers(robots: Robots, robots_url: str) -> tuple[str, ...]:
    """The documents that the License records of robots.txt point at, each once."""
    hrefs = [record.value for record in robots.licenses() if record.value]
    return tuple(url for url in _pointers(hrefs, robots_url) if absolute(url, ""))


def robots_pointer_statements(robots: Robots, robots_url: str) -> list[Statement]:
    """A denial for each License record that points nowhere; the others have to be read."""
    return [
        unreadable_pointer(f"robots.txt line {record.line}", record.value, "it is no address")
        for record in robots.licenses()
        if record.value and not absolute(record.value, robots_url)
    ]


def page_pointers(links: Iterable[PageLink], url: str) -> tuple[str, ...]:
    """The documents that a page's links point at, each once."""
    return _pointers([link.href for link in links if _points(link)], url)


def unreadable_pointer(source: str, raw: str, why: str) -> Statement:
    """The denial of a declared document that cannot be read (docs/consent.md, rule 4)."""
    reason = f"terms are declared that cannot be read: {why}"
    return Statement(SIGNAL, source, raw, "deny", reason, SPEC)


def rsl_statements(text: str, url: str, source: str) -> list[Statement]:
    r"""What a document says on training with the page at a URL.

    >>> terms = '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>' \
    ...     '<prohibits type="usage">ai-train</prohibits></license></content></rsl>'
    >>> [s.effect for s in rsl_statements(terms, "https://host/a", "license.xml")]
    ['deny']
    """
    root = _parsed(text)
    if root is None:
        return [unreadable_pointer(source, text, "it is no XML that may be parsed")]
    contents = [e for e in root.iter() if _name(e) == "content" and _is_rsl(e, root)]
    if not contents:
        return [unreadable_pointer(source, text, "it declares no content")]
    covering = [e for e in contents if _covers(_attribute(e, "url"), url)]
    if not covering:
        reason = "its terms do not cover this page"
        return [Statement(SIGNAL, source, "", "note", reason, SPEC)]
    return [s for element in covering for s in _content_statements(element, source)]


def _pointers(hrefs: list[str], base: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for href in hrefs:
        if not is_creative_commons(href):
            found[absolute(href, base) or href.strip()] = None
    return tuple(found)[:MAX_POINTERS]


def _points(link: PageLink) -> bool:
    if link.type.strip().lower().startswith(_TYPE):
        return link.is_licence or not link.rel.strip()
    path = link.href.partition("?")[0].partition("#")[0]
    return link.is_licence and bool(_NAMED.search(path))


@lru_cache(maxsize=32)  # one file is asked about every page of its origin
def _parsed(text: str) -> etree._Element | None:
    """The root element; nothing for entities, a document type or a document that is too long."""
    if len(text) > MAX_CHARACTERS or _DECLARED.search(text):
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=False, huge_tree=False
    )
    body = _PROLOGUE.sub("", text.lstrip("\ufeff"), count=1).strip()
    try:
        return etree.fromstring(body.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _is_rsl(element: etree._Element, root: etree._Element) -> bool:
    """Whether a ``content`` element is RSL's and not, say, that of Media RSS."""
    namespace = str(element.tag).rpartition("}")[0].lower()
    return "rslstandard.org" in namespace or (not namespace and _name(root) == "rsl")


def _attribute(element: etree._Element, name: str) -> str:
    found = (str(value) for key, value in element.items() if str(key).lower() == name)
    return next(found, "").strip()


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in element if _name(child) == name]


def _covers(pattern: str, url: str) -> bool:
    """Whether a content's URL, absolute or a path with ``*`` and ``$``, covers the page."""
    if not pattern:
        return True  # the document is about what points at it
    path = pattern
    if "://" in pattern:
        try:
            host, page_host = pattern.split("/", 3)[2].lower(), urlsplit(url).netloc.lower()
        except (ValueError, IndexError):
            return True
        if not _same_host(host, page_host):
            return False
        path = "/" + pattern.partition("://")[2].partition("/")[2]
    compiled = compile_pattern(path if path.startswith(("/", "*")) else f"/{path}")
    return any(compiled.matches(spelling) for spelling in url_paths(url))


def _same_host(pattern: str, host: str) -> bool:
    bare = pattern.removeprefix("*.").removeprefix("www.")
    return (
        pattern == "*"
        or host.removeprefix("www.") == bare
        or (pattern.startswith("*.") and host.endswith(f".{bare}"))
    )


def _content_statements(content: etree._Element, source: str) -> Iterator[Statement]:
    raw = etree.tostring(content, encoding="unicode", with_tail=False)
    where = f"{source} line {content.sourceline}"
    refusals = list(_content_refusals(content))
    if refusals:
        yield Statement(SIGNAL, where, raw, "deny", "; ".join(dict.fromkeys(refusals)), SPEC)
        return
    credit = any(_attribute(e, "type") == "attribution" for e in content.iter())
    reason = "ai-train is permitted" + (", with attribution" if credit else "")
    yield Statement(SIGNAL, where, raw, "allow", reason, SPEC)


def _content_refusals(content: etree._Element) -> Iterator[str]:
    if _attribute(content, "server"):
        yield "a licence must be obtained from a licence server"
    if _attribute(content, "encrypted").lower() in {"true", "1"}:
        yield "the content is encrypted"
    licences = _children(content, "license")
    if not licences:
        yield "no licence permits ai-train"
    for licence in licences:
        yield from _licence_refusals(licence)


def _licence_refusals(licence: etree._Element) -> Iterator[str]:
    if _children(licence, "server"):
        yield "a licence must be obtained from a licence server"
    prohibited = _usages(licence, "prohibits", "usage")
    if prohibited & _TRAINING:
        yield f"prohibits {', '.join(sorted(prohibited & _TRAINING))}"
    if not _usages(licence, "permits", "usage") & _TRAINING:
        yield "does not permit ai-train"
    for kind in ("user", "geo"):
        if _usages(licence, "permits", kind) - {"all", "*"} or _usages(licence, "prohibits", kind):
            yield "permits only certain users or countries"
    for payment in _children(licence, "payment"):
        if _asks_money(payment):
            yield f"asks payment ({_attribute(payment, 'type') or 'terms apply'})"


def _usages(licence: etree._Element, name: str, kind: str) -> set[str]:
    """The tokens of a licence's permits or prohibits of one type; usage is the default."""
    found: set[str] = set()
    for element in _children(licence, name):
        if (_attribute(element, "type").lower() or "usage") == kind:
            words = re.split(r"[\s,;]+", "".join(map(str, element.itertext())).lower())
            found |= {_OLDER.get(word, word) for word in words if word}
    return found


def _asks_money(payment: etree._Element) -> bool:
    kind = _attribute(payment, "type").lower()
    if kind not in _NO_MONEY or _children(payment, "amount") or _children(payment, "custom"):
        return True
    standards = ["".join(map(str, e.itertext())) for e in _children(payment, "standard")]
    return not all(is_creative_commons(standard) for standard in standards)
