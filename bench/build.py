"""What ``scrapy build`` finds and costs: planted near-duplicates, time, memory, a second build.

``python -m bench.build [--documents N] [--pairs N] [--memory 1GB] [--keep DIR]``. A fifth of the
documents are copies with recorded edits. Beside it, in the same run, a script in DuckDB as one
would write it by hand that does the dedupe and nothing else. Then the same edits on the real pages
of ``tests/annotated``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.planted import Story, Writer
from pipelines.fingerprint import minhash, runs_of, similarity
from pipelines.holdings import SIMILARITY
from pipelines.records import Pair
from pipelines.rows import document_id, measures
from pipelines.shards import SCHEMAS
from pipelines.streams import shard_path

ROOT = Path(__file__).resolve().parent.parent
SHARE = 0.2
SITES = 10
SHARD_ROWS = 20_000
CONSENT = '{"decision": "allow", "signal": ""}'
NIGHT = 86_400_000
BEGAN = 1_790_000_000_000  # milliseconds
# A program begins with the peak of the one that starts it, so that a small one must.
RUN = """
import json, os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
code = child.returncode = os.waitstatus_to_exitcode(status)
print(json.dumps([code, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))
"""
# Documents that share three bands with an earlier one go; nobody is compared, no cluster is made.
BY_HAND = """
SET preserve_insertion_order = false;
CREATE TABLE sig AS SELECT row_number() OVER (ORDER BY fetched_at, document_id) AS n, document_id,
    hex(minhash) AS minhash FROM read_parquet('{data}/documents/*/*.parquet');
CREATE TABLE bands AS SELECT n, band, hash(substr(minhash, band * 16 + 1, 16)) AS said
    FROM sig, range(32) bands(band);
CREATE TABLE kept AS SELECT document_id, n FROM sig WHERE n NOT IN (
    SELECT DISTINCT other FROM (
        SELECT a.n AS one, b.n AS other FROM bands a JOIN bands b USING (band, said)
        WHERE a.n < b.n GROUP BY ALL HAVING count(*) >= 3));
CREATE TABLE firsts AS SELECT min(pair_id) AS pair_id FROM (
    SELECT pair_id, hash(lower(replace(prompt || chr(0) || completion, ' ', ''))) AS said
    FROM read_parquet('{data}/pairs/*/*.parquet', hive_partitioning = false)
    JOIN kept USING (document_id)) GROUP BY said;
COPY (SELECT * FROM read_parquet('{data}/pairs/*/*.parquet', hive_partitioning = false)
    SEMI JOIN firsts USING (pair_id)) TO '{out}' (FORMAT parquet, COMPRESSION zstd);
"""


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


def measured(command: list[str], data: Path) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak memory in MB of a program."""
    environment = {**os.environ, "FTCRAWLER_DATA": str(data)}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", RUN, *command],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    code, cpu, memory = json.loads(done.stdout)
    if code:
        raise SystemExit(f"{command}: exit code {code}")
    return time.monotonic() - began, cpu, memory / 1024


def build(data: Path, memory: str) -> tuple[float, float, float]:
    """Without the report, which reads what was built and is no part of building it."""
    command = [sys.executable, "-m", "scrapy", "build", "--name", "bench", "--memory", memory]
    return measured([*command, "--no-report"], data)


def by_hand(data: Path, memory: str) -> tuple[float, float, float]:
    out = data / "by-hand.parquet"
    script = (
        f"import duckdb; db = duckdb.connect(config={{'memory_limit': '{memory}', "
        f"'temp_directory': '{data}/.spill'}}); db.execute({BY_HAND.format(data=data, out=out)!r})"
    )
    return measured([sys.executable, "-c", script], data)


def jaccard(one: str, other: str) -> float:
    first, second = set(runs_of(one).tolist()), set(runs_of(other).tolist())
    return len(first & second) / len(first | second)


def judged(data: Path, told: list) -> tuple[float, float, float]:
    """F1, precision and recall of what was dropped; recall by similarity is printed."""
    audit = pq.read_table(data / "datasets" / "bench" / "latest" / "audit" / "documents.parquet")
    rows = {row["document_id"]: row for row in audit.to_pylist()}
    stories = dict(told)
    texts = {story.number: story for _, story in told}
    groups: dict[str, list[int]] = {}
    hits = wrong = missed = 0
    for identity, story in told:
        row = rows.get(identity)
        dropped = row is not None and row["reason"] in ("duplicate", "near-duplicate")
        if story.original != story.number:
            true = jaccard(story.text, texts[story.original].text)
            group = groups.setdefault(f"{int(true * 20) / 20:.2f}", [0, 0])
            group[0] += 1
            group[1] += dropped
        if dropped and stories[row["kept_id"]].original == story.original:
            hits += 1
        elif dropped:
            wrong += 1
        elif story.original != story.number:
            missed += 1
    for least, (count, found) in sorted(groups.items()):
        print(f"  similarity {least} and more {count:>8,} copies, {found / count:.4f} found")
    precision, recall = hits / max(hits + wrong, 1), hits / max(hits + missed, 1)
    return 2 * precision * recall / (precision + recall), precision, recall


def real_pages() -> None:
    """The same edits on the marked text of real pages, in scripts that set spaces."""
    pages = []
    for path in sorted((ROOT / "tests" / "annotated").glob("*/expected.json")):
        blocks = [block["text"] for block in json.loads(path.read_text("utf-8"))["blocks"]]
        if sum(len(text.split()) for text in blocks) >= 100:
            pages.append(Story(len(pages), len(pages), tuple(blocks)))
    writer = Writer(7)
    known = [minhash(page.text) for page in pages]
    groups: dict[str, list[int]] = {}
    wrong = 0
    for page in pages:
        for _ in range(50):
            copy = writer.copy(page, -1)
            mine = minhash(copy.text)
            found = [similarity(mine, one) >= SIMILARITY for one in known]
            group = groups.setdefault(f"{int(jaccard(copy.text, page.text) * 20) / 20:.2f}", [0, 0])
            group[0] += 1
            group[1] += found[page.number]
            wrong += sum(found) - found[page.number]
    print(f"{len(pages)} real pages, 50 edited copies of each; {wrong} taken for copies of others")
    for least, (count, hits) in sorted(groups.items()):
        print(f"  similarity {least} and more {count:>8,} copies, {hits / count:.4f} found")


def told_cost(name: str, cost: tuple[float, float, float]) -> None:
    seconds, cpu, memory = cost
    print(f"{name:<28}{seconds:>8.1f} s {cpu:>8.1f} CPU s {memory:>8.0f} MB", flush=True)


def run(folder: Path, options: argparse.Namespace) -> None:
    """Write shards, build, compare; then a night that adds one per cent, and build again."""
    data = folder / "data"
    writer, shards = Writer(1), Shards(data)
    count = options.documents
    began = time.monotonic()
    told = crawl(shards, writer.stories(count, SHARE), count, options.pairs, 0)
    copies = sum(story.original != story.number for _, story in told)
    print(f"{count:,} documents, {copies:,} of them copies, {count * options.pairs:,} pairs; "
          f"written in {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
    hand = [by_hand(data, options.memory)]
    full = build(data, options.memory)
    hand.append(by_hand(data, options.memory))
    for cost in hand:
        told_cost("by hand, dedupe only", cost)
    told_cost("scrapy build", full)
    print(f"  of the script by hand: {full[0] / min(cost[0] for cost in hand):.2f} of the time, "
          f"{full[1] / min(cost[1] for cost in hand):.2f} of the CPU")  # fmt: skip
    score, precision, recall = judged(data, told)
    print(f"  F1 {score:.4f}, precision {precision:.4f}, recall {recall:.4f}")
    night = max(count // 100, 1)
    old = [story for _, story in told if story.original == story.number][:1000]
    crawl(shards, writer.stories(night, SHARE, count, old), night, options.pairs, 1)
    second = build(data, options.memory)
    told_cost("after a night of 1 %", second)
    print(f"  of the first build: {second[0] / full[0]:.3f} of the time, "
          f"{second[1] / full[1]:.3f} of the CPU")  # fmt: skip
    real_pages()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--pairs", type=int, default=10, help="of each document")
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--keep", metavar="DIR", help="leave the shards and datasets here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Path(options.keep or folder), options)


if __name__ == "__main__":
    main()
