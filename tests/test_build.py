"""The build: what is left out and for what, that it adds up, that it is whole and repeatable."""

import errno
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from shelves import Shelves, left_out, page, prose, rows

from pipelines import ballot, volumes, workroom
from pipelines.fingerprint import minhash
from pipelines.measured import MEASURES
from pipelines.orders import DamagedShardsError, EmptyError
from pipelines.records import Block
from pipelines.rows import document_id
from pipelines.sitewide import block_key
from pipelines.versions import BusyError, locked, versions

U = "https://bees.example/{}".format


@pytest.fixture
def shelves(tmp_path):
    return Shelves(tmp_path / "data")


def edited(paragraphs, dice, words=2):
    """The same with so many words replaced."""
    text = [paragraph.split(" ") for paragraph in paragraphs]
    for _ in range(words):
        dice.choice(text)[dice.randrange(5)] = f"other{dice.randrange(999)}"
    return [" ".join(paragraph) for paragraph in text]


def adds_up(built):
    pairs = built.version.manifest["pairs"]
    documents = built.version.manifest["documents"]
    assert pairs["train"] + pairs["validation"] + sum(pairs["left_out"].values()) == pairs["all"]
    assert documents["used"] + sum(documents["left_out"].values()) == documents["all"]
    assert len(rows(built)) == pairs["train"] + pairs["validation"]
    assert len(left_out(built, "pairs")) == sum(pairs["left_out"].values())
    return pairs["left_out"]


def test_the_rows_are_those_of_the_shards_and_nothing_is_lost(shelves):
    dice = random.Random(1)
    shelves.night({U(n): prose(dice) for n in range(20)})
    built = shelves.build(validation=0.3)
    assert adds_up(built) == {}
    assert built.fresh
    shards = pq.read_table(
        shelves.data / "pairs" / "site=bees" / "pairs-000001.parquet", partitioning=None
    )
    found = sorted(rows(built), key=lambda row: row["pair_id"])
    wanted = sorted(shards.to_pylist(), key=lambda row: row["pair_id"])
    asked = dict.fromkeys(MEASURES)
    assert found == [
        {**{name: row[name] for name in row if name not in asked}, "trimmed": False}
        for row in wanted
    ]
    assert {row["url"] for row in rows(built, "train")}.isdisjoint(
        row["url"] for row in rows(built, "validation")
    )


@pytest.mark.parametrize(("keep", "kept"), [("earliest", "a"), ("longest", "b")])
def test_near_duplicates_are_found_across_sites_and_nights(shelves, keep, kept):
    dice = random.Random(2)
    story = prose(dice, 6)
    again = [*edited(story, dice), "And a note at the end of it."]
    shelves.night({U("a"): story, U("x"): prose(dice)}, "bees", 1)
    shelves.night({U("b"): again, U("y"): prose(dice)}, "wasps", 2)
    shelves.night({U("a-again"): story}, "ants", 3)
    built = shelves.build(keep=keep, validation=0)
    left = adds_up(built)
    assert kept in {url.rpartition("/")[2] for url in {row["url"] for row in rows(built)}}
    audit = {row["url"].rpartition("/")[2]: row for row in left_out(built, "documents")}
    copies = {"a": "bees", "b": "wasps"}
    names = {document_id(site, U(name), 1): name for name, site in copies.items()}
    gone = ({"a", "b"} - {kept}).pop()
    assert (audit[gone]["reason"], names[audit[gone]["kept_id"]]) == ("near-duplicate", kept)
    assert 0.6 <= audit[gone]["similarity"] < 1
    exact = audit["a-again"]
    assert exact["reason"] == ("duplicate" if keep == "earliest" else "near-duplicate")
    assert exact["similarity"] == (1 if keep == "earliest" else audit[gone]["similarity"])
    assert left == (
        {"duplicate": 6, "near-duplicate": 7} if keep == "earliest" else {"near-duplicate": 12}
    )


