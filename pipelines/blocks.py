"""A tree -> blocks: nothing lost, nothing fused, whatever is nested in what. Pure.

``read_drafts`` walks a tree with a vocabulary: text belongs to the innermost block around it,
and where another block begins, the text before it ends. It is not recursive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lxml import etree

from pipelines.cleaning import CELL, CELLS_JOINED_BY, LITERAL_BRACKET, cleaned
from pipelines.records import BlockKind
from pipelines.vocabulary import LEVELS, Role, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator


_KINDS: Final[dict[Role, BlockKind]] = {
    "heading": "heading",
    "paragraph": "paragraph",
    "list_item": "list_item",
    "quote": "quote",
    "code": "code",
    "table_row": "table_row",
}
_ATOMIC: Final = frozenset(("heading", "code", "table_row"))
_LENDS_ITS_KIND: Final = frozenset(("list_item", "quote"))
_LINKS: Final = frozenset(("a", "ref"))
_BREAKS: Final = frozenset(("br", "lb"))
# Roles that end a block, and those that are nothing in an element without text and children.
_BLOCKS: Final = frozenset((*_KINDS, "break"))
_SILENT: Final = frozenset(("inline", "literal"))
_LEVEL_OF_OTHERS: Final = 6
# Pages of the old school end a paragraph with two line breaks.
_BREAKS_OF_A_PARAGRAPH: Final = 2


@dataclass(slots=True)
class Draft:
    """A block before its text is cleaned: ``pieces`` are as found in ``element``.

    ``element`` is ``None`` when its place in the page is not known; ``linked`` counts the
    letters that stand in links.
    """

    kind: BlockKind
    level: int
    element: etree._Element | None
    pieces: list[str] = field(default_factory=list)
    linked: int = 0
    _text: str | None = None
    _letters: str | None = None

    @property
    def text(self) -> str:
        """The clean text, as it stands in a block; read once, when the walk is over."""
        if self._text is None:
            self._text = cleaned(self.kind, "".join(self.pieces))
        return self._text

    @property
    def letters(self) -> str:
        """The text without white space and without what joins cells."""
        if self._letters is None:
            text = self.text
            if self.kind == "table_row":
                text = text.replace(CELLS_JOINED_BY, "")
            self._letters = text.replace(" ", "") if self.kind != "code" else "".join(text.split())
        return self._letters

    @property
    def linked_share(self) -> float:
        """The share of its letters that stand in links."""
        return self.linked / max(1, len(self.letters)) if self.linked else 0.0


# What text belongs to: a block's kind and level, its element, whether all in it is of the block.
_Context = tuple[BlockKind, int, "etree._Element", bool]  # noqa: SLF001 - lxml names it no other way


class _Reader:
    """The state of one walk."""

    def __init__(self, vocabulary: Vocabulary, outside: _Context | None) -> None:
        self.vocabulary = vocabulary
        self.contexts = [outside] if outside else []
        self.drafts: list[Draft] = []
        self.open: Draft | None = None
        self.links = 0
        self.literals = 0
        self.breaks = 0

    def read(self, root: etree._Element) -> list[Draft]:
        known, ask = self.vocabulary.known, self.vocabulary.ask
        above: list[tuple[Iterator[etree._Element], etree._Element, Role]] = []
        children: Iterator[etree._Element] = iter((root,))
        while True:
            for element in children:
                role = known.get(element.tag) or ask(element)
                if role == "cell" and not self.in_row():
                    role = "break"  # of a table that lays out the page
                if role != "skip":
                    if len(element):
                        self.open_up(element, role, element.text)
                        above.append((children, element, role))
                        children = iter(element)
                        break
                    text = element.text
                    if text or (role not in _BLOCKS or self.in_atomic()):
                        self.read_leaf(element, role, text)
                    else:
                        self.open = None  # pages have hundreds of such: nothing else comes of them
                if above and (text := element.tail):
                    self.add(text)
            else:
                if not above:
                    return [draft for draft in self.drafts if draft.text]
                children, element, role = above.pop()
                self.leave(element, role)
                if above and (text := element.tail):
                    self.add(text)

    def open_up(self, element: etree._Element, role: Role, text: str | None) -> None:
        if role in _BLOCKS:
            self.begin(element, role)
        elif role != "inline":
            self.enter(element, role)
        if element.tag in _LINKS:
            self.links += 1
        if text:
            self.add(text)

    def read_leaf(self, element: etree._Element, role: Role, text: str | None) -> None:
        if text or role not in _SILENT:
            self.open_up(element, role, text)
            self.leave(element, role)

    def enter(self, element: etree._Element, role: Role) -> None:
        if role == "literal":
            self.literals += 1
        elif role == "cell":
            self.add(CELL)
        elif role == "line":
            is_break = element.tag in _BREAKS
            if is_break and self.in_code():
                self.add("\n")
            else:
                self.add_break()
            self.breaks += is_break
            if self.breaks == _BREAKS_OF_A_PARAGRAPH and not self.in_atomic():
                self.open = None

    def leave(self, element: etree._Element, role: Role) -> None:
        if element.tag in _LINKS:
            self.links -= 1
        if role in _BLOCKS:
            self.contexts.pop()
            if self.in_atomic():
                self.add_break()
            else:
                self.open = None
        elif role == "literal":
            self.literals -= 1
        elif role == "line" and len(element):
            self.add_break()

    def begin(self, element: etree._Element, role: Role) -> None:
        outer = self.contexts[-1] if self.contexts else None
        if outer and outer[3]:
            self.contexts.append(outer)
            self.add_break()
            return
        kind = _KINDS.get(role) or (outer[0] if outer else "paragraph")
        if role == "paragraph" and outer and outer[0] in _LENDS_ITS_KIND:
            kind = outer[0]
        self.open = None
        level = _level(element) if kind == "heading" else 0
        self.contexts.append((kind, level, element, kind in _ATOMIC))

    def in_atomic(self) -> bool:
        return bool(self.contexts) and self.contexts[-1][3]

    def in_row(self) -> bool:
        return bool(self.contexts) and self.contexts[-1][0] == "table_row"

    def in_code(self) -> bool:
        return bool(self.contexts) and self.contexts[-1][0] == "code"

    def add_break(self) -> None:
        if self.in_code():
            if self.open and not self.open.pieces[-1].endswith("\n"):
                self.add("\n")
        else:
            self.add(" ")

    def add(self, text: str) -> None:
        draft = self.open
        is_space = text.isspace()
        if draft is None:
            if not self.contexts:
                return
            kind, level, element, _ = self.contexts[-1]
            if is_space and kind != "code":
                return
            draft = self.open = Draft(kind, level, element)
            self.drafts.append(draft)
        if self.literals and draft.kind != "code":
            text = text.replace("[", LITERAL_BRACKET)
        draft.pieces.append(text)
        if (self.links or self.breaks) and not is_space:
            self.breaks = 0
            if self.links:
                draft.linked += len("".join(text.split()))


def read_drafts(root: etree._Element, role: Vocabulary, *, bare: bool = True) -> list[Draft]:
    """The blocks under ``root`` in page order; ``bare`` text outside of them is a paragraph."""
    outside: _Context | None = ("paragraph", 0, root, False) if bare else None
    return _Reader(role, outside).read(root)


def _level(element: etree._Element) -> int:
    return LEVELS.get(element.get("rend") or element.tag, _LEVEL_OF_OTHERS)
