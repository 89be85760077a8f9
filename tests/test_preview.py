"""``scrapy preview``: one page, block by block and pair by pair, and why not more of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from rich.console import Console
from test_inspect_page import PAGE, page_of
from web import Answer, article

from ftcrawler.commands.preview import source_of
from ftcrawler.previewing import preview_of
from ftcrawler.previewpage import COLOURS, preview_page
from ftcrawler.previewshown import show
from ftcrawler.site import Site, SiteError
from ftcrawler.trial import described, try_rules

HOSTILE = "</style><script>x()</script>\"'><img src=//evil.example onerror=x()>&\x1b[2J\x9b2J\u202e"
REFUSING = article("Refusing").replace("<head>", '<head><meta name="robots" content="noai">')
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def site_with(**tables) -> Site:
    return Site(name="bees", start_urls=["https://site.example/"], **tables)


def shown(preview, width=100, **options) -> str:
    console = Console(width=width, highlight=False, markup=False)
    with console.capture() as caught:
        show(console, preview, **options)
    return caught.get()


def previewed(html: str, **tables):
    return preview_of(page_of(html.encode()), site_with(**tables))


# -- In the terminal ------------------------------------------------------------------


def test_kinds_reasons_pairs_and_counts_are_shown():
    text = shown(previewed(PAGE, extract={"drop": [".advert"], "article": "main"}))
    lines = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    assert ["title", "Lamps"] in lines
    assert ["language", "en"] in lines
    assert ["licence", "not stated"] in lines
    assert [line[0] for line in lines if line[-1] == "By Jo Doe"] == ["paragraph"]
    assert ["✗ repeats-title", "Lamps"] in lines
    assert ["✗ drop .advert", "Buy a lamp today and pay for it next year, say the makers."] in lines
    assert ["outside", "First"] in lines
    assert "sentence: 0 of 2 kept" in text
    assert "✗ prompt-too-short" in text
    assert ["blocks outside", "3"] in lines


def test_of_many_blocks_outside_in_a_row_the_first_ones_are_shown():
    html = PAGE.replace("</nav>", "".join(f"<p>Menu {n}</p>" for n in range(20)) + "</nav>")
    text = shown(previewed(html, extract={"article": "main"}))
    assert "Menu 0" in text
    assert "Menu 7" not in text
    assert "… 19 more blocks outside the article" in text


@pytest.mark.parametrize("width", [40, 200])
def test_every_line_fits_and_nothing_of_the_page_commands_the_terminal(width):
    html = PAGE.replace("Lamps", "Lamps \x1b[2J\x9b \u202e of the coast").replace("By Jo", "\x07By")
    text = shown(previewed(html), width)
    assert all(len(line) <= width for line in text.splitlines())
    assert all(letter.isprintable() for line in text.splitlines() for letter in line)


def test_the_number_of_pairs_that_are_shown_is_given():
    preview = previewed(article("Lights", 20), pairs={"strategies": ["window"], "window": 2})
    assert shown(preview, most_pairs=2).count(" tokens ") == 2
    assert " tokens " not in shown(preview, most_pairs=0)


# -- Other rules ----------------------------------------------------------------------


def test_a_table_of_the_rules_file_replaces_the_sites_and_the_other_one_stays():
    site = site_with(extract={"article": "main", "title": "h1"}, pairs={"every": 5})
    tried = try_rules(site, text='[extract]\narticle = "#${NAME}"\n', variables={"NAME": "x"})
    assert described(tried) == 'extract.article = "#x", pairs.every = 5'
    assert described(site).startswith('extract.article = "main"')


@pytest.mark.parametrize(
    ("setting", "rules"),
    [
        ('extract.article="main"', 'extract.article = "main"'),
        ("extract.article=#text > p", 'extract.article = "#text > p"'),
        ('extract.drop=["nav", ".x"]', 'extract.drop = ["nav", ".x"]'),
        ("extract.drop=nav", 'extract.drop = ["nav"]'),
        ("pairs.every = 7", "pairs.every = 7"),
        ("pairs.prompt_path=true", "pairs.prompt_path = true"),
    ],
)
def test_a_key_is_set_as_toml_or_as_plain_text(setting, rules):
    assert described(try_rules(site_with(), sets=[setting])) == rules


def test_keys_are_set_over_the_rules_of_the_file_and_the_last_one_wins():
    text = '[extract]\narticle = "main"\nmin_words = 5\n'
    sets = ["extract.article=a", "extract.article=b"]
    tried = try_rules(site_with(), text=text, sets=sets)
    assert described(tried) == 'extract.article = "b", extract.min_words = 5'


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"text": "[extract\n"}, "r.toml: not valid TOML"),
        ({"text": "x = 1\n[extract]\n"}, "r.toml: x: only [extract] and [pairs] can be tried"),
        ({"text": "[request]\ndelay = 0\n"}, "r.toml: request: only [extract] and [pairs]"),
        ({"text": "extract = 1\n"}, "r.toml: extract: only"),
        ({"text": "# nothing\n"}, "r.toml: neither [extract] nor [pairs]"),
        ({"text": "[extract]\narticles = 'a'\n"}, "r.toml: extract.articles: unknown key"),
        ({"text": "[extract]\narticle = 'p['\n"}, "r.toml: extract.article: 'p[' is not a CSS"),
        ({"text": "[extract]\narticle = '${NO}'\n"}, "r.toml: the environment variable NO"),
        ({"sets": ["extract.article"]}, '--set extract.article: write it as extract.article="'),
        ({"sets": ["pairs.every=x"]}, "--set: pairs.every: "),
        ({"sets": ["pairs.colour=1"]}, "--set: pairs.colour: unknown key"),
        ({"sets": ["pairs.a b=1"]}, "--set pairs.a b=1: write it as"),
    ],
)
def test_rules_that_cannot_be_used_are_named(given, fault):
    with pytest.raises(SiteError) as caught:
        try_rules(site_with(), file="r.toml", variables={}, **given)
    assert str(caught.value).startswith(fault)


# -- The page for the browser ---------------------------------------------------------


class Outline(HTMLParser):
    """Every element, every address, every heading of a page, and its text by class."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.addresses, self.headings, self.attributes = [], [], [], []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.addresses += [v for name, v in attrs if name in ("src", "href", "srcset", "action")]

    def handle_data(self, data):
        self.text += data
        if self.tags and self.tags[-1] in ("h1", "h2", "h3") and data.strip():
            self.headings.append((self.tags[-1], data))


