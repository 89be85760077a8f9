"""What ``scrapy build`` finds and costs: planted near-duplicates, time, memory, a second build.

``python -m bench.build [--documents N] [--pairs N] [--memory 1GB] [--rounds N] [--keep DIR]``.
A fifth of the documents are copies with recorded edits. Beside it, in the same run, a script in
DuckDB as one would write it by hand that does the dedupe and nothing else. Then the same edits on
the real pages of ``tests/annotated``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from bench.nights import Shards, crawl
from bench.planted import Story, Writer
from pipelines.fingerprint import minhash, runs_of, similarity
from pipelines.holdings import SIMILARITY

ROOT = Path(__file__).resolve().parent.parent
SHARE = 0.2
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


Cost = tuple[float, float, float]  # seconds, CPU seconds, megabytes


def measured(command: list[str], data: Path) -> Cost:
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


def build(data: Path, memory: str) -> Cost:
    """Without the report, which reads what was built and is no part of building it."""
    command = [sys.executable, "-m", "scrapy", "build", "--name", "bench", "--memory", memory]
    return measured([*command, "--no-report"], data)


def by_hand(data: Path, memory: str) -> Cost:
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


def told_cost(name: str, cost: Cost) -> None:
    seconds, cpu, memory = cost
    print(f"{name:<28}{seconds:>8.1f} s {cpu:>8.1f} CPU s {memory:>8.0f} MB", flush=True)


def linked(source: Path, target: Path) -> None:
    """A folder again, of the same files."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True, copy_function=os.link)


def middle(costs: list[Cost]) -> Cost:
    """The middle of each figure."""
    seconds, cpu, memory = (statistics.median(figures) for figures in zip(*costs, strict=True))
    return seconds, cpu, memory


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
    later = folder / "later"
    for stream in ("documents", "pairs"):
        linked(data / stream, later / stream)
    night = max(count // 100, 1)
    old = [story for _, story in told if story.original == story.number][:1000]
    shards.data = later
    crawl(shards, writer.stories(night, SHARE, count, old), night, options.pairs, 1)
    hand, full, second = [], [], []
    for _ in range(options.rounds):
        hand.append(by_hand(data, options.memory))
        told_cost("by hand, dedupe only", hand[-1])
        shutil.rmtree(data / "datasets", ignore_errors=True)
        full.append(build(data, options.memory))
        told_cost("scrapy build", full[-1])
        linked(data / "datasets", later / "datasets")
        second.append(build(later, options.memory))
        told_cost("after a night of 1 %", second[-1])
    costs = [middle(one) for one in (hand, full, second)]
    print("in the middle:")
    for name, cost in zip(("by hand", "scrapy build", "after a night"), costs, strict=True):
        told_cost(name, cost)
    for name, whole, part in (
        ("a build, of the script by hand", *costs[:2]),
        ("a later build, of the first", *costs[1:]),
    ):
        print(
            f"  {name}: {part[0] / whole[0]:.3f} of the time, {part[1] / whole[1]:.3f} of the CPU"
        )
    score, precision, recall = judged(data, told)
    print(f"  F1 {score:.4f}, precision {precision:.4f}, recall {recall:.4f}")
    real_pages()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--pairs", type=int, default=10, help="of each document")
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--rounds", type=int, default=3, help="of which the middle is told")
    parser.add_argument("--keep", metavar="DIR", help="leave the shards and datasets here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Path(options.keep or folder), options)


if __name__ == "__main__":
    main()