def test_a_chain_of_edits_never_drops_what_is_not_like_what_is_kept(shelves):
    dice = random.Random(3)
    story = prose(dice, 10)
    pages = {}
    for step in range(8):
        pages[U(step)] = story
        story = [*story[1:], *prose(dice, 1)]
    shelves.night(pages)
    built = shelves.build(validation=0)
    adds_up(built)
    texts = {document_id("bees", url, 1): minhash("\n".join(text)) for url, text in pages.items()}
    kept = {row["document_id"] for row in rows(built)}
    assert 1 < len(kept) < 8
    for row in left_out(built, "documents"):
        assert row["kept_id"] in kept
        same = sum(
            a == b
            for a, b in zip(
                memoryview(texts[row["document_id"]]).cast("H"),
                memoryview(texts[row["kept_id"]]).cast("H"),
                strict=True,
            )
        )
        assert row["similarity"] == pytest.approx(same / 128)
        assert row["similarity"] >= 0.6


def test_the_same_pair_on_two_pages_is_kept_once(shelves):
    dice = random.Random(4)
    shared = prose(dice, 1)
    shelves.night({U(n): [*prose(dice, 8), *shared] for n in range(3)}, "bees")
    spaced = shared[0][:40].upper() + shared[0][40:].replace(" ", "  ")
    shelves.night({U("w"): [*prose(dice, 8), spaced]}, "wasps", 2)
    built = shelves.build(validation=0)
    assert adds_up(built) == {"duplicate-pair": 3}
    kept = {row["pair_id"] for row in rows(built) if row["url"] == U(0)}
    assert {row["kept_id"] for row in left_out(built, "pairs")} < kept


def test_what_must_not_be_used_is_left_out_with_its_reason(shelves):
    dice = random.Random(5)
    shelves.night({U(n): prose(dice) for n in range(6)})
    shelves.night({U("no"): prose(dice)}, night=2, consent='{"decision": "deny", "signal": "noai"}')
    shelves.take_back(U(0), "http-404")
    shelves.take_back(U(1), "consent: meta robots")
    shelves.take_back(U(2), "retracted: asked by mail")
    shelves.facts["bees"] = {"refused": {document_id("bees", U(3), 1): "denied: ai.txt"}}
    built = shelves.build(validation=0)
    assert adds_up(built) == {"tombstone": 4, "denied": 12, "retracted": 4}
    told = {
        row["url"].rpartition("/")[2]: (row["reason"], row["detail"])
        for row in left_out(built, "documents")
    }
    assert told == {
        "0": ("tombstone", "http-404"),
        "1": ("denied", "meta robots"),
        "2": ("retracted", "asked by mail"),
        "3": ("denied", "ai.txt"),
        "no": ("denied", "noai"),
    }


def test_a_copy_takes_the_place_of_a_page_that_is_taken_back(shelves):
    story = prose(random.Random(6))
    shelves.night({U("a"): story}, "bees", 1)
    shelves.night({U("b"): story}, "wasps", 2)
    assert {row["url"] for row in rows(shelves.build(validation=0))} == {U("a")}
    shelves.take_back(U("a"), "http-410")
    built = shelves.build(validation=0)
    assert adds_up(built) == {"tombstone": 4}
    assert {row["url"] for row in rows(built)} == {U("b")}


def test_pairs_of_an_older_revision_stay_while_their_text_does(shelves):
    dice = random.Random(7)
    first = prose(dice, 5)
    shelves.night({U("a"): first, U("b"): prose(dice)}, night=1)
    second = [*first[:3], *prose(dice, 1)]
    document, made = page(U("a"), second, "bees", 2, revision=2)
    document["document_id"] = document_id("bees", U("a"), 2)
    shelves.write("documents", "bees", [document])
    shelves.write("pairs", "bees", made[3:])  # the crawl writes what is new
    built = shelves.build(validation=0)
    assert adds_up(built) == {"outdated": 2}
    assert {r["completion"] for r in rows(built) if r["url"] == U("a")} == {*first[:3], second[3]}
    assert built.version.manifest["documents"]["left_out"] == {"older-revision": 1}


