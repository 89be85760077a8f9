"""The demo site's table: every path, what it shows and what a crawl should make of it; data."""

from collections.abc import Mapping
from types import MappingProxyType

from ftcrawler.demo.notices import CONSENT, POLICIES
from ftcrawler.demo.page import (
    DENIED,
    DUPLICATE,
    FAILED,
    REJECTED,
    SKIPPED,
    DemoPage,
    hidden,
    machine,
    redirect,
)

__all__ = ["ARCHIVE_ENTRIES", "PAGES", "DemoPage"]

ARCHIVE_ENTRIES = 11  # on each of the three pages of the archive

PROSE = {
    "/history/first-lights": DemoPage("The First Lights", "sections and a quotation", "2024-01-09"),
    "/history/tower-builders": DemoPage("The Tower Builders", "a table, initials", "2024-01-11"),
    "/history/wrecks-and-reform": DemoPage(
        "Wrecks and Reform", "links to a 404 and a 410", "2024-01-13"
    ),
    "/optics/lenses": DemoPage("Lenses and Prisms", "a figure and a nested list", "2024-01-15"),
    "/optics/lamps-and-oils": DemoPage("Lamps and Oils", "a table, times of day", "2024-01-17"),
    "/optics/characteristics": DemoPage(
        "Light Characters", "a table of abbreviations", "2024-01-19"
    ),
    "/keepers/daily-round": DemoPage("The Daily Round", "a nested ordered list", "2024-01-21"),
    "/keepers/family-life": DemoPage(
        "Families at the Light", "a nested list, initials", "2024-01-23"
    ),
    "/keepers/ledger": DemoPage(
        "The Station Ledger", "code, definitions, a link into /private/", "2024-01-25"
    ),
    "/keepers/one-whole-night": DemoPage(
        "One Whole Night", "a long page, over 3,000 words", "2024-02-09"
    ),
    "/signals/fog-bells": DemoPage(
        "Fog Bells and Guns", "a list, thousands with commas", "2024-02-11"
    ),
    "/signals/fog-horns": DemoPage("Horns and Sirens", "an ordered list", "2024-02-13"),
    "/signals/radio-beacons": DemoPage("Radio Beacons", "a code block", "2024-02-15"),
    "/sea/tides": DemoPage("Tides for Keepers", "code, decimals, a link to a PDF", "2024-02-17"),
    "/sea/waves": DemoPage("How Waves Behave", "a figure with a caption", "2024-02-19"),
    "/sea/birds-at-the-lantern": DemoPage(
        "Birds at the Lantern", "a quotation, a nested list", "2024-02-21"
    ),
    "/weather/barometer": DemoPage("Reading the Barometer", "a table, decimals", "2024-02-23"),
    "/weather/clouds": DemoPage("Clouds from the Gallery", "a definition list", "2024-02-25"),
    "/weather/wind-scale": DemoPage("Wind by Eye", "a table", "2024-03-09"),
    "/craft/knots": DemoPage("Six Useful Knots", "nested lists", "2024-03-11"),
    "/craft/painting-the-tower": DemoPage(
        "Painting the Tower", "a nested ordered list", "2024-03-13"
    ),
    "/craft/clockwork": DemoPage("The Clockwork", "a table, semicolons", "2024-03-15"),
    "/craft/landing-a-boat": DemoPage("Landing a Boat", "speech, a nested list", "2024-03-17"),
    "/craft/stone-and-mortar": DemoPage("Stone and Mortar", "a short list", "2024-03-19"),
    "/visit/reading-a-chart": DemoPage(
        "Finding a Light on the Chart", "code, abbr, a tracking parameter", "2024-03-21", feed=True
    ),
    "/visit/glossary": DemoPage("A Short Glossary", "definition lists", "2024-03-23", feed=True),
    "/visit/climbing-the-tower": DemoPage(
        "Climbing the Tower",
        "links to redirects, a 500, an image, another host",
        "2024-03-25",
        feed=True,
    ),
}

