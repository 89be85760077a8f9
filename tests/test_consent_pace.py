"""Pace, visiting hours and what the status of robots.txt means."""

import pytest

from ftcrawler.consent.robots import OUR_TOKENS, fetch_policy, parse_robots

PACE = [
    ("whole", "Crawl-delay: 10", 10.0, None),
    ("fraction", "crawl-delay: 0.5", 0.5, None),
    ("comma", "crawl-delay: 1,5", 1.5, None),
    ("point first", "crawl-delay: .5", 0.5, None),
    ("seconds", "crawl-delay: 10s", 10.0, None),
    ("minutes", "crawl-delay: 2m", 120.0, None),
    ("milliseconds", "crawl-delay: 500ms", 0.5, None),
    ("negative", "crawl-delay: -1", None, None),
    ("not a number", "crawl-delay: nan", None, None),
    ("infinite", "crawl-delay: inf", None, None),
    ("empty", "crawl-delay:", None, None),
    ("the slowest of several", "crawl-delay: 2\ncrawl-delay: 9\ncrawl-delay: 4", 9.0, None),
    ("rate per ten minutes", "Request-rate: 1/10m 0600-0845", None, 600.0),
    ("rate in seconds", "Request-rate: 1/5", None, 5.0),
    ("rate of several", "Request-rate: 4/1m", None, 15.0),
    ("rate per unit", "Request-rate: 1/h", None, 3600.0),
    ("rate of none", "Request-rate: 0/5", None, None),
    ("rate unreadable", "Request-rate: often", None, None),
    ("the slowest rate", "Request-rate: 1/5\nRequest-rate: 1/7", None, 7.0),
]


@pytest.mark.parametrize(
    ("lines", "delay", "rate"), [c[1:] for c in PACE], ids=[c[0] for c in PACE]
)
def test_pace(lines, delay, rate):
    robots = parse_robots(f"User-agent: *\n{lines}\nDisallow:".encode())
    assert (robots.crawl_delay(), robots.request_rate()) == (delay, rate)


def test_pace_is_our_groups():
    body = b"User-agent: *\nCrawl-delay: 9\nDisallow: /x\nUser-agent: Scrapy\nCrawl-delay: 2\n"
    assert parse_robots(body).crawl_delay(OUR_TOKENS) == 2.0
    assert parse_robots(body).crawl_delay(["other"]) == 9.0


def test_pace_before_any_group_speaks_to_all():
    assert parse_robots(b"Crawl-delay: 7\nUser-agent: x\nDisallow:").crawl_delay() == 7.0


VISITS = [
    ("plain", "Visit-time: 0600-0845", (360, 525)),
    ("colons", "Visit-time: 06:00 - 08:45", (360, 525)),
    ("over midnight", "Visit-time: 2200-0600", (1320, 360)),
    ("to the end of the day", "Visit-time: 1200-2400", (720, 1440)),
    ("no such hour", "Visit-time: 0600-2500", None),
    ("no such minute", "Visit-time: 0660-0700", None),
    ("unreadable", "Visit-time: at night", None),
    ("the shortest", "Visit-time: 0100-0900\nVisit-time: 0200-0300", (120, 180)),
]


@pytest.mark.parametrize(("lines", "expected"), [c[1:] for c in VISITS], ids=[c[0] for c in VISITS])
def test_visit_time(lines, expected):
    assert parse_robots(f"User-agent: *\n{lines}".encode()).visit_time() == expected


STATUSES = [
    *[(status, "parse") for status in (200, 203, 204, 206, 299)],
    *[(status, "no-rules") for status in (400, 402, 404, 405, 410, 418, 499)],
    *[(status, "deny") for status in (401, 403, 451)],
    *[(status, "defer") for status in (429, 500, 502, 503, 504, 599, 300, 301, 302, 304, 308)],
    *[(status, "defer") for status in (None, 0, -1, 100, 103, 600, 999)],
]


@pytest.mark.parametrize(("status", "policy"), STATUSES)
def test_fetch_policy(status, policy):
    assert fetch_policy(status) == policy
