"""Site files: what they may say, and what they mean. Their errors are in test_faults.py."""

import pytest

from ftcrawler.site import SiteError
from ftcrawler.sitefiles import load_sites
from ftcrawler.sitetext import load_site

PLAIN = 'start_urls = ["http://a.example/x"]\n'


def site(more: str = "", **environment: str):
    return load_site(PLAIN + more, "s", environment=environment)


def test_defaults_are_polite():
    plain = site()
    assert (plain.request.delay, plain.request.concurrency) == (1.0, 2)
    assert plain.enabled
    assert not plain.request.allow_private_addresses
    assert plain.pairs.strategies == ["title", "heading", "sentence"]
    assert (plain.pairs.every, plain.pairs.window, plain.pairs.splitter) == (3, 5, "sentencex")


@pytest.mark.parametrize(
    "url", ["https://a.example/?token=${KEY}", "https://a.example/x?a=1&k=${KEY}"]
)
def test_a_key_in_a_url_would_stand_in_every_row(url):
    with pytest.raises(SiteError, match=r"request.headers") as error:
        load_site(f'start_urls = ["{url}"]', "a", environment={"KEY": "tok-1"})
    assert "tok-1" not in str(error.value)


COVERED = {
    "http://a.example/": True,
    "https://www.a.example:8080/y": True,
    "http://notaa.example/": False,
    "http://a.example.evil.example/": False,
    "http://b.example/": False,
}


@pytest.mark.parametrize("url", COVERED)
def test_hosts(url):
    assert site().covers(url) == COVERED[url]


FOLLOWED = {
    "http://a.example/post/1": True,
    "http://a.example/post/1/edit": False,
    "http://a.example/about": False,
    "http://b.example/post/1": False,
    "http://a.example/post/1/1/1": True,
    "http://a.example/post/1/1/1/1": False,
}


@pytest.mark.parametrize("url", FOLLOWED)
def test_deny_wins_over_allow(url):
    rules = site("[follow]\nallow = ['/post/']\ndeny = ['/edit$']")
    assert rules.follows(url) == FOLLOWED[url]


def test_allowed_domains_replace_the_hosts_of_the_seeds():
    named = load_site('allowed_domains = ["b.example"]\n' + PLAIN, "s")
    assert named.domains == ("b.example",)


def test_seeds_are_canonical():
    assert load_site('start_urls = ["HTTP://A.example:80#x"]', "s").start_urls == [
        "http://a.example/"
    ]


def test_variables_come_from_the_environment():
    found = site('[request.headers]\nX = "Bearer ${TOKEN}"', TOKEN="t0k3n")
    assert found.request.headers == {"X": "Bearer t0k3n"}


def test_one_selector_to_drop_may_stand_alone():
    assert site('[extract]\ndrop = ".ad"').extract_rules.drop == (".ad",)


def test_rules_hash_follows_what_shapes_the_rows_only():
    plain = site().rules_hash()
    assert site("[request]\ndelay = 9").rules_hash() == plain
    assert site("[pairs]\nevery = 9").rules_hash() != plain
    assert site('[extract]\ntitle = "h2"').rules_hash() != plain


@pytest.mark.parametrize("name", ["Upper", "a b", "", "../up", "a" * 64, "ünicode"])
def test_names_that_cannot_be_folders(name):
    with pytest.raises(SiteError, match="the file's name is the site's name"):
        load_site(PLAIN, name)


def test_a_named_site_is_loaded_even_when_it_is_not_enabled(tmp_path):
    (tmp_path / "off.toml").write_text("enabled = false\n" + PLAIN)
    (tmp_path / "on.toml").write_text(PLAIN)
    assert [s.name for s in load_sites(tmp_path)] == ["on"]
    assert [s.name for s in load_sites(tmp_path, ["off", "on", "off"])] == ["off", "on"]


HEADERS = {
    "another user agent": 'User-Agent = "Mozilla"',
    "a bad name": '"X Y" = "z"',
    "a line break": 'X = "a\\r\\nEvil: 1"',
}


@pytest.mark.parametrize("name", HEADERS)
def test_hostile_headers(name):
    with pytest.raises(SiteError, match=r"request\.headers"):
        site(f"[request.headers]\n{HEADERS[name]}")
