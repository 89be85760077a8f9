"""What each alarm is called, how grave it is, and what to do about it. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from ftcrawler.thresholds import Severity


class Kind(NamedTuple):
    """An alarm's severity, and what to do."""

    severity: Severity
    do: str


ALARMS: Final[dict[str, Kind]] = {
    "run-missing": Kind(
        "error",
        "Look whether the timer runs (scrapy schedule next, systemctl list-timers) and whether "
        "the machine was on; scrapy nightly catches up.",
    ),
    "runs-lost": Kind(
        "error",
        "Look into the system's log for the out-of-memory killer or a reboot; lower "
        "FTCRAWLER_PROCESSES, or crawl fewer sites a night.",
    ),
    "disk-filling": Kind(
        "error",
        "Make room or move DATA_DIR: old versions in datasets/ go first, then archive/; pairs/, "
        "documents/ and sites/ belong together.",
    ),
    "build-failed": Kind("error", "Run scrapy build by hand; it says what is wrong."),
    "check-failed": Kind("error", "Run scrapy check on the new version; it names every line."),
    "upload-failed": Kind("error", "Run scrapy upload again: it goes on where it stopped."),
    "site-failed": Kind(
        "error",
        "Run scrapy crawl articles -a site=NAME by hand and read its last lines; scrapy state "
        "NAME --check looks at its memory.",
    ),
    "site-unreachable": Kind(
        "error",
        "Open the example in a browser. If the site is there, run scrapy consent URL: it may "
        "refuse this machine or ask for time. If it moved, change start_urls.",
    ),
    "errors-rose": Kind(
        "warning",
        "Open the example. 403 or 429: raise [request] delay. 5xx or timeouts: wait a night, the "
        "pages are tried again.",
    ),
    "permission-lost": Kind(
        "warning",
        "Run scrapy consent on the example: it says who refuses what. Nothing is to be done for "
        "the data, the pages are taken back; build anew before you train.",
    ),
    "robots-changed": Kind(
        "notice", "Read the file, and run scrapy consent on a page that you need."
    ),
    "pages-gone": Kind(
        "warning",
        "Open the example. If the site has new addresses, change start_urls, sitemaps and "
        "[follow]; what is gone is taken back already.",
    ),
    "redesign": Kind(
        "error",
        "Run scrapy preview on the example and correct [extract] in the site file; then crawl the "
        "site with --full.",
    ),
    "language-shifted": Kind(
        "warning",
        "Open the example. If the site sends another language to this machine, set "
        "Accept-Language in [request.headers] or narrow [follow].",
    ),
    "duplicates-rose": Kind(
        "warning",
        "Run scrapy preview on the example: the same text stands on many pages, or under many "
        "addresses. Narrow [follow] deny, or [extract] drop.",
    ),
    "zero-rows": Kind(
        "error", "Run scrapy preview on the example: it says why each pair is left out."
    ),
    "yield-fell": Kind(
        "warning",
        "Look whether the site still publishes and still links what is new: its feed, its sitemap "
        "and the start pages.",
    ),
    "yield-rose": Kind(
        "warning",
        "Open the example. Endless addresses (calendars, filters) want a line in [follow] deny; "
        "if the site simply grew, nothing is to be done.",
    ),
}
# Those that a site file may mute.
SITE_ALARMS: Final = (
    "site-failed", "site-unreachable", "errors-rose", "permission-lost", "robots-changed",
    "pages-gone", "redesign", "language-shifted", "duplicates-rose", "zero-rows", "yield-fell",
    "yield-rose",
)  # fmt: skip
# These tell of a change, not of how things are: they are told once, and never cleared.
EVENTS: Final = frozenset({"robots-changed", "run-missing"})
