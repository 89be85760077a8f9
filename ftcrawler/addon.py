"""One Scrapy add-on that wires scheduler, middlewares and stages for the sites of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scrapy import signals

from ftcrawler.frontier import WAITING
from ftcrawler.jsonlog import dress
from ftcrawler.rendering import Renderer
from ftcrawler.startup import collect_as_usual, collect_rarely

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

MOST_REQUESTS = 512  # under way at once, over all sites
_UNUSED = {
    "SPIDER_MIDDLEWARES": (
        "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware",
        "scrapy.spidermiddlewares.referer.RefererMiddleware",
        "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware",
        "scrapy.spidermiddlewares.depth.DepthMiddleware",
        "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware",
    ),
    "DOWNLOADER_MIDDLEWARES": (
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware",
        "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware",
    ),
}

# What settings switch off is looked at only once it and its libraries are imported: 0.1 s a crawl.
_SWITCHED: Final = {
    "COOKIES_ENABLED": ("DOWNLOADER_MIDDLEWARES", "cookies.CookiesMiddleware"),
    "HTTPCACHE_ENABLED": ("DOWNLOADER_MIDDLEWARES", "httpcache.HttpCacheMiddleware"),
    "HTTPPROXY_ENABLED": ("DOWNLOADER_MIDDLEWARES", "httpproxy.HttpProxyMiddleware"),
    "METAREFRESH_ENABLED": ("DOWNLOADER_MIDDLEWARES", "redirect.MetaRefreshMiddleware"),
    "REDIRECT_ENABLED": ("DOWNLOADER_MIDDLEWARES", "redirect.RedirectMiddleware"),
    "ROBOTSTXT_OBEY": ("DOWNLOADER_MIDDLEWARES", "robotstxt.RobotsTxtMiddleware"),
    "REMOTE_CONTROL_ENABLED": ("EXTENSIONS", "remote_control.RemoteControl"),
    "TELNETCONSOLE_ENABLED": ("EXTENSIONS", "telnet.TelnetConsole"),
}


class FtcrawlerAddon:
    """Settings that depend on the run's sites: slots with their pace, and the components."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FtcrawlerAddon:
        """The add-on of a crawler."""
        return cls(crawler)

    def update_settings(self, settings: BaseSettings) -> None:
        """Wire the project's components; other spiders than ours are left alone."""
        self._crawler.signals.connect(self._dress, signals.spider_opened)
        queues = getattr(self._crawler.spider, "queues", None)
        if not queues:
            return
        settings.set("SCHEDULER", "ftcrawler.frontier.Frontier", "addon")
        settings.set("DOWNLOADER", "ftcrawler.leaving.LeavingDownloader", "addon")
        for scheme in ("http", "https"):
            settings["DOWNLOAD_HANDLERS"].setdefault(scheme, "ftcrawler.sending.SendingHandler")
        settings["EXTENSIONS"]["ftcrawler.leaving.Leaving"] = 100
        settings["EXTENSIONS"]["ftcrawler.display.Progress"] = 200
        settings.set(
            "DOWNLOAD_SLOTS",
            {
                name: {
                    "concurrency": queue.site.request.concurrency,
                    "delay": queue.site.request.delay,
                    "jitter": 0,
                }
                for name, queue in queues.items()
            },
            "addon",
        )
        wanted = sum(queue.site.request.concurrency + 1 for queue in queues.values())
        most = MOST_REQUESTS + WAITING * len(queues)  # those that only wait cost next to nothing
        settings.set("CONCURRENT_REQUESTS", min(wanted, most), "addon")
        most = max(queue.site.request.concurrency for queue in queues.values())
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", most, "addon")  # connections that are kept
        for setting, unused in _UNUSED.items():
            for component in unused:
                settings[f"{setting}_BASE"].pop(component, None)
        for switch, (setting, name) in _SWITCHED.items():
            if not settings.getbool(switch):
                package = setting.lower().replace("_", "")
                settings[f"{setting}_BASE"].pop(f"scrapy.{package}.{name}", None)
        settings["DOWNLOADER_MIDDLEWARES"]["ftcrawler.fetching.AddressGuard"] = 50
        settings["DOWNLOADER_MIDDLEWARES"]["ftcrawler.fetching.ConsentGate"] = 100
        settings["DOWNLOADER_MIDDLEWARES"]["ftcrawler.unpacking.Unpacking"] = 590
        settings["DOWNLOADER_MIDDLEWARES"]["ftcrawler.pacing.Pacing"] = 900
        settings["ITEM_PIPELINES"]["pipelines.stages.HarvestStage"] = 300
        settings["ITEM_PIPELINES"]["pipelines.stages.StoreStage"] = 800
        if any(queue.site.request.render for queue in queues.values()):
            self._crawler.spider.renderer = Renderer.from_crawler(self._crawler)  # type: ignore[union-attr] # it has queues
        self._crawler.signals.connect(collect_rarely, signals.spider_opened)
        self._crawler.signals.connect(self._closed, signals.spider_closed)

    def _dress(self) -> None:
        dress(self._crawler.settings)

    async def _closed(self) -> None:
        await self._crawler.spider.close_sites()  # type: ignore[union-attr] # it has queues
        collect_as_usual()
