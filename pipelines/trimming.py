"""What is dropped of an article's blocks, by which rule. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipelines.blocks import Draft

_POINTS: Final = 0.4
_PROSE: Final = 70
_ENDS: Final = tuple('.!?…。！？:;।؟"”»’)')  # noqa: RUF001 - those of other scripts


class Trimming:
    """What is dropped of a list of blocks, each with the rule's name."""

    def __init__(self, drafts: Sequence[Draft], page: Sequence[Draft]) -> None:
        self.drafts = drafts
        self.page = page
        self.rules: dict[int, str] = {}
        places = {id(draft): place for place, draft in enumerate(page)}
        self.places = [places.get(id(draft), -1) for draft in drafts]
        self.total = sum(len(draft.letters) for draft in drafts)

    def left(self) -> Iterator[int]:
        """The indexes of what is not dropped yet."""
        return (index for index in range(len(self.drafts)) if index not in self.rules)

    def drop(self, index: int, rule: str) -> None:
        """Drop a block, by the first rule that says so."""
        self.rules.setdefault(index, rule)


def is_prose(draft: Draft) -> bool:
    """Whether the block is running text: some length, an end, few links."""
    text = draft.text
    return len(text) >= _PROSE and draft.linked_share < _POINTS and text.endswith(_ENDS)
