"""Prints a page block by block, and writes the blocks that were marked as the expected ones.

``python -m bench.mark show FILE|NAME [CHARSET]`` numbers every block of a page. The numbers of
those that an editor would keep go into ``marks`` of the page's entry in
``tests/annotated/pages.toml``; ``python -m bench.mark write [NAME ...]`` makes ``expected.json``
of them. Marks: ``7`` keep, ``7-20`` keep all, ``~7`` optional, ``=7`` the title, ``p:7`` keep as a
paragraph, ``h3:7`` as a heading; ``!7`` takes 7 out of a range again.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.annotated import SET, Annotated, entries
from bench.outline import LEVELS, Piece, outline

KINDS = {"p": "paragraph", "li": "list_item", "q": "quote", "code": "code", "tr": "table_row"}
MARK = re.compile(r"([=~!]?)(?:(p|li|q|code|tr|h[1-6]):)?(\d+)(?:-(\d+))?")
SHORT = 40
RUN = 4


def marked(pieces: list[Piece], marks: str) -> tuple[str, list[dict[str, object]]]:
    """The title and the blocks that ``marks`` choose, in page order."""
    chosen: dict[int, tuple[str, str]] = {}
    for mark in marks.split():
        match = MARK.fullmatch(mark)
        if match is None:
            raise SystemExit(f"not a mark: {mark}")
        sign, kind, first, last = match.groups()
        for number in range(int(first), int(last or first) + 1):
            chosen.pop(number, None)
            if sign != "!":
                chosen[number] = (sign, kind or "")
    title = next((pieces[n].text for n, (sign, _) in sorted(chosen.items()) if sign == "="), "")
    return title, [block(pieces[n], *chosen[n]) for n in sorted(chosen)]


def block(piece: Piece, sign: str, kind: str) -> dict[str, object]:
    """One expected block; the title's own block is optional, since the title stands apart."""
    level = LEVELS.get(kind, 0 if kind else piece.level)
    name = "heading" if level else KINDS.get(kind, piece.kind)
    optional = {"optional": True} if sign in ("~", "=") else {}
    return {
        "kind": name,
        **({"level": level} if name == "heading" else {}),
        **optional,
        "text": piece.text,
    }


def record(page: Annotated) -> dict[str, object]:
    """What a page's marks make of it: title, language and blocks."""
    title, blocks = marked(pieces_of(page), page.entry["marks"])
    title = page.entry.get("title", title)
    return {"title": title, "language": page.entry["language"], "blocks": blocks}


def write(page: Annotated) -> None:
    """Makes ``expected.json`` of a page's marks."""
    page.expected_file.parent.mkdir(exist_ok=True)
    text = json.dumps(record(page), ensure_ascii=False, indent=1)
    page.expected_file.write_text(f"{text}\n", encoding="utf-8")


def pieces_of(page: Annotated) -> list[Piece]:
    """The outline of a page of the set."""
    without = tuple(page.entry.get("without", ()))
    return outline(page.body, page.entry.get("charset", "utf-8"), without)


def lines(pieces: list[Piece]) -> Iterator[str]:
    """The outline for reading: a block a line, runs of short ones in one."""
    start = 0
    while start < len(pieces):
        end = start
        while end < len(pieces) and is_small(pieces[end]):
            end += 1
        if end - start >= RUN:
            run = " · ".join(piece.text[:20] for piece in pieces[start:end])
            yield f"{start}-{end - 1} [{place(pieces[start])}] {run[:150]}"
            start = end
            continue
        piece = pieces[start]
        kind = f"h{piece.level}" if piece.level else piece.kind[:4]
        text = piece.text.replace("\n", "⏎")
        shown = text if len(text) < 150 else f"{text[:95]} … {text[-35:]}"
        yield f"{start} {kind} {len(text)}{linked(piece)} [{place(piece)}] {shown}"
        start += 1


def is_small(piece: Piece) -> bool:
    """Whether a block is but a link or a few words."""
    width = sum(2 if letter > "\u0e00" else 1 for letter in piece.text)
    is_link = piece.linked > 0.8 and width < 4 * SHORT
    return piece.kind != "heading" and (is_link or width < SHORT)


def place(piece: Piece) -> str:
    """The two nearest elements."""
    return "/".join(piece.place.split("/")[-2:])


def linked(piece: Piece) -> str:
    """A sign for a block that is mostly links."""
    return "L" if piece.linked > 0.8 else ""


def show(name: str, charset: str = "utf-8") -> None:
    """Prints the outline of a file, or of a page of the set by its name."""
    file = Path(name)
    if file.is_file():
        data = file.read_bytes()
        data = gzip.decompress(data) if file.suffix == ".gz" else data
        pieces = outline(data, charset)
    else:
        pieces = pieces_of(next(page for page in entries() if page.name == name))
    print("\n".join(lines(pieces)))


def main() -> None:
    match sys.argv[1:]:
        case ["show", *words] if words:
            show(*words)
        case ["write", *names]:
            SET.mkdir(exist_ok=True)
            for page in entries():
                if "marks" in page.entry and (not names or page.name in names):
                    write(page)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    sys.setrecursionlimit(20_000)
    main()
