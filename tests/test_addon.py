"""What a crawl leaves out of Scrapy, and what comes back when a setting asks for it."""

from __future__ import annotations

import re

import pytest
from web import Answer, article


@pytest.mark.parametrize("wanted", ["0", "1"])
def test_cookies_are_sent_when_the_setting_says_so(wanted, web, crawler):
    start = article("Start", links=("/next",)).encode()
    web.routes["/"] = Answer(start, headers={"Set-Cookie": "a=b; Path=/"})
    web.page("/next", article("Next"))
    crawler.site(web)
    done = crawler.run("crawl", "articles", "-s", f"COOKIES_ENABLED={wanted}")
    assert done.counts()["page/document"] == 2, done.err
    (cookie,) = [headers.get("Cookie") for _, path, headers in web.seen if path == "/next"]
    assert cookie == ("a=b" if wanted == "1" else None)


def test_what_is_switched_off_is_not_imported(web, crawler):
    web.page("/", article("Start"))
    crawler.site(web)
    done = crawler.run(PYTHONPROFILEIMPORTTIME="1")
    imported = set(re.findall(r"\| +([\w.]+)$", done.err, re.MULTILINE))
    assert "scrapy.core.downloader.handlers.http11" in imported
    assert not imported & {"aiohttp", "tldextract", "requests", "twisted.conch"}