def test_masked_pairs_of_an_older_revision_are_compared_with_the_masked_text(shelves):
    dice = random.Random(8)
    said = "Ask the keeper at keeper@bees-and-hives.org about the honey of this year."
    masked = said.replace("keeper@bees-and-hives.org", "[email]")
    text = [*prose(dice, 3), said]
    document, made = page(U("a"), text, "bees", 1)
    made[3] |= {"completion": masked, "masked": True}
    shelves.write("documents", "bees", [document])
    shelves.write("pairs", "bees", made)
    newer, _ = page(U("a"), [*text, *prose(dice, 1)], "bees", 2, revision=2)
    shelves.write("documents", "bees", [newer])
    assert adds_up(shelves.build(validation=0)) == {}
    newest, _ = page(U("a"), text[:3], "bees", 3, revision=3)
    shelves.write("documents", "bees", [newest])
    assert adds_up(shelves.build(validation=0)) == {"outdated": 1}


def test_boilerplate_that_was_learned_later_is_cut_out(shelves):
    dice = random.Random(9)
    frame = "Rated 17 by our readers of this week"
    text = prose(dice, 3)
    document, made = page(U("a"), [text[0], frame, *text[1:]], "bees", 1)
    whole = {
        **made[0],
        "prompt": "About bees",
        "completion": document["text"],
        "kind": "title",
        "completion_start": 0,
        "completion_end": len(document["text"]),
        "pair_id": "0" * 32,
    }
    later, more = page(U("b"), [frame.replace("17", "4"), *prose(dice, 3)], "bees", 20)
    shelves.write("documents", "bees", [document, later])
    shelves.write("pairs", "bees", [*made, whole, *more])
    known = {block_key(Block("paragraph", frame)): "2026-11-10T02:00:00Z"}
    shelves.facts["bees"] = {"boilerplate": known}
    built = shelves.build(validation=0)
    assert adds_up(built) == {"boilerplate": 1}
    title = next(row for row in rows(built) if row["kind"] == "title")
    assert (title["completion"], title["trimmed"]) == ("\n".join(text), True)
    assert sum(row["trimmed"] for row in rows(built)) == 1
    assert any("Rated 4" in row["completion"] for row in rows(built)), "read when it was known"


def without_columns(path, *names):
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.drop_columns(list(names)), path)


def test_shards_of_older_versions_and_jsonl_alone_give_the_same(tmp_path):
    dice = random.Random(10)
    story = prose(dice, 6)
    nights = [
        {U("a"): story, U("b"): prose(dice)},
        {U("c"): edited(story, dice), U("d"): prose(dice)},
    ]
    found = []
    for fmt in ("parquet", "jsonl", "old"):
        shelves = Shelves(tmp_path / fmt)
        for number, pages in enumerate(nights, start=1):
            shelves.night(pages, night=number, fmt="jsonl" if fmt == "jsonl" else "parquet")
        if fmt == "old":
            without_columns(
                shelves.data / shelves.sources[0].file, "minhash", "section", "warc_file"
            )
            older = shelves.data / shelves.sources[3].file
            without_columns(older, "masked", "rules_version", *MEASURES)
            shelves.sources[:] = [type(s)(s.file, s.stream, s.site) for s in shelves.sources]
        built = shelves.build(validation=0)
        assert adds_up(built) == {"near-duplicate": 6}
        counts = {name: built.version.manifest[name] for name in ("pairs", "tokens", "by")}
        found.append([counts, *(row["pair_id"] for row in rows(built))])
    assert found[0] == found[1] == found[2]


