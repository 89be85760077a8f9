"""Builds after nights of all that happens: each gives the bytes of a build from nothing."""

import random
import shutil

import pytest
from shelves import Shelves, page, prose, rows

from pipelines import ballot, volumes
from pipelines.records import Block
from pipelines.sitewide import block_key

pytestmark = pytest.mark.slow

SITES = ("ants", "bees", "wasps")


def url(name):
    return f"https://insects.example/{name}"


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Nights:
    """New pages and copies of old ones; pages that change, go, or turn out to share a block."""

    def __init__(self, folder, seed):
        self.shelves = Shelves(folder)
        self.dice = random.Random(seed)
        self.pages = {}  # (site, name) -> (paragraphs, revision)
        self.night = 0

    def copied(self):
        paragraphs, _ = self.pages[self.dice.choice(sorted(self.pages))]
        text = [line.split(" ") for line in paragraphs]
        for _ in range(self.dice.choice((0, 1, 3, 12))):
            self.dice.choice(text)[self.dice.randrange(5)] = f"other{self.dice.randrange(999)}"
        return [" ".join(line) for line in text]

    def write(self, site, name, paragraphs, revision, begin=0):
        self.pages[site, name] = paragraphs, revision
        document, made = page(url(name), paragraphs, site, self.night, len(self.pages) % 3000,
                              revision=revision)  # fmt: skip
        return document, made[begin:]

    def pass_one(self):
        dice = self.dice
        self.night += 1
        for site in dice.sample(SITES, dice.choice((1, 2, 3))):
            written = []
            for number in range(dice.randrange(1, 8)):
                text = self.copied() if self.pages and dice.random() < 0.4 else prose(dice, 3)
                written.append(self.write(site, f"{self.night}-{number}-{site}", text, 1))
            for _ in range(dice.choice((0, 1, 2))):
                mine = [one for one in sorted(self.pages) if one[0] == site]
                _, name = dice.choice(mine)
                text, revision = self.pages[site, name]
                changed = [*text[: dice.randrange(1, 3)], *prose(dice, 1)]
                written.append(self.write(site, name, changed, revision + 1, len(changed) - 1))
            documents, pairs = zip(*written, strict=True)
            self.shelves.write("documents", site, list(documents))
            self.shelves.write("pairs", site, [row for some in pairs for row in some])
        if dice.random() < 0.5:
            site, name = dice.choice(sorted(self.pages))
            self.shelves.take_back(url(name), "http-410", site, self.pages[site, name][1])
        if dice.random() < 0.3:
            site, name = dice.choice(sorted(self.pages))
            block = Block("paragraph", dice.choice(self.pages[site, name][0]))
            known = self.shelves.facts.setdefault(site, {}).setdefault("boilerplate", {})
            known[block_key(block)] = f"2026-11-{self.night:02d}T12:00:00Z"


@pytest.mark.parametrize("seed", range(3))
def test_every_night_gives_the_bytes_of_a_build_from_nothing(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(volumes, "FILE_ROWS", 40)
    monkeypatch.setattr(ballot, "_BLOCK", 16)
    monkeypatch.setattr("os.fsync", lambda _: None)  # how durable it is, others ask
    nights = Nights(tmp_path / "data", seed)
    nights.pass_one()
    recipe = {"validation": 0.3, "keep": ("earliest", "longest")[seed % 2]}
    linked = 0
    for _ in range(6):
        nights.pass_one()
        anew = tmp_path / f"anew-{nights.night}"
        shutil.copytree(nights.shelves.data, anew, symlinks=True)
        shutil.rmtree(anew / "datasets" / ".cache", ignore_errors=True)
        for path in anew.glob("datasets/all/*/*/*-of-*.parquet"):
            path.unlink()  # nothing to link
        before = {
            path.stat().st_ino for path in nights.shelves.data.glob("datasets/all/*/*/*-of-*")
        }
        other = Shelves(anew, facts=nights.shelves.facts, sources=nights.shelves.sources)
        built, again = nights.shelves.build(**recipe), other.build(**recipe)
        assert built.version.folder.name == again.version.folder.name
        assert tree(built.version.folder) == tree(again.version.folder)
        linked += sum(one.stat().st_ino in before for one in built.version.folder.glob("*/*-of-*"))
    assert len(rows(built)) > 20
    assert linked >= 5
