"""The records that pass each border of the flow: Page, Block, Document, Pair. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

BlockKind = Literal["heading", "paragraph", "list_item", "quote", "code", "table_row"]
PairKind = Literal["title", "heading", "sentence", "window"]
Decision = Literal["allow", "deny", "defer"]
UrlKind = Literal["page", "sitemap", "feed"]
Outcome = Literal[
    "document", "unchanged", "rejected", "failed", "redirected", "denied", "deferred", "read"
]

# What normal forms change, with the character before it, with which it may be composed.
_WIDE: Final = re.compile("[\x00-\x7f]?[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Trace:
    """What a visit saw beside the statements: the rest of the evidence for its verdict.

    ``origin`` is JSON about scheme, host and port: who asked, robots.txt with its status, time
    and hash, the files that were looked for, the versions of rules and list; ``origin_key`` is
    a hash over it without times. ``headers`` are those that carry signals; ``redirects`` are the
    URLs that led here, the first one first; ``body_hash`` is the SHA-256 of a body that gave no
    document, in hex.
    """

    origin: str = ""
    origin_key: str = ""
    robots_group: str = ""
    robots_rule: str = ""
    robots_line: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    redirects: tuple[str, ...] = ()
    body_hash: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the site's signals say about one URL.

    ``signal`` names the deciding signal (``"robots.txt"``, ``"meta robots"``, ...),
    ``evidence`` is JSON of every statement that was read, ``trace`` what else was seen.
    """

    decision: Decision
    signal: str = ""
    reason: str = ""
    evidence: str = ""
    trace: Trace | None = None


