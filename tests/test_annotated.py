"""How good the extraction is on real pages that were marked by hand."""

import json
from collections import Counter

import pytest

from bench.annotated import Annotated, Expected, entries, pages
from bench.extractors import ours, trafilatura_fast
from bench.mark import marked, record
from bench.measures import (
    Extracted,
    Score,
    block_score,
    heading_score,
    mean,
    score,
    shingles,
    text_score,
)
from bench.outline import outline

LARGEST_SET = 6_000_000
KINDS = {"heading", "paragraph", "list_item", "quote", "code", "table_row"}

ENTRIES = entries()
PAGES = pages()


@pytest.fixture(scope="module")
def found():
    """What ours and trafilatura's fast mode extract of each page."""
    return [(page, ours(page), trafilatura_fast(page)) for page in PAGES]


# -- The extraction --------------------------------------------------------------------


def test_the_text_is_about_as_good_as_was_measured(found):
    assert mean(text_score(own, page) for page, own, _ in found).f1 > 0.98


def test_so_it_is_on_pages_that_no_rule_was_made_for(found):
    held_out = [text_score(own, page) for page, own, _ in found if page.held_out]
    assert mean(held_out).f1 > 0.975


def test_the_headings_and_their_levels_are_about_as_good_as_was_measured(found):
    assert mean(heading_score(own, page) for page, own, _ in found).f1 > 0.95


@pytest.mark.parametrize("measure", [text_score, block_score, heading_score])
@pytest.mark.parametrize("held_out", [True, False])
def test_ours_is_not_worse_than_what_it_is_built_on(found, measure, held_out):
    chosen = [triple for triple in found if triple[0].held_out == held_out]
    own = mean(measure(own, page) for page, own, _ in chosen)
    theirs = mean(measure(fast, page) for page, _, fast in chosen)
    assert own.f1 >= theirs.f1


def test_no_page_is_lost(found):
    assert [page.name for page, own, _ in found if not text_score(own, page).f1] == []


# -- The set ---------------------------------------------------------------------------


def test_the_set_is_large_and_mixed():
    languages = Counter(page.entry["language"] for page in ENTRIES)
    kinds = Counter(page.entry["kind"] for page in ENTRIES)
    assert len(ENTRIES) >= 85
    assert len(languages) >= 18
    assert kinds["news"] + kinds["magazine"] + kinds["blog"] >= 60
    assert len(ENTRIES) / 4 < sum(page.held_out for page in ENTRIES) < len(ENTRIES) / 2


def test_the_set_is_small_on_disk():
    own = [page.file for page in ENTRIES if "shared" not in page.entry]
    assert sum(file.stat().st_size for file in own) < LARGEST_SET


@pytest.mark.parametrize("page", ENTRIES, ids=lambda page: page.name)
def test_a_page_says_where_it_is_from_and_what_is_expected(page):
    assert page.url.startswith("http")
    assert {"language", "kind", "marks"} <= page.entry.keys()
    assert ("package" in page.entry and "file" in page.entry) != ("shared" in page.entry)
    assert page.title
    assert any(not block.optional for block in page.blocks)
    for block in page.blocks:
        assert block.text.strip()
        assert block.kind in KINDS
        assert (block.kind == "heading") == (1 <= block.level <= 6)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_expected_blocks_are_those_that_were_marked(page):
    assert json.loads(page.expected_file.read_text(encoding="utf-8")) == record(page)


def test_every_package_is_listed_with_its_licence():
    listed = (ENTRIES[0].expected_file.parents[1] / "SOURCES.md").read_text(encoding="utf-8")
    named = {page.entry["package"] for page in ENTRIES if "package" in page.entry}
    assert [package for package in named if f"| {package}" not in listed] == []


# -- The measures ----------------------------------------------------------------------


def article(*blocks):
    """An annotated page with these blocks, without a file."""
    page = Annotated("made-up", {"url": "http://a.example/", "language": "en"})
    page.__dict__.update(title="The Title", blocks=blocks)
    return page