def spoil(path, how):
    data = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "cut short":
        path.write_bytes(data[: len(data) // 2])
    else:
        path.write_bytes(data[:99] + bytes([data[99] ^ 1]) + data[100:])


@pytest.mark.parametrize("how", ["missing", "cut short", "one bit"])
@pytest.mark.parametrize("which", ["documents", "pairs"])
def test_a_damaged_shard_is_named_and_left_out_only_when_told(shelves, how, which):
    dice = random.Random(11)
    for night in (1, 2):
        shelves.night({U(f"{night}-{n}"): prose(dice) for n in range(3)}, night=night)
    path = shelves.data / next(s.file for s in shelves.sources[2:] if s.stream == which)
    spoil(path, how)
    with pytest.raises(DamagedShardsError) as caught:
        shelves.build()
    (problem,) = caught.value.problems
    assert problem.startswith(f"{which}/site=bees/{which}-000002.parquet: ")
    assert versions(shelves.data, "all") == []
    built = shelves.build(order={"skip_damaged": True}, validation=0)
    assert adds_up(built) == ({"document-missing": 12} if which == "documents" else {})
    assert {row["url"] for row in rows(built)} == {U(f"1-{n}") for n in range(3)}
    assert built.version.manifest["damaged"] == [problem]


def test_a_shard_that_is_damaged_after_a_good_build_is_found(shelves):
    shelves.night({U(n): prose(random.Random(n)) for n in range(3)})
    shelves.build()
    spoil(shelves.data / shelves.sources[1].file, "one bit")
    with pytest.raises(DamagedShardsError):
        shelves.build()


def test_a_shard_without_a_recorded_hash_must_be_one(shelves):
    shelves.night({U(n): prose(random.Random(n)) for n in range(3)})
    shelves.sources[:] = [type(s)(s.file, s.stream, s.site) for s in shelves.sources]
    shelves.build()
    spoil(shelves.data / shelves.sources[1].file, "cut short")
    with pytest.raises(DamagedShardsError, match="cannot be read"):
        shelves.build()


NOTHING = {
    "a site without rows": {"sites": ("wasps",)},
    "the future": {"since": "2027-01-01"},
    "no such language": {"languages": ("la",)},
    "a licence that none has": {"license_policy": "open"},
    "too long completions": {"min_words": 1000},
    "no such kind": {"kinds": ("title",)},
    "a budget below the smallest": {"max_tokens": 1},
}


@pytest.mark.parametrize("recipe", NOTHING.values(), ids=NOTHING)
def test_nothing_left_is_an_error_and_no_dataset(shelves, recipe):
    shelves.night({U(n): prose(random.Random(n)) for n in range(3)})
    with pytest.raises(EmptyError) as caught:
        shelves.build(**recipe)
    assert sum(caught.value.counts["pairs"]["left_out"].values()) == 12
    assert [path.name for path in (shelves.data / "datasets").glob("[!.]*")] == []


def test_no_shards_at_all_is_an_error(shelves):
    shelves.data.mkdir()
    with pytest.raises(EmptyError):
        shelves.build()


CHOICES = {
    "sites": ({"sites": ("wasps",)}, {"site": 12}),
    "since": ({"since": "2026-11-02"}, {"since": 12}),
    "languages": ({"languages": ("de",)}, {"language": 12}),
    "kinds": ({"kinds": ("window",)}, {"kind": 12}),
    "known licences": ({"license_policy": "known"}, {"licence": 12}),
    "min words": ({"min_words": 20}, {"too-short": 12}),
}


@pytest.mark.parametrize(("recipe", "left"), CHOICES.values(), ids=CHOICES)
def test_what_is_chosen(shelves, recipe, left):
    dice = random.Random(12)
    shelves.night({U(n): prose(dice, words=10) for n in range(3)}, "bees", 1)
    more = {"language": "de", "license": "CC-BY-NC-4.0", "kind": "window"}
    shelves.night({U(n + 9): prose(dice) for n in range(3)}, "wasps", 2, **more)
    built = shelves.build(validation=0, **recipe)
    assert adds_up(built) == left
    assert {row["site"] for row in rows(built)} == {"wasps"}


def test_caps_budget_and_weights(shelves):
    dice = random.Random(13)
    for site in ("bees", "wasps"):
        shelves.night({U(f"{site}{n}"): prose(dice) for n in range(50)}, site)
    built = shelves.build(caps=(("", 30), ("wasps", 10)))
    assert adds_up(built) == {"cap": 360}
    assert [sum(r["site"] == s for r in rows(built)) for s in ("bees", "wasps")] == [30, 10]
    plain = shelves.build("plain", max_tokens=8000)
    tokens = sum(plain.version.manifest["tokens"].values())
    assert 7900 < tokens <= 8000
    heavy = shelves.build("heavy", max_tokens=8000, weights=(("bees", 9.0),))
    adds_up(heavy)
    shares = [sum(r["site"] == "bees" for r in rows(b)) / len(rows(b)) for b in (plain, heavy)]
    assert 0.35 < shares[0] < 0.65
    assert shares[1] > 0.8
    other = shelves.build("other", max_tokens=8000, seed=1)
    assert {r["pair_id"] for r in rows(other)} != {r["pair_id"] for r in rows(plain)}


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def crowd(shelves, dice, night, pages=30):
    """A night of three sites, with copies among them."""
    for site in ("ants", "bees", "wasps"):
        texts = {U(f"{site}-{night}-{n}"): prose(dice) for n in range(pages)}
        known = list(texts.values())
        texts |= {U(f"{site}-{night}-copy{n}"): edited(dice.choice(known), dice) for n in range(5)}
        shelves.night(texts, site, night)


def test_the_same_shards_give_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(volumes, "FILE_ROWS", 200)
    shelves = Shelves(tmp_path / "one")
    crowd(shelves, random.Random(14), 1)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    other = Shelves(tmp_path / "two", sources=shelves.sources)
    order = {"formats": ("openai-chat", "csv")}
    one, two = shelves.build(validation=0.2, order=order), other.build(validation=0.2, order=order)
    assert one.version.folder.name == two.version.folder.name
    assert tree(one.version.folder) == tree(two.version.folder)
    assert len(list(one.version.folder.glob("data/*.parquet"))) > 3


def test_the_memory_and_the_threads_change_no_byte(tmp_path):
    found = []
    for memory in (256 << 20, 2 << 30):
        shelves = Shelves(tmp_path / str(memory))
        crowd(shelves, random.Random(15), 1)
        found.append(tree(shelves.build(order={"memory": memory}).version.folder))
    assert found[0] == found[1]


def test_what_is_kept_on_disk_or_looked_at_in_parts_changes_no_byte(tmp_path, monkeypatch):
    found = []
    for share, at_a_time, block in ((0.3, 1 << 22, 1 << 16), (0, 64, 7)):
        monkeypatch.setattr(workroom, "_SHARE", share)
        monkeypatch.setattr(ballot, "_AT_A_TIME", at_a_time)
        monkeypatch.setattr(ballot, "_BLOCK", block)
        shelves = Shelves(tmp_path / str(block))
        dice = random.Random(19)
        shared = prose(dice, 3)
        shelves.night({U(n): [*prose(dice), *dice.sample(shared, 2)] for n in range(60)})
        built = shelves.build(validation=0.3, kinds=("sentence",), min_words=2)
        left = adds_up(built)
        assert left["duplicate-pair"] > 30
        assert left["other-split"] > 20
        found.append(tree(built.version.folder))
        assert not (shelves.data / "datasets" / ".spill").exists()
    assert found[0] == found[1]


def test_nothing_new_adds_no_version(shelves):
    crowd(shelves, random.Random(16), 1, 5)
    first = shelves.build()
    again = shelves.build()
    assert (again.fresh, again.version.folder) == (False, first.version.folder)
    assert len(versions(shelves.data, "all")) == 1


EVENTS = ("a night", "a page that went", "boilerplate", "a page that changed", "one that came late")


@pytest.mark.parametrize("event", EVENTS)
def test_a_second_build_is_as_one_from_nothing(shelves, tmp_path, monkeypatch, event):
    monkeypatch.setattr(volumes, "FILE_ROWS", 250)
    dice = random.Random(17)
    crowd(shelves, dice, 1)
    first = shelves.build(validation=0.2)
    if event == "a night":
        crowd(shelves, dice, 2, 3)
    elif event == "a page that went":
        shelves.take_back(U("bees-1-3"), "http-410")
    elif event == "a page that changed":
        text = [row["completion"] for row in rows(first) if row["url"] == U("wasps-1-2")]
        document, made = page(U("wasps-1-2"), [*text[1:], *prose(dice, 1)], "wasps", 2, revision=2)
        document["document_id"] = document_id("wasps", U("wasps-1-2"), 2)
        shelves.write("documents", "wasps", [document])
        shelves.write("pairs", "wasps", made[-1:])
    elif event == "one that came late":
        text = [row["completion"] for row in rows(first) if row["url"] == U("ants-1-5")]
        early = {"fetched_at": "2026-10-01T02:00:00Z"}
        shelves.night({U("late"): text, U("later"): prose(dice)}, "flies", 1, **early)
    else:
        text = rows(first)[7]["completion"]
        shelves.facts["ants"] = {"boilerplate": {block_key(Block("paragraph", text)): "2026-12-01"}}
    shutil.copytree(shelves.data, tmp_path / "other", symlinks=True)
    other = Shelves(tmp_path / "other", sources=shelves.sources, facts=shelves.facts)
    shutil.rmtree(other.data / "datasets" / ".cache")
    for path in other.data.glob("datasets/all/*/*/*-of-*.parquet"):
        path.write_bytes(b"")  # nothing to link: the copies are files of their own
    second, anew = shelves.build(validation=0.2), other.build(validation=0.2)
    assert second.fresh
    assert tree(second.version.folder) == tree(anew.version.folder)
    before = {path.stat().st_ino for path in first.version.folder.glob("*/*-of-*")}
    linked = [
        path.parent.name
        for path in second.version.folder.glob("*/*-of-*")
        if path.stat().st_ino in before
    ]
    assert linked.count("data") >= 2
    assert event == "one that came late" or linked.count("audit") >= 1


def test_what_is_cut_short_in_the_cache_is_made_again(shelves):
    shelves.night({U(n): prose(random.Random(n)) for n in range(3)})
    first = tree(shelves.build(validation=0.4).version.folder)
    kept = sorted(shelves.data.glob("datasets/.cache/*.arrow"))
    assert len(kept) == 2
    for path in kept:
        path.write_bytes(path.read_bytes()[:-9])
    shutil.rmtree(shelves.data / "datasets" / "all")
    assert tree(shelves.build(validation=0.4).version.folder) == first


def test_one_build_at_a_time(shelves):
    shelves.night({U(n): prose(random.Random(n)) for n in range(3)})
    with locked(shelves.data), pytest.raises(BusyError):
        shelves.build()
    shelves.build()


def test_what_a_killed_build_left_is_removed(shelves):
    shelves.night({U(n): prose(random.Random(n)) for n in range(3)})
    left = shelves.data / "datasets" / "all" / ".building-2026-11-24" / "data"
    left.mkdir(parents=True)
    (left / "train-0.tmp").write_bytes(b"half")
    shelves.build()
    assert [path.name for path in (shelves.data / "datasets" / "all").glob(".*")] == []


FULL = """
import resource, signal, sys
sys.path[:0] = [{root!r}, {tests!r}]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from pathlib import Path
from shelves import Shelves
from pipelines.holdings import Source
shelves = Shelves(Path({data!r}), sources={sources!r})
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    shelves.build()
except OSError as error:
    print("OSError", error)
"""


@pytest.mark.parametrize("limit", [4_000, 60_000])
def test_a_disk_that_is_full_in_the_middle_leaves_no_half_version(shelves, limit):
    """Files may not grow beyond a limit: the first one refuses in the cache, the other later."""
    dice = random.Random(18)
    shelves.night({U(n): prose(dice) for n in range(300)})
    root = Path(__file__).resolve().parent
    code = FULL.format(root=str(root.parent), tests=str(root), data=str(shelves.data),
                       sources=shelves.sources, limit=limit)  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("OSError"), done.stdout + done.stderr
    assert versions(shelves.data, "all") == []
    names = {path.name for path in shelves.data.rglob("datasets/*")}
    assert names <= {".lock", ".cache"}
    assert shelves.build().fresh


def test_a_disk_that_refuses_a_data_file_is_told(shelves, monkeypatch):
    shelves.night({U(n): prose(random.Random(n)) for n in range(3)})

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(volumes, "write", full)
        with pytest.raises(OSError, match="No space left"):
            shelves.build()
    assert [path.name for path in (shelves.data / "datasets").glob("[!.]*")] == []
    assert shelves.build().fresh
