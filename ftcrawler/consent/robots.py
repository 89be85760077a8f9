"""robots.txt by RFC 9309: bytes in, rules and answers out. Pure.

Deliberate differences from RFC 9309, each more careful than it:

- ``Disallow: private`` is read as ``/private``, ``Disallow: https://host/a`` as ``/a``;
- ``User-agent: A, B`` names both; product tokens may hold digits;
- missing colons and the misspellings that Google's parser accepts are read as meant;
- a URL is also tried with dot segments and double slashes resolved, as servers do.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ftcrawler.consent.pace import DAY_MINUTES, delay_seconds, rate_seconds, window_minutes
from ftcrawler.consent.patterns import PathPattern, compile_pattern, url_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

OUR_TOKENS = ("ftcrawler", "Scrapy")  # public lists of AI agents name Scrapy: it means us
MAX_BYTES = 512_000  # RFC 9309 2.5: at least 500 KiB must be parsed

FetchPolicy = Literal["parse", "no-rules", "deny", "defer"]
Kind = Literal["text", "html", "compressed"]

_DENYING_STATUSES = {401, 403, 451}  # docs/consent.md: stricter than RFC 9309 2.3.1.3
_TOO_MANY_REQUESTS = 429

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")  # gzip, zstd: a decoding that did not happen
_HTML = ("<!doctype html", "<html")
_LINE_END = re.compile("\r\n|\r|\n")  # RFC 9309 2.2 EOL; str.splitlines() also takes U+2028
_BLANKS = " \t\v\f\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029\u3000\u200b\ufeff"
_TOKEN = re.compile("[A-Za-z0-9_-]+")  # RFC 9309 2.2.1, and digits as real tokens have them
_ABSOLUTE = re.compile("https?://", re.IGNORECASE)

# RFC 9309 2.2.4: these end no run of user agents; they are kept for others to read.
_PACE_RECORDS = ("crawl-delay", "request-rate", "visit-time")
_RECORDS = (*_PACE_RECORDS, "content-signal", "content-usage", "license")
_COLON_OPTIONAL = ("user-agent", "allow", "disallow")
_MISSPELT = ("dissallow", "dissalow", "disalow", "diasllow", "disallaw", "disallows")
_ALIASES = {"useragent": "user-agent", "content-signals": "content-signal"}
_ALIASES |= dict.fromkeys(_MISSPELT, "disallow")  # google/robotstxt, kAllowFrequentTypos


@dataclass(frozen=True, slots=True)
class Rule:
    """One Allow or Disallow line; ``text`` is as read, ``line`` counts from 1."""

    allow: bool
    pattern: PathPattern
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Record:
    """Another line of a group: ``key`` in lower case, ``value`` as read."""

    key: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Group:
    """Lower-case product tokens with their rules (best first) and other records.

    Records that stand before every group are in one without tokens: they speak to all.
    """

    tokens: frozenset[str]
    rules: tuple[Rule, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """The rule that decided, its line (``""`` and 0: none), and the token it is for."""

    allowed: bool
    rule: str = ""
    line: int = 0
    group: str = ""


@dataclass(frozen=True, slots=True)
class Robots:
    """A parsed robots.txt. ``html`` has no rules; ``compressed`` was not read, so it denies."""

    groups: tuple[Group, ...] = ()
    sitemaps: tuple[str, ...] = ()
    group_tokens: frozenset[str] = frozenset()
    kind: Kind = "text"

    def names(self, tokens: Sequence[str]) -> tuple[str, ...]:
        """Those of the tokens, as given, that a group names."""
        return tuple(token for token in tokens if token.lower() in self.group_tokens)

    def applicable(self, tokens: Sequence[str]) -> tuple[Group, ...]:
        """The groups that name any of the tokens, else those of ``*`` (RFC 9309 2.2.1)."""
        wanted = {token.lower() for token in self.names(tokens)} or {"*"}
        return tuple(group for group in self.groups if not wanted.isdisjoint(group.tokens))

    def check(self, url: str, tokens: Sequence[str] = OUR_TOKENS) -> RobotsAnswer:
        r"""Whether the URL may be fetched: most octets win, Allow wins ties (RFC 9309 2.2.2).

        >>> parse_robots(b"User-agent: *\nDisallow: /a").check("https://host/a/b")
        RobotsAnswer(allowed=False, rule='Disallow: /a', line=2, group='*')
        """
        if self.kind == "compressed":
            return RobotsAnswer(allowed=False)
        paths = url_paths(url)
        if paths[0].partition(b"?")[0] == b"/robots.txt":  # RFC 9309 2.2.2, last sentence
            return RobotsAnswer(allowed=True)
        groups = self.applicable(tokens)
        label = ", ".join(self.names(tokens)) or ("*" if groups else "")
        answers = [_answer(groups, path, label) for path in paths]
        return next((answer for answer in answers if not answer.allowed), answers[0])

    def records(self, key: str, tokens: Sequence[str] = OUR_TOKENS) -> tuple[Record, ...]:
        """Our groups' records of one key in file order, with those that speak to all."""
        everybody = tuple(group for group in self.groups if not group.tokens)
        groups = everybody + self.applicable(tokens)
        return tuple(r for group in groups for r in group.records if r.key == key)

    def licenses(self) -> tuple[Record, ...]:
        """Every License record of the file, whichever group it stands in (RSL 1.0)."""
        return tuple(r for group in self.groups for r in group.records if r.key == "license")

    def crawl_delay(self, tokens: Sequence[str] = OUR_TOKENS) -> float | None:
        """Seconds between requests by Crawl-delay, the slowest where several stand."""
        return self._slowest("crawl-delay", delay_seconds, tokens)

    def request_rate(self, tokens: Sequence[str] = OUR_TOKENS) -> float | None:
        """Seconds per request by Request-rate (``1/10m`` is 600.0), at every hour."""
        return self._slowest("request-rate", rate_seconds, tokens)

    def visit_time(self, tokens: Sequence[str] = OUR_TOKENS) -> tuple[int, int] | None:
        """Start and end in minutes of the UTC day; the shortest window where several stand.

        A start after the end is a window over midnight: ``2200-0600`` is ``(1320, 360)``.
        """
        read = (window_minutes(record.value) for record in self.records("visit-time", tokens))
        windows = [window for window in read if window]
        length = {window: (window[1] - window[0]) % DAY_MINUTES for window in windows}
        return min(windows, key=lambda window: length[window] or DAY_MINUTES, default=None)

    def _slowest(
        self, key: str, seconds: Callable[[str], float | None], tokens: Sequence[str]
    ) -> float | None:
        paces = (seconds(record.value) for record in self.records(key, tokens))
        return max((pace for pace in paces if pace is not None), default=None)


