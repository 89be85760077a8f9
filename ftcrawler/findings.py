"""What a survey of a site tells about it: what it permits, where it begins, what it needs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ftcrawler.previewing import Preview, preview_of
from ftcrawler.site import Site
from ftcrawler.spotting import common_folder, folder_pattern, traps_in
from ftcrawler.surveying import Survey
from ftcrawler.testimony import as_harvest, testimony
from ftcrawler.tomltext import one_line
from pipelines.extract import count_words
from pipelines.records import Harvest, Page

POOR = 0.4  # a document with less than this share of the page's running text was read badly
BETTER = 2.0  # times as many words make a selector worth writing
_VAIN = "looked for, not there"
_UNSAID = ("Asked at", "Rules of")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A selector that gives more of ``pages`` than the generic extraction; ``active``: of most."""

    selector: str
    pages: int
    words: tuple[int, int]  # without it and with it, over these pages
    active: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """All that a site file is written from. ``previews`` has the pages that may be used."""

    start: str
    consent: tuple[str, ...]
    refused: bool
    refusals: tuple[tuple[str, str], ...]  # pages with the signal that refuses
    previews: tuple[Preview, ...]
    sitemaps: str | tuple[str, ...]
    sitemap_note: str
    feeds: tuple[tuple[str, int], ...]  # with the number of their entries
    folder: str
    pattern: str
    traps: tuple[tuple[str, str], ...]
    asked_delay: float
    languages: tuple[tuple[str, int], ...]
    licences: tuple[str, ...]
    suggestion: Suggestion | None

    @property
    def best(self) -> Preview | None:
        """The page that shows most: with the most kept pairs, then the longest."""
        return max(self.previews, key=_yield, default=None)


def findings_of(survey: Survey, site: Site) -> Findings:
    """What was found, with each page read by the rules that ``site`` has."""
    assert survey.start is not None  # noqa: S101 - nothing is written of a site that never answered
    previews = [preview_of(one, site) for one in survey.seen if isinstance(one, Page)]
    start = survey.start.url
    articles = [p.url for p in previews if p.document and p.url != start]
    listed = survey.listed
    folder = common_folder(start, articles, listed)
    documents = [p.document for p in previews if p.document]
    sitemaps, note = _sitemaps(survey)
    return Findings(
        start=start,
        consent=tuple(_consent(survey)),
        refused=not previews and any(_is_refused(one) for one in survey.seen),
        refusals=tuple((one.url, one.verdict.signal) for one in survey.seen if _is_refused(one)),
        previews=tuple(previews),
        sitemaps=sitemaps,
        sitemap_note=note,
        feeds=tuple((url, len(one.links or ())) for url, one in survey.feeds.items() if one.links),
        folder=folder,
        pattern=folder_pattern(start, folder or _first_folder(articles)),
        traps=tuple(traps_in(survey.links)),
        asked_delay=survey.asked_delay,
        languages=tuple(Counter(d.language for d in documents if d.language).most_common()),
        licences=tuple(dict.fromkeys(d.license for d in documents if d.license)),
        suggestion=_suggestion(survey.seen, previews, site),
    )


def _yield(preview: Preview) -> tuple[int, int]:
    kept = sum(1 for _, reason in preview.inspection.pairs if not reason)
    return kept, len(preview.document.text) if preview.document else 0


def _is_refused(seen: Page | Harvest) -> bool:
    return as_harvest(seen).verdict.decision == "deny"


def _consent(survey: Survey) -> Iterable[str]:
    """What the start page's look found, in words, without what was asked for in vain."""
    lines = testimony(survey.start) if survey.start else []
    yield from (
        one_line(line) for line in lines if _VAIN not in line and not line.startswith(_UNSAID)
    )
    vain = [line.partition(":")[0] for line in lines if _VAIN in line]
    if vain:
        yield f"Looked for and not there: {one_line(', '.join(vain))}."


def _sitemaps(survey: Survey) -> tuple[str | tuple[str, ...], str]:
    """The value of ``sitemaps``, and what is to be said about it."""
    read = {url: one for url, one in survey.sitemaps.items() if one.outcome == "read"}
    pages = sum(1 for one in read.values() for o in one.links or () if o.kind == "page")
    indexes = sum(1 for one in read.values() for o in one.links or () if o.kind == "sitemap")
    more = f" and {indexes:,} further sitemaps" if indexes else ""
    if survey.named:
        failed = [one.reason for one in survey.sitemaps.values() if one.outcome == "failed"]
        bad = f"; not read: {', '.join(failed)}" if failed else ""
        many = f"{len(survey.named)} sitemap{'s' * (len(survey.named) > 1)}"
        note = f"robots.txt names {many}; what was read names {pages:,} pages{more}{bad}."
        return "robots", note
    if read:
        return tuple(list(read)[:1]), f"Not named in robots.txt: {pages:,} pages{more}."
    return (), "No sitemap was found."


def _first_folder(articles: Sequence[str]) -> str:
    """A folder for an example."""
    path = next((url.split("/", 3)[3] for url in articles if url.count("/") > 3), "")  # noqa: PLR2004 - slashes before a folder
    return f"/{path.partition('/')[0]}/" if path else "/articles/"


def _is_poor(preview: Preview) -> bool:
    heavy = preview.inspection.heavy
    if not heavy or heavy[0].letters < 500:  # noqa: PLR2004 - letters, of less nothing can be told
        return False
    kept = len("".join(preview.document.text.split())) if preview.document else 0
    return kept < POOR * max(one.letters for one in heavy)


def _suggestion(
    seen: Iterable[Page | Harvest], previews: Sequence[Preview], site: Site
) -> Suggestion | None:
    """A selector for pages that the generic extraction reads badly, when one reads them better."""
    poor = {preview.url for preview in previews if _is_poor(preview)}
    if not poor:
        return None
    pages = [one for one in seen if isinstance(one, Page) and one.url in poor]
    before = sum(_words(preview) for preview in previews if preview.url in poor)
    selectors = Counter(
        one.selector for p in previews if p.url in poor for one in p.inspection.heavy
    )
    for selector, _ in selectors.most_common():
        extract = site.extract.model_copy(update={"article": selector})
        tried = [preview_of(page, site.model_copy(update={"extract": extract})) for page in pages]
        after = sum(map(_words, tried))
        if after >= BETTER * max(before, 1) and all(one.document for one in tried):
            active = 2 * len(poor) >= len(previews)
            return Suggestion(selector, len(poor), (before, after), active)
    return None


def _words(preview: Preview) -> int:
    return count_words(preview.document.text) if preview.document else 0
