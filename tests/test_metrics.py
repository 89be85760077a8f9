"""Metrics that Prometheus' own parser reads, and a server that shows them to this machine alone."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from http.client import HTTPConnection

import pytest
from prometheus_client.parser import text_string_to_metric_families
from scrapy.settings import Settings

from ftcrawler.alarms import Alarm
from ftcrawler.jsonlog import JsonFormatter, dress, formatter_of
from ftcrawler.metrics import metrics_text, serve_metrics, write_metrics
from ftcrawler.pageserver import PageServer

AT = "2026-11-24T02:00:00Z"
HOSTILE = 'b"ee\\s\n{x}'
RECORD = {
    "kind": "night", "id": "n1", "started_at": AT, "ended_at": "2026-11-24T02:10:00Z",
    "seconds": 600.5, "reason": "finished", "exit_code": 9, "disk": {"free": 5, "total": 10},
    "sites": {HOSTILE: {
        "run": 3, "exit_code": 0, "outcome": "ok", "counts": {}, "pages": {"fetched": 9, "new": 2},
        "rows": {"pairs": 7}, "held": 40, "pending": 0, "seconds": 12.5, "bytes": 100,
    }},
    "stages": {"build": {"exit_code": 0, "dataset": "all", "train": 90, "validation": 10}},
    "alarms": [Alarm("redesign", "bees", "error", "x", AT, AT, "y").as_dict()],
}  # fmt: skip


def read(text):
    """Metrics as their own parser reads them: {(name, labels): value}."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_last_night_as_metrics():
    alarms = [Alarm(**told) for told in RECORD["alarms"]]
    over = Alarm("zero-rows", "bees", "error", "x", AT, AT, "y", state="cleared")
    found = read(metrics_text(RECORD, [*alarms, over]))
    assert found["ftcrawler_run_started_seconds", ()] == 1795485600
    assert found["ftcrawler_run_duration_seconds", ()] == 600.5
    assert found["ftcrawler_site_pages", (HOSTILE, "new")] == 2
    assert found["ftcrawler_site_held_documents", (HOSTILE,)] == 40
    assert found["ftcrawler_dataset_rows", ("all", "train")] == 90
    assert found["ftcrawler_alarm", ("bees", "redesign", "error")] == 1
    assert len([name for name, _ in found if name == "ftcrawler_alarm"]) == 1
    assert read(metrics_text({}, [])) == {}
    assert read(metrics_text({"sites": {"a": {"counts": {}}}}, [])) == {
        ("ftcrawler_site_exit_code", ("a",)): 0
    }


def test_the_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "ftcrawler.prom"
    write_metrics(path, RECORD, [])
    assert read(path.read_text()) == read(metrics_text(RECORD, []))
    assert [file.name for file in tmp_path.iterdir()] == ["ftcrawler.prom"]
    with pytest.raises(OSError, match="cannot be written"):
        write_metrics(tmp_path / "gone" / "x.prom", RECORD, [])


def test_the_port_shows_the_newest_record(tmp_path):
    server = serve_metrics(0, tmp_path)
    url = f"http://127.0.0.1:{server.port}"
    try:
        assert read(urllib.request.urlopen(f"{url}/metrics").read().decode()) == {}
        (tmp_path / "runs").mkdir()
        (tmp_path / "runs" / "20261124T020000Z-n1.json").write_text(json.dumps(RECORD))
        with urllib.request.urlopen(f"{url}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert ("ftcrawler_run_exit_code", ()) in read(answer.read().decode())
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}/")
    finally:
        server.close()


def ask(port, method="GET", path="/", **headers):
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    connection.close()
    return answer.status


@pytest.mark.parametrize(
    ("method", "host", "status"),
    [("GET", "localhost", 404), ("HEAD", "127.0.0.1:9", 404), ("GET", "[::1]:9", 404),
     ("GET", "rebound.example", 421), ("GET", "", 421), ("GET", "localhost.evil.example", 421),
     ("GET", "[", 421), ("POST", "localhost", 501), ("DELETE", "localhost", 501)],
)  # fmt: skip
def test_only_this_machine_may_look_and_nobody_may_change(method, host, status, module_server):
    assert ask(module_server.port, method, Host=host) == status


@pytest.fixture(scope="module")
def module_server():
    server = PageServer(lambda path: 1 / 0 if path == "/bad" else None, 0)
    yield server
    server.close()


def test_a_page_that_fails_says_so_and_the_server_lives(module_server, caplog):
    assert ask(module_server.port, path="/bad") == 500
    assert "ZeroDivisionError" in caplog.text
    assert ask(module_server.port) == 404


# -- The log as JSON -------------------------------------------------------------------------


def settings(**own):
    return Settings({"RUN_ID": "", "LOG_AS": "text", **own})


def record(message="%s of them", *args, **own):
    made = logging.LogRecord("ftcrawler.x", logging.WARNING, "f", 1, message, args or (3,), None)
    vars(made).update(own)
    return made


def test_a_line_of_the_log_is_an_object_with_the_id_of_the_run():
    said = json.loads(
        JsonFormatter("n1").format(record("a\n%s", "b", site="bees", spider=object()))
    )
    assert said.pop("time").endswith("Z")
    assert said == {
        "level": "WARNING", "logger": "ftcrawler.x", "message": "a\nb", "run": "n1", "site": "bees",
    }  # fmt: skip
    failed = record(exc_info=(ValueError, ValueError("odd"), None))
    line = JsonFormatter().format(failed)
    assert "\n" not in line
    assert "ValueError: odd" in json.loads(line)["traceback"]
    assert "run" not in json.loads(line)


def test_lines_of_text_have_the_id_too_and_without_one_they_are_scrapys():
    assert formatter_of(settings()) is None
    line = formatter_of(settings(RUN_ID="n1%d")).format(record())
    assert line.endswith("[ftcrawler.x] WARNING n1%d: 3 of them")


def test_the_handlers_of_the_log_are_dressed(monkeypatch):
    handler = logging.StreamHandler()
    monkeypatch.setattr(logging.root, "handlers", [handler])
    dress(settings())
    assert handler.formatter is None
    dress(settings(LOG_AS="json"))
    assert isinstance(handler.formatter, JsonFormatter)


@pytest.mark.slow
def test_every_line_of_a_crawl_is_json_with_its_id(web, crawler):
    web.page("/", '<p>A start page that names one that is not there.</p><a href="/gone">It</a>')
    crawler.site(web)
    done = crawler.run("crawl", "articles", "-s", "LOG_AS=json", "-s", "RUN_ID=night-7")
    lines = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert lines, done.err[-2000:]
    assert {line["run"] for line in lines} == {"night-7"}
    others = [line for line in done.err.splitlines() if not line.startswith("{")]
    assert [line for line in others if line and not line.startswith("ftcrawler:")] == []
    wrong = crawler.run("crawl", "articles", "-s", "LOG_AS=xml")
    assert (wrong.code, "LOG_AS: one of text, json" in wrong.err) == (2, True)
