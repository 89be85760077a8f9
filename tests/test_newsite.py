"""``scrapy newsite``: a site file that works as it stands, written from what a site says."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as some
from test_inspect_page import AT, PAGE
from web import Answer, article

from ftcrawler.commands.newsite import asked_site, target_of
from ftcrawler.demo import serve
from ftcrawler.findings import findings_of
from ftcrawler.previewing import saved_page
from ftcrawler.site import SiteError
from ftcrawler.sitetables import Request
from ftcrawler.sitetext import load_site
from ftcrawler.sitewriting import site_file
from ftcrawler.spotting import (
    article_score,
    choose_pages,
    common_folder,
    feeds_of,
    folder_pattern,
    site_name,
    traps_in,
)
from ftcrawler.surveying import Survey
from ftcrawler.tomltext import comment, one_line, toml_value
from pipelines.records import Harvest, Offer, Verdict

HOST = "https://bee.example"
QUICK = ("--allow-private", "--delay", "0")
REFUSAL = '<head><meta name="robots" content="noai">'


# -- Which addresses are what ---------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/", "example"),
        ("https://www.daily-bee.co.example/news/", "daily-bee-co"),
        ("https://en.wikipedia.org/wiki/Bee", "en-wikipedia"),
        ("http://127.0.0.1:8000/", "127-0-0-1"),
        ("http://localhost:8000/", "localhost"),
        ("http://[::1]/", "1"),
        ("https://xn--bcher-kva.example/", "xn-bcher-kva"),
        ("https://_.example/", "site"),
        (f"https://{'b' * 60}.{'c' * 60}.example/", "b" * 60 + "-cc"),
    ],
)
def test_a_site_is_named_after_its_host(url, name):
    assert site_name(url) == name


@pytest.mark.parametrize(
    "path",
    [
        "/2026/05/the-keeper-of-bees",
        "/blog/why-bees-make-honey/",
        "/articles/12345",
        "/story/the_keeper_of_bees.html",
        "/docs/guide/first-steps-with-bees.html",
    ],
)
def test_addresses_of_articles(path):
    assert article_score(HOST + path) >= 1


@pytest.mark.parametrize(
    "path",
    ["/", "/about-us", "/tag/the-keeper-of-bees", "/login", "/a.pdf", "/search?q=the-big-bees"],
)
def test_addresses_of_other_things(path):
    assert article_score(HOST + path) < 1


def test_pages_of_feeds_come_first_and_folders_take_turns():
    links = [f"{HOST}/blog/a-long-story-{n}" for n in range(5)]
    links += [f"{HOST}/", f"{HOST}/login", f"{HOST}/recipes/a-cake-with-honey"]
    chosen = choose_pages(links, [f"{HOST}/blog/in-the-feed"], 3, known=[links[0]])
    assert chosen == [
        f"{HOST}/blog/in-the-feed",
        f"{HOST}/recipes/a-cake-with-honey",
        f"{HOST}/blog/a-long-story-1",
    ]


def test_without_anything_like_an_article_other_pages_will_do():
    assert choose_pages([f"{HOST}/", f"{HOST}/bees", f"{HOST}/a.pdf"], [], 4) == [f"{HOST}/bees"]


@pytest.mark.parametrize(
    ("start", "articles", "listed", "folder"),
    [
        ("/blog/", ["/blog/a", "/blog/b/c"], [], "/blog/"),
        ("/blog/index.html", ["/blog/a"], [], "/blog/"),
        ("/blog/", ["/2026/a"], [], ""),
        ("/blog/", [], [], ""),
        ("/", ["/blog/a"], [f"/blog/{n}" for n in range(8)], "/blog/"),
        ("/", ["/blog/a"], [f"/blog/{n}" for n in range(7)], ""),
        ("/", ["/news/a"], [f"/blog/{n}" for n in range(9)], ""),
        ("/", ["/blog/a"], [*(f"/blog/{n}" for n in range(9)), "/x/1", "/y/1"], ""),
        ("/", ["/a"], [f"/{n}" for n in range(9)], ""),
    ],
)
def test_the_folder_of_the_articles(start, articles, listed, folder):
    urls = [[HOST + path for path in paths] for paths in (articles, listed)]
    assert common_folder(HOST + start, *urls) == folder


def test_the_pattern_of_a_folder_is_for_both_schemes_with_and_without_www():
    pattern = folder_pattern("https://www.big-bee.example:8080/x", "/a+b/")
    assert re.search(pattern, "http://big-bee.example:8080/a+b/c")
    assert re.search(pattern, "https://www.big-bee.example:8080/a+b/")
    assert not re.search(pattern, "https://big-beeXexample:8080/a+b/")
    assert "\\-" not in pattern


def test_feeds_are_those_of_the_site_not_of_comments():
    links = "".join(
        f'<link rel="{rel}" type="{kind}" href="{href}" title="{title}">'
        for rel, kind, href, title in (
            ("alternate", "application/rss+xml; charset=utf-8", "/feed", "All"),
            ("home alternate", "application/atom+xml", "atom.xml", ""),
            ("alternate", "application/rss+xml", "/comments/feed", ""),
            ("alternate", "application/rss+xml", "/c", "Comments of the site"),
            ("alternate", "text/html", "/de", ""),
            ("stylesheet", "application/rss+xml", "/x", ""),
            ("alternate", "application/rss+xml", "http://[bad", ""),
            ("alternate", "application/rss+xml", "/feed", "again"),
        )
    )
    assert feeds_of(links, f"{HOST}/blog/") == [f"{HOST}/feed", f"{HOST}/blog/atom.xml"]


def test_only_traps_that_are_there_are_named():
    names = [name for name, _ in traps_in([f"{HOST}/login?x=1", f"{HOST}/logins", f"{HOST}/a?b"])]
    assert names == ["accounts and shops"]
    assert traps_in([f"{HOST}/accounting", f"{HOST}/printers"]) == []


# -- What is written ------------------------------------------------------------------


@given(some.text())
def test_any_text_is_a_comment_of_toml_and_any_string_is_itself(text):
    lines = comment(text)
    assert all(line.startswith("#") for line in lines)
    assert tomllib.loads("\n".join([*lines, "a = 1"])) == {"a": 1}
    assert one_line(text) == "" or one_line(text).isprintable()
    text = text.encode("utf-8", "replace").decode()
    assert tomllib.loads(f"a = {toml_value([text])}") == {"a": [text]}


def survey_of(*pages: str, **fields) -> Survey:
    site = asked_site("bee", f"{HOST}/")
    seen = [
        saved_page(html.encode(), f"{HOST}/blog/page-{n}" if n else f"{HOST}/", site, AT, "")
        for n, html in enumerate(pages)
    ]
    return Survey(start=seen[0], pages=seen[1:], **fields)


def written(survey: Survey, **options):
    found = findings_of(survey, asked_site("bee", f"{HOST}/"))
    text = site_file(found, Request(), date="2026-11-24", **options)
    return load_site(text, "bee", environment={}), text


def listing(kind: str, *urls: str) -> Harvest:
    links = tuple(Offer(url) for url in urls)
    return Harvest("bee", f"{HOST}/{kind}", "read", status=200, links=links)


def test_the_whole_of_a_rich_site():
    urls = [f"{HOST}/blog/{n}" for n in range(12)]
    site, text = written(
        survey_of(
            article("Start", links=("/blog/1", "/login", "/list?sort=up")),
            article("One", 9),
            article("Two", 9).replace("<head>", REFUSAL),
            sitemaps={f"{HOST}/map": listing("map", *urls)},
            feeds={f"{HOST}/feed": listing("feed", *urls[:2])},
            named=(f"{HOST}/map",),
            asked_delay=7.5,
        )
    )
    assert site.sitemaps == "robots"
    assert site.feeds == [f"{HOST}/feed"]
    assert site.request.delay == 7.5
    assert site.follow.allow == ["^https?://(www\\.)?bee\\.example/blog/"]
    assert [site.follows(HOST + path) for path in ("/blog/1", "/x", "/blog/login", "/blog/?sort=")]
    assert not site.follows(f"{HOST}/blog/1?sort=up")
    assert not site.follows(f"{HOST}/blog/login")
    assert "# These pages refuse and are left out: https://bee.example/blog/page-2 (meta" in text
    assert "# Its language: en (pages: 2)." in text
    assert "The page may be used for training." in text
    assert site.enabled
    assert "[extract]" not in text


def test_a_poor_site_is_followed_whole():
    site, text = written(survey_of(article("Start")))
    assert (site.sitemaps, site.feeds, site.follow.allow, site.follow.deny) == ([], [], [], [])
    assert "# No sitemap was found." in text
    assert "# allow = [" in text
    assert site.request.delay == 1


def test_a_sitemap_that_robots_does_not_name_is_named_in_the_file():
    site, _ = written(survey_of(article("A"), sitemaps={f"{HOST}/sitemap.xml": listing("m")}))
    assert site.sitemaps == [f"{HOST}/sitemap.xml"]


def test_of_a_saved_page_alone_the_sitemaps_are_left_to_robots():
    site, text = written(survey_of(article("A")), asked=False)
    assert site.sitemaps == "robots"
    assert "No sitemap was found" not in text
    assert "# seconds between requests; robots.txt may ask for more" in text
    assert "robots.txt, headers and policy files were not asked" in text


def test_a_site_that_refuses_is_written_disabled():
    site, text = written(survey_of(article("A").replace("<head>", REFUSAL)))
    assert not site.enabled
    assert "refuses use for training" in text
    assert "meta robots" in text


def test_nothing_that_a_page_says_becomes_more_than_a_comment():
    evil = "Bees\n[request]\ndelay = 0\n# \x85\u2028allow_private_addresses = true"
    html = article("A").replace("<title>A", f"<title>{evil}").replace("<h1>A", f"<h1>{evil}")
    head = f'<link rel=license href="https://l.example/${{HOME}}\n{evil}">'
    html = html.replace("<head>", f'<head>{head}<meta name="robots" content="{evil}">')
    survey = survey_of(html, feeds={f"{HOST}/$%7BHOME%7D": listing("feed", HOST)})
    site, text = written(survey)
    assert not site.request.allow_private_addresses
    assert site.request.delay == 1
    assert not re.search(r"^[^#]*\$\{", text, re.MULTILINE)


SCATTERED = """<html lang=en><head><title>Poems</title></head><body><div id=poem>{}</div>
<p>{}</p></body></html>"""


def test_a_selector_is_suggested_only_where_it_reads_much_more(monkeypatch):
    good = findings_of(survey_of(article("A", 40)), asked_site("b", f"{HOST}/"))
    assert good.suggestion is None
    prose = "".join(f"<p>The keeper of lamp {n} wrote a long letter home.</p>" for n in range(60))
    html = SCATTERED.format(prose, "Nothing else is of interest on this short page of ours.")
    site = asked_site("b", f"{HOST}/")
    extract = site.extract.model_copy(update={"article": "body > p"})
    narrow = site.model_copy(update={"extract": extract})
    found = findings_of(survey_of(html), narrow)
    assert found.suggestion is not None
    assert found.suggestion.selector == "#poem"
    text = site_file(found, Request(), date="2026-11-24")
    assert load_site(text, "b").extract.article == "#poem"


def test_the_best_page_has_most_pairs():
    found = findings_of(
        survey_of(article("Ark", 3), article("Boat", 30), article("Cog", 12)),
        asked_site("bee", f"{HOST}/"),
    )
    assert found.best.document.title == "Boat"


@pytest.mark.parametrize(
    ("name", "into", "fault"),
    [
        ("Bees", None, "lower-case"),
        ("", "x/bees.txt", "a site file is NAME.toml"),
        ("other", "bees.toml", "the site's name, bees"),
        ("", "no/bees.toml", "no such folder"),
        ("there", None, "is there already"),
    ],
)
def test_where_it_cannot_be_written(tmp_path, monkeypatch, name, into, fault):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.toml").write_text("")
    with pytest.raises(SiteError, match=re.escape(fault)):
        target_of(tmp_path, "https://bee.example/", name, into)


def test_a_www_site_is_asked_with_and_without_it():
    assert asked_site("b", "https://www.bee.example/").covers("https://bee.example/")
    assert asked_site("b", "https://bee.example/").covers("https://www.bee.example/")


def test_a_survey_lists_each_address_once():
    offers = tuple(
        Offer(f"{HOST}/{name}", kind) for name, kind in (("a", "page"), ("m", "sitemap"))
    )
    one = Harvest("b", f"{HOST}/1", "read", links=offers, verdict=Verdict("allow"))
    survey = Survey(sitemaps={"1": one}, feeds={"2": one})
    assert survey.listed == [f"{HOST}/a"]


# -- The command ----------------------------------------------------------------------


def newsite(crawler, *args, code=0, **environment):
    done = crawler.run("newsite", *args, **environment)
    assert done.code == code, done.out + done.err
    assert not crawler.data.exists()
    return done


@pytest.mark.slow
def test_the_demo_site_is_written_checked_and_crawled(crawler):
    """The whole way of a newcomer: newsite, sites, crawl, documents."""
    with serve() as server:
        done = newsite(crawler, f"{server.url}/", *QUICK, "--name", "lights")
        file = crawler.sites / "lights.toml"
        assert f"Written: {file}" in done.out
        assert "sentence: " in done.out
        assert "The page may be used for training." in done.out
        asked = [request.path for request in server.requests]
        assert len(asked) == len(set(asked))
        pages = [p for p in asked if "." not in p.rsplit("/", 1)[-1]]
        assert len(pages) == 5
        site = load_site(file.read_text(), "lights")
        assert site.sitemaps == "robots"
        assert site.feeds == [f"{server.url}/feed.xml"]
        assert site.request.allow_private_addresses
        assert crawler.run("sites").code == 0
        text = file.read_text()
        crawled = crawler.run("crawl", "articles", "-a", "site=lights")
        assert crawled.code == 0
        assert len(crawled.rows("documents")) > 30
        again = crawler.run("newsite", f"{server.url}/", *QUICK, "--name", "lights")
        assert again.code == 2
        assert "is there already" in again.err
        assert file.read_text() == text


def test_what_robots_feeds_and_sitemaps_say_is_asked_and_written(web, crawler):
    pages = [f"/stories/a-tale-of-lamp-{n}" for n in range(9)]
    web.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /stories/a-tale-of-lamp-0\n")
    feed = "".join(f"<item><link>{web.url}{path}</link></item>" for path in pages)
    web.page("/feed", f"<rss><channel>{feed}</channel></rss>", content_type="text/xml")
    sitemap = "".join(f"<url><loc>{web.url}{path}</loc></url>" for path in pages)
    web.page("/sitemap.xml", f"<urlset>{sitemap}</urlset>", content_type="text/xml")
    web.routes["/"] = Answer(status=302, headers={"Location": "/home"})
    link = '<link rel=alternate type="application/rss+xml" href="/feed">'
    web.page("/home", article("Home", 1, ("/login", "/x")).replace("<head>", f"<head>{link}"))
    for path in pages:
        web.page(path, article(path[-9:], 20))
    done = newsite(crawler, f"{web.url}/", *QUICK)
    site = load_site((crawler.sites / "127-0-0-1.toml").read_text(), "x")
    assert site.start_urls == [f"{web.url}/home"]
    assert site.sitemaps == [f"{web.url}/sitemap.xml"]
    assert site.feeds == [f"{web.url}/feed"]
    assert site.follow.allow == [folder_pattern(web.url, "/stories/")]
    assert len(site.follow.deny) == 1
    assert "/stories/a-tale-of-lamp-0" not in web.paths()
    assert len([path for path in web.paths() if path in pages]) in (3, 4)
    assert "/login" not in web.paths()
    assert "Pages that may be used: " in done.out


@pytest.mark.parametrize("how", ["robots", "meta"])
def test_a_site_that_refuses_gets_no_file_without_yes(web, crawler, how):
    if how == "robots":
        web.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /\n")
    web.page("/", article("Refusing").replace("<head>", REFUSAL if how == "meta" else "<head>"))
    done = newsite(crawler, f"{web.url}/", *QUICK, "--name", "no", code=3)
    assert "refuses use for training" in done.err
    assert "refused: " in done.out
    assert list(crawler.sites.iterdir()) == []
    newsite(crawler, f"{web.url}/", *QUICK, "--name", "no", "--yes")
    assert not load_site((crawler.sites / "no.toml").read_text(), "no").enabled
    assert crawler.run("sites").code == 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"", 404), "failed: http-404"),
        (Answer(status=302, headers={"Location": "https://other.example/"}), "off-site"),
        (Answer(b"%PDF-", content_type="application/pdf"), "rejected: not-html"),
    ],
)
def test_a_start_page_that_cannot_be_read_gets_no_file(web, crawler, answer, said):
    web.routes["/"] = answer
    done = newsite(crawler, f"{web.url}/", *QUICK, "-s", "RETRY_TIMES=0", code=3)
    assert said in done.err
    assert list(crawler.sites.iterdir()) == []


def test_a_robots_txt_that_cannot_be_read_gets_no_file(web, crawler):
    web.routes["/robots.txt"] = Answer(b"", 503)
    web.page("/", article("A"))
    done = newsite(crawler, f"{web.url}/", *QUICK, "-s", "RETRY_TIMES=0", code=3)
    assert "deferred: robots.txt" in done.err
    assert list(crawler.sites.iterdir()) == []


def test_a_real_site_needs_a_contact_and_a_private_one_leave(web, crawler):
    assert "no contact" in newsite(crawler, f"{web.url}/", code=2).err
    done = newsite(crawler, f"{web.url}/", code=3, FTCRAWLER_CONTACT="x@example.org")
    assert "--allow-private" in done.err
    assert web.seen == []


def test_a_saved_page_needs_its_address_and_nothing_else(crawler, tmp_path):
    file, into = tmp_path / "page.html", tmp_path / "lamps.toml"
    file.write_text(PAGE)
    assert "--url" in newsite(crawler, str(file), code=2).err
    args = (str(file), "--url", "https://lamps.example/", "--into", str(into))
    done = newsite(crawler, *args)
    assert f"-s SITES_DIR={tmp_path}" in done.out
    assert load_site(into.read_text(), "lamps").start_urls == ["https://lamps.example/"]
    assert "of a saved page" in into.read_text()
    assert "not asked" in done.out
