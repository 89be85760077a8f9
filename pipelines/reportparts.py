"""The parts of a report that show rows: lengths, duplicates, growth. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from pipelines.charts import Bar, columns, every, octaves, quantile
from pipelines.markup import Column, address, cut, many, number, table, text, unfold
from pipelines.reported import Report, Side, Twins
from pipelines.wordwise import REST, Run, compared

_MOST_DAYS: Final = 120  # that have a bar each; of more, months have
_FEW: Final = 10  # lines of a table that is not folded
_STEP: Final = 5  # hundredths of similarity that have a bar
_TICKS: Final = 7


def lengths(report: Report) -> Iterator[str]:
    """How long prompts and completions are, kind by kind."""
    figures = report.figures
    both = (("prompt", figures.asked), ("completion", figures.answered))
    yield (
        "<p>In tokens, estimated as a quarter of the bytes; each bar is of sizes about 1.2 times "
        'those of the bar before it.</p><p class="quiet"><span class="key">prompts</span> &ensp; '
        '<span class="key validation">completions</span></p>'
    )
    heads = [Column("kind"), Column("rows", number=True)]
    for what, _ in both:
        heads += [Column(f"{what}: {name}", number=True) for name in ("median", "95%",
                                                                      "longest")]  # fmt: skip
    rows = []
    for kind in figures.asked:
        cells: list[object] = [kind, sum(figures.asked[kind].values())]
        for _, counts in both:
            cells += [quantile(counts[kind], 0.5), quantile(counts[kind], 0.95), max(counts[kind])]
        rows.append(cells)
    yield table("Tokens of a prompt and of a completion", heads, rows)
    yield '<div class="plots">'
    for kind in figures.asked:
        for what, by_kind in both:
            yield _histogram(kind, what, by_kind)
    yield "</div>"


def _histogram(kind: str, what: str, by_kind: Mapping[str, Mapping[int, int]]) -> str:
    counts = by_kind[kind]
    bins = octaves(counts, {size: 1 for one in by_kind.values() for size in one})
    powers = [a for a, _, _ in bins if a & (a - 1) == 0]
    ticks = set(powers[:: every(len(powers), _TICKS)])
    bars = [
        Bar(f"{_range(a, b)} tokens: {n:,} rows", n, f"{a:,}" if a in ticks else "")
        for a, b, n in bins
    ]
    half, most = quantile(counts, 0.5), max(counts)
    says = f"{what}s of {kind}: half have up to {half:,} tokens, the longest has {most:,}"
    rows = [(_range(a, b), n) for a, b, n in bins if n]
    shown = table(
        f"{kind}: rows by tokens of the {what}",
        [Column("tokens"), Column("rows", number=True)],
        rows,
    )
    colour = "train" if what == "prompt" else "validation"
    return (
        f"<figure><figcaption><b>{text(kind)}</b>, {what}s</figcaption>"
        f"{columns(bars, says, colour)}{unfold('Numbers', shown)}</figure>"
    )


def _range(first: int, last: int) -> str:
    return f"{first:,} to {last:,}" if last > first else f"{first:,}"


def duplicates(report: Report) -> Iterator[str]:
    """What was left out because it is there already, with examples side by side."""
    out = report.manifest["documents"]["left_out"]
    same, near = out.get("duplicate", 0), out.get("near-duplicate", 0)
    pairs = report.manifest["pairs"]["left_out"].get("duplicate-pair", 0)
    recipe = report.manifest["recipe"]
    yield (
        f"<p>Left out: {many(same, 'document')} with the text of one that is kept, {number(near)} "
        f"with nearly the text of one, and {many(pairs, 'pair')} that "
        f"{'was' if pairs == 1 else 'were'} said already, in a document that is not alike. Nearly "
        f"means that of their runs of three words two texts share at least "
        f"{recipe['similarity']:.0%}, estimated; kept is the {text(recipe['keep'])}. "
        "<code>audit/</code> names every one.</p>"
    )
    if similar := report.figures.similar:
        yield _similarities(similar, recipe["similarity"])
    for head, is_pair in (("Documents, side by side", False), ("Pairs, side by side", True)):
        chosen = [one for one in report.twins if (one.similarity < 0) == is_pair]
        if chosen:
            yield f"<h3>{head}</h3>"
            if not is_pair:
                yield (
                    '<p class="quiet">From the least similar to the most. Words that only one of '
                    "the two has are marked.</p>"
                )
            yield from map(_twins, chosen)


def _similarities(similar: Mapping[int, int], least: float) -> str:
    counts: Counter[int] = Counter()
    for hundredths, count in similar.items():
        counts[hundredths // _STEP * _STEP] += count
    first = min(*counts, int(least * 100) // _STEP * _STEP)
    bars = [
        Bar(f"{_alike(n)} alike: {counts[n]:,} documents", counts[n], f"{n}%")
        for n in range(first, 101, _STEP)
    ]
    says = f"documents by how like the kept one they are, from {first}% to 100%"
    rows = [(_alike(n), counts[n]) for n in sorted(counts)]
    heads = [Column("similarity"), Column("documents", number=True)]
    return (
        "<figure><figcaption>Documents that were left out, by how like the kept one they are"
        f"</figcaption>{columns(bars, says, 'train')}"
        f"{unfold('Numbers', table('Documents by similarity', heads, rows))}</figure>"
    )


def _alike(first: int) -> str:
    return f"{first}%" if first == 100 else f"{first} to {first + _STEP - 1}%"  # noqa: PLR2004 - all


def _twins(twins: Twins) -> str:
    head = f"{twins.similarity:.0%} alike: {twins.reason}"
    if twins.similarity < 0:
        head = "The same pair"
    lefts, rights = compared(twins.dropped.text, twins.kept.text)
    return (
        f'<div class="twins"><h4>{head}</h4>'
        f"{_side('left out', twins.dropped, _runs(lefts, 'del'))}"
        f"{_side('kept', twins.kept, _runs(rights, 'ins'))}</div>"
    )


def _side(what: str, side: Side, said: str) -> str:
    if not side.text:
        said = '<span class="more">Its text is in no shard that is at hand.</span>'
    title = f'<p class="text prompt" dir="auto">{text(cut(side.title, 300))}</p>'
    return (
        f'<div><p class="meta"><b>{what}</b> <span>{text(side.site)}</span>'
        f"<span>{text(side.fetched_at[:10])}</span> {address(side.url)}</p>"
        f'{title if side.title else ""}<p class="text" dir="auto">{said}</p></div>'
    )


def _runs(runs: Iterable[Run], mark: str) -> str:
    parts = []
    for run in runs:
        if run.left_out == REST:
            parts.append('<span class="more">[\u2026]</span>')
        elif run.left_out:
            parts.append(
                f'<span class="more" dir="ltr">[\u2026 {run.left_out:,} words \u2026] </span>'
            )
        elif run.same:
            parts.append(text(run.words))
        else:
            words = run.words.rstrip()
            parts.append(f"<{mark}>{text(words)}</{mark}>{' ' * (words != run.words)}")
    return "".join(parts)


def growth(report: Report) -> Iterator[str]:
    """How the rows came, night by night."""
    slots = _slots(report.figures.days)
    unit = "month" if slots and len(slots[0][0]) == len("2026-11") else "day"
    yield f"<p>Rows of this version by the {unit} on which their page was fetched (UTC).</p>"
    rows, total = [], 0
    new, whole = [], []
    ticks = {0, len(slots) - 1} | ({len(slots) // 2} if len(slots) > _FEW else set())
    for place, (day, train, validation) in enumerate(slots):
        total += train + validation
        tick = day if place in ticks else ""
        new.append(Bar(f"{day}: {train + validation:,} rows", train + validation, tick))
        whole.append(Bar(f"{day}: {total:,} rows in all", total, tick))
        if train or validation:
            rows.append((day, train, validation, total))
    if len(slots) > 1:
        span = f"from {slots[0][0]} to {slots[-1][0]}"
        most = max(bar.value for bar in new)
        yield (
            f'<div class="plots"><figure><figcaption>New rows, {number(most)} at most</figcaption>'
            f"{columns(new, f'new rows by {unit}, {span}', 'train')}</figure>"
            f"<figure><figcaption>Rows so far, {number(total)} in the end</figcaption>"
            f"{columns(whole, f'rows so far by {unit}, {span}, {total:,} in the end', 'train')}"
            "</figure></div>"
        )
    heads = [Column(unit), *(Column(name, number=True) for name in ("train", "validation",
                                                                    "rows so far"))]  # fmt: skip
    shown = table(f"Rows by {unit}", heads, rows)
    yield shown if len(rows) <= _FEW else unfold("Numbers", shown)


def _slots(days: Mapping[tuple[str, str], int]) -> list[tuple[str, int, int]]:
    """(day or month, train, validation), also those without rows between the first and the last."""
    known = sorted({day for day, _ in days if day})
    if not known:
        return []
    first, last = date.fromisoformat(known[0]), date.fromisoformat(known[-1])
    every_day = [first + timedelta(n) for n in range((last - first).days + 1)]
    size = 10 if len(every_day) <= _MOST_DAYS else 7
    sums: Counter[tuple[str, str]] = Counter()
    for (day, split), count in days.items():
        sums[day[:size], split] += count
    names = dict.fromkeys(day.isoformat()[:size] for day in every_day)
    return [(name, sums[name, "train"], sums[name, "validation"]) for name in names]
