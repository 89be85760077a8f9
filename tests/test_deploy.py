"""Deployment: an egg that a real scrapyd runs, a container image's files that linters accept."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from conftest import ROOT, Crawl

BIN = Path(sys.executable).parent
PACKED = ("ftcrawler", "pipelines", "setup.py")
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")
PATIENCE = 60.0  # seconds for a job of scrapyd's on a busy machine


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


class Scrapyd:
    """A scrapyd of the test's own, and a copy of the project that is deployed to it."""

    def __init__(self, folder: Path):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.clone, self.home, self.data = folder / "clone", folder / "home", folder / "data"
        self.temporary = folder / "tmp"
        for made in (self.clone, self.home, self.temporary):
            made.mkdir()
        for name in PACKED[:2]:
            shutil.copytree(ROOT / name, self.clone / name, ignore=IGNORED)
        shutil.copy(ROOT / "setup.py", self.clone)
        config = (ROOT / "scrapy.cfg").read_text()
        (self.clone / "scrapy.cfg").write_text(f"{config}url = {self.url}/\n")
        port = self.url.rpartition(":")[2]
        (self.home / "scrapyd.conf").write_text(
            f"[scrapyd]\nhttp_port = {port}\npoll_interval = 0.2\nmax_proc = 2\n"
        )
        self.environment = {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "FTCRAWLER_DATA": str(self.data),
            "FTCRAWLER_PROCESSES": "1",  # an egg's worker, too, must find its code
            "TMPDIR": str(self.temporary),
        }
        self.process = subprocess.Popen(
            [BIN / "scrapyd"], cwd=self.home, env=self.environment, stdout=subprocess.DEVNULL
        )
        wait_for(lambda: self.ask("daemonstatus")["status"] == "ok")

    def ask(self, what: str, **sent: str) -> dict:
        query = f"{self.url}/{what}.json"
        try:
            with urlopen(query, urlencode(sent).encode() if sent else None, timeout=30) as answer:
                return json.load(answer)
        except (URLError, ConnectionError):
            return {"status": "not there"}

    def deploy(self, *args: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [BIN / "scrapyd-deploy", *args],
            cwd=self.clone,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def job(self, **arguments: str) -> str:
        """Run a job to its end; its log."""
        asked = self.ask("schedule", project="ftcrawler", spider="articles", **arguments)
        assert asked["status"] == "ok", asked
        wait_for(lambda: asked["jobid"] in [job["id"] for job in self.finished()])
        return (self.home / "logs/ftcrawler/articles" / f"{asked['jobid']}.log").read_text()

    def finished(self) -> list[dict]:
        with urlopen(f"{self.url}/listjobs.json?project=ftcrawler", timeout=30) as answer:
            return json.load(answer)["finished"]


def wait_for(condition) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def scrapyd(tmp_path_factory):
    pytest.importorskip("scrapyd")
    service = Scrapyd(tmp_path_factory.mktemp("scrapyd"))
    yield service
    service.process.terminate()
    service.process.wait(20)


@pytest.mark.slow
def test_the_egg_holds_every_file_that_the_packages_hold(scrapyd):
    done = scrapyd.deploy("--build-egg", str(scrapyd.home / "ours.egg"))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(scrapyd.home / "ours.egg") as egg:
        held = {name for name in egg.namelist() if not name.endswith((".pyc", "/"))}
    expected = {
        str(path.relative_to(scrapyd.clone))
        for name in PACKED[:2]
        for path in (scrapyd.clone / name).rglob("*")
        if path.is_file()
    }
    assert {name for name in held if not name.startswith("EGG-INFO/")} == expected


@pytest.mark.slow
def test_scrapyd_crawls_from_the_egg_and_a_second_job_adds_nothing(scrapyd):
    done = scrapyd.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["spiders"]) == ("ok", 1)
    shutil.rmtree(scrapyd.clone)  # nothing is read from where it came from
    log = scrapyd.job(site="demo")
    first = Crawl(0, "", "", scrapyd.data)
    assert first.record["exit_code"] == 0, log
    rows, documents = first.rows(), first.rows("documents")
    assert rows
    assert len(documents) == first.counts("demo")["page/document"]
    scrapyd.job(site="demo")
    again = Crawl(0, "", "", scrapyd.data)
    assert len(list((scrapyd.data / "runs").glob("*.json"))) == 2
    assert again.record["exit_code"] == 0
    assert again.rows() == rows
    assert not list(scrapyd.temporary.glob("ftcrawler-egg-*"))  # each was removed at the end
