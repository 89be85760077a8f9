"""The demo site's pages that speak to machines: one for each way to say yes or no; data.

`/consent/` tells in prose what each says. `POLICIES` are the files that speak for the whole site.
"""

from ftcrawler.demo.page import DENIED, DOCUMENT, MACHINE, UNSEEN, DemoPage, hidden, machine

PROHIBITION = (
    '<license><permits type="usage">search</permits><prohibits type="usage">ai-train</prohibits>'
    "</license>"
)
RSL_NAMESPACE = "https://rslstandard.org/rsl"
TEXT, XML = "text/plain; charset=utf-8", "application/rsl+xml"
_INLINE = (
    f'<script type="application/rsl+xml"><rsl xmlns="{RSL_NAMESPACE}">'
    f'<content url="/consent/rsl-inline">{PROHIBITION}</content></rsl></script>\n'
)


def _meta(content: str, name: str = "robots") -> str:
    return f'<meta name="{name}" content="{content}">\n'


def _kept(title: str, shows: str, head: str = "", header: tuple[str, str] = ("", "")) -> DemoPage:
    return _page(title, shows, DOCUMENT, head=head, header=header)


def _refused(
    title: str, shows: str, signal: str, head: str = "", header: tuple[str, str] = ("", "")
) -> DemoPage:
    return _page(title, shows, DENIED, signal=signal, head=head, header=header)


def _closed(title: str, shows: str, signal: str) -> DemoPage:
    """Refused by a file for the whole site, before anyone asks for the page."""
    return _page(title, shows, DENIED, signal=signal, asked_for=False)


def _page(
    title: str,
    shows: str,
    outcome: str,
    *,
    signal: str = "",
    asked_for: bool = True,
    head: str = "",
    header: tuple[str, str] = ("", ""),
) -> DemoPage:
    return DemoPage(
        title,
        shows,
        "2024-05-02",
        outcome,
        signal,
        asked_for,
        head=head,
        headers=(header,) if header[0] else (),
        listed=False,
        sitemap="",
    )


_BY_META = {
    "meta-noml": _refused("The Spare Wick", "noml", "meta robots", _meta("noml")),
    "meta-noimageai": _kept("A Drawing of the Door", "noimageai", _meta("noimageai")),
    "meta-noindex": _refused(
        "Notes for the Relief Crew", "noindex", "meta robots", _meta("noindex")
    ),
    "meta-none": _refused("The Keeper's Own Soup", "none", "meta robots", _meta("none")),
    "meta-noarchive": _refused(
        "A Page That Changes Often", "noarchive", "meta robots", _meta("noarchive")
    ),
    "meta-nocache": _refused(
        "The Weather as It Was at Noon", "nocache", "meta robots", _meta("nocache")
    ),
    "meta-unavailable-after": _refused(
        "The Summer Regatta",
        "a date that has passed",
        "meta robots",
        _meta("unavailable_after: 2024-08-31"),
    ),
    "meta-own-name": _refused(
        "A Word to One Visitor", "noai under our name", "meta robots", _meta("noai", "ftcrawler")
    ),
    "meta-other-bot": _kept(
        "A Word to Another Visitor", "noindex for another robot", _meta("noindex", "googlebot")
    ),
    "nofollow": _kept("The Roped-Off Stair", "nofollow", _meta("nofollow")),
    "beyond-the-rope": _page("Beyond the Rope", "linked from nofollow", UNSEEN, asked_for=False),
}
_BY_HEADER = {
    "header-own-name": _refused(
        "The Unmarked Envelope",
        "noai under our name",
        "x-robots-tag",
        header=("X-Robots-Tag", "ftcrawler: noai"),
    ),
    "header-other-bot": _kept(
        "The Envelope Next to It",
        "noindex for another robot",
        header=("X-Robots-Tag", "googlebot: noindex"),
    ),
    "content-usage-header": _refused(
        "What the Lamp Is For",
        "train-ai=n",
        "content-usage",
        header=("Content-Usage", "train-ai=n"),
    ),
    "content-signal-header": _refused(
        "Signals by Flag",
        "ai-train=no",
        "content-signal",
        header=("Content-Signal", "search=yes, ai-train=no"),
    ),
    "price": DemoPage(
        "The Toll Bridge",
        "a price for crawlers",
        "2024-05-02",
        DENIED,
        "payment",
        status=402,
        headers=(("crawler-price", "USD 0.01"),),
        listed=False,
        sitemap="",
    ),
}
_BY_RESERVATION = {
    "tdm-header": _refused(
        "The Locked Bookcase", "a header", "tdm-reservation", header=("tdm-reservation", "1")
    ),
    "tdm-meta": _refused(
        "The Key to the Bookcase", "a meta", "tdm-reservation", _meta("1", "tdm-reservation")
    ),
    "tdm-meta-over-header": _kept(
        "The Bookcase Left Open",
        "a meta that takes the header back",
        _meta("0", "tdm-reservation"),
        ("tdm-reservation", "1"),
    ),
    "tdm-file": _refused("The List at the Gate", "tdmrep.json", "tdm-reservation"),
}
_BY_LICENCE = {
    "rsl-link": _refused(
        "Terms on the Back",
        "a Link to a prohibition",
        "rsl",
        header=("Link", '</consent/terms.xml>; rel="license"; type="application/rsl+xml"'),
    ),
    "rsl-inline": _refused("Terms on the Front", "a prohibition in the page", "rsl", _INLINE),
    "rsl-missing": _refused(
        "Terms That Were Lost",
        "a link to nothing",
        "rsl",
        '<link rel="license" type="application/rsl+xml" href="/consent/lost-terms.xml">\n',
    ),
    "cc-by": _kept("Songs of the Landing Party", "CC BY"),
    "cc-by-nc": _kept("Songs Not for Sale", "CC BY-NC"),
}
_BY_FILE = {
    "not-for-gptbot": _closed("No Pedlars", "disallowed for GPTBot", "named ai agents"),
    "content-usage-line": _closed("The Rule in the Hall", "robots.txt", "content-usage"),
    "content-signal-line": _closed("The Rule Below It", "robots.txt", "content-signal"),
    "rsl-line": _closed("A Licence for the Boathouse", "a licence for one path", "rsl"),
    "ai-txt-path": _closed("The Second Noticeboard", "ai.txt, a path", "ai.txt"),
    "ai-txt-type.shtml": _closed("A Page of Another Kind", "ai.txt, a type", "ai.txt"),
}
_INDEX = DemoPage(
    "What Pages Say to Machines",
    "links to the pages below /consent/",
    "2024-05-02",
    source="consent-index",
    listed=False,
)

CONSENT = {
    "/consent/": _INDEX,
    **{
        f"/consent/{name}": page
        for group in (_BY_META, _BY_HEADER, _BY_RESERVATION, _BY_LICENCE, _BY_FILE)
        for name, page in group.items()
    },
}
POLICIES = {
    "/.well-known/tdmrep.json": machine("tdmrep.json", "a reservation", "application/json"),
    "/ai.txt": machine("ai.txt", "opt-outs by path and type", TEXT),
    "/llms.txt": machine("llms.txt", "a guide, which says nothing on training", TEXT),
    "/license.xml": machine("Licence", "RSL, named in robots.txt", XML),
    "/consent/terms.xml": machine("Terms", "RSL, named by a page", XML),
    "/consent/lost-terms.xml": hidden("Not found", "named by a page", MACHINE, status=404),
}
