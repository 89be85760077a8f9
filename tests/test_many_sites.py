"""Many sites in one run: none keeps the others off, each at its own pace."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from web import article, serving

SITE = """
start_urls = ["{url}/"]
[request]
delay = {delay}
concurrency = {concurrency}
allow_private_addresses = true
"""


def pages(web, count: int) -> None:
    paths = [f"/p{n}" for n in range(count)]
    web.page("/", article("Start", links=tuple(paths)))
    for path in paths:
        web.page(path, article(f"Page {path}"))


def at_once(asked: list[list[float]]) -> float:
    """How many sites were under way at a time, on average."""
    whole = max(times[-1] for times in asked) - min(times[0] for times in asked)
    return sum(times[-1] - times[0] for times in asked) / whole


@pytest.mark.slow
def test_a_large_site_keeps_none_from_the_others(crawler):
    with ExitStack() as stack:
        large, *small = [stack.enter_context(serving()) for _ in range(5)]
        pages(large, 150)
        crawler.site(name="large", text=SITE.format(url=large.url, delay=0, concurrency=2))
        for number, web in enumerate(small):
            pages(web, 5)
            text = SITE.format(url=web.url, delay=0, concurrency=2)
            crawler.site(name=f"small{number}", text=text)
        done = crawler.run()
        assert done.code == 0, done.err
        ended = [max(at for at, path, _ in web.seen if path.startswith("/p")) for web in small]
        before = sum(at <= max(ended) for at, path, _ in large.seen if path.startswith("/p"))
    assert before < 75
    assert done.counts("large")["page/document"] == 151
    assert all(done.counts(f"small{n}")["page/document"] == 6 for n in range(4))


@pytest.mark.slow
def test_each_site_is_asked_at_its_own_pace_at_the_same_time(crawler):
    delays = [0.2] * 6 + [0.4] * 6
    with ExitStack() as stack:
        webs = [stack.enter_context(serving()) for _ in delays]
        for number, (web, delay) in enumerate(zip(webs, delays, strict=True)):
            pages(web, 8)
            text = SITE.format(url=web.url, delay=delay, concurrency=4)
            crawler.site(name=f"s{number}", text=text)
        done = crawler.run()
        assert done.code == 0, done.err
        asked = [[at for at, path, _ in web.seen if path.startswith("/p")] for web in webs]
    for times, delay in zip(asked, delays, strict=True):
        assert len(times) == 8
        assert (times[-1] - times[0]) / 7 > delay * 0.8  # a server that is busy reads late
    assert at_once(asked) > 4


@pytest.mark.slow
def test_more_sites_than_requests_that_wait_for_one(crawler):
    """A site with a delay holds two requests that wait, however many it may send at once."""
    with ExitStack() as stack:
        webs = [stack.enter_context(serving()) for _ in range(12)]
        for number, web in enumerate(webs):
            pages(web, 6)
            text = SITE.format(url=web.url, delay=0.1, concurrency=64)
            crawler.site(name=f"s{number}", text=text)
        done = crawler.run("crawl", "articles", "-s", "CONCURRENT_REQUESTS=24")
        assert done.code == 0, done.err
        asked = [[at for at, path, _ in web.seen if path.startswith("/p")] for web in webs]
    assert at_once(asked) > 4
