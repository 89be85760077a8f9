"""Our extraction beside others', on the annotated pages: how good, at what cost, in one run.

``make bench-extract`` prints the table, with ``WORST=10`` also the pages where ours loses most;
``python -m bench.extract --page NAME`` shows what ours misses and adds on one page. The measures
are those of ``bench/measures.py``; costs are processor time, the fastest of a few runs a page, as a
multiple of trafilatura's fast mode in the same run.
"""

from __future__ import annotations

import argparse
import difflib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench import extractors, others
from bench.annotated import Annotated, pages
from bench.measures import (
    Extracted,
    Score,
    block_score,
    heading_score,
    mean,
    text_score,
    words,
)
from pipelines import asking

Extractor = Callable[[Annotated], Extracted]
EXTRACTORS: dict[str, Extractor] = {
    "ours": extractors.ours,
    "trafilatura fast": extractors.trafilatura_fast,
    "trafilatura full": extractors.trafilatura_full,
    "readability-lxml": others.readability_lxml,
    "jusText": extractors.just_text,
    "resiliparse": others.resiliparse_main,
}
USUAL_PAGE = 170_000
SHOWN = 160


@dataclass(frozen=True, slots=True)
class Result:
    """One extractor on one page; ``seconds`` is its fastest run."""

    page: Annotated
    found: Extracted
    seconds: float

    @property
    def text(self) -> Score:
        """The score of the text."""
        return text_score(self.found, self.page)


def run(extract: Extractor, page: Annotated, repeats: int) -> Result:
    """Extracts a page a few times."""
    found, seconds = extractors.NOTHING, float("inf")
    for _ in range(repeats):
        start = time.process_time()
        found = extract(page)
        seconds = min(seconds, time.process_time() - start)
    return Result(page, found, seconds)


def own_cost(chosen: list[Annotated], repeats: int) -> tuple[float, int]:
    """Milliseconds that ours takes besides trafilatura, a usual page, and trafilatura's calls."""
    inside = asking.trafilatura_sequence
    spent: list[float] = []

    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        try:
            return inside(*args, **kwargs)
        finally:
            spent.append(time.process_time() - start)

    asking.trafilatura_sequence = timed
    calls, total = 0, 0.0
    try:
        for page in chosen:
            best = float("inf")
            for _ in range(repeats):
                spent.clear()
                start = time.process_time()
                extractors.ours(page)
                best = min(best, time.process_time() - start - sum(spent))
            calls += len(spent)
            total += best
    finally:
        asking.trafilatura_sequence = inside
    return 1000 * total * USUAL_PAGE / sum(len(page.body) for page in chosen), calls


def table(results: dict[str, list[Result]]) -> Iterator[str]:
    """A row an extractor, for the pages that rules were tuned on, for the others, and for all."""
    for part in ("tuned", "held out", "all"):
        kept = {name: [r for r in rows if _is_in(r, part)] for name, rows in results.items()}
        usual = sum(result.seconds for result in kept["trafilatura fast"])
        yield f"\n{part}: {len(kept['ours'])} pages"
        yield f"{'':18}   text P      R     F1   blocks F1   headings F1   cost"
        for name, rows in kept.items():
            text = mean(row.text for row in rows)
            blocks = mean(block_score(row.found, row.page) for row in rows)
            headings = mean(heading_score(row.found, row.page) for row in rows)
            cost = sum(row.seconds for row in rows) / usual if usual else 0.0
            yield (
                f"{name:18}   {text.precision:.3f}  {text.recall:.3f}  {text.f1:.3f}"
                f"       {blocks.f1:.3f}         {headings.f1:.3f}   {cost:.2f}"
            )


def _is_in(result: Result, part: str) -> bool:
    return part == "all" or result.page.held_out == (part == "held out")


def worst(rows: list[Result], count: int) -> Iterator[str]:
    """The pages where ours loses most, and what it loses there."""
    for row in sorted(rows, key=lambda row: row.text.f1)[:count]:
        text, headings = row.text, heading_score(row.found, row.page)
        yield (
            f"\n{row.page.name} ({row.page.entry['kind']}, {row.page.entry['language']}"
            f"{', held out' if row.page.held_out else ''}): text P {text.precision:.3f}"
            f" R {text.recall:.3f}, headings {headings.f1:.3f}"
        )
        if not row.page.held_out:
            yield from differences(row)


def differences(row: Result, most: int = 12) -> Iterator[str]:
    """Expected blocks that are missing (-) and extracted ones that nobody expects (+)."""
    required = [block.text for block in row.page.blocks if not block.optional]
    optional = {words(block.text) for block in row.page.blocks if block.optional}
    found = [text for text in row.found.blocks if words(text) not in optional]
    matcher = difflib.SequenceMatcher(
        a=[words(text) for text in required], b=[words(text) for text in found], autojunk=False
    )
    changed: list[str] = []
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind != "equal":
            changed += [f"  - {_short(text)}" for text in required[start:end]]
            changed += [f"  + {_short(text)}" for text in found[other_start:other_end]]
    yield from changed[:most]
    if len(changed) > most:
        yield f"    and {len(changed) - most} more"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) < SHOWN else f"{line[:SHOWN]}… ({len(line)} letters)"


def show(page: Annotated) -> None:
    """Prints all that ours misses and adds on a page."""
    row = run(extractors.ours, page, 1)
    print(f"{page.name}: text {row.text}, headings {heading_score(row.found, page)}")
    print("\n".join(differences(row, 10_000)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    parser.add_argument("--page", metavar="NAME")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    chosen = pages()
    if options.page:
        show(next(page for page in chosen if page.name == options.page))
        return
    results: dict[str, list[Result]] = {name: [] for name in EXTRACTORS}
    for page in chosen:
        assert page.body  # read from the disk before the clock runs
        for name, extract in EXTRACTORS.items():
            results[name].append(run(extract, page, options.repeats))
    print("\n".join(table(results)))
    cost, calls = own_cost(chosen, options.repeats)
    print(f"\nours besides trafilatura: {cost:.1f} ms a page of 170 kB ({calls} calls of it)")
    print("\n".join(worst(results["ours"], options.worst)))


if __name__ == "__main__":
    main()