def fetch_policy(status: int | None) -> FetchPolicy:
    """What the status of robots.txt means; ``None`` is a network failure.

    RFC 9309 2.3.1, with 401, 403 and 451 denying and 429 deferring by docs/consent.md. Redirects
    are followed by the caller: a 3xx that arrives here led nowhere.
    """
    if status is None or status == _TOO_MANY_REQUESTS:
        return "defer"
    if status in _DENYING_STATUSES:
        return "deny"
    policies: dict[int, FetchPolicy] = {2: "parse", 4: "no-rules"}
    return policies.get(status // 100, "defer")


def parse_robots(body: bytes) -> Robots:
    """The file's groups and sitemaps; never raises, whatever the bytes.

    Only the complete lines within ``MAX_BYTES`` count (RFC 9309 2.5).
    """
    if body.startswith(_COMPRESSED):
        return Robots(kind="compressed")
    text = _text(body)
    if text.lstrip(_BLANKS + "\r\n")[:20].lower().startswith(_HTML):
        return Robots(kind="html")
    drafts = [_Draft()]
    sitemaps: dict[str, None] = {}
    for line, key, value in _lines(text):
        if key == "user-agent":
            if len(drafts) == 1 or drafts[-1].has_rules:
                drafts.append(_Draft())
            drafts[-1].tokens |= _product_tokens(value)
        elif key in {"allow", "disallow"}:
            drafts[-1].add_rule(key, value, line)
        elif key in _RECORDS:
            drafts[-1].records.append(Record(key, _shown(value), line))
        elif key == "sitemap" and _ABSOLUTE.match(value):
            sitemaps[_shown(value)] = None
    groups = tuple(draft.group() for draft in drafts)
    tokens = frozenset(token for group in groups for token in group.tokens)
    return Robots(groups, tuple(sitemaps), tokens)


@dataclass
class _Draft:
    """A group while its lines are read."""

    tokens: set[str] = field(default_factory=set)
    rules: list[Rule] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    has_rules: bool = False

    def add_rule(self, key: str, value: str, line: int) -> None:
        """An empty value makes no rule, but ends the run of user agents all the same."""
        self.has_rules = True
        path = _rule_path(key, value)
        if path:
            text = f"{key.capitalize()}: {_shown(value)}"
            self.rules.append(Rule(key == "allow", compile_pattern(path), text, line))

    def group(self) -> Group:
        """The rules sorted so that the first that matches decides."""
        if not self.tokens:
            self.rules.clear()  # RFC 9309 2.2: a rule belongs to a group
        self.rules.sort(key=lambda rule: (-rule.pattern.octets, not rule.allow, rule.line))
        return Group(frozenset(self.tokens), tuple(self.rules), tuple(self.records))


def _answer(groups: Sequence[Group], path: bytes, label: str) -> RobotsAnswer:
    hits = [next((r for r in g.rules if r.pattern.matches(path)), None) for g in groups]
    best = max(
        (hit for hit in hits if hit), key=lambda r: (r.pattern.octets, r.allow), default=None
    )
    if best is None:
        return RobotsAnswer(allowed=True, group=label)
    return RobotsAnswer(best.allow, best.text, best.line, label)


def _text(body: bytes) -> str:
    """The complete lines within the limit; undecodable bytes as surrogate escapes."""
    head = body[:MAX_BYTES]
    codec = next((codec for bom, codec in _BOMS if body.startswith(bom)), "")
    text = head.decode(codec, "replace") if codec else head.decode("utf-8", "surrogateescape")
    if body[MAX_BYTES : MAX_BYTES + 1] not in {b"", b"\r", b"\n"}:
        text = text[: max(text.rfind("\r"), text.rfind("\n")) + 1]
    return text.replace("\0", "")  # NUL bytes: also UTF-16 that has lost its mark


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Line number, key in lower case and value of every record."""
    for number, line in enumerate(_LINE_END.split(text), start=1):
        record = line.partition("#")[0]
        key, colon, value = record.partition(":")
        if not colon:
            words = record.strip(_BLANKS).split(maxsplit=1)
            key, value = words if len(words) == 2 else ("", "")  # noqa: PLR2004 key and value
        key = re.sub(r"[\s_-]+", "-", key.strip(_BLANKS).lower())
        key = _ALIASES.get(key, key)
        if colon or key in _COLON_OPTIONAL:
            yield number, key, value.strip(_BLANKS)


def _product_tokens(value: str) -> set[str]:
    """The tokens of a User-agent line; ``{""}`` names nobody.

    >>> _product_tokens("FooBot/1.0 (compatible)")
    {'foobot'}
    """
    parts = [part.strip(_BLANKS) for part in value.split(",")]
    stars = {"*" for part in parts if part.startswith("*") and not part[1:2].strip(_BLANKS)}
    matches = [_TOKEN.match(part) for part in parts]
    return stars | {match[0].lower() for match in matches if match} or {""}


def _rule_path(key: str, value: str) -> str:
    """The path a rule means, ``""`` for none. Only Disallow is read generously."""
    if key == "disallow" and value:
        absolute = _ABSOLUTE.match(value)
        if absolute:
            value = "/" + value[absolute.end() :].partition("/")[2]
        if not value.startswith(("/", "*")):
            value = f"/{value}"
    return value if value.startswith(("/", "*")) else ""


def _shown(value: str) -> str:
    """The value as clean Unicode for people and files."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
