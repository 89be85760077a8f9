"""A preview in the terminal: what is kept in plain print, what is not in grey with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ftcrawler.previewing import Preview, counts, tokens, verdict_line
from ftcrawler.tomltext import one_line
from pipelines.inspect_page import Entry
from pipelines.records import Pair

GREY = "bright_black"
MANY_OUTSIDE = 5  # blocks in a row that are shown; of more, the first ones
_SHOWN_OUTSIDE = 3
_WIDEST_LABEL = 26  # columns
_COLOURS = {
    "heading": "bold cyan",
    "paragraph": "green",
    "list_item": "magenta",
    "quote": "blue",
    "code": "yellow",
    "table_row": "bright_cyan",
}


def show(console: Console, preview: Preview, *, rules: str = "", most_pairs: int = 3) -> None:
    """Print a preview; of each kind of pair at most ``most_pairs``.

    Lines are cut at the console's width: nothing of the page can command the terminal.
    """
    console.print()
    console.rule(one_line(preview.url), characters="─", align="left")
    console.print(_about(preview, rules))
    if preview.outcome != "document":
        _why(console, preview)
    if preview.inspection.entries:
        console.rule("Blocks", align="left")
        _rows(console, _blocks(preview.inspection.entries))
    if preview.document:
        console.rule("Pairs", align="left")
        _pairs(console, preview.inspection.pairs, most_pairs)
        console.rule("Counts", align="left")
        console.print(_counts(counts(preview)))


def _grid() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _about(preview: Preview, rules: str) -> Table:
    table = _grid()
    document = preview.document
    said = verdict_line(preview.verdict, preview.source)
    if preview.outcome == "failed" and preview.verdict.decision == "allow":
        said = "may be asked for, but could not be read"
    rows = [("verdict", said)]
    if document:
        rows += [
            ("title", document.title),
            ("language", document.language),
            ("date", document.date),
            ("authors", ", ".join(document.authors)),
            ("licence", document.license),
        ]
    rows.append(("site", preview.site))
    if rules:
        rows.append(("rules", rules))
    for name, value in rows:
        shown = Text(one_line(value)) if value else Text("not stated", GREY)
        table.add_row(Text(name, "bold"), shown)
    return table


def _why(console: Console, preview: Preview) -> None:
    table = _grid()
    reason = ": ".join(filter(None, (preview.reason, preview.detail)))
    table.add_row(Text(preview.outcome, "bold red"), Text(one_line(reason)))
    if preview.remedy:
        table.add_row(Text("try", "bold"), Text(one_line(preview.remedy)))
    console.print(table)


def _rows(console: Console, rows: Iterable[tuple[Text, Text]]) -> None:
    """Labels and texts in two columns, a line each."""
    lines = list(rows)
    width = min(_WIDEST_LABEL, max((label.cell_len for label, _ in lines), default=0))
    for label, text in lines:
        label.truncate(width, overflow="ellipsis", pad=True)
        line = Text.assemble(label, "  ", text)
        line.truncate(console.width, overflow="ellipsis")
        console.print(line, no_wrap=True)


def _blocks(entries: Iterable[Entry]) -> Iterator[tuple[Text, Text]]:
    for fate, group in groupby(entries, key=lambda entry: entry.fate):
        rows = list(group)
        shown = rows
        if fate == "outside" and len(rows) > MANY_OUTSIDE:
            shown = rows[:_SHOWN_OUTSIDE]
        for entry in shown:
            yield _block(entry)
        if len(rows) > len(shown):
            left = f"… {len(rows) - len(shown)} more blocks outside the article"
            yield Text(""), Text(left, GREY)


def _block(entry: Entry) -> tuple[Text, Text]:
    kind = label(entry)
    if entry.fate == "kept":
        style = "bold" if entry.kind == "heading" else ""
        return Text(kind, _COLOURS[entry.kind]), Text(one_line(entry.text), style)
    if entry.fate == "dropped":
        return Text(f"✗ {one_line(entry.reason)}", "red"), Text(one_line(entry.text), GREY)
    return Text("outside", GREY), Text(one_line(entry.text), GREY)


def label(entry: Entry) -> str:
    """The kind of a block in words, a heading with its level."""
    return entry.kind.replace("_", " ") + (f" {entry.level}" if entry.level else "")


def _pairs(console: Console, pairs: tuple[tuple[Pair, str], ...], most: int) -> None:
    kept = [pair for pair, reason in pairs if not reason]
    dropped = [(pair, reason) for pair, reason in pairs if reason]
    for kind in dict.fromkeys(pair.kind for pair, _ in pairs):
        of_kind = [pair for pair in kept if pair.kind == kind]
        made = sum(1 for pair, _ in pairs if pair.kind == kind)
        console.print(Text(f"{kind}: {len(of_kind)} of {made} kept", "bold"))
        _rows(console, _some_pairs(of_kind[:most]))
    if dropped:
        console.print(Text(f"dropped: {len(dropped)}", "bold"))
        _rows(console, _dropped_pairs(dropped, most))


def _some_pairs(pairs: Iterable[Pair]) -> Iterator[tuple[Text, Text]]:
    for pair in pairs:
        yield Text(f"~{tokens(pair)} tokens", GREY), Text(one_line(pair.prompt), "green")
        yield Text(""), Text(f"→ {one_line(pair.completion)}")


def _dropped_pairs(dropped: list[tuple[Pair, str]], most: int) -> Iterator[tuple[Text, Text]]:
    """Some pairs of each rule."""
    for rule in dict.fromkeys(reason for _, reason in dropped):
        pairs = [pair for pair, reason in dropped if reason == rule]
        for pair in pairs[:most]:
            yield Text(f"✗ {rule}", "red"), _prompt_and_completion(pair)
        if len(pairs) > most:
            yield Text(f"✗ {rule}", "red"), Text(f"… {len(pairs) - most} more", GREY)


def _prompt_and_completion(pair: Pair) -> Text:
    return Text(f"{one_line(pair.prompt)} → {one_line(pair.completion)}", GREY)


def _counts(numbers: dict[str, Any]) -> Table:
    table = _grid()
    for name, value in _lines(numbers):
        table.add_row(Text(name, "bold"), Text(value))
    return table


def _lines(numbers: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in numbers.items():
        said = f"{value:,}" if isinstance(value, int) else _listed(value)
        yield name.replace("_", " "), said


def _listed(counted: dict[str, int]) -> str:
    if not counted:
        return "0"
    listed = ", ".join(f"{one_line(name)} {n:,}" for name, n in sorted(counted.items()))
    return f"{sum(counted.values()):,} ({listed})"
