"""What the tests of datasets share: a data folder that is written by rows, without a crawl."""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.build import build
from pipelines.fingerprint import minhash
from pipelines.holdings import Holdings, Recipe, Source
from pipelines.orders import Built, Order
from pipelines.records import Pair
from pipelines.rows import document_id, measures, pair_id
from pipelines.shards import write_shard
from pipelines.streams import line_of, shard_path

DAY = "2026-11-24"
WORDS = [f"word{number}" for number in range(3000)]


def prose(dice: random.Random, paragraphs: int = 4, words: int = 30) -> list[str]:
    """Paragraphs of their own."""
    return [" ".join(dice.choices(WORDS, k=words)).capitalize() + "." for _ in range(paragraphs)]


@dataclass
class Shelves:
    """DATA_DIR with shards of some sites, as a crawl leaves them."""

    data: Path
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def write(
        self, stream: str, site: str, rows: list[dict[str, Any]], fmt: str = "parquet"
    ) -> Path:
        """One shard."""
        number = self.numbers[stream, site] = self.numbers.get((stream, site), 0) + 1
        path = shard_path(self.data, stream, site, number, fmt)
        shard = write_shard(path, stream, [line_of(row, stream) for row in rows], fmt)
        name = path.relative_to(self.data).as_posix()
        self.sources.append(Source(name, stream, site, shard.sha256))
        return path

    def night(
        self,
        pages: dict[str, list[str]],
        site: str = "bees",
        night: int = 1,
        fmt: str = "parquet",
        **more: Any,
    ) -> None:
        """A document and its pairs for each URL with its paragraphs; ``more`` for the rows."""
        documents, pairs = [], []
        for place, (url, paragraphs) in enumerate(pages.items()):
            document, made = page(url, paragraphs, site, night, place, **more)
            documents.append(document)
            pairs += made
        self.write("documents", site, documents, fmt)
        self.write("pairs", site, pairs, fmt)

    def take_back(self, url: str, reason: str, site: str = "bees", revision: int = 1) -> None:
        """A tombstone."""
        row = {"document_id": document_id(site, url, revision), "url": url, "site": site,
               "reason": reason, "at": "2026-11-30T02:00:00Z"}  # fmt: skip
        self.write("tombstones", site, [row])

    def holdings(self) -> list[Holdings]:
        """What the build is given."""
        sites = sorted({source.site for source in self.sources})
        return [
            Holdings(
                site, tuple(s for s in self.sources if s.site == site), **self.facts.get(site, {})
            )
            for site in sites
        ]

    def build(
        self, name: str = "all", *, order: dict[str, Any] | None = None, **recipe: Any
    ) -> Built:
        """Build a version."""
        return build(
            Order(self.data, name, DAY, Recipe(**recipe), **(order or {})), self.holdings()
        )


def page(
    url: str, paragraphs: list[str], site: str, night: int = 1, second: int = 0, **more: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The rows of one page: each paragraph answers a prompt of its own."""
    revision = more.get("revision", 1)
    text = "\n".join(paragraphs)
    identity = document_id(site, url, revision)
    at = f"2026-11-{night:02d}T02:{second // 60:02d}:{second % 60:02d}Z"
    blocks, start = [], 0
    for paragraph in paragraphs:
        blocks.append(
            {"kind": "paragraph", "text": paragraph, "level": 0, "start": start, "path": ""}
        )
        start += len(paragraph) + 1
    document = {
        "url": url, "title": f"About {url}", "text": text, "blocks": blocks, "language": "en",
        "fetched_at": at, "document_id": identity, "site": site, "revision": 1, "license": "",
        "text_hash": hashlib.sha256(text.encode()).hexdigest(), "authors": ["Ann", "Bo"],
        "consent": '{"decision": "allow"}', "minhash": base64.b64encode(minhash(text)).decode(),
    } | more  # fmt: skip
    made = []
    for block in blocks:
        prompt, completion = f"What does {block['text'][:25]} mean?", block["text"]
        pair = Pair(prompt, completion, "sentence")
        found = measures(pair)
        row = {
            "prompt": prompt,
            "completion": completion,
            "kind": "sentence",
            "url": url,
            "document_id": identity,
            "site": site,
            "fetched_at": at,
            "pair_id": pair_id(identity, pair.fingerprint),
            "revision": revision,
            "language": document["language"],
            "license": document["license"],
            "masked": False,
            "prompt_start": -1,
            "prompt_end": -1,
            "completion_start": block["start"],
            "completion_end": block["start"] + len(completion),
            "rules_version": 1,
            **found,
            "text_key": base64.b64encode(found["text_key"]).decode(),
        }
        shared = ("kind", "masked", "language", "license")
        made.append(row | {name: more[name] for name in shared if name in more})
    return document, made


def rows(built: Built, split: str = "*") -> list[dict[str, Any]]:
    """The rows of a version."""
    files = sorted((built.version.folder / "data").glob(f"{split}-*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def left_out(built: Built, what: str) -> list[dict[str, Any]]:
    """The rows of an audit table."""
    files = sorted((built.version.folder / "audit").glob(f"{what}*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]
