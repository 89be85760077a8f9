"""A simulated quarter: sites whose pages appear, change and go, and what a crawl must make of it.

A :class:`Plot` is a site on loopback. Each night it moves on by its own dice and by the incidents
that were planted, and tells the :class:`Truth`, which keeps by the project's pure functions what
the shards must hold. No clock, no process: tests/test_quarter.py runs the nights.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from web import Answer, Web

from ftcrawler.sitetext import load_site
from pipelines.harvest import harvest_page
from pipelines.records import Page, Verdict
from pipelines.rows import document_id, pair_id
from pipelines.rules import SiteRules

SITE = """
start_urls = ["{url}/"]
sitemaps = ["{url}/sitemap.xml"]
[request]
delay = 0
concurrency = 4
timeout = 5
allow_private_addresses = true
[revisit]
max_hours = 1
full_days = 400
"""
ROBOTS = "User-agent: *\nDisallow: /private\n"
_SOUNDS = "ka ri vel to na mor sil be dra lo hun ty ve gor el mi ta rus ne fa".split()
_SAYINGS = {
    "en": (
        "{name} was first lit in the winter of 18{n:02} by the keepers of the northern shore.",
        "Ada {name} climbed {n} stairs every evening and wrote about the sea in a worn notebook.",
        "{name} answered fog signal {n} with a long beam across the whole of Kattegat Bay.",
        "Fishermen have steered by {name} until mile {n}, where the strong current turns north.",
        "Repairs to {name} took {n} weeks, although the parts had arrived early by train.",
        "{name} stayed dark for a single night when storm {n} broke the windows of the tower.",
        "Visby Harbour counts {n} ships every autumn which pass {name} without a pilot.",
        "Erik {name} painted the harbour on {n} wooden panels that still hang in Visby Hall.",
    ),
    "de": (
        "{name} wurde im Winter 18{n:02} von den Wärtern der nördlichen Küste zuerst entzündet.",
        "Ada {name} stieg jeden Abend {n} Stufen hinauf und schrieb in ein altes Heft.",
        "{name} antwortete auf das Nebelsignal {n} mit einem langen Strahl über die ganze Bucht.",
        "Die Fischer richteten sich nach {name} bis zur Meile {n}, wo die Strömung dreht.",
        "Die Arbeiten an {name} dauerten {n} Wochen, obwohl die Teile früh gekommen waren.",
        "{name} blieb eine einzige Nacht dunkel, als der Sturm {n} die Fenster zerbrach.",
    ),
}


@dataclass
class Leaf:
    """One page: what it says follows from its name and how often each part was rewritten."""

    path: str
    title: str
    name: str  # that its text is about; copies share it
    language: str = "en"
    parts: list[int] = field(default_factory=lambda: [0, 0, 0])
    gone: int = 0  # the status that it answers with
    refuses: bool = False

    def html(self, *, headed: bool, titled: bool) -> bytes:
        title = f"The {self.title} lights" if titled else "Lights of the coast"
        text = []
        for number, times in enumerate(self.parts):
            dice = random.Random(f"{self.name} {number} {times}")
            said = dice.sample(_SAYINGS[self.language], 5)
            prose = " ".join(s.format(name=self.name, n=dice.randrange(10, 99)) for s in said)
            heading = f"<h2>{self.name} {('in winter', 'at sea', 'and its keepers')[number]}</h2>"
            text.append(f"{heading if headed and number else ''}<p>{prose}</p>")
        refusal = '<meta name="robots" content="noai">' if self.refuses else ""
        return (
            f'<!doctype html><html lang="{self.language}"><head><title>{title}</title>{refusal}'
            f"</head><body><main><article><h1>{title}</h1>{''.join(text)}</article></main>"
            "</body></html>"
        ).encode()


@dataclass
class Known:
    """What the truth keeps of a URL."""

    revision: int = 0
    text_hash: str = ""
    body: bytes = b""
    standing: list[str] = field(default_factory=list)  # documents that were not taken back
    pairs: set[bytes] = field(default_factory=set)


class Truth:
    """What the shards of a site must hold, by what its pages said whenever they were seen."""

    def __init__(self, name: str, text: str):
        site = load_site(text, name)
        self.name = name
        self._rules = SiteRules(site.extract_rules, site.pair_rules, {})
        self._known: dict[str, Known] = {}
        self._owner: dict[bytes, str] = {}
        self.documents: Counter[tuple] = Counter()
        self.pairs: Counter[tuple] = Counter()
        self.tombstones: Counter[tuple] = Counter()

    def saw(self, url: str, body: bytes) -> None:
        """A page was read, and may be used."""
        known = self._known.setdefault(url, Known())
        if known.text_hash and known.body == body:
            return
        page = Page(self.name, url, 200, (), body, "2026-09-01T03:00:00Z", Verdict("allow"))
        harvest = harvest_page(page, self._rules)
        assert harvest.document, f"{url}: {harvest.reason}"
        known.body = body
        if harvest.document.text_hash == known.text_hash:
            return
        known.revision += 1
        known.text_hash = harvest.document.text_hash
        identity = document_id(self.name, url, known.revision)
        known.standing.append(identity)
        self.documents[url, known.revision, known.text_hash, identity] += 1
        for pair in harvest.pairs:
            if pair.fingerprint not in self._owner:
                self._owner[pair.fingerprint] = url
                known.pairs.add(pair.fingerprint)
                named = pair_id(identity, pair.fingerprint)
                self.pairs[named, pair.kind, pair.prompt, pair.completion] += 1

    def lost(self, url: str, why: str) -> None:
        """A page was gone, or refused: its documents are taken back."""
        known = self._known.get(url)
        if not known:
            return
        for identity in known.standing:
            self.tombstones[identity, why] += 1
        for mark in known.pairs:
            del self._owner[mark]
        known.standing, known.pairs, known.text_hash = [], set(), ""


class Routes(dict):
    """What a web answers; ``trouble`` overrides it for paths that it takes."""

    def __init__(self):
        super().__init__()
        self.trouble = ""

    def get(self, path, default=None):
        if self.trouble == "silent":
            return lambda exchange: None  # the connection ends without an answer
        if self.trouble == "failing" or (self.trouble == "half" and _unlucky(path)):
            return Answer(b"trouble", 500)
        return super().get(path, default)


def _unlucky(path: str) -> bool:
    return path.startswith("/a") and random.Random(path).random() < 0.5


class Plot:
    """One site: its pages tonight, what it does by itself, and the truth about it."""

    def __init__(
        self, name: str, web: Web, *, rate: float, changing: float, going: float, still: int
    ):
        self.name = name
        self.web = web
        self.dice = random.Random(f"plot {name}")
        self.rate, self.changing, self.going, self.still = rate, changing, going, still
        self.site_file = SITE.format(url=web.url)
        self.truth = Truth(name, self.site_file)
        self.leaves: dict[str, Leaf] = {}
        self.headed = self.titled = True
        self.language = "en"
        self.robots = ROBOTS
        self.copying = False
        self.web.routes = Routes()
        self.add(self._leaf("/"))
        for _ in range(11):
            self.add(self._leaf())

    # -- What a site does ------------------------------------------------------------------

    def _leaf(self, path: str = "") -> Leaf:
        sounds = "".join(self.dice.choices(_SOUNDS, k=5)).capitalize()
        return Leaf(path or f"/a{len(self.leaves)}", sounds, sounds, self.language)

    def add(self, leaf: Leaf) -> None:
        self.leaves[leaf.path] = leaf

    def publish(self, number: int) -> None:
        for _ in range(number):
            leaf = self._leaf()
            if self.copying:  # another address, the text of a page that is there for long
                leaf.name = self.leaves[f"/a{self.dice.randrange(1, self.still)}"].name
            self.add(leaf)

    def live_on(self) -> None:
        """A day goes by: pages appear, change, go, and come back."""
        dice = self.dice
        self.publish(sum(dice.random() < self.rate / 20 for _ in range(20)))
        for leaf in self.pages():
            if leaf.path == "/" or int(leaf.path[2:]) < self.still or leaf.name != leaf.title:
                continue  # what others copy stays as it is, and the copies do
            if dice.random() < self.changing:
                leaf.parts[dice.randrange(3)] += 1
            if leaf.gone:
                leaf.gone = 0 if dice.random() < 0.05 else leaf.gone
            elif dice.random() < self.going:
                leaf.gone = dice.choice((404, 410))

    def pages(self) -> Iterable[Leaf]:
        return list(self.leaves.values())

    def some(self, share: float) -> list[Leaf]:
        """A share of the pages that are there, the first ones aside."""
        there = [leaf for leaf in self.pages() if not leaf.gone][5:]
        return there[: max(1, round(share * len(there)))]

    # -- What is served, and what a crawl sees of it -----------------------------------------

    def serve(self) -> None:
        """Set tonight's answers."""
        routes = self.web.routes
        routes.clear()
        routes["/robots.txt"] = Answer(self.robots.encode(), content_type="text/plain")
        there = [leaf for leaf in self.pages() if not leaf.gone]
        listed = "".join(f"<url><loc>{self.web.url}{leaf.path}</loc></url>" for leaf in there)
        sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'
        routes["/sitemap.xml"] = Answer(sitemap.encode(), content_type="application/xml")
        for leaf in self.pages():
            body = leaf.html(headed=self.headed, titled=self.titled)
            routes[leaf.path] = Answer(b"gone", leaf.gone) if leaf.gone else Answer(body, etag=True)

    def note(self) -> None:
        """Tell the truth what a crawl sees tonight."""
        trouble = self.web.routes.trouble
        if trouble in ("silent", "failing"):
            return
        for leaf in self.pages():
            url = f"{self.web.url}{leaf.path}"
            if "Disallow: /\n" in self.robots:
                self.truth.lost(url, "consent: robots.txt")
            elif trouble and _unlucky(leaf.path):
                continue
            elif leaf.gone:
                self.truth.lost(url, f"http-{leaf.gone}")
            elif leaf.refuses:
                self.truth.lost(url, "consent: meta robots")
            else:
                self.truth.saw(url, leaf.html(headed=self.headed, titled=self.titled))
