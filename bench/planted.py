"""Stories with planted near-duplicates: every edit is recorded, so that the truth is known."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

VOCABULARY = 30_000
_LETTERS = "etaoinshrdlucmfwypvbgkqjxz"


@dataclass(frozen=True)
class Story:
    """A document: its paragraphs, the story that it is a copy of (or its own number), the edits."""

    number: int
    original: int
    paragraphs: tuple[str, ...]
    edits: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        """The paragraphs as lines."""
        return "\n".join(self.paragraphs)


class Writer:
    """Writes stories with words of a made-up language whose frequencies are as Zipf says."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        words: dict[str, None] = {}
        while len(words) < VOCABULARY:
            words["".join(self.dice.choices(_LETTERS, k=self.dice.randint(2, 10)))] = None
        self.words = list(words)
        total, self.weights = 0.0, []
        for rank in range(VOCABULARY):
            total += 1 / (rank + 2.7)
            self.weights.append(total)
        self._frames = [self.paragraph(90) for _ in range(400)]

    def paragraph(self, words: int) -> str:
        """A sentence of so many words."""
        return " ".join(self.dice.choices(self.words, cum_weights=self.weights, k=words)) + "."

    def story(self, number: int) -> Story:
        """A new story; every fifth has a third of its text in common with others of its kind."""
        paragraphs = [self.paragraph(self.dice.randint(15, 45)) for _ in range(10)]
        if number % 5 == 0:
            kind = self.dice.randrange(200)
            paragraphs[0], paragraphs[5] = self._frames[2 * kind], self._frames[2 * kind + 1]
        return Story(number, number, tuple(paragraphs))

    def copy(self, story: Story, number: int) -> Story:
        """The same story lightly edited, as other papers print it."""
        paragraphs, edits = list(story.paragraphs), []
        share = self.dice.uniform(0, 0.05)
        changed = 0
        for place, paragraph in enumerate(paragraphs):
            words = paragraph.split(" ")
            for at in range(len(words)):
                if self.dice.random() < share:
                    words[at] = self.dice.choice(self.words)
                    changed += 1
            paragraphs[place] = " ".join(words)
        edits.append(f"{changed} words replaced")
        if self.dice.random() < 0.3:
            paragraphs.insert(0, self.paragraph(6))
            edits.append("a line before it")
        if self.dice.random() < 0.3:
            paragraphs.append(self.paragraph(10))
            edits.append("a note behind it")
        if self.dice.random() < 0.2 and len(paragraphs) > 9:
            edits.append(f"paragraph {self.dice.randrange(3, 9)} left out")
            del paragraphs[int(edits[-1].split()[1])]
        if self.dice.random() < 0.1 and len(paragraphs) > 4:
            paragraphs[2], paragraphs[3] = paragraphs[3], paragraphs[2]
            edits.append("two paragraphs the other way round")
        return Story(number, story.original, tuple(paragraphs), tuple(edits))

    def stories(
        self, count: int, share: float, first: int = 0, old: Iterable[Story] = ()
    ) -> Iterator[Story]:
        """So many stories; of those the share are copies of earlier ones, of ``old`` too."""
        originals = list(old)
        for number in range(first, first + count):
            if originals and self.dice.random() < share:
                yield self.copy(self.dice.choice(originals), number)
                continue
            story = self.story(number)
            if self.dice.random() < 0.3 or len(originals) < 50:
                originals.append(story)
            yield story
