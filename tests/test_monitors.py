"""Our alarms as Spidermon's monitors, in crawls with its extension."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from web import article

ROOT = Path(__file__).resolve().parent.parent
EXTENSIONS = json.dumps({"spidermon.contrib.scrapy.extensions.Spidermon": 500})
SETTINGS = {
    "EXTENSIONS": EXTENSIONS,
    "SPIDERMON_ENABLED": "True",
    "SPIDERMON_ENGINE_STOP_MONITORS": "ftcrawler.monitors.AlarmSuite",
}


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("spidermon"), reason="needs requirements-monitor.txt")
def test_a_monitor_fails_for_the_alarm_that_is_raised_and_passes_for_the_others(web, crawler):
    web.page("/", article("Visby Light", links=("/b",)))
    web.page("/b", article("Kattegat Light"))
    crawler.site(web)
    options = [part for name, value in SETTINGS.items() for part in ("-s", f"{name}={value}")]
    good = crawler.run("crawl", "articles", *options)
    assert good.code == 0
    assert "FAIL:" not in good.err
    assert good.err.count("AlarmMonitor/test") >= 10
    for path in ("/", "/b"):
        web.page(path, "", status=500)
    bad = crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0", *options)
    assert "FAIL: AlarmMonitor/test_site_unreachable" in bad.err
    assert "web site-unreachable: none of 2 pages could be read: http-500" in bad.err


def test_without_spidermon_the_error_names_what_to_install():
    code = "import sys; sys.modules['spidermon'] = None; import ftcrawler.monitors"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert "pip install -r requirements-monitor.txt" in done.stderr
