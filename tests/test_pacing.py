"""How fast a site is asked, measured by the server's own clock."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from itertools import pairwise

import pytest
from conftest import Crawler
from web import Answer, article, serving

from ftcrawler.pace import MOST_DELAY, Pace, is_open, opening, retry_after

HOUR = 3600.0


# -- Pure -----------------------------------------------------------------------------


def test_busy_answers_double_the_delay_up_to_a_minute_and_quick_ones_halve_it():
    pace = Pace(0.25)
    delays = []
    for _ in range(9):
        pace.answered(0.01, 503)
        delays.append(pace.delay)
    assert delays[:3] == [1.0, 2.0, 4.0]
    assert delays[-1] == MOST_DELAY
    for _ in range(20):
        pace.answered(0.01, 200)
    assert pace.delay == 0.25


def test_a_server_that_was_always_slow_is_not_slowed_further():
    pace = Pace(0.0)
    for _ in range(50):
        pace.answered(3.0, 200)
    assert pace.delay == 0.0


def test_the_floor_holds_above_the_most_that_backing_off_may_reach():
    pace = Pace(0.0)
    pace.raise_floor(300.0)
    pace.answered(0.01, 429)
    assert pace.delay == 300.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Thu, 01 Jan 1970 01:00:00 GMT", 3540.0),
        ("Wed, 31 Dec 1969 23:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("9" * 400, 999_999_999.0),
        ("Thu, 99 Foo 1970", None),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after(value, 60.0) == seconds


@pytest.mark.parametrize(
    ("window", "hour", "open_"),
    [
        ((360, 525), 7, True),
        ((360, 525), 9, False),
        ((1320, 360), 23, True),
        ((1320, 360), 5, True),
        ((1320, 360), 12, False),
        ((0, 1440), 12, True),
        ((60, 60), 12, True),
        (None, 12, True),
    ],
)
def test_visit_time(window, hour, open_):
    assert is_open(window, hour * HOUR) is open_


def test_the_next_opening_is_later_today_or_tomorrow():
    assert opening((360, 525), 5 * HOUR) == 6 * HOUR
    assert opening((360, 525), 7 * HOUR) == 30 * HOUR


# -- By the server's clock ------------------------------------------------------------


def gaps(web, prefix="/p"):
    at = [t for t, path, _ in web.seen if path.startswith(prefix)]
    return [b - a for a, b in pairwise(at)]


def pages(web, count):
    for n in range(count):
        web.page(f"/p{n}", article(f"Page {n}"))
    links = tuple(f"/p{n}" for n in range(count))
    web.page("/", article("Start", links=links))


PACES = {  # robots.txt, and the seconds between requests that it asks for
    "crawl-delay": ("User-agent: *\nCrawl-delay: 0.6", 0.6),
    "request-rate": ("User-agent: *\nRequest-rate: 2/1", 0.5),
    "the slowest": ("User-agent: *\nCrawl-delay: 0.1\nRequest-rate: 1/1s", 1.0),
    "our own group": (
        "User-agent: Scrapy\nCrawl-delay: 0.6\n\nUser-agent: *\nCrawl-delay: 0",
        0.6,
    ),
}
BUSY = (429, 503)


def busy_once(status):
    told = threading.Event()

    def answer(exchange):
        if told.is_set():
            exchange.answer(Answer(article("Late").encode()))
        else:
            told.set()
            exchange.answer(Answer(b"busy", status, headers={"Retry-After": "3"}))

    return answer


@pytest.fixture(scope="module")
def paced(tmp_path_factory):
    """One crawl of a site for each pace and for each kind of busy server; what each was asked."""
    crawler = Crawler(tmp_path_factory.mktemp("paced"))
    seen = {}
    with ExitStack() as stack:
        for place, name in enumerate((*PACES, *BUSY)):
            web = stack.enter_context(serving())
            pages(web, 4)
            if name in PACES:
                robots = PACES[name][0].encode()
                web.routes["/robots.txt"] = Answer(robots, content_type="text/plain")
            else:
                web.routes["/p0"] = busy_once(name)
            crawler.site(web, f"s{place}")
            seen[name] = web
        done = crawler.run()
        assert done.code == 0, done.err
        counts = {name: done.counts(f"s{place}") for place, name in enumerate(seen)}
        yield seen, counts


@pytest.mark.parametrize("name", PACES)
def test_the_slowest_pace_is_kept(paced, name):
    found = gaps(paced[0][name])
    assert len(found) == 3
    assert min(found) >= PACES[name][1] - 0.02


@pytest.mark.parametrize("status", BUSY)
def test_retry_after_is_waited_for(paced, status):
    webs, counts = paced
    assert counts[status]["page/document"] == 5
    first = next(t for t, path, _ in webs[status].seen if path == "/p0")
    # What was under way in the same moment cannot be called back.
    after = sorted(t - first for t, _, _ in webs[status].seen if t > first + 0.5)
    assert after
    assert after[0] >= 2.9


def test_a_long_retry_after_ends_the_run_and_is_kept_by_the_next(web, crawler):
    pages(web, 30)
    web.routes["/p3"] = Answer(b"busy", 429, headers={"Retry-After": "3600"})
    crawler.site(web)
    first = crawler.run()
    assert first.code == 0
    counts = first.counts()
    assert counts["page/deferred/retry-after"] >= 1
    assert first.record["sites"]["web"]["pending"] > 15
    assert "rests until" in first.err
    asked = len(web.seen)
    second = crawler.run()
    assert len(web.seen) == asked
    assert second.code == 3
    assert "not before" in second.err


def test_a_site_is_left_alone_outside_of_its_hours(web, crawler):
    hour = time.gmtime().tm_hour
    closed = f"{(hour + 2) % 24:02}00-{(hour + 3) % 24:02}00"
    web.routes["/robots.txt"] = Answer(f"User-agent: *\nVisit-time: {closed}".encode())
    pages(web, 3)
    crawler.site(web)
    crawl = crawler.run()
    assert [path for path in web.paths() if path != "/robots.txt"] == []
    assert crawl.code == 3
    assert "visit-time" in crawl.out + crawl.err


def test_a_site_is_visited_within_its_hours(web, crawler):
    hour = time.gmtime().tm_hour
    open_ = f"{hour:02}00-{(hour + 2) % 24:02}00"
    web.routes["/robots.txt"] = Answer(f"User-agent: *\nVisit-time: {open_}".encode())
    pages(web, 3)
    crawler.site(web)
    assert crawler.run().counts()["page/document"] == 4


def test_a_crawl_delay_of_a_day_leaves_the_site_alone(web, crawler):
    web.routes["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 86400")
    pages(web, 3)
    crawler.site(web)
    crawl = crawler.run(timeout=30)
    assert [path for path in web.paths() if path != "/robots.txt"] == []
    assert crawl.counts()["page/deferred/crawl-delay"] == 1
    assert crawl.code == 3


@pytest.mark.slow
def test_a_server_that_slows_down_gets_about_one_request_at_a_time(web, crawler):
    lock, under_way, most, served = threading.Lock(), [0], [], [0]

    def slow(exchange):
        with lock:
            served[0] += 1
            late = served[0] > 20
            under_way[0] += 1
            most.append((served[0], under_way[0]))
        time.sleep(0.8 if late else 0.01)
        with lock:
            under_way[0] -= 1
        exchange.answer(Answer(article(f"Slow {exchange.path}").encode()))

    pages(web, 36)
    for n in range(36):
        web.routes[f"/p{n}"] = slow
    crawler.site(web, request="concurrency = 8")
    assert crawler.run().code == 0
    before = max(n for served, n in most if served <= 20)
    settled = [n for served, n in most if served > 30]
    assert before >= 4
    assert max(settled) <= 2