def hostile_page() -> str:
    said = HOSTILE.replace("&", "&amp;").replace("<", "&lt;")
    html = PAGE.replace("Lamps", said).replace("By Jo Doe", said)
    html = html.replace("lang=en", f"lang='en' title=\"{said}\"")
    html = html.replace('class="entry', 'id="text&quot;onload=x()" class="entry')
    head = f'<meta name=author content="{said}"><meta name=date content="2026-01-02">'
    return html.replace("<head>", f"<head>{head}")


def test_nothing_of_a_hostile_page_can_run_or_load():
    preview = previewed(hostile_page(), pairs={"strategies": ["title", "sentence", "window"]})
    page = preview_page(preview, HOSTILE)
    outline = Outline(page)
    assert "<script>x()" in preview.document.title
    assert not {"script", "img", "iframe", "link", "object", "form", "base"} & set(outline.tags)
    assert not [name for name in outline.attributes if name.startswith("on")]
    assert outline.addresses == []
    assert "<script>x()</script>" in outline.text
    assert "default-src &#x27;none&#x27;" in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", page)


def test_the_page_has_every_block_with_its_fate_and_every_pair():
    preview = previewed(PAGE, extract={"drop": [".advert"]})
    page = preview_page(preview)
    for fate, reason in (("kept paragraph", "paragraph"), ("dropped", "dropped: drop .advert")):
        assert f'<li class="{fate}" title="{reason}; ' in page
        assert f'<span class="label">{reason}</span>' in page
    assert page.count("<li class=") == len(preview.inspection.entries)
    assert page.count('<div class="pair ') == len(preview.inspection.pairs)