ODD = {
    "/de/leuchtturm": DemoPage(
        "Der Leuchtturm im Watt", "another language, lang=de", "2024-04-02", lang="de"
    ),
    "/fr/phare": DemoPage(
        "Le phare de la Pointe-aux-Ch\u00eanes",
        "ISO-8859-1 bytes, named only in the Content-Type header",
        "2024-04-03",
        lang="fr",
        content_type="text/html; charset=iso-8859-1",
        encoding="iso-8859-1",
    ),
    "/visit/cafe": DemoPage(
        "The Caf\u00e9 beneath the Lamp",
        "UTF-8 bytes under a header that claims iso-8859-1",
        "2024-04-04",
        content_type="text/html; charset=iso-8859-1",
    ),
    "/craft/lantern-glass": DemoPage(
        "Lantern Glass", "broken markup, cut off inside a tag", "2024-04-05", raw=True
    ),
    "/visit/opening-hours": DemoPage(
        "Opening Hours", "a very thin page", "2024-04-06", REJECTED, listed=False
    ),
    "/annex/lightships": DemoPage(
        "Lightships",
        "linked only from the gzipped sitemap",
        "2023-11-20",
        listed=False,
        sitemap="archive",
    ),
    "/news/relighting-scarrow": DemoPage(
        "Scarrow Is Lit Again",
        "linked only from the feed",
        "2024-04-20",
        listed=False,
        sitemap="",
        feed=True,
    ),
    "/signals/fog-horns-revised": DemoPage(
        "Horns and Sirens, Revised",
        "a near-duplicate of /signals/fog-horns, for the dataset build to drop",
        "2024-04-08",
        listed=False,
    ),
    "/print/lenses": DemoPage(
        "Lenses and Prisms",
        "an exact duplicate, rel=canonical to /optics/lenses",
        "2024-01-15",
        DUPLICATE,
        canonical="/optics/lenses",
        source="optics-lenses",
        listed=False,
        sitemap="archive",
    ),
    "/essays/keepers-diary": DemoPage(
        "A Keeper's Diary",
        "opts out of AI training by a meta tag",
        "2024-04-10",
        DENIED,
        "meta robots",
        head='<meta name="robots" content="noai">\n',
        listed=False,
    ),
    "/essays/draft-on-automation": DemoPage(
        "On Automation (Draft)",
        "opts out by the header X-Robots-Tag: noindex",
        "2024-04-11",
        DENIED,
        "x-robots-tag",
        headers=(("X-Robots-Tag", "noindex"),),
        listed=False,
        sitemap="",
    ),
    "/private/logbook": hidden(
        "Private Logbook",
        "disallowed by robots.txt",
        DENIED,
        signal="robots.txt",
        asked_for=False,
    ),
}

ANSWERS = {
    "/lamps": redirect("Moved", "a redirect", "/optics/lamps-and-oils"),
    "/old/start": redirect("Moved", "a chain of two, first link", "/old/daily"),
    "/old/daily": redirect("Moved", "a chain of two, second link", "/keepers/daily-round"),
    "/missing/roll-of-crews": hidden("Not found", "a linked 404", FAILED, status=404),
    "/gone/rocket-station": hidden("Gone", "a linked 410", FAILED, status=410),
    "/error/weather-feed": hidden("Server error", "a linked 500", FAILED, status=500),
}

SPECIAL = {
    "/": DemoPage(
        "The Lighthouse Handbook",
        "the home page",
        "2024-03-01",
        source="home",
        canonical="/",
        listed=False,
    ),
    "/index.html": hidden("The Lighthouse Handbook", "the home page again", DUPLICATE, alias="/"),
    "/archive/": hidden("Archive", "a listing, first page", REJECTED),
    "/archive/?page=2": hidden("Archive, page 2", "a listing, second page", REJECTED),
    "/archive/?page=3": hidden("Archive, page 3", "a listing, last page", REJECTED),
    "/archive/index.html": hidden("Archive", "the listing again", REJECTED, alias="/archive/"),
    "/robots.txt": machine(
        "robots.txt", "what is disallowed, and to whom", "text/plain; charset=utf-8"
    ),
    "/sitemap.xml": machine("Sitemap index", "points to two sitemaps", "application/xml"),
    "/sitemap-pages.xml": machine("Sitemap of pages", "lastmod", "application/xml"),
    "/sitemap-archive.xml.gz": machine("Archive sitemap", "gzipped file", "application/gzip"),
    "/feed.xml": machine("Feed", "RSS 2.0", "application/rss+xml"),
    "/style.css": hidden("Style sheet", "not a page", SKIPPED, content_type="text/css"),
    "/images/tower.png": hidden("Tower", "an image", SKIPPED, content_type="image/png"),
    "/files/tide-table.pdf": hidden("Tide table", "a PDF", SKIPPED, content_type="application/pdf"),
}

PAGES: Mapping[str, DemoPage] = MappingProxyType(
    {**PROSE, **ODD, **CONSENT, **ANSWERS, **SPECIAL, **POLICIES}
)