LINES = ("one two three four five", "six seven eight nine ten", "a caption by itself here")
PAGE = article(
    Expected("heading", "The Title", 1, optional=True),
    Expected("heading", LINES[0], 2),
    Expected("paragraph", LINES[1]),
    Expected("paragraph", LINES[2], optional=True),
)


def extracted(*lines, headings=()):
    return Extracted("\n".join(lines), tuple(lines), headings)


@pytest.mark.parametrize(
    ("lines", "precision", "recall"),
    [
        (LINES[:2], 1.0, 1.0),
        (("The Title", *LINES), 1.0, 1.0),
        (LINES[:1], 1.0, 2 / 7),
        ((*LINES[:2], *LINES[:2]), 7 / 17, 1.0),
        ((), 0.0, 0.0),
        (("quite another text",), 0.0, 0.0),
        (("ONE two, three: four! five", LINES[1]), 1.0, 1.0),
    ],
    ids=["required", "optional too", "half", "twice", "nothing", "wrong", "case and marks"],
)
def test_text_is_measured_in_runs_of_four_words(lines, precision, recall):
    assert text_score(extracted(*lines), PAGE) == Score(
        pytest.approx(precision), pytest.approx(recall)
    )


def test_blocks_are_measured_whole():
    assert block_score(extracted(*LINES[:2]), PAGE) == Score(1.0, 1.0)
    assert block_score(extracted(" ".join(LINES[:2])), PAGE) == Score(0.0, 0.0)
    assert block_score(extracted(LINES[0], "other"), PAGE) == Score(0.5, 0.5)


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (((2, LINES[0]),), Score(1.0, 1.0)),
        (((1, "The title"), (2, LINES[0])), Score(1.0, 1.0)),
        (((3, LINES[0]),), Score(0.0, 0.0)),
        (((2, LINES[0]), (2, "Comments")), Score(0.5, 1.0)),
        ((), Score(0.0, 0.0)),
    ],
    ids=["right", "the title too", "another level", "one too many", "none"],
)
def test_headings_are_measured_with_their_level(headings, expected):
    assert heading_score(extracted(headings=headings), PAGE) == expected


def test_where_nothing_is_expected_nothing_is_right():
    none: Counter[str] = Counter()
    assert score(none, none, none) == Score(1.0, 1.0)
    assert score(Counter("a"), none, none) == Score(0.0, 0.0)
    assert score(Counter("a"), none, Counter("a")) == Score(1.0, 1.0)


def test_a_text_of_less_than_four_words_is_one_shingle():
    assert shingles(("a", "b")) == {("a", "b"): 1}
    assert shingles(()) == {}


# -- The outline and the marks ---------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>a<p>b", ["paragraph a", "paragraph b"]),
        ("a<br>b<br> <br>c", ["paragraph a b", "paragraph c"]),
        ("<div>a<p>b</p>c</div>", ["paragraph a", "paragraph b", "paragraph c"]),
        ("<ul><li>a<ul><li>b</ul>c</ul>", ["list_item a", "list_item b", "list_item c"]),
        ("<blockquote><p>a</blockquote>", ["quote a"]),
        ("<pre>a\n\n  b</pre>", ["code a\n\n  b"]),
        ("<table><tr><td>a<td><p>b</table>", ["table_row a | b"]),
        ("<table><tr><td><h3>a</h3><p>b</table>", ["heading a", "paragraph b"]),
        ("<script>x</script><nav><a>a</a></nav>", ["paragraph a"]),
    ],
)
def test_the_outline_has_every_block_and_judges_none(markup, expected):
    pieces = outline(f"<body>{markup}".encode(), "utf-8")
    assert [f"{piece.kind} {piece.text}" for piece in pieces] == expected


def test_marks_choose_blocks():
    pieces = outline(b"<h1>T</h1><p>a<p>b<p>c<p>d<p>e", "utf-8")
    title, blocks = marked(pieces, "=0 1-4 !2 ~3 h2:4")
    assert title == "T"
    assert [(block["kind"], block["text"], block.get("optional")) for block in blocks] == [
        ("heading", "T", True),
        ("paragraph", "a", None),
        ("paragraph", "c", True),
        ("heading", "d", None),
    ]
