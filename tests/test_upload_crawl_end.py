"""A crawl that ends with an upload, only when all before it went well."""

from __future__ import annotations

import pytest
from scrapy.settings import Settings
from stub_provider import KEY, MODEL, serving

from ftcrawler.children import Ended
from ftcrawler.crawlend import finish, wanted
from ftcrawler.exits import Exit


def settings(**more):
    return Settings({"UPLOAD_TARGET": "there", "NIGHTLY_DATASET": "all", **more})


@pytest.mark.parametrize(
    ("codes", "ran", "code"),
    [
        ([0, 0], ["build", "upload"], Exit.OK),
        ([2], ["build"], Exit.CONFIGURATION),
        ([0, 3], ["build", "upload"], Exit.FAILED),
        ([-9], ["build"], Exit.INTERNAL),
    ],
)
def test_the_upload_comes_only_after_a_build_that_went_well(codes, ran, code):
    seen = []

    def run(*command, keep):
        seen.append(command[0])
        return Ended(codes[len(seen) - 1], "", 0.0)

    assert finish(settings(), lambda _: None, run) == code
    assert seen == ran


def test_within_a_night_and_without_a_target_a_crawl_only_crawls():
    assert wanted(settings())
    assert not wanted(settings(UPLOAD_TARGET=""))
    assert not wanted(settings(RUN_ID="night-1"))


def test_a_target_that_there_is_not_is_said_before_the_crawl(crawler, web, tmp_path):
    crawler.site(web)
    (tmp_path / "targets.toml").write_text('[shelf]\nkind = "local"\nurl = "shelf"\n')
    crawl = crawler.run(
        FTCRAWLER_TARGETS=str(tmp_path / "targets.toml"), FTCRAWLER_UPLOAD_TARGET="there"
    )
    assert crawl.code == Exit.CONFIGURATION
    assert "no target [there]; there are: shelf" in crawl.err
    assert web.seen == []


@pytest.mark.slow
def test_a_crawl_with_a_target_uploads_what_it_built(crawler, web, tmp_path):
    for number in range(12):
        text = " ".join(f"Word{number}x{n} bees build combs of wax." for n in range(40))
        web.page(f"/{number}", f"<h1>Bees {number}</h1><p>{text}</p>")
    links = "".join(f'<a href="/{number}">{number}</a>' for number in range(12))
    web.page("/", links)
    crawler.site(web)
    with serving() as provider:
        (tmp_path / "targets.toml").write_text(
            f'[there]\nkind = "openai"\nbase_url = "{provider.url}"\nmodel = "{MODEL}"\n'
        )
        crawl = crawler.run(
            FTCRAWLER_TARGETS=str(tmp_path / "targets.toml"),
            FTCRAWLER_UPLOAD_TARGET="there",
            OPENAI_API_KEY=KEY,
        )
        assert crawl.code == 0, crawl.err
        assert len(provider.jobs) == 1
