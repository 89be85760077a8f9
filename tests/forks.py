"""Runs ``scrapy`` in processes of their own that need not import everything anew.

One process a test session imports what a crawl needs and forks for each run; a run has its own
arguments, environment, folder and output, and ends as any process does.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
IMPORTED = (
    "scrapy.cmdline",
    "scrapy.crawler",
    "ftcrawler.commands.crawl",
    "ftcrawler.spiders.articles",
    "ftcrawler.addon",
    "ftcrawler.addresses",
    "ftcrawler.fetching",
    "ftcrawler.pacing",
    "ftcrawler.sending",
    "ftcrawler.unpacking",
    "pandas",  # pyarrow asks for it
    "pipelines.harvest",
    "pipelines.shards",
    "pipelines.stages",
    "pydantic.v1",  # itemadapter asks for it
    "scrapy.extensions.closespider",
    "scrapy.extensions.corestats",
    "scrapy.extensions.logcount",
    "scrapy.extensions.logstats",
    "scrapy.extensions.memdebug",
    "scrapy.extensions.memusage",
    "scrapy.extensions.spiderstate",
    "scrapy.extensions.throttle",
    "scrapy.logformatter",
    "scrapy.resolver",
    "scrapy.shell",
    "scrapy.statscollectors",
)
# All that is in them.
PACKAGES = ("scrapy.commands", "scrapy.downloadermiddlewares", "scrapy.spidermiddlewares")


class Forks:
    """The process that forks, started with the first run."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def run(
        self, args: list[str], environment: dict[str, str], timeout: float
    ) -> tuple[int, str, str]:
        """Exit code (negative for a signal), standard output and error of one run."""
        with tempfile.TemporaryDirectory(prefix="forks") as folder:
            out, err = Path(folder) / "out", Path(folder) / "err"
            request = {"args": args, "environment": environment, "out": str(out), "err": str(err)}
            answer = self._ask(request, timeout)
            if "code" not in answer:
                raise subprocess.TimeoutExpired(args, timeout, stderr=err.read_bytes())
            return answer["code"], out.read_text("utf-8"), err.read_text("utf-8")

    def close(self) -> None:
        """End the process."""
        if self._server:
            self._server.stdin.close()
            self._server.wait(10)
            self._server.stdout.close()

    def _ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, "-c", "import forks; forks.serve()"],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self._server.stdin.write(json.dumps({**request, "timeout": timeout}) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())


def serve() -> None:
    """Fork for each request; a child leaves by way of ``SystemExit``, as Scrapy's command does."""
    from scrapy.utils.misc import walk_modules_iter  # noqa: PLC0415 - the tests themselves need none

    for name in IMPORTED:
        importlib.import_module(name)
    for name in PACKAGES:
        list(walk_modules_iter(name))
    assert "ftcrawler.settings" not in sys.modules  # it reads the environment
    assert "twisted.internet.reactor" not in sys.modules  # each run chooses its own
    while line := sys.stdin.readline():
        request = json.loads(line)
        child = os.fork()
        if not child:
            _begin(request)
            importlib.import_module("scrapy.cmdline").execute()
            sys.exit()
        sys.stdout.write(json.dumps(_ended(child, request["timeout"])) + "\n")
        sys.stdout.flush()


def _begin(request: dict[str, Any]) -> None:
    """A process as if it had been started for the request."""
    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["out"], os.O_WRONLY | os.O_CREAT),
        (2, request["err"], os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(ROOT)
    sys.argv = ["scrapy", *request["args"]]


def _ended(child: int, timeout: float) -> dict[str, Any]:
    """How a child ended; it is killed when it takes too long."""

    def late(*_: object) -> None:
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    _, status = os.waitpid(child, 0)
    took_too_long = signal.setitimer(signal.ITIMER_REAL, 0)[0] == 0
    return {} if took_too_long else {"code": os.waitstatus_to_exitcode(status)}
