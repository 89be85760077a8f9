"""The board as one HTML page that needs nothing else; no script, no text that could run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

from ftcrawler.alarms import Alarm
from ftcrawler.board import Board, Line, funnel_of
from ftcrawler.nightparts import morning
from ftcrawler.nights import began
from pipelines import funnel
from pipelines.charts import Bar, columns, percent
from pipelines.markup import Column, Html, address, cut, many, number, table, text, unfold
from pipelines.reportpage import step_table
from pipelines.reportstyle import STYLE, source_hash

MOST_RUNS: Final = 14
_TALL: Final = 18  # pixels of small bars
_TITLE: Final = "ftcrawler"
_NAMES: Final = 80
_LONG: Final = 600  # characters of a prompt or completion
_OVERVIEW: Final = ("good", "due", "being crawled")
_OWN_STYLE: Final = """
.mark { font-weight: 600; }
ul.alarms { list-style: none; margin: .75rem 0; padding: 0; }
ul.alarms > li { border-left: .3rem solid var(--out); padding: .1rem 0 .1rem .8rem;
  margin: 0 0 .9rem; }
ul.alarms > li.error { border-color: var(--validation); }
ul.alarms > li.warning { border-color: var(--train); }
main p, header p { overflow-wrap: anywhere; }
svg.spark { min-width: 8rem; }
.moment { white-space: nowrap; }
.words { min-width: min(12rem, 40vw); overflow-wrap: anywhere; }
ol.pairs > li { content-visibility: visible; }
.line { font-size: 1.05rem; max-width: 60rem; }
"""
PAGE_STYLE: Final = STYLE + _OWN_STYLE
# Nothing is loaded, nothing is sent, nothing runs.
POLICY: Final = (
    f"default-src 'none'; style-src {source_hash(PAGE_STYLE)}; base-uri 'none'; form-action 'none'"
)
_SECTIONS: Final = (
    ("alarms", "Alarms"),
    ("sites", "Sites"),
    ("runs", "Last nights"),
    ("growth", "Growth"),
    ("funnel", "From addresses to rows"),
    ("pairs", "Newest pairs"),
    ("gone", "Taken back"),
)


def dashboard_page(board: Board) -> str:
    """The whole page as HTML."""
    makers = (_alarms, _sites, _runs, _growth, _funnel, _pairs, _gone)
    sections = "\n".join(
        f'<section id="{name}" aria-labelledby="{name}-h">\n<h2 id="{name}-h">{head}</h2>\n'
        f"{''.join(maker(board))}\n</section>"
        for (name, head), maker in zip(_SECTIONS, makers, strict=True)
    )
    links = "".join(f'<li><a href="#{name}">{head}</a></li>' for name, head in _SECTIONS)
    standing = sum(alarm.state != "cleared" for alarm in board.alarms)
    title = f"{many(standing, 'alarm')} \u2013 {_TITLE}" if standing else _TITLE
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{PAGE_STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">To the content</a>\n'
        f"<header>\n{_head(board)}\n</header>\n"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n'
        f'<main id="main">\n{sections}\n</main>\n'
        '<footer>\n<p class="quiet">This page shows and never changes anything. It loads nothing '
        "from elsewhere; load it again to look again.</p>\n</footer>\n</body>\n</html>\n"
    )


def _head(board: Board) -> str:
    newest = next((night for night in reversed(board.nights) if night.get("ended_at")), None)
    said = _morning(newest) if newest else "No night so far: scrapy nightly runs one."
    good = sum(line.state in _OVERVIEW and not line.alarms for line in board.sites)
    shown = (
        ("alarms", sum(alarm.state != "cleared" for alarm in board.alarms)),
        ("sites", len(board.sites)),
        ("good ones", good),
        ("documents that stand", sum(line.memory.held for line in board.sites)),
        ("pairs in shards", sum(line.memory.rows for line in board.sites)),
        ("URLs that wait", sum(line.memory.pending for line in board.sites)),
    )
    numbers = "".join(f"<div><dt>{what}</dt><dd>{number(n)}</dd></div>" for what, n in shown)
    when = f"{text(began(newest)[:16].replace('T', ' '))}: " if newest else ""
    return (
        f'<h1>{_TITLE}</h1>\n<p class="quiet">As of {text(board.at)}</p>\n'
        f'<p class="line">{when}{text(cut(said, 2_000))}</p>\n<dl class="figures">{numbers}</dl>'
    )


def _morning(night: dict[str, Any]) -> str:
    try:
        return morning(night)
    except (KeyError, TypeError, AttributeError):
        return "The record of the last night is not whole."


def _alarms(board: Board) -> Iterator[str]:
    for fault in board.faults:
        yield f'<p><span class="mark">Wrong:</span> {text(cut(fault, _LONG))}</p>'
    standing = [alarm for alarm in board.alarms if alarm.state != "cleared"]
    if not standing:
        yield "<p>None.</p>"
    yield f'<ul class="alarms">{"".join(map(_alarm, standing))}</ul>' if standing else ""
    if over := [alarm for alarm in board.alarms if alarm.state == "cleared"]:
        said = ", ".join(f"{alarm.site} {alarm.name}".strip() for alarm in over)
        yield f'<p class="quiet">Over, or the usual by now: {text(cut(said, _LONG))}</p>'


def _alarm(alarm: Alarm) -> str:
    kind = alarm.severity if alarm.severity in ("error", "warning", "notice") else "notice"
    new = "new" if alarm.state == "raised" else f"since {text(alarm.since[:10])}"
    example = f"<p>Example: {address(alarm.example)}</p>" if alarm.example else ""
    return (
        f'<li class="{kind}"><p><span class="mark">{text(alarm.site or "the run")}: '
        f"{text(alarm.name)}</span> "
        f'<span class="quiet">{kind}, {new}</span></p><p>{text(cut(alarm.says, _LONG))}</p>'
        f"{example}<p>{text(alarm.do)}</p></li>"
    )


def _sites(board: Board) -> Iterator[str]:
    ordered = sorted(
        board.sites, key=lambda line: (-line.alarms, line.state in _OVERVIEW, line.name)
    )
    heads = [
        Column("site"), Column("state"), Column("alarms", True), Column("last crawl"),
        Column("next"), Column("documents", True), Column("pairs", True), Column("waiting", True),
        Column("new pairs by night"),
    ]  # fmt: skip
    yield table("All sites, those with alarms first; times in UTC", heads, map(_site, ordered))


def _site(line: Line) -> tuple[object, ...]:
    memory = line.memory
    return (
        cut(line.name, _NAMES),
        _words(line.state),
        line.alarms or "",
        _minute(line.crawled),
        _minute(line.next_at),
        memory.held,
        memory.rows,
        memory.pending,
        spark(line.new),
    )


def _minute(said: str) -> Html:
    """A time to the minute.

    >>> _minute("2026-11-24T03:00:59Z")
    '<span class="moment">2026-11-24 03:00</span>'
    """
    return Html(f'<span class="moment">{text(said[:16].replace("T", " "))}</span>')


def _words(said: str) -> Html:
    """Some words in a cell, which needs room for them."""
    return Html(f'<div class="words">{said if isinstance(said, Html) else text(said)}</div>')


def spark(values: Iterable[int]) -> Html:
    """Bars without letters; the highest and the last are told to those who cannot see them."""
    values = list(values)
    highest = max(values, default=0)
    if not highest:
        return Html("")
    slot = 1 / len(values)
    bars = "".join(
        f'<rect class="train" x="{percent(place * slot)}" y="{_TALL - height:.1f}" '
        f'width="{percent(slot * 0.8)}" height="{height:.1f}"/>'
        for place, value in enumerate(values)
        if (height := value and max(1.0, _TALL * value / highest))
    )
    says = f"{highest:,} at most, {values[-1]:,} last night"
    return Html(
        f'<svg class="spark" role="img" aria-label="{says}" width="100%" height="{_TALL}">'
        f"<title>{says}</title>{bars}</svg>"
    )


def _runs(board: Board) -> Iterator[str]:
    if not board.nights:
        yield "<p>None so far.</p>"
        return
    heads = [
        Column("began"), Column("exit code", True), Column("ended as"), Column("minutes", True),
        Column("sites", True), Column("pages", True), Column("new", True), Column("changed", True),
        Column("new pairs", True), Column("alarms", True),
    ]  # fmt: skip
    newest = board.nights[: -MOST_RUNS - 1 : -1]
    yield table("The newest first; times in UTC", heads, map(_run, newest))
    told = [(began(night), error) for night in newest for error in night.get("errors") or ()]
    if told:
        rows = [(_minute(at), cut(str(error), _LONG)) for at, error in told[:30]]
        noted = table("What went wrong beside the sites", [Column("night"), Column("what")], rows)
        yield unfold(f"{len(told)} notes", noted)


def _run(night: dict[str, Any]) -> tuple[object, ...]:
    sums = night.get("totals") or {}
    alarms = [a for a in night.get("alarms") or () if a.get("state") != "cleared"]
    code = night.get("exit_code")
    return (
        _minute(began(night)),
        "" if code is None else str(code),
        str(night.get("reason", "")),
        f"{float(night.get('seconds') or 0) / 60:,.1f}",
        len(night["sites"]),
        *(int(sums.get(name, 0)) for name in ("fetched", "new", "changed", "pairs")),
        len(alarms) or "",
    )


def _growth(board: Board) -> Iterator[str]:
    counted = [
        (began(night)[:10], int((night.get("totals") or {}).get("pairs", 0)))
        for night in board.nights
    ]
    if len(counted) < 2:  # noqa: PLR2004 - one night is no growth
        yield "<p>To be seen after some nights.</p>"
        return
    total = sum(line.memory.rows for line in board.sites)
    whole, new = [], []
    left = total
    ticks = {0, len(counted) - 1}
    for place, (day, pairs) in reversed(list(enumerate(counted))):
        tick = day if place in ticks else ""
        whole.append(Bar(f"{day}: {left:,} pairs", left, tick))
        new.append(Bar(f"{day}: {pairs:,} new pairs", pairs, tick))
        left = max(0, left - pairs)
    span = f"from {counted[0][0]} to {counted[-1][0]}"
    yield (
        '<div class="plots"><figure><figcaption>New pairs by night, '
        f"{number(max(pairs for _, pairs in counted))} at most</figcaption>"
        f"{columns(new[::-1], f'new pairs by night, {span}', 'train')}</figure>"
        f"<figure><figcaption>Pairs in shards, {number(total)} now</figcaption>"
        f"{columns(whole[::-1], f'pairs in shards, {span}, {total:,} now', 'train')}</figure></div>"
    )
    rows = [(day, pairs) for day, pairs in reversed(counted)]
    shown = table("New pairs by night", [Column("night"), Column("new pairs", True)], rows)
    yield unfold("Numbers", shown)


def _funnel(board: Board) -> Iterator[str]:
    known = funnel_of(board)
    if not known["crawl"]:
        yield "<p>Nothing was crawled so far.</p>"
        return
    yield step_table("Page addresses", funnel.pages(known))
    if "dataset" not in known:
        yield "<p>No dataset was built so far: scrapy build makes one.</p>"
        return
    yield step_table("Documents", funnel.documents(known))
    yield step_table("Pairs", funnel.pairs(known))
    yield (
        f'<p class="quiet">Rows are those of the newest version of {text(known["dataset"])}; its '
        "report has more.</p>"
    )


def _pairs(board: Board) -> Iterator[str]:
    if not board.news.pairs:
        yield "<p>None so far.</p>"
        return
    yield f'<ol class="pairs">{"".join(map(_pair, board.news.pairs))}</ol>'


def _pair(row: dict[str, str]) -> str:
    facts = (row["kind"], row["site"], row["fetched_at"][:16].replace("T", " "))
    said = "".join(f"<span>{text(cut(fact, _NAMES))}</span>" for fact in facts)
    return (
        f'<li><p class="text prompt" dir="auto">{text(cut(row["prompt"], _LONG))}</p>'
        f'<p class="text" dir="auto">{text(cut(row["completion"], _LONG))}</p>'
        f'<p class="meta">{said} {address(row["url"])}</p></li>'
    )


def _gone(board: Board) -> Iterator[str]:
    gone, hand = board.news.gone, [
        (line.name, *one) for line in board.sites for one in line.memory.by_hand
    ]  # fmt: skip
    total = sum(line.memory.retracted for line in board.sites)
    yield f"<p>{many(total, 'document')} taken back in all.</p>"
    if gone:
        rows = [
            (cut(row["site"], _NAMES), _minute(row["at"]), _words(cut(row["reason"], 200)),
             _words(address(row["url"]))) for row in gone
        ]  # fmt: skip
        heads = [Column("site"), Column("at"), Column("why"), Column("page")]
        yield table("The newest, by the sites or by hand", heads, rows)
    if hand:
        kept = [(site, _words(kind), _words(cut(pattern, 200)), _words(cut(why, 200)), _minute(at))
                for site, kind, pattern, why, at in hand[:100]]  # fmt: skip
        heads = [Column(name) for name in ("site", "what", "which", "why", "since")]
        yield table("What you took back by hand, and keep out", heads, kept)