def test_a_long_run_outside_the_article_is_folded_and_still_there():
    menu = "".join(f"<p>Menu {n}</p>" for n in range(20))
    preview = previewed(PAGE.replace("</nav>", f"{menu}</nav>"))
    page = preview_page(preview)
    assert "<details><summary>22 blocks outside the article</summary>" in page
    assert page.count("<details>") == page.count("</details></li>") == 1
    assert page.count("<li class=") == len(preview.inspection.entries)


def test_the_page_is_one_that_everybody_can_read():
    page = preview_page(previewed(PAGE))
    outline = Outline(page)
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert [tag for tag, _ in outline.headings if tag != "h3"] == ["h1", "h2", "h2", "h2"]
    assert 'dir="auto" lang="en"' in page
    assert "width=device-width" in page
    assert outline.tags.count("main") == 1


@pytest.mark.parametrize("name", COLOURS)
def test_colours_have_enough_contrast(name):
    """The formula of WCAG 2.2 for contrast; a dropped block's grey text stands on white, too."""

    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    front, ground = COLOURS[name]
    for below in (ground, COLOURS["page"][1]):
        bright, dark = sorted((light(front), light(below)), reverse=True)
        ratio = (bright + 0.05) / (dark + 0.05)
        assert ratio >= (4.5 if name == "outside" else 7)


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
def test_a_browser_runs_and_loads_nothing_of_a_hostile_page(tmp_path, web):
    """What the page would do shows in the title, and in what its server is asked for."""
    said = f'<script>document.title="ran"</script><img src="{web.url}/asked">'
    escaped = said.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    page = preview_page(previewed(PAGE.replace("Lamps", escaped)))
    assert "document.title" in page
    file = tmp_path / "preview.html"
    file.write_text(page, "utf-8")
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    done = subprocess.run(
        [*command, f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert "<title>Preview of https://site.example/a</title>" in done.stdout
    assert "Blocks</h2>" in done.stdout
    assert web.seen == []


# -- The command ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "url", "fault"),
    [
        ("missing.html", "", "no such file, and no URL"),
        ("example.com/bees", "", "no such file, and no URL"),
        ("ftp://example.com/", "", "not an absolute http"),
        ("https://example.com/", "https://example.org/", "is an address itself"),
        ("page.html", "example.org", "--url example.org: not an absolute"),
    ],
)
def test_what_is_neither_page_nor_file_is_named(tmp_path, monkeypatch, address, url, fault):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.html").write_text(PAGE)
    with pytest.raises(SiteError, match=re.escape(fault)):
        source_of(address, url)


def preview(crawler, *args, code=0, **environment):
    done = crawler.run("preview", *args, **environment)
    assert done.code == code, done.out + done.err
    assert not crawler.data.exists()
    return done


def record(crawler, *args, code=0):
    return json.loads(preview(crawler, *args, "--json", code=code).out)


def test_a_page_is_fetched_through_the_gates_and_nothing_is_stored(web, crawler):
    crawler.site(web, more='[extract]\narticle = "main"\n[pairs]\nstrategies = ["title"]\n')
    web.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /closed\n")
    web.page("/a", article("Lights", 20))
    web.page("/closed", article("Closed"))
    found = record(crawler, f"{web.url}/a")
    assert (found["outcome"], found["site"]) == ("document", "web")
    assert found["rules"] == 'extract.article = "main", pairs.strategies = ["title"]'
    assert [pair["kind"] for pair in found["pairs"]] == ["title"]
    assert found["document"]["title"] == "Lights"
    assert web.paths() == ["/robots.txt", "/a"]
    done = preview(crawler, f"{web.url}/closed", code=3)
    assert "no document: denied: robots.txt" in done.err
    assert "only the site's owner can change that" in done.out
    assert "/closed" not in web.paths()


def test_what_a_crawl_makes_of_a_page_is_what_the_preview_shows(web, crawler):
    crawler.site(web, more='[pairs]\nstrategies = ["title", "heading", "sentence", "window"]\n')
    web.page("/", article("Lights", 30))
    found = record(crawler, f"{web.url}/")
    done = crawler.run()
    assert done.code == 0
    [document] = done.rows("documents")
    assert [b["text"] for b in found["blocks"] if b["fate"] == "kept"] == [
        block["text"] for block in document["blocks"]
    ]
    pairs = [(p["prompt"], p["completion"]) for p in found["pairs"] if not p["reason"]]
    stored = [(row["prompt"], row["completion"]) for row in done.rows()]
    assert set(pairs) == set(stored)
    assert len(stored) > 5


@pytest.mark.parametrize(
    ("path", "answer", "reason", "remedy"),
    [
        ("/refusing", Answer(REFUSING.encode()), "consent: meta robots", "written permission"),
        ("/gone", Answer(b"", 404), "http-404", "is the address right?"),
        ("/busy", Answer(b"", 500), "http-500", "try again later"),
        ("/pdf", Answer(b"%PDF", content_type="application/pdf"), "not-html", "Only HTML"),
        ("/off", Answer(status=302, headers={"Location": "http://a.example/"}), "off-site", "add"),
        ("/bare", Answer(b"<html><body><div id=app></div>"), "no-text", "JavaScript"),
        ("/short", Answer(b"<html><p id=t>Three small words.</p>"), "too-short", "min_words"),
    ],
)
def test_a_page_without_a_document_ends_with_3_reason_and_remedy(
    web, crawler, path, answer, reason, remedy
):
    crawler.site(web)
    web.routes[path] = answer
    found = record(crawler, f"{web.url}{path}", "-s", "RETRY_TIMES=0", code=3)
    assert found["reason"] == reason
    assert remedy in found["remedy"]
    assert found["document"] is None


def test_a_selector_that_matches_nothing_is_told_where_the_text_is(web, crawler):
    crawler.site(web)
    web.page("/a", article("Lights"))
    done = preview(crawler, f"{web.url}/a", "--set", "extract.article=#content", code=3)
    assert "no-article: nothing matches '#content'" in done.out
    assert "Most of the page's text is in: article (100%)" in done.out


@pytest.mark.slow
def test_a_private_address_needs_leave_and_a_public_one_a_contact(web, crawler):
    web.page("/a", article("Lights"))
    done = preview(crawler, f"{web.url}/a", code=3, FTCRAWLER_CONTACT="x@example.org")
    assert "--allow-private" in done.out
    assert web.seen == []
    assert "no contact" in preview(crawler, f"{web.url}/a", code=2).err
    preview(crawler, f"{web.url}/a", "--allow-private")


def test_a_saved_file_is_read_with_its_own_signals(tmp_path, crawler):
    file = tmp_path / "page.html"
    file.write_text(PAGE)
    found = record(crawler, str(file), "--url", "https://site.example/lamps")
    assert (found["url"], found["source"]) == ("https://site.example/lamps", str(file))
    assert found["document"]["title"] == "Lamps"
    assert "robots.txt and headers were not asked" in preview(crawler, str(file)).out
    file.write_text(REFUSING)
    assert record(crawler, str(file), code=3)["reason"] == "consent: meta robots"


def test_rules_and_html_files(tmp_path, crawler):
    file, rules, html = (tmp_path / name for name in ("page.html", "rules.toml", "out.html"))
    file.write_text(PAGE)
    rules.write_text('[extract]\narticle = "main"\ndrop = ".advert"\n')
    done = preview(crawler, str(file), "--rules", str(rules), "--html", str(html))
    assert "drop .advert" in done.out
    assert f"Written: {html}" in done.out
    assert "dropped: drop .advert" in html.read_text()
    done = preview(crawler, str(file), "--rules", str(tmp_path / "no.toml"), code=2)
    assert "no.toml: cannot be read" in done.err
    done = preview(crawler, str(file), "--html", str(tmp_path / "no" / "out.html"), code=2)
    assert "cannot be written" in done.err


def test_the_shipped_site_files_do_not_stand_in_the_way(crawler, tmp_path):
    """Not even the demo's, whose port is known only while it is served."""
    done = preview(crawler, "http://[::1]:9/", "--allow-private", code=3, FTCRAWLER_SITES="")
    assert "connection-refused" in done.err or "robots.txt" in done.err
