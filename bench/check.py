"""scrapy check beside a plain loop of json.loads: lines a minute, CPU, memory.

Lines are made of the real pages of tests/annotated, shuffled, so that hardly two are alike.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ftcrawler.checking import check, sources_of
from pipelines.formats import FORMATS
from pipelines.targets import TARGETS
from pipelines.tokens import counter
from pipelines.validate import Checker

ROOT = Path(__file__).resolve().parent.parent


def texts() -> list[str]:
    found = []
    for path in sorted(ROOT.glob("tests/annotated/*/expected.json")):
        waiting = [json.loads(path.read_text("utf-8"))]
        while waiting:
            value = waiting.pop()
            if isinstance(value, str) and len(value) > 60:
                found.append(value)
            elif isinstance(value, dict | list):
                waiting += value.values() if isinstance(value, dict) else value
    return found


def rows(count: int) -> Iterator[dict[str, str]]:
    chance = random.Random(7)
    paragraphs = texts()
    for number in range(count):
        prompt, *answer = chance.sample(paragraphs, 3)
        yield {"prompt": f"{prompt[:120]} {number}", "completion": "\n".join(answer)}


def plain(path: Path) -> int:
    """What anyone would write: every line parsed, its texts looked at for being there."""
    count = 0
    with path.open(encoding="utf-8") as file:
        for line in file:
            count += all(message["content"] for message in json.loads(line)["messages"])
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.jsonl"
        FORMATS["openai-chat"].write(rows(options.lines), path)
        size = path.stat().st_size
        print(f"{options.lines:,} lines, {size / 1e6:,.0f} MB, {size // options.lines:,} a line")
        count = counter("o200k_base")
        begun = time.process_time()
        plain(path)
        lone = time.process_time() - begun
        print(f"json.loads alone    {60 * options.lines / lone:12,.0f} lines a minute of CPU")
        for name, used, similar in (
            ("check, no tokens", None, False),
            ("with tokens", count, False),
            ("and similar ones", count, True),
        ):
            checker = Checker(TARGETS["openai"], used, encoding="o200k_base", finds_similar=similar)
            begun, wall = time.process_time(), time.perf_counter()
            report = check(sources_of([str(path)], [], Path(folder)), checker, lambda *_: None)
            spent, wall = time.process_time() - begun, time.perf_counter() - wall
            print(
                f"{name:19} {60 * options.lines / spent:12,.0f} lines a minute of CPU, "
                f"{60 * options.lines / wall:,.0f} by the clock, {spent / lone:.1f} times; "
                f"{report.errors} errors, {report.warnings:,} warnings"
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"memory at its peak: {peak / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
