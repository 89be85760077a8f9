"""A preview as one page for the browser: self-contained, without scripts, every text escaped. Pure.

Colour never says anything alone: each block and pair has its kind or its reason in words, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Final

from ftcrawler.previewing import Preview, counts, tokens, verdict_line
from ftcrawler.previewshown import MANY_OUTSIDE, label
from pipelines.inspect_page import Entry
from pipelines.markup import text
from pipelines.records import Pair

MOST_PAIRS: Final = 2_000  # of a page that are written
# Text on its ground has a contrast of 7 or more for what is kept, 4.5 or more for the rest
# (WCAG 2.2, 1.4.3 and 1.4.6); a test computes it.
COLOURS: Final = {  # kind: text of its label, ground of its label
    "heading": ("#003a5c", "#d6ecf7"),
    "paragraph": ("#0b4a1e", "#dcf2e0"),
    "list_item": ("#5a1260", "#f5e3f6"),
    "quote": ("#1d2f80", "#e2e6fa"),
    "code": ("#5c3a00", "#fbeccf"),
    "table_row": ("#00474a", "#d7f0f0"),
    "dropped": ("#8a1616", "#f7e4e4"),
    "outside": ("#565656", "#f2f2f2"),
    "page": ("#1a1a1a", "#ffffff"),
}
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
_STYLE: Final = """
:root { color-scheme: light; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1, h2, h3 { line-height: 1.2; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { font-weight: bold; }
dd { margin: 0; overflow-wrap: anywhere; }
ol.blocks { list-style: none; padding: 0; }
ol.blocks > li[class], .pair { display: grid; grid-template-columns: 10rem 1fr; gap: 1rem;
  margin: .4rem 0; }
.label { font-size: .85rem; padding: .1rem .4rem; border-radius: .25rem; align-self: start;
  overflow-wrap: anywhere; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
.kept.heading .text { font-weight: bold; }
.kept.code .text { font-family: ui-monospace, monospace; }
.prompt { font-weight: bold; }
@media (max-width: 40rem) {
  ol.blocks > li[class], .pair { grid-template-columns: 1fr; gap: .1rem; }
}
"""


def preview_page(preview: Preview, rules: str = "") -> str:
    """The whole page as HTML."""
    title = f"Preview of {preview.url}"
    body = "\n".join(
        (
            f"<h1>{text(title)}</h1>",
            _about(preview, rules),
            *_blocks(preview.inspection.entries, _language(preview)),
            *(_pairs(preview.inspection.pairs, _language(preview)) if preview.document else ()),
            *_counts(preview),
        )
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(title)}</title>\n<style>{_STYLE}{_colours()}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _colours() -> str:
    lines = [f"body {{ color: {COLOURS['page'][0]}; background: {COLOURS['page'][1]}; }}"]
    for name, (front, ground) in COLOURS.items():
        fates = name if name in ("dropped", "outside") else f"kept.{name}"
        lines.append(f".{fates} .label {{ color: {front}; background: {ground}; }}")
    grey = COLOURS["outside"][0]
    lines.append(f".dropped .text, .outside .text {{ color: {grey}; }}")
    return "\n".join(lines)


def _language(preview: Preview) -> str:
    """The attributes of text that is the page's own."""
    language = preview.document.language if preview.document else ""
    return f' dir="auto" lang="{text(language)}"'


def _about(preview: Preview, rules: str) -> str:
    document = preview.document
    rows = [("Verdict", verdict_line(preview.verdict, preview.source))]
    if preview.source:
        rows.append(("Read from", preview.source))
    if document:
        rows += [
            ("Title", document.title),
            ("Language", document.language),
            ("Date", document.date),
            ("Authors", ", ".join(document.authors)),
            ("Licence", document.license),
        ]
    else:
        reason = ": ".join(filter(None, (preview.outcome, preview.reason, preview.detail)))
        rows += [("No document", reason), ("Try", preview.remedy)]
    rows += [("Site", preview.site), ("Rules", rules or "the defaults")]
    said = (f"<dt>{name}</dt><dd>{text(value) or 'not stated'}</dd>" for name, value in rows)
    return "<dl>\n" + "\n".join(said) + "\n</dl>"


def _blocks(entries: Iterable[Entry], language: str) -> Iterator[str]:
    """All blocks in page order; a long run outside the article can be unfolded."""
    yield "<h2>Blocks</h2>"
    yield '<ol class="blocks">'
    for fate, run in groupby(entries, key=lambda entry: entry.fate):
        rows = [_block(entry, language) for entry in run]
        if fate == "outside" and len(rows) > MANY_OUTSIDE:
            yield f"<li><details><summary>{len(rows)} blocks outside the article</summary>"
            yield from ('<ol class="blocks">', *rows, "</ol></details></li>")
        else:
            yield from rows
    yield "</ol>"


def _block(entry: Entry, language: str) -> str:
    names = f"{entry.fate} {entry.kind}" if entry.fate == "kept" else entry.fate
    said = label(entry) if entry.fate == "kept" else entry.reason
    if entry.fate == "dropped":
        said = f"dropped: {said}"
    tip = f"{label(entry)} at {entry.path}" if entry.path else label(entry)
    return (
        f'<li class="{names}" title="{text(f"{said}; {tip}")}">'
        f'<span class="label">{text(said)}</span>'
        f'<p class="text"{language}>{text(entry.text)}</p></li>'
    )


def _pairs(pairs: tuple[tuple[Pair, str], ...], language: str) -> Iterator[str]:
    yield "<h2>Pairs</h2>"
    for kind in dict.fromkeys(pair.kind for pair, _ in pairs):
        kept = [pair for pair, reason in pairs if pair.kind == kind and not reason]
        yield f"<h3>{kind}: {len(kept)} kept</h3>"
        for pair in kept[:MOST_PAIRS]:
            yield _pair(pair, f"about {tokens(pair)} tokens", "kept paragraph", language)
        yield from _more(len(kept))
    dropped = [(pair, reason) for pair, reason in pairs if reason]
    yield f"<h3>Dropped: {len(dropped)}</h3>"
    for pair, reason in dropped[:MOST_PAIRS]:
        yield _pair(pair, f"dropped: {reason}", "dropped", language)
    yield from _more(len(dropped))


def _more(count: int) -> Iterator[str]:
    if count > MOST_PAIRS:
        yield f"<p>{count - MOST_PAIRS} more are not shown.</p>"


def _pair(pair: Pair, said: str, names: str, language: str) -> str:
    return (
        f'<div class="pair {names}" title="{text(f"{pair.kind}, {said}")}">'
        f'<span class="label">{text(said)}</span><div>'
        f'<p class="text prompt"{language}>{text(pair.prompt)}</p>'
        f'<p class="text"{language}>{text(pair.completion)}</p></div></div>'
    )


def _counts(preview: Preview) -> Iterator[str]:
    yield "<h2>Counts</h2>"
    yield "<dl>"
    for name, value in counts(preview).items():
        said = str(value)
        if isinstance(value, dict):
            said = ", ".join(f"{key} {n}" for key, n in sorted(value.items())) or "0"
        yield f"<dt>{name.replace('_', ' ')}</dt><dd>{text(said)}</dd>"
    yield "</dl>"
