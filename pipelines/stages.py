"""The Scrapy item pipelines: thin, they only call what the spider offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pipelines.records import Harvest, Page

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Sink(Protocol):
    """What a spider of this project offers to its pipelines."""

    async def harvest(self, page: Page) -> Harvest:
        """What a page gives: extraction, sentences, pairs."""

    def keep(self, harvest: Harvest) -> None:
        """Store a harvest, or stop the run when the storage refuses."""


class HarvestStage:
    """Page -> Harvest."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HarvestStage:
        """The stage over the crawler's spider."""
        return cls(crawler.spider)  # type: ignore[arg-type] # the project's spider is a Sink

    async def process_item(self, item: Page | Harvest) -> Harvest:
        """Pages are read; what gave no page passes as it is."""
        return item if isinstance(item, Harvest) else await self._sink.harvest(item)


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
