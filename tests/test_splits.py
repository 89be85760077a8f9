"""Sides: nothing alike on both, and for good, whatever comes, goes or is chosen otherwise."""

import random

import numpy as np
import pyarrow as pa
import pytest
from shelves import Shelves, prose, rows

from pipelines import splits
from pipelines.fingerprint import minhash, similarity
from pipelines.rows import document_id
from pipelines.splits import NEITHER, OPEN, TRAIN, VALIDATION, own_sides, sides
from pipelines.stood import Sides, read_sides, write_sides

OWN = np.array([TRAIN, VALIDATION] * 4, dtype=np.int8)
NONE = np.full(8, OPEN, dtype=np.int8)

# (page of each document, links as (earlier, later) documents, the sides that are expected)
HISTORIES = {
    "alone": ([0, 1, 2], [], [0, 1, 0]),
    "a copy follows": ([0, 1], [(0, 1)], [0, 0]),
    "a copy of a copy follows, too": ([1, 2, 3], [(0, 1), (1, 2)], [None, 1, 1, 1]),
    "a revision stays": ([0, 1, 0], [(1, 2)], [0, 1]),
    "a copy of a revision follows the page": ([1, 1, 2], [(1, 2)], [None, 1, 1]),
    "of both sides: neither": ([0, 1, 2], [(0, 2), (1, 2)], [0, 1, NEITHER]),
    "like neither: by itself": ([0, 1, 2, 3], [(0, 2), (1, 2), (2, 3)], [0, 1, 2, 1]),
    "of one side and of neither": ([0, 1, 2, 3], [(0, 2), (1, 2), (2, 3), (1, 3)], [0, 1, 2, 1]),
}  # fmt: skip


def arrays(links):
    left, right = zip(*links, strict=True) if links else ((), ())
    return np.array(left, dtype=np.int64), np.array(right, dtype=np.int64)


@pytest.mark.parametrize(("pages", "links", "expected"), HISTORIES.values(), ids=HISTORIES)
def test_which_side_a_page_takes(pages, links, expected):
    found = sides(np.array(pages), *arrays(links), OWN.__getitem__, NONE)
    wanted = [(place, side) for place, side in enumerate(expected) if side is not None]
    assert [(place, int(found[place])) for place, _ in wanted] == wanted


def test_what_stood_somewhere_stays_and_what_comes_late_follows_it():
    known = NONE.copy()
    known[2] = VALIDATION
    pages, links = np.array([0, 1, 2]), arrays([(0, 2), (1, 2)])
    assert sides(pages, *links, OWN.__getitem__, known)[:3].tolist() == [VALIDATION] * 3


@pytest.mark.parametrize("seed", range(40))
def test_no_side_depends_on_what_comes_later(seed):
    dice = random.Random(seed)
    count = 60
    pages = np.array([dice.randrange(40) for _ in range(count)])
    drawn = (tuple(sorted(dice.sample(range(count), 2))) for _ in range(dice.randint(5, 50)))
    links = sorted(set(drawn), key=lambda link: link[::-1])
    own = np.array([dice.randrange(2) for _ in range(40)], dtype=np.int8)
    known = np.full(40, OPEN, dtype=np.int8)
    whole = sides(pages, *arrays(links), own.__getitem__, known)
    for night in range(5, count, 5):
        there = arrays([one for one in links if one[1] < night])
        early = sides(pages[:night], *there, own.__getitem__, known)
        for page in set(pages[:night].tolist()):
            assert early[page] == whole[page]


@pytest.mark.parametrize("seed", range(20))
def test_pages_that_follow_together_stand_where_they_do_one_by_one(seed, monkeypatch):
    dice = random.Random(seed)
    chain = [(n - 1, n) for n in range(1, 60) if dice.random() < 0.7]
    drawn = {tuple(sorted(dice.sample(range(60), 2))) for _ in range(dice.randint(0, 30))}
    links = arrays(sorted(drawn.union(chain), key=lambda link: link[::-1]))
    pages = np.array([dice.randrange(50) for _ in range(60)])
    own = np.array([dice.randrange(2) for _ in range(50)], dtype=np.int8)
    known = np.array([dice.choice((OPEN, OPEN, OPEN, TRAIN, VALIDATION)) for _ in own], np.int8)
    found = []
    for rounds in (0, 2, 99):
        monkeypatch.setattr(splits, "_ROUNDS", rounds)
        found.append(sides(pages, *links, own.__getitem__, known).tolist())
    assert found[0] == found[1] == found[2]


def test_the_share_is_about_what_was_asked_for():
    urls = [f"https://bees.example/{number}" for number in range(20_000)]
    for share in (0, 0.05, 0.3):
        assert abs(own_sides(urls, 0, share).mean() - share) < 0.01
    assert (own_sides(urls, 0, 0.3) != own_sides(urls, 1, 0.3)).mean() > 0.3
    small, large = own_sides(urls, 0, 0.05), own_sides(urls, 0, 0.3)
    assert (small <= large).all(), "a larger share keeps what was in the smaller one"


def edited(paragraphs, dice):
    text = [paragraph.split(" ") for paragraph in paragraphs]
    for _ in range(dice.choice((0, 3, 12))):
        dice.choice(text)[dice.randrange(5)] = f"other{dice.randrange(999)}"
    return [" ".join(paragraph) for paragraph in text]


