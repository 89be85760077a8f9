"""Stories as the shards of nights: what a build is made of, written faster than by a crawl."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.planted import Story
from pipelines.fingerprint import minhash
from pipelines.records import Pair
from pipelines.rows import document_id, measures
from pipelines.shards import SCHEMAS
from pipelines.streams import shard_path

SITES = 10
SHARD_ROWS = 20_000
CONSENT = '{"decision": "allow", "signal": ""}'
NIGHT = 86_400_000
BEGAN = 1_790_000_000_000  # milliseconds


def rows_of(story: Story, site: str, pairs: int, at: int) -> tuple[dict, list[dict]]:
    """The rows of a story: a document, and pairs as the strategies make them.

    The title has all of the text for an answer, three headings a third each, sentences one line.
    """
    url = f"https://{site}.example/{story.number}"
    identity = document_id(site, url, 1)
    text, lines = story.text, story.paragraphs
    document = {
        "url": url,
        "title": f"Story {story.number}",
        "text": text,
        "language": "en",
        "fetched_at": at,
        "document_id": identity,
        "site": site,
        "revision": 1,
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "text_hash": hashlib.sha256(text.encode()).hexdigest(),
        "blocks": [],
        "authors": [],
        "consent": CONSENT,
        "minhash": minhash(text),
    }
    third = max(len(lines) // 3, 1)
    answers = [("title", document["title"], text)]
    for number in range(3):
        part = "\n".join(lines[number * third : (number + 1) * third]) or text
        answers.append(("heading", f"Part {number} of {part[:30]}", part))
    for number in range(pairs - 4):
        prompt, _, answer = lines[number % len(lines)].partition(" ")
        answers.append(("sentence", f"{prompt} {number}", answer))
    made = [
        {
            "prompt": prompt,
            "completion": completion,
            "kind": kind,
            "url": url,
            "document_id": identity,
            "site": site,
            "fetched_at": at,
            "pair_id": f"{identity[:24]}{number:08x}",
            "revision": 1,
            "masked": False,
            "language": "en",
            "license": document["license"],
            "rules_version": 1,
            **measures(Pair(prompt, completion, "title")),
        }
        for number, (kind, prompt, completion) in enumerate(answers[:pairs])
    ]
    return document, made


class Shards:
    """Writes rows as the crawl does, faster."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._waiting: dict[tuple[str, str], list[dict]] = {}
        self._numbers: dict[tuple[str, str], int] = {}

    def add(self, stream: str, site: str, rows: list[dict]) -> None:
        """Rows of one site; a shard is written when there are enough."""
        waiting = self._waiting.setdefault((stream, site), [])
        waiting += rows
        if len(waiting) >= SHARD_ROWS:
            self._write(stream, site)

    def _write(self, stream: str, site: str) -> None:
        key = stream, site
        rows = self._waiting.pop(key)
        number = self._numbers[key] = self._numbers.get(key, 0) + 1
        path = shard_path(self.data, stream, site, number, "parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist(rows, SCHEMAS[stream])
        pq.write_table(table, path, compression="zstd", row_group_size=4096)

    def seal(self) -> None:
        """Write what is left."""
        for stream, site in sorted(self._waiting):
            self._write(stream, site)


def crawl(shards: Shards, stories: Iterator[Story], count: int, pairs: int, night: int) -> list:
    """Write stories as the sites' nights, and return them without their text."""
    told = []
    for place, story in enumerate(stories):
        site = f"site{place * SITES // count}"
        at = BEGAN + night * NIGHT + story.number * 1000
        document, made = rows_of(story, site, pairs, at)
        shards.add("documents", site, [document])
        shards.add("pairs", site, made)
        told.append((document["document_id"], story))
    shards.seal()
    return told
