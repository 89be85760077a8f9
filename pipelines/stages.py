"""The Scrapy item pipelines: thin, they only call the pure files beside this one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from pipelines.harvest import SiteRules, harvest_page
from pipelines.records import Harvest, Page

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class Sink(Protocol):
    """Where harvests end: what a spider of this project offers to its pipelines."""

    rules: Mapping[str, SiteRules]

    def keep(self, harvest: Harvest) -> None:
        """Store a harvest, or stop the run when the storage refuses."""


class HarvestStage:
    """Page -> Harvest: extraction, sentences, pairs."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HarvestStage:
        """The stage over the rules of the spider's sites."""
        return cls(crawler.spider)  # type: ignore[arg-type] # the project's spider is a Sink

    def process_item(self, item: Page | Harvest) -> Harvest:
        """Pages are read; what gave no page passes as it is.

        A page on which our own code fails is counted as failed, never lost.
        """
        if isinstance(item, Harvest):
            return item
        try:
            return harvest_page(item, self._sink.rules[item.site]).but(page=item)
        except Exception as error:
            logger.exception("the extractor failed on %s", item.url)
            reason = f"extractor-crashed {type(error).__name__}"
            return Harvest(item.site, item.url, "failed", reason, item.status, item.fetched_at)


class StoreStage:
    """Harvest -> state and shards, in batches."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StoreStage:
        """The stage over the stores of the spider's sites."""
        return cls(crawler.spider)  # type: ignore[arg-type] # the project's spider is a Sink

    def process_item(self, item: Harvest) -> Harvest:
        """Hand the harvest to the store of its site."""
        self._sink.keep(item)
        return item
