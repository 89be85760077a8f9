"""Findings about a site -> a commented site file that works as it stands. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ftcrawler.findings import Findings
from ftcrawler.site import SCHEMA_FILE
from ftcrawler.sitetables import Request
from ftcrawler.tomltext import comment, one_line, toml_list, toml_value

NOT_ASKED = "Read from a file: robots.txt, headers and policy files were not asked."
FIRST_PAGES = 100  # of a run of a new site
MOST_DELAY = 3600.0  # seconds, as a site file may have
USUAL_DELAY = 1.0  # seconds, as the site file's default


def site_file(found: Findings, request: Request, *, date: str, asked: bool = True) -> str:
    """The text of the file, with the pace of ``request``.

    ``asked``: the site itself was, not only a saved page read.
    """
    parts = [
        _head(found, date, asked=asked),
        _seeds(found, asked=asked),
        _follow(found),
        _request(found, request, asked=asked),
        _extract(found),
        _pairs(),
    ]
    texts = ("\n".join(part) for part in parts)
    return "\n\n".join(filter(None, texts)) + "\n"


def _head(found: Findings, date: str, *, asked: bool) -> Iterator[str]:
    yield f"#:schema ./{SCHEMA_FILE}"
    how = "Written by scrapy newsite" if asked else "Written by scrapy newsite of a saved page"
    yield from comment(f"{_title(found)}. {how} on {date}: read it before you crawl.")
    yield "#"
    yield from comment(f"What the site permits, asked with {found.start}:")
    for line in found.consent:
        yield from comment(line, "#   ")
    if not asked:
        yield from comment(NOT_ASKED, "#   ")
    if found.refusals and not found.refused:
        refusals = ", ".join(f"{url} ({signal})" for url, signal in found.refusals)
        yield from comment(f"These pages refuse and are left out: {refusals}.")
    if found.licences:
        yield from comment(f"Licences that pages name: {', '.join(found.licences)}.")
    languages = ", ".join(f"{language} (pages: {n})" for language, n in found.languages)
    yield from comment(f"Its language: {languages or 'not known'}.")
    if found.refused:
        yield "#"
        yield from comment(
            "The site refuses use for training, so it is not crawled. With its written "
            "permission, fill in [consent.permission] and take this line away."
        )
        yield "enabled = false"


def _title(found: Findings) -> str:
    best = found.best
    name = best.document.title if best and best.document else ""
    return f'{found.start}, with pages such as "{one_line(name)[:80]}"' if name else found.start


def _seeds(found: Findings, *, asked: bool) -> Iterator[str]:
    yield from toml_list("start_urls", [found.start])
    if asked:
        yield from comment(found.sitemap_note)
    if found.sitemaps == "robots" or not asked:
        yield 'sitemaps = "robots" # those that robots.txt names'
    elif found.sitemaps:
        yield from toml_list("sitemaps", list(found.sitemaps))
    if found.feeds:
        entries = ", ".join(f"{n}" for _, n in found.feeds)
        yield from comment(f"Declared by the start page; entries: {entries}.")
        yield from toml_list("feeds", [url for url, _ in found.feeds])


def _follow(found: Findings) -> Iterator[str]:
    yield "[follow]"
    if found.folder:
        yield from comment(f"Nearly all articles that were seen are under {found.folder}:")
        yield from toml_list("allow", [found.pattern])
    else:
        yield from comment("All of the site is followed. To narrow it, for example:")
        yield f"# allow = [{toml_value(found.pattern)}]"
    if found.traps:
        names = ", ".join(name for name, _ in found.traps)
        yield from comment(f"Linked from its pages, and no articles: {names}.")
        yield from toml_list("deny", [rule for _, rule in found.traps])
    yield f"max_pages = {FIRST_PAGES} # a run; take it away when the rows are what you want"


def _request(found: Findings, request: Request, *, asked: bool) -> Iterator[str]:
    yield "[request]"
    said = "robots.txt asks for nothing else" if asked else "robots.txt may ask for more"
    if found.asked_delay:
        said = f"robots.txt asks for {found.asked_delay:g} s"
    delay = min(MOST_DELAY, max(request.delay, found.asked_delay))
    yield f"delay = {delay:g} # seconds between requests; {said}"
    yield '# contact = "you@example.org" # where its owner reaches you; default: FTCRAWLER_CONTACT'
    if request.allow_private_addresses:
        yield "allow_private_addresses = true # it is on this machine or network"


def _extract(found: Findings) -> Iterator[str]:
    suggestion = found.suggestion
    if suggestion is None:
        return
    before, after = suggestion.words
    yield from comment(
        f"Found alone, the text of {suggestion.pages} page(s) was {before:,} words; this element "
        f"holds {after:,}. Look with scrapy preview URL."
    )
    mark = "" if suggestion.active else "# "
    yield f"{mark}[extract]"
    yield f"{mark}article = {toml_value(suggestion.selector)}"


def _pairs() -> Iterator[str]:
    yield "[pairs]"
    yield 'strategies = ["title", "heading", "sentence"] # or "window"'