class Offer(NamedTuple):
    """A URL that was found: in a page, a sitemap or a feed. ``lastmod`` is ISO 8601 or empty."""

    url: str
    kind: UrlKind = "page"
    lastmod: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One response that may be used: the key is URL + fetch time.

    ``headers`` are selected response headers with lower-case names; ``fetched_at`` is
    ISO 8601 in UTC (``2026-11-24T02:00:00Z``); ``links`` are the URLs in scope that the page
    names; ``known_body`` is the SHA-256 of the body at the last visit, in hex, or empty.
    ``source`` is the page as the server sent it, when this one is what a browser made of it.
    ``statements`` are those of its origin, when its own were not read yet: then the verdict is
    not the last word.
    """

    site: str
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    fetched_at: str
    verdict: Verdict
    links: tuple[Offer, ...] = ()
    known_body: str = ""
    source: Page | None = field(default=None, repr=False)
    statements: tuple[object, ...] | None = field(default=None, repr=False)

    def header(self, name: str) -> str:
        """The first value of a header by its lower-case name, ``""`` when absent."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a document's text, in page order.

    ``level`` is 1 to 6 for headings and 0 otherwise; ``start`` is the block's first
    character in ``Document.text``; ``path`` says where in the page it stood.
    """

    kind: BlockKind
    text: str
    level: int = 0
    start: int = 0
    path: str = ""

    @property
    def end(self) -> int:
        """One past the block's last character in ``Document.text``."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class Document:
    """What a page says, without its frame: the key is URL + revision (given by the state).

    ``date`` is ``YYYY-MM-DD`` or ``""``; ``language`` an ISO 639-1 code or ``""``; ``section``
    the part of the site that the page says it stands in;
    ``body_hash`` the SHA-256 of the response body in hex.
    """

    url: str
    title: str
    blocks: tuple[Block, ...]
    language: str = ""
    canonical_url: str = ""
    date: str = ""
    authors: tuple[str, ...] = ()
    license: str = ""
    body_hash: str = ""
    extractor: str = ""
    section: str = ""

    @cached_property
    def text(self) -> str:
        """The blocks joined by newlines."""
        return "\n".join(block.text for block in self.blocks)

    @cached_property
    def text_hash(self) -> str:
        """SHA-256 in hex over title and blocks: equal hashes mean an unchanged document."""
        parts = (f"{b.kind}{b.level} {b.text}" for b in self.blocks)
        return hashlib.sha256("\n".join((self.title, *parts)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a page gave no document: a short stable ``reason`` and a ``detail`` for people."""

    reason: str
    detail: str = ""


class _Marked:
    """Room for what a pair is compared by, found once."""

    __slots__ = ("_mark",)
    _mark: bytes


@dataclass(frozen=True, slots=True)
class Pair(_Marked):
    """A prompt and its completion.

    ``first_block`` and ``last_block`` are indexes into ``Document.blocks`` (inclusive) of
    the text that the pair was made from. The spans are characters of ``Document.text``; a prompt
    that is not there (the title) has -1. ``masked``: personal data in it was replaced, so that
    it differs from its spans.
    """

    prompt: str
    completion: str
    kind: PairKind
    first_block: int = 0
    last_block: int = 0
    prompt_start: int = -1
    prompt_end: int = -1
    completion_start: int = 0
    completion_end: int = 0
    masked: bool = False

    @property
    def mark(self) -> bytes:
        """The fingerprint, then 8 bytes of a hash of the completion alone; found once."""
        try:
            return self._mark
        except AttributeError:
            mark = _mark_of(self.prompt, self.completion)
            object.__setattr__(self, "_mark", mark)
            return mark

    @property
    def fingerprint(self) -> bytes:
        """16 bytes, equal for pairs that differ only in case, width and white space."""
        return self.mark[:16]

    @property
    def text_key(self) -> bytes:
        """Half of the fingerprint, and 8 bytes that are equal for equal completions."""
        return self.mark[:8] + self.mark[16:]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with its mark, which the process that commits pairs need not find."""
        return _unpickled, (
            self.mark,
            self.prompt,
            self.completion,
            self.kind,
            self.first_block,
            self.last_block,
            self.prompt_start,
            self.prompt_end,
            self.completion_start,
            self.completion_end,
            self.masked,
        )


def _unpickled(mark: bytes, *values: Any) -> Pair:
    pair = Pair(*values)
    object.__setattr__(pair, "_mark", mark)
    return pair


class Capture(NamedTuple):
    """Where a page's archive record stands: file relative to DATA_DIR, offset, length in bytes."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Harvest:
    """What one URL gave: its single outcome, with the reason and everything to be stored.

    A ``document`` comes with its pairs; ``drops`` counts pairs left out by reason,
    ``boilerplate`` blocks left out because they stand on many pages of the site.
    ``links`` is None when the page was not read anew (the stored ones stay valid);
    ``page`` is there when the archive may want it, ``capture`` when it was archived;
    ``minhash`` is the signature of the document's text (``pipelines.fingerprint``).
    """

    site: str
    url: str
    outcome: Outcome
    reason: str = ""
    status: int = 0
    fetched_at: str = ""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    links: tuple[Offer, ...] | None = None
    redirect_to: str = ""
    document: Document | None = None
    pairs: tuple[Pair, ...] = ()
    drops: tuple[tuple[str, int], ...] = ()
    boilerplate: int = 0
    verdict: Verdict = Verdict("allow")
    page: Page | None = field(default=None, repr=False)
    capture: Capture | None = None
    minhash: bytes = field(default=b"", repr=False)

    def but(self, **changes: Any) -> Harvest:
        """A copy with some fields changed."""
        return replace(self, **changes)


def normalised(text: str) -> str:
    r"""NFKC, case folded, white space collapsed.

    >>> normalised("  The  ﬁrst\n LINE ")
    'the first line'
    """
    folded = _nfkc(text).casefold().replace("\n", " ")
    # No space but the plain one is printable; most texts need not be cut into words.
    if folded.isprintable() and "  " not in folded and folded.strip(" ") == folded:
        return folded
    return " ".join(folded.split())


def _nfkc(text: str) -> str:
    """NFKC, which leaves ASCII alone: nothing that follows goes into one of its characters."""
    if unicodedata.is_normalized("NFKC", text):
        return text
    return _WIDE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def _mark_of(prompt: str, completion: str) -> bytes:
    """BLAKE2b-128 over the normalised prompt and completion, then BLAKE2b-64 over the latter."""
    answer = normalised(completion).encode("utf-8", "surrogatepass")
    asked = normalised(prompt).encode("utf-8", "surrogatepass")
    both = hashlib.blake2b(asked + b"\x00" + answer, digest_size=16).digest()
    return both + hashlib.blake2b(answer, digest_size=8).digest()