class Nights:
    """Random nights of three sites: new pages, copies, quotes, revisions, pages that go."""

    def __init__(self, folder, seed):
        self.dice = random.Random(seed)
        self.shelves = Shelves(folder)
        self.texts: dict[str, list[str]] = {}
        self.marks: dict[str, bytes] = {}  # of the first text of each page
        self.revisions: dict[tuple[str, str], int] = {}
        self.night = 0

    def pass_one(self):
        dice = self.dice
        self.night += 1
        for site in ("ants", "bees", "wasps"):
            pages = {}
            for number in range(12):
                url = f"https://{site}.example/{self.night}-{number}"
                known = list(self.texts.values())
                kind = dice.random()
                text = prose(dice, 5, 20)
                if known and kind < 0.4:
                    text = edited(dice.choice(known), dice)
                elif known and kind < 0.55:  # half of this, half of that: like both
                    text = [*dice.choice(known)[:3], *dice.choice(known)[:3]]
                elif known and kind < 0.7:
                    text[2] = dice.choice(dice.choice(known))
                pages[url] = text
            changed = list(self._changes(site)) if self.night > 1 else []
            self.texts |= pages
            self.marks |= {url: minhash("\n".join(text)) for url, text in pages.items()}
            self.shelves.night(pages, site, self.night)
            for (url, revision), text in changed:
                again = {url: text}
                self.shelves.night(again, site, self.night, revision=revision,
                                   document_id=document_id(site, url, revision))  # fmt: skip
            for url in dice.sample(sorted(self.texts), 2):
                if f"//{site}." in url:
                    for revision in range(1, self.revisions.get((site, url), 1) + 1):
                        self.shelves.take_back(url, "http-410", site, revision)

    def _changes(self, site):
        mine = sorted(url for url in self.texts if f"//{site}." in url)
        for url in self.dice.sample(mine, 2):
            number = self.revisions[site, url] = self.revisions.get((site, url), 1) + 1
            self.texts[url] = [*self.texts[url][1:], *prose(self.dice, 1, 20)]
            yield (url, number), self.texts[url]


def alike_on_both_sides(stood, marks):
    """Pages on different sides, now or ever, whose texts were alike when they came."""
    return [
        (one, other)
        for one in marks
        for other in marks
        if stood.get(one) == "train" and stood.get(other) == "validation"
        if similarity(marks[one], marks[other]) >= 0.75
    ]


def check(built, stood, said):
    """Nothing on both sides, and nothing on another side than it ever stood."""
    found = rows(built, "train"), rows(built, "validation")
    for column in ("url", "document_id", "pair_id", "completion"):
        assert {row[column] for row in found[0]}.isdisjoint(row[column] for row in found[1])
    for split, own in zip(("train", "validation"), found, strict=True):
        for row in own:
            assert stood.setdefault(row["pair_id"], split) == split, "a row changed sides"
            assert stood.setdefault(row["url"], split) == split, "a page changed sides"
            assert said.setdefault(row["completion"], split) == split, "a text changed sides"
    return len(found[1])


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10))]
)
def test_over_nights_no_row_changes_sides(tmp_path, seed):
    """Also not in a dataset of some sites only, built from nothing on a later night."""
    nights = Nights(tmp_path, seed)
    stood, said, seen = {}, {}, 0
    for night in range(5):
        nights.pass_one()
        seen += check(nights.shelves.build(validation=0.3), stood, said)
        keep = "longest" if night % 2 else "earliest"
        some = nights.shelves.build(f"some{night}", validation=0.3, sites=("bees",), keep=keep)
        check(some, stood, said)
    assert seen > 50
    assert alike_on_both_sides(stood, nights.marks) == []


def sides_of(built):
    known = read_sides(built.version.folder / "audit" / "sides.parquet")
    return dict(zip(known.url.to_pylist(), known.side.tolist(), strict=True))


def test_the_memory_of_sides_outlives_other_options_and_lost_shards(tmp_path):
    nights = Nights(tmp_path, 9)
    stood, said = {}, {}
    nights.pass_one()
    first = nights.shelves.build(validation=0.1)
    check(first, stood, said)
    nights.shelves.sources = nights.shelves.sources[2:]
    nights.pass_one()
    built = nights.shelves.build(validation=0.5, similarity=0.9)
    assert check(built, stood, {}) > 20
    known = sides_of(first)
    assert known.items() <= sides_of(built).items()


def test_sides_that_are_remembered_are_sorted_and_later_ones_hold(tmp_path):
    def told(**sides):
        return Sides(pa.array(list(sides)), np.array(list(sides.values()), dtype=np.int8))

    earlier = told(c=TRAIN, a=VALIDATION)
    path = tmp_path / "sides.parquet"
    later = told(b=TRAIN, c=VALIDATION)
    write_sides(earlier.then(later, earlier.places(later.url)), path)
    found = read_sides(path)
    assert found.url.to_pylist() == ["a", "b", "c"]
    assert found.side.tolist() == [VALIDATION, TRAIN, VALIDATION]
    every = found.then(Sides(), np.zeros(0, dtype=np.int64))
    assert every.at(every.places(pa.array(["d", "b"]))).tolist() == [OPEN, TRAIN]
    assert Sides().then(earlier, Sides().places(earlier.url)) is earlier


def test_another_seed_begins_anew(tmp_path):
    nights = Nights(tmp_path, 10)
    nights.pass_one()
    one, other = (
        {row["url"] for row in rows(nights.shelves.build(validation=0.5, seed=seed), "train")}
        for seed in (0, 1)
    )
    assert one - other
    assert other - one
