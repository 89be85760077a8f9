"""Licences that a page names: links and JSON-LD in, obligations and statements out. Pure.

Sources: the ``license`` link relation (HTML, RFC 4946), schema.org's ``license`` property and
the URLs of Creative Commons licences (creativecommons.org). A licence binds whoever uses the
text; it is kept with the document. What it means for training is the site file's policy.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ftcrawler.consent.decision import Statement, clean
from ftcrawler.consent.linkheader import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ftcrawler.consent.linkheader import PageLink

SIGNAL = "licence"
MAX_JSONLD = 512_000  # characters of one script element
MAX_LICENCES = 50  # of one page
MAX_CHARACTERS = 2_000  # of a licence's URL, or of the text in its place
_SPEC = "Creative Commons, rel=license, schema.org license"
_CC_URL = re.compile(
    r"(?:https?:)?//(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/"
    r"([a-z+-]{1,20})(?:/(\d(?:\.\d)?))?(?:/([a-z]{2,3}))?(?=[/?#]|$)",
    re.IGNORECASE,
)
_CC_NAME = re.compile(
    r"CC[ -]?(0|BY(?:-(?:NC|SA|ND)){0,3})(?:[ -]v?(\d(?:\.\d)?))?(?:[ -]([A-Z]{2}))?", re.IGNORECASE
)
_PUBLIC_DOMAIN = {"zero": "CC0", "0": "CC0", "mark": "Public Domain Mark"}
_OTHER_WORKS = {"imageobject", "videoobject", "audioobject", "mediaobject", "photograph", "person"}

Choice = Literal["note", "deny"]


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence and what it obliges to; ``name`` is ``""`` for one that is not known."""

    url: str
    name: str = ""
    attribution: bool = False
    share_alike: bool = False
    noncommercial: bool = False
    no_derivatives: bool = False

    @property
    def is_free(self) -> bool:
        """Whether it is known and permits commercial use and derivatives."""
        return bool(self.name) and not (self.noncommercial or self.no_derivatives)


@dataclass(frozen=True, slots=True)
class LicencePolicy:
    """What the site file makes of licences with NC and ND."""

    noncommercial: Choice = "note"
    no_derivatives: Choice = "note"


def read_licence(text: str) -> Licence:
    """The licence that a URL, or a short name such as ``CC-BY-4.0``, stands for.

    >>> read_licence("https://creativecommons.org/licenses/by-nc-sa/4.0/deed.de").name
    'CC BY-NC-SA 4.0'
    """
    text = clean(text.strip()[:MAX_CHARACTERS])
    match = _CC_URL.match(text) or _CC_NAME.fullmatch(text)
    if not match:
        return Licence(text)
    code, version, place = (match[1].lower(), match[2] or "", (match[3] or "").upper())
    parts = set(code.split("-"))
    label = _PUBLIC_DOMAIN.get(code)
    name = label or f"CC {code.upper()}"
    name = " ".join(filter(None, (name, version, place)))
    if not label and not parts <= {"by", "sa", "nc", "nd"}:
        return Licence(text, name, noncommercial=True)  # sampling licences and the like
    return Licence(text, name, "by" in parts, "sa" in parts, "nc" in parts, "nd" in parts)


def is_creative_commons(url: str) -> bool:
    """Whether a URL is that of a Creative Commons licence."""
    return bool(_CC_URL.match(url.strip()))


def linked_licences(links: Iterable[PageLink], url: str) -> Iterator[tuple[Licence, str]]:
    """(licence, source) of every link that names one; RSL has a module of its own.

    A link to Creative Commons without ``rel=license`` may speak about a picture: its source
    says so.
    """
    for link in links:
        if link.type.strip().lower().startswith("application/rsl+xml"):
            continue
        if link.is_licence:
            yield _licence(link.href, url), "rel=license"
        elif is_creative_commons(link.href):
            yield read_licence(link.href), "a link to Creative Commons"


def jsonld_licences(texts: Iterable[str], url: str) -> Iterator[tuple[Licence, str]]:
    """(licence, source) of the ``license`` of each work that JSON-LD describes as the page."""
    for text in texts:
        if "license" not in text or len(text) > MAX_JSONLD:
            continue
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            continue
        for node in _works(parsed):
            for value in _values(node.get("license")):
                yield _licence(value, url), "JSON-LD license"


def licence_statements(
    found: Sequence[tuple[Licence, str]], policy: LicencePolicy | None = None
) -> list[Statement]:
    """A statement for each licence, with its obligations in words.

    Free ones (CC BY, BY-SA, CC0, public domain) allow, if every licence of the page is free and
    stands where the page itself is meant; all others are notes unless the policy denies.
    """
    policy = policy or LicencePolicy()
    all_free = all(licence.is_free for licence, _ in found)
    statements = []
    for licence, source in found:
        effect: Literal["deny", "allow", "note"] = "note"
        if (licence.noncommercial and policy.noncommercial == "deny") or (
            licence.no_derivatives and policy.no_derivatives == "deny"
        ):
            effect = "deny"
        elif all_free and source != "a link to Creative Commons":
            effect = "allow"
        reason = obligations(licence)
        statements.append(Statement(SIGNAL, source, licence.url, effect, reason, _SPEC))
    return statements


def obligations(licence: Licence) -> str:
    """What the licence asks for, in words.

    >>> obligations(read_licence("https://creativecommons.org/licenses/by-sa/4.0/"))
    'CC BY-SA 4.0: name the author, share alike'
    """
    if not licence.name:
        return "a licence that is not known: read it"
    duties = [
        words
        for words, asked in (
            ("name the author", licence.attribution),
            ("share alike", licence.share_alike),
            ("not for commercial use", licence.noncommercial),
            ("no derivatives", licence.no_derivatives),
        )
        if asked
    ]
    return f"{licence.name}: {', '.join(duties) or 'no obligations'}"


def _licence(text: str, base: str) -> Licence:
    """The licence that a page at ``base`` names by its URL, absolute or not, or by its name."""
    licence = read_licence(text)
    if licence.name or len(text.split()) != 1:
        return licence
    return read_licence(absolute(text, base) or text)


def _works(parsed: Any) -> Iterator[dict[str, Any]]:
    """The nodes that stand for the page: at the top, in ``@graph``, or its main entity."""
    waiting = [parsed]
    for _ in range(1_000):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node[:1_000]
        elif isinstance(node, dict):
            waiting += [node[key] for key in ("@graph", "mainEntity") if key in node]
            types = {str(kind).lower() for kind in _as_list(node.get("@type"))}
            if types.isdisjoint(_OTHER_WORKS):
                yield node


def _values(value: Any) -> Iterator[str]:
    for item in _as_list(value)[:MAX_LICENCES]:
        text = (
            item.get("@id") or item.get("url") or item.get("name")
            if isinstance(item, dict)
            else item
        )
        if isinstance(text, str) and text.strip():
            yield text


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
