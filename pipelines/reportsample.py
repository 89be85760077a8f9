"""The sample of a report: some pairs with where they come from, and a search over them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pipelines.markup import address, cut, number, text, unfold
from pipelines.reported import Drawn, Report

SAMPLE_BYTES: Final = 1_400_000  # of the page
_SHOWN: Final = 900  # characters of a completion that are not folded
_LONGEST: Final = 6_000
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def sample(report: Report) -> Iterator[str]:
    """Some pairs with where they come from, and a search over them."""
    shown, size = [], 0
    for drawn in report.sample:
        said = _drawn(drawn)
        size += len(said.encode())
        if size > SAMPLE_BYTES:
            break
        shown.append((drawn, said))
    rows = report.manifest["pairs"]["train"] + report.manifest["pairs"]["validation"]
    yield (
        f"<p>{number(len(shown))} of {number(rows)} rows, drawn by lot, evenly over sites and "
        "kinds.</p>"
    )
    sites = sorted({drawn.site for drawn, _ in shown})
    kinds = sorted({drawn.kind for drawn, _ in shown})
    yield (
        '<form id="search" role="search" aria-label="Search the sample" hidden>'
        '<label class="wide">Words<input id="words" type="search" autocomplete="off" '
        'spellcheck="false"></label>'
        f"<label>Site{_choice('site', sites)}</label><label>Kind{_choice('kind', kinds)}</label>"
        '<button type="reset">Show all</button></form>'
        '<p id="told" class="quiet" role="status"></p>'
    )
    yield f'<ol class="pairs" id="pairs">{"".join(said for _, said in shown)}</ol>'


def _choice(name: str, values: Iterable[str]) -> str:
    options = "".join(f"<option>{text(value)}</option>" for value in values)
    return f'<select id="{name}"><option value="">all</option>{options}</select>'


def _drawn(drawn: Drawn) -> str:
    language = drawn.language if _LANGUAGE.fullmatch(drawn.language) else ""
    spoken = f' dir="auto" lang="{language}"' if language else ' dir="auto"'
    places = [
        f"{what} {a:,}\u2013{b:,}"
        for what, (a, b) in zip(("prompt", "completion"), drawn.spans, strict=False)
        if a >= 0
    ]
    facts = [drawn.kind, drawn.site, drawn.split, drawn.fetched_at]
    if places:
        facts.append(f"characters: {', '.join(places)}")
    said = "".join(f"<span>{text(fact)}</span>" for fact in facts)
    return (
        f'<li data-site="{text(drawn.site)}" data-kind="{text(drawn.kind)}">'
        f'<p class="text prompt"{spoken}>{text(cut(drawn.prompt, _LONGEST))}</p>'
        f"{_completion(drawn.completion, spoken)}"
        f'<p class="meta">{said}<span>document <code>{text(drawn.document_id)}</code></span> '
        f"{address(drawn.url)}</p></li>"
    )


def _completion(said: str, spoken: str) -> str:
    """A completion; of a long one the rest is folded, of a very long one the end is not here."""
    if len(said) <= _SHOWN * 4 // 3:
        return f'<p class="text"{spoken}>{text(said)}</p>'
    place = said.rfind(" ", 0, _SHOWN)
    place = place if place > _SHOWN // 2 else _SHOWN
    rest = said[place:_LONGEST].lstrip()
    more = f"{len(said) - place:,} more characters"
    if len(said) > _LONGEST:
        more += f", the first {_LONGEST - place:,} of them"
    folded = unfold(more, f'<p class="text"{spoken}>{text(rest)}</p>')
    return f'<p class="text"{spoken}>{text(said[:place])} \u2026</p>{folded}'
