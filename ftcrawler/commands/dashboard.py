"""``scrapy dashboard``: what there is and how it goes, as one page that only shows."""

from __future__ import annotations

import argparse
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.board import Boards, boards_of
from ftcrawler.commands.crawl import complain, told
from ftcrawler.dashboardpage import POLICY, dashboard_page
from ftcrawler.exits import Exit
from ftcrawler.pageserver import LOOPBACK, Answer, PageServer
from ftcrawler.writing import write_text

PORT = 8000
_MOST_PORT = 65_535
_FRESH = 1.0  # seconds for which a page is shown again as it is


class Pages:
    """The page of a board, made when it is asked for and the last one is old."""

    def __init__(self, boards: Boards) -> None:
        self._boards = boards
        self._lock = threading.Lock()
        self._made = float("-inf")
        self._page = b""

    def show(self, path: str) -> Answer | None:
        """The page at ``/``."""
        if path != "/":
            return None
        with self._lock:
            if time.monotonic() - self._made > _FRESH:
                self._page = dashboard_page(self._boards.look(datetime.now(UTC))).encode()
                self._made = time.monotonic()
            return Answer(
                "text/html",
                self._page,
                {"Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'"},
            )


class Command(ScrapyCommand):
    """Serve the dashboard, or write it."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Show sites, nights, alarms, growth and newest pairs on one page"

    def long_desc(self) -> str:
        """The text of ``scrapy dashboard --help``."""
        return (
            "Serves one page on this machine alone, at http://localhost:8000/ until Ctrl-C; "
            "--html FILE writes it instead. It reads what crawls and nights have left, also while "
            "they work, changes nothing and loads nothing from elsewhere. From another machine: "
            "ssh -L 8000:localhost:8000 HOST. Exit codes: 0 good, 2 the port is taken, 6 the file "
            "cannot be written."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument(
            "--port", type=int, default=PORT, metavar="N", help=f"default: {PORT}; 0: a free one"
        )
        parser.add_argument("--html", type=Path, metavar="FILE", help="write the page, and end")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the page, or serve it."""
        if args:
            raise UsageError
        assert self.settings is not None
        boards = boards_of(self.settings)
        if opts.html:
            self._write(boards, opts.html.absolute())
        elif not 0 <= opts.port <= _MOST_PORT:
            self._fail([f"--port {opts.port}: from 0 to {_MOST_PORT}"])
        else:
            self._serve(boards, opts.port)

    def _write(self, boards: Boards, path: Path) -> None:
        try:
            page = dashboard_page(boards.look(datetime.now(UTC)))
        except OSError as error:
            assert self.settings is not None
            self.exitcode = told(error, Path(self.settings["DATA_DIR"]).absolute())
            return
        if fault := write_text(path, page):
            complain([f"{path}: {fault}"])
            self.exitcode = Exit.STORAGE
        else:
            print(path)

    def _serve(self, boards: Boards, port: int) -> None:
        try:
            server = PageServer(Pages(boards).show, port)
        except OSError as error:
            self._fail([f"--port {port}: {error.strerror or error}; choose another, or 0"])
            return
        print(f"http://localhost:{server.port}/ (on {LOOPBACK} only; Ctrl-C ends it)", flush=True)
        try:
            server.wait()
        except KeyboardInterrupt:
            print()
        finally:
            server.close()

    def _fail(self, lines: list[str]) -> None:
        complain(lines)
        self.exitcode = Exit.CONFIGURATION
