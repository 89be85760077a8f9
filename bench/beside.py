"""What a page costs us beside trafilatura: extraction and pairs less plain trafilatura.

``make bench-beside`` reads the same pages of about 170 kB in turn, one page with ours and with
``trafilatura.extract(fast=True)`` alone, and tells CPU milliseconds a page: the median of the
rounds, and the least, which a busy machine disturbs less.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import thread_time

import trafilatura

from bench.pages import write
from pipelines.extract import extract_document
from pipelines.records import Rejected
from pipelines.rules import PairRules
from pipelines.sift import kept_pairs

HTML = "text/html; charset=utf-8"
RULES = PairRules()


def spent(work: Callable[[], object]) -> tuple[float, object]:
    """CPU milliseconds, and what came of it."""
    began = thread_time()
    made = work()
    return 1000 * (thread_time() - began), made


def once(pages: Sequence[bytes]) -> tuple[float, float, float]:
    """Milliseconds a page: extraction, pairs, plain trafilatura."""
    extraction = pairs = plain = 0.0
    for number, body in enumerate(pages):
        url = f"http://127.0.0.1/p/{number}.html"
        took, found = spent(
            lambda body=body, url=url: extract_document(body, url, content_type=HTML)
        )
        extraction += took
        if isinstance(found, Rejected):
            raise TypeError(f"{url}: {found.reason}")
        pairs += spent(lambda found=found: kept_pairs(found, RULES))[0]
        plain += spent(lambda body=body: trafilatura.extract(body, fast=True))[0]
    return extraction / len(pages), pairs / len(pages), plain / len(pages)


def main() -> None:
    """Write, read, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    cache = Path(tempfile.gettempdir()) / "ftcrawler-bench"
    root = cache / f"site-2-{options.pages}"
    write(root, options.pages, cache)
    pages = [(root / "p" / f"{number}.html").read_bytes() for number in range(options.pages)]
    print(f"{len(pages)} pages of {sum(map(len, pages)) / len(pages) / 1000:.0f} kB; CPU ms a page")
    once(pages)  # whatever is worked out once
    rounds = [once(pages) for _ in range(options.rounds)]
    for name, of in (("median", statistics.median), ("least", min)):
        extraction, pairs, plain = (of(column) for column in zip(*rounds, strict=True))
        beside = of([a + b - c for a, b, c in rounds])
        print(f"{name}: extraction {extraction:.2f}, pairs {pairs:.2f}, trafilatura alone ", end="")
        times = of([(a + b) / c for a, b, c in rounds])
        print(f"{plain:.2f}; ours beside it {beside:.2f}, {times:.2f} times")


if __name__ == "__main__":
    main()
