"""Pairs of real sites: what each rule drops, and pairs to read.

The HTML of three Debian packages (see ``bench/packages.py``), extracted and paired as the crawl
does, without a crawl. Prints for each site and kind the share that each rule drops, then
``--read N`` kept pairs chosen by ``--seed``; ``--dropped RULE`` shows dropped ones instead.
``--beside`` also times trafilatura on each page, in the same run: machines differ.
"""

from __future__ import annotations

import argparse
import random
import sys
import textwrap
import time
from collections import Counter, defaultdict
from pathlib import Path

import trafilatura

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from packages import SITES, documents, unpacked  # noqa: E402 - found by the path above

from pipelines.records import Document, Pair  # noqa: E402
from pipelines.rules import PairRules  # noqa: E402
from pipelines.sift import judged_pairs, kept_pairs  # noqa: E402

DEFAULT = "debian-handbook,sqlite3-doc,git-doc"
KINDS = ("title", "heading", "sentence", "window")
LONGEST_SHOWN = 700


class Tally:
    """What one site's documents gave: made and dropped by kind, kept and dropped pairs."""

    def __init__(self, rules: PairRules) -> None:
        self.rules = rules
        self.made: Counter[str] = Counter()
        self.drops: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.kept: list[tuple[str, Pair]] = []
        self.dropped: defaultdict[str, list[tuple[str, Pair]]] = defaultdict(list)
        self.pages = 0
        self.words = 0
        self.seconds = 0.0
        self.beside = 0.0
        self.seen: set[bytes] = set()

    def add(self, page: str, document: Document) -> None:
        """One document: timed as the crawl does it, then once more for the names."""
        self.pages += 1
        self.words += len(document.text.split())
        begin = time.process_time()
        kept_pairs(document, self.rules)
        self.seconds += time.process_time() - begin
        for pair, reason in judged_pairs(document, self.rules):
            self.made[pair.kind] += 1
            if reason:
                self.drops[pair.kind][reason] += 1
                self.dropped[reason].append((page, pair))
            elif pair.fingerprint in self.seen:
                self.drops[pair.kind]["duplicate"] += 1
            else:
                self.kept.append((page, pair))
                self.seen.add(pair.fingerprint)

    def time_beside(self, page: str) -> None:
        """What trafilatura takes to find the text of a page, without its metadata."""
        begin = time.process_time()
        trafilatura.bare_extraction(page, fast=True, with_metadata=False)
        self.beside += time.process_time() - begin

    def show(self, site: str) -> None:
        """The table of a site."""
        per_page = 1000 * self.seconds / max(1, self.pages)
        ratio = f", {self.seconds / self.beside:.2f} of trafilatura's time" if self.beside else ""
        print(
            f"\n{site}: {self.pages} documents, {per_page:.2f} ms each for pairs and rules{ratio}"
        )
        names = sorted({name for drops in self.drops.values() for name in drops})
        print(f"{'':24}" + "".join(f"{kind:>10}" for kind in KINDS))
        print(f"{'made':24}" + "".join(f"{self.made[kind]:>10,}" for kind in KINDS))
        for name in names:
            shares = (self.drops[kind][name] / max(1, self.made[kind]) for kind in KINDS)
            print(
                f"{name:24}" + "".join(f"{share:>10.1%}" if share else " " * 10 for share in shares)
            )
        left = [self.made[kind] - sum(self.drops[kind].values()) for kind in KINDS]
        print(f"{'kept':24}" + "".join(f"{count:>10,}" for count in left))
        rates = (1000 * count / max(1, self.words) for count in left)
        print(f"{'kept in 1,000 words':24}" + "".join(f"{rate:>10.2f}" for rate in rates))


def shown(text: str) -> str:
    if len(text) > LONGEST_SHOWN:
        text = f"{text[: LONGEST_SHOWN - 200]} [... {len(text):,} characters ...] {text[-200:]}"
    return textwrap.indent(text, "    ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the packages are, or will be, unpacked")
    parser.add_argument("--sites", default=DEFAULT, help=f"of {', '.join(SITES)}")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--read", type=int, default=20, help="pairs to read")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dropped", default="", help="read what this rule drops")
    parser.add_argument("--beside", action="store_true", help="time trafilatura, too")
    parser.add_argument(
        "--prompt-path", action="store_true", help="prompt_path = true, not where needed"
    )
    args = parser.parse_args()
    rules = PairRules(tuple(args.kinds.split(",")), prompt_path=args.prompt_path or "auto")
    tallies = {}
    with unpacked(args.folder) as folder:
        for site in args.sites.split(","):
            tallies[site] = Tally(rules)
            for page, document in documents(folder, site):
                tallies[site].add(page, document)
                if args.beside:
                    path = folder / SITES[site][0] / SITES[site][1] / page
                    tallies[site].time_beside(path.read_text("utf-8", "replace"))
            tallies[site].show(site)
    choice = random.Random(args.seed)
    for tally in tallies.values():
        choice.shuffle(tally.kept)
        choice.shuffle(tally.dropped[args.dropped])
    for number in range(args.read):
        site, tally = list(tallies.items())[number % len(tallies)]
        offered = tally.dropped[args.dropped] if args.dropped else tally.kept
        if not offered:
            continue
        page, pair = offered.pop()
        print(f"\n[{number + 1}] {site} {page} {pair.kind}\n{shown(pair.prompt)}\n  ->")
        print(shown(pair.completion))


if __name__ == "__main__":
    main()
