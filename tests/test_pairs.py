"""Documents -> pairs: each strategy as a table, and what holds for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.pairs import make_pairs
from pipelines.records import Block, Document, Pair
from pipelines.rules import PairRules
from pipelines.sentences import split_sentences


def document(*blocks, title="Title", language="en"):
    """A document of ("p", text), ("h2", text), ("code", text), ("row", text) ... blocks."""
    kinds = {"p": "paragraph", "li": "list_item", "code": "code", "row": "table_row"}
    made, start = [], 0
    for tag, text in blocks:
        level = int(tag[1]) if tag[0] == "h" else 0
        made.append(Block("heading" if level else kinds[tag], text, level, start))
        start += len(text) + 1
    return Document("https://site.example/", title, tuple(made), language=language)


def pairs(doc, strategy, **rules):
    return [
        (pair.prompt, pair.completion)
        for pair in make_pairs(doc, PairRules(strategies=(strategy,), **rules))
    ]


def numbered(count, first=1):
    return " ".join(f"Sentence {number}." for number in range(first, first + count))


@pytest.mark.parametrize(
    ("count", "every", "rows"),
    [
        (8, 3, [(1, [2, 3]), (4, [5, 6]), (7, [8])]),
        (7, 3, [(1, [2, 3]), (4, [5, 6])]),
        (6, 3, [(1, [2, 3]), (4, [5, 6])]),
        (2, 2, [(1, [2])]),
        (2, 9, [(1, [2])]),
        (1, 3, []),
    ],
)
def test_every_nth_sentence_is_a_prompt(count, every, rows):
    expected = [(f"Sentence {p}.", " ".join(f"Sentence {c}." for c in cs)) for p, cs in rows]
    assert pairs(document(("p", numbered(count))), "sentence", every=every) == expected


def test_sentences_join_by_a_space_in_a_block_and_by_a_newline_across():
    doc = document(("p", "One. Two. Three."), ("h2", "No sentence"), ("p", "Four. Five."))
    assert pairs(doc, "sentence", every=9) == [("One.", "Two. Three.\nFour. Five.")]


def test_a_sentence_ends_with_its_block():
    doc = document(("li", "no stop here"), ("li", "nor here"), ("p", "End."))
    assert pairs(doc, "sentence", every=3) == [("no stop here", "nor here\nEnd.")]


def test_code_and_table_rows_are_one_sentence_each():
    doc = document(("code", "a. B\n\nc. D"), ("row", "A. B | C. D"), ("p", "One. Two."))
    assert pairs(doc, "window", window=1) == [
        ("a. B\n\nc. D", "A. B | C. D"),
        ("A. B | C. D", "One."),
        ("One.", "Two."),
    ]


def test_window_shrinks_at_the_end():
    assert pairs(document(("p", numbered(4))), "window", window=2) == [
        ("Sentence 1.", "Sentence 2. Sentence 3."),
        ("Sentence 2.", "Sentence 3. Sentence 4."),
        ("Sentence 3.", "Sentence 4."),
    ]


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        pytest.param(document(("h2", "A"), ("p", "b")), [("Title", "A\nb")], id="whole text"),
        pytest.param(document(("p", "b"), title=" "), [], id="no title"),
        pytest.param(document(), [], id="no text"),
    ],
)
def test_title(doc, expected):
    assert pairs(doc, "title") == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param("h2 p p", [("0", "1\n2")], id="a section"),
        pytest.param("p h2 p", [("1", "2")], id="text before the first heading"),
        pytest.param("h2 p h2 p", [("0", "1"), ("2", "3")], id="the same level ends it"),
        pytest.param("h2 p h3 p", [("0", "1\n2\n3"), ("2", "3")], id="a lower level does not"),
        pytest.param("h3 p h2 p", [("0", "1"), ("2", "3")], id="a higher level does"),
        pytest.param("h2 h2 p h4", [("1", "2\n3")], id="empty sections make none"),
        pytest.param("h2 h3 p h2 code", [("0", "1\n2"), ("1", "2"), ("3", "4")], id="nested first"),
        pytest.param("p p", [], id="no heading"),
    ],
)
def test_heading_and_its_section(tags, expected):
    doc = document(*((tag, str(index)) for index, tag in enumerate(tags.split())))
    assert pairs(doc, "heading") == expected


def test_strategies_come_in_the_order_of_the_rules():
    doc = document(("h2", "A"), ("p", "One. Two."))
    rules = PairRules(strategies=("window", "heading", "title", "sentence"))
    assert [pair.kind for pair in make_pairs(doc, rules)] == [
        "window",
        "heading",
        "title",
        "sentence",
    ]
    assert [pair.kind for pair in make_pairs(doc)] == ["title", "heading", "sentence"]


def test_pairs_say_which_blocks_they_are_of():
    doc = document(("p", "One. Two."), ("h2", "A"), ("p", "Three. Four."), ("p", "Five."))
    spans = [
        (pair.kind, pair.prompt, pair.first_block, pair.last_block)
        for pair in make_pairs(doc, PairRules(("title", "heading", "sentence"), every=2))
    ]
    assert spans == [
        ("title", "Title", 0, 3),
        ("heading", "A", 1, 3),
        ("sentence", "One.", 0, 0),
        ("sentence", "Three.", 2, 2),
    ]


def test_the_splitter_and_the_language_are_used():
    text = "Das gilt z. B. hier. Und dort."
    assert pairs(document(("p", text), language="de"), "sentence") == [
        ("Das gilt z. B. hier.", "Und dort.")
    ]
    assert pairs(document(("p", text)), "sentence", every=2, splitter="regex")[0] == (
        "Das gilt z.",
        "B.",
    )


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (PairRules(every=1), "every is 1"),
        (PairRules(window=0), "window is 0"),
        (PairRules(strategies=("title", "haiku")), "'haiku' is unknown, allowed: title, heading"),
        (PairRules(splitter="nltk"), "splitter is 'nltk'"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules, message):
    with pytest.raises(ValueError, match=message):
        list(make_pairs(document(("p", "One. Two.")), rules))


TEXT = st.text("ab. ?\n", min_size=1, max_size=40).map(" ".join).filter(str.strip)
BLOCKS = st.lists(
    st.tuples(st.sampled_from(["p", "h2", "h3", "code", "row", "li"]), TEXT), max_size=8
)


@settings(max_examples=150, deadline=None)
@given(BLOCKS, st.integers(2, 5), st.integers(1, 4))
def test_what_holds_for_every_document(blocks, every, window):
    doc = document(*blocks)
    rules = PairRules(("title", "heading", "sentence", "window"), every=every, window=window)
    made = list(make_pairs(doc, rules))
    assert made == list(make_pairs(doc, rules))
    for pair in made:
        assert isinstance(pair, Pair)
        assert pair.prompt.strip()
        assert pair.completion.strip()
        assert 0 <= pair.first_block <= pair.last_block < len(doc.blocks)
        inside = "".join(block.text for block in doc.blocks[pair.first_block : pair.last_block + 1])
        assert "".join(pair.completion.split()) in "".join(
            "".join(part.text for part in doc.blocks).split()
        ) or any(block.kind == "heading" for block in doc.blocks)
        assert len("".join(pair.completion.split())) <= len("".join(inside.split()))
    sentences = [
        part
        for block in doc.blocks
        if block.kind != "heading"
        for part in (
            [block.text] if block.kind in {"code", "table_row"} else split_sentences(block.text)
        )
    ]
    assert sum(pair.kind == "window" for pair in made) == max(0, len(sentences) - 1)
