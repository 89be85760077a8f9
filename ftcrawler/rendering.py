"""Pages as a browser shows them, for sites with ``render = true``: Chromium without a network.

Chromium is started for the first page and reaches nothing by itself: no name resolves, every
connection goes to a proxy that is not there, WebRTC may not go around it. A page is opened with
the answer that the crawler had; what its scripts ask for is fetched by the crawler (``errands``).
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
import shutil
from typing import TYPE_CHECKING, Any

from scrapy import signals

from ftcrawler.answers import UnusableError
from ftcrawler.errands import Errands, LedAwayError
from ftcrawler.site import Site, SiteError
from ftcrawler.urls import canonical, origin_of
from pipelines.records import Page

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from playwright.async_api import Browser, BrowserContext, Playwright
    from playwright.async_api import Page as Tab
    from scrapy.crawler import Crawler

    from ftcrawler.frontier import SiteQueue

logger = logging.getLogger(__name__)

NAMES = ("chromium", "chromium-browser")
QUIET = 0.5  # seconds without a request after which a page counts as complete
MOST_SECONDS = 600.0  # for one page, the waiting for its turns included
_TICK = 0.1
_CLOSING = 10.0  # seconds that a browser has to close a page, or itself
_MODEST = ("PATH", "HOME", "LANG", "TMPDIR")  # of our environment: the rest may hold keys
_FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # its name in older versions
    "--disable-quic",
)
# <-loopback>: without it, Chromium's connections to this machine go around the proxy.
_NOWHERE, _NO_EXCEPTION = "http://proxy.invalid:9", "<-loopback>"
_SIZE = "() => document.documentElement ? document.documentElement.outerHTML.length : 0"
_LOADED = "() => document.readyState === 'complete'"
_UNSEEN = "() => document.querySelectorAll('noscript').forEach(element => element.remove())"


def chromium_path(setting: str) -> str:
    """Where Chromium is, ``""`` when it is not: the setting CHROMIUM, or found in PATH."""
    found = (shutil.which(name) for name in ([setting] if setting else NAMES))
    return next(filter(None, found), "")


def require_renderer(sites: Iterable[Site], chromium: str, folder: str) -> None:
    """Raise :class:`SiteError` for sites that are to be rendered where that is impossible."""
    wanting = [site.name for site in sites if site.request.render]
    missing = []
    if wanting and importlib.util.find_spec("playwright") is None:
        missing.append("Playwright")
    if wanting and not chromium_path(chromium):
        missing.append(f"Chromium (CHROMIUM = {chromium!r})" if chromium else "Chromium")
    if missing:
        what = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        raise SiteError(
            [
                f"{os.path.join(folder, name)}.toml: request.render: {what}: run "  # noqa: PTH118 - a name, not a file
                "`pip install -r requirements-render.txt` (in .venv) and `apt-get install chromium`"
                for name in wanting
            ]
        )


class Renderer:
    """One Chromium for all sites of a run; each page has a fresh context of its own."""

    def __init__(self, crawler: Crawler, executable: str) -> None:
        self._crawler = crawler
        self._executable = executable
        self._most = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._starting = asyncio.Lock()
        self._places: dict[str, asyncio.Semaphore] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Renderer:
        """A renderer that ends with the crawl, and has not begun."""
        renderer = cls(crawler, chromium_path(crawler.settings["CHROMIUM"]))
        crawler.signals.connect(renderer.close, signals.spider_closed)
        return renderer

    async def render(self, page: Page, queue: SiteQueue, counts: Counter[str]) -> bytes:
        """The page's HTML, in UTF-8, once its scripts have run.

        Raises :class:`UnusableError`: ``timeout``, ``too-large`` or ``renderer-crashed``, and
        :class:`LedAwayError` when scripts replaced the page by another.
        """
        wanted = queue.site.request.concurrency
        errands = Errands(self._crawler, queue, page, counts)
        async with self._places.setdefault(queue.site.name, asyncio.Semaphore(wanted)):
            counts["render/pages"] += 1
            try:
                return await self._render(page, queue, errands)
            except UnusableError:
                raise
            except Exception as error:  # whatever the browser's driver raises costs this page
                message = str(error).strip().splitlines() or [type(error).__name__]
                logger.warning("%s: the browser failed: %s", page.url, message[0])
                raise UnusableError("renderer-crashed", message[0]) from error
            finally:
                errands.over = True

    async def _render(self, page: Page, queue: SiteQueue, errands: Errands) -> bytes:
        browser = await self._started()
        context = await browser.new_context(
            user_agent=queue.agent,
            service_workers="block",
            accept_downloads=False,
            timezone_id="UTC",
        )
        try:
            context.set_default_timeout(0)  # time is kept by _within, which knows of waiting
            await context.route("**/*", errands.run)
            await context.route_web_socket("**/*", lambda socket: socket.close())
            tab = await context.new_page()
            context.on("page", _close)
            crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            tab.on("crash", lambda _: _settle(crashed))
            work = asyncio.ensure_future(self._read(tab, page.url, errands))
            return await _within(queue.site.request.timeout, work, crashed, errands)
        finally:
            await self._put_away(context)

    async def _read(self, tab: Tab, url: str, errands: Errands) -> bytes:
        errands.frame = tab.main_frame
        await tab.goto(url, wait_until="commit")  # a script may keep it from loading whole
        while not await _asked(tab, _LOADED):  # noqa: ASYNC110 - the browser knows, we ask
            await asyncio.sleep(_TICK)
        await errands.quiet(QUIET)
        _stays(tab, url, errands)
        await _asked(tab, _UNSEEN)
        if (await _asked(tab, _SIZE) or 0) > self._most:
            raise UnusableError("too-large", f"{url} grew to more than {self._most} characters")
        html: str = await tab.content()
        _stays(tab, url, errands)
        return html.encode("utf-8", "replace")

    async def _started(self) -> Browser:
        """The browser, started anew when there is none or the last one is gone."""
        from playwright.async_api import ProxySettings, async_playwright  # noqa: PLC0415 - an extra

        async with self._starting:
            if self._browser and self._browser.is_connected():
                return self._browser
            if self._playwright is None:
                self._playwright = await async_playwright().start()
            is_root = hasattr(os, "geteuid") and os.geteuid() == 0
            if is_root:
                logger.warning("Chromium has no sandbox of its own when root starts it")
            self._browser = await self._playwright.chromium.launch(
                executable_path=self._executable,
                args=list(_FLAGS),
                ignore_default_args=["--disable-popup-blocking"],
                proxy=ProxySettings(server=_NOWHERE, bypass=_NO_EXCEPTION),
                chromium_sandbox=not is_root,
                env={name: os.environ[name] for name in _MODEST if name in os.environ},
                handle_sigint=False,  # the crawl ends it, when its pages are done
                handle_sigterm=False,
                handle_sighup=False,
            )
            logger.info("Chromium %s renders pages", self._browser.version)
            return self._browser

    async def _put_away(self, context: BrowserContext) -> None:
        """Close a page with all that is its own; a browser that cannot is ended."""
        try:
            await asyncio.wait_for(context.close(), _CLOSING)
        except Exception as error:  # noqa: BLE001 - a crash or a hang, of a browser not needed now
            logger.info("Chromium is started anew: %s", error or type(error).__name__)
            await self.close()

    async def close(self) -> None:
        """End the browser and its driver, which takes with it whatever hangs."""
        browser, playwright = self._browser, self._playwright
        self._browser = self._playwright = None
        for ending in (browser and browser.close(), playwright and playwright.stop()):
            if ending:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(ending, _CLOSING)


async def _asked(tab: Tab, script: str) -> Any:
    """What a script of ours says, or None while the page is leaving for another."""
    try:
        return await tab.evaluate(script)
    except Exception as error:
        if "context was destroyed" in str(error):
            return None
        raise


def _stays(tab: Tab, url: str, errands: Errands) -> None:
    """Raise :class:`LedAwayError` when scripts have replaced the page by another."""
    here = origin_of(canonical(tab.url)) == origin_of(url)
    if errands.departure or not here:
        raise LedAwayError(errands.departure or tab.url)


def _settle(crashed: asyncio.Future[None]) -> None:
    if not crashed.done():
        crashed.set_result(None)


async def _close(tab: Tab) -> None:
    """A page that a page opened."""
    with contextlib.suppress(Exception):
        await tab.close()


async def _within(
    seconds: float, work: asyncio.Future[bytes], crashed: asyncio.Future[None], errands: Errands
) -> bytes:
    """What ``work`` gives, when the browser itself takes no longer than ``seconds`` for it.

    The time in which a request of the page waits for its turn and its answer does not count.
    """
    own = total = 0.0
    try:
        while not work.done():
            if crashed.done():
                raise UnusableError("renderer-crashed", "the page crashed")
            if own > seconds or total > MOST_SECONDS:
                raise UnusableError("timeout", f"not complete within {seconds:g} s")
            await asyncio.wait((work, crashed), timeout=_TICK, return_when="FIRST_COMPLETED")
            own += 0 if errands.waiting else _TICK
            total += _TICK
        return work.result()
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await work
