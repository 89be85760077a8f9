"""What splitting costs: split_sentences beside sentencex alone and the plain regular expression.

Real prose, block by block as the crawl gives it: the paragraphs of the HTML of Debian packages
(``--folder`` with what ``dpkg-deb -x`` unpacked; fetched with ``apt-get download`` when absent),
and the golden rules and cases of ``tests/sentences``. Processor time, best of ``--rounds``.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import sentencex

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from packages import documents, unpacked  # noqa: E402 - found by the path above

from pipelines.sentences import split_sentences  # noqa: E402

SITES = {"debian-handbook": "en", "debian-handbook-de": "de", "sqlite3-doc": "en"}
UNSPLIT = ("heading", "code", "table_row")
UNSPACED = ("ja", "zh")


def by_sentencex(text: str, language: str) -> list[str]:
    parts = [part for line in text.splitlines() for part in sentencex.segment(language, line)]
    return [part.strip() for part in parts if part.strip()]


def by_regex(text: str, _language: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.?!])\s+", text) if part]


SPLITTERS = {"ours": split_sentences, "sentencex": by_sentencex, "regex": by_regex}


def speed(split: Callable[[str, str], list[str]], texts: list[str], language: str, n: int) -> float:
    """Megabytes of UTF-8 a second of processor time."""
    best = float("inf")
    for _ in range(n):
        begin = time.process_time()
        for text in texts:
            split(text, language)
        best = min(best, time.process_time() - begin)
    return sum(len(text.encode()) for text in texts) / 1e6 / best


def right(split: Callable[[str, str], list[str]], path: Path) -> tuple[int, int]:
    """How many lines of a file of cases are split as it says, of how many."""
    language = path.stem.rpartition(".")[2]
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    cases = [[part.strip() for part in line.split("¦")] for line in lines]
    joint = "" if language in UNSPACED else " "
    return sum(split(joint.join(case), language) == case for case in cases), len(cases)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the packages are, or will be, unpacked")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    print(f"{'':24}" + "".join(f"{name:>12}" for name in SPLITTERS))
    for path in sorted((ROOT / "tests/sentences").glob("*.txt")):
        scores = [right(split, path) for split in SPLITTERS.values()]
        print(f"{path.stem:24}" + "".join(f"{f'{good} of {n}':>12}" for good, n in scores))
    with unpacked(args.folder) as folder:
        for site, language in SITES.items():
            texts = [
                block.text
                for _, document in documents(folder, site)
                for block in document.blocks
                if block.kind not in UNSPLIT
            ]
            speeds = [speed(split, texts, language, args.rounds) for split in SPLITTERS.values()]
            mean = sum(len(text.encode()) for text in texts) / len(texts)
            print(
                f"{site:24}" + "".join(f"{f'{value:.0f} MB/s':>12}" for value in speeds),
                f"  {len(texts)} blocks of {mean:.0f} bytes",
            )


if __name__ == "__main__":
    main()
