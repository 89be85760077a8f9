"""Documents -> pairs: each strategy as a table, and what holds for all of them."""

from __future__ import annotations

from itertools import pairwise, zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.budget import estimate_tokens
from pipelines.pairs import make_pairs
from pipelines.records import Block, Document, Pair
from pipelines.rules import PairRules
from pipelines.sentences import split_sentences


def document(*blocks, title="Title", language="en", paths=()):
    """A document of ("p", text), ("h2", text), ("code", text), ("row", text) ... blocks."""
    kinds = {"p": "paragraph", "li": "list_item", "code": "code", "row": "table_row"}
    made, start = [], 0
    for (tag, text), path in zip_longest(blocks, paths, fillvalue=""):
        level = int(tag[1]) if tag[0] == "h" else 0
        made.append(Block("heading" if level else kinds[tag], text, level, start, path))
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
    doc = document(("p", "One. Two. Three."), ("p", "Four. Five."))
    assert pairs(doc, "sentence", every=9) == [("One.", "Two. Three.\nFour. Five.")]


def test_a_sentence_ends_with_its_block():
    doc = document(("p", "no stop here"), ("p", "nor here"), ("p", "End."))
    assert pairs(doc, "sentence", every=3) == [("no stop here", "nor here\nEnd.")]


@pytest.mark.parametrize("strategy", ["sentence", "window"])
@pytest.mark.parametrize("border", [("h2", "A. B."), ("code", "a. B"), ("row", "A. B. | C. D.")])
def test_headings_code_and_table_rows_are_no_sentences_and_borders(border, strategy):
    doc = document(("p", "One. Two."), border, ("p", "Three. Four."))
    assert pairs(doc, strategy, every=9) == [("One.", "Two."), ("Three.", "Four.")]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/ul/li[1]", "/ul/li[2]"], [("One.", "Two."), ("Three.", "Four.")]),
        (["/ul/li[1]/p[1]", "/ul/li[1]/p[2]"], [("One.", "Two.\nThree. Four.")]),
        (["/dl/dt[1]", "/dl/dd[1]"], [("One.", "Two."), ("Three.", "Four.")]),
        (["", ""], [("One.", "Two."), ("Three.", "Four.")]),
    ],
)
def test_a_list_item_stands_for_itself(paths, expected):
    items = ("li", "One. Two."), ("li", "Three. Four.")
    assert pairs(document(*items, paths=paths), "sentence", every=9) == expected


@pytest.mark.parametrize(
    ("text", "completion"),
    [
        (["One. Two.", "TIP Of the day", "Three."], "Two."),
        (["One. Two. For example:", "Three."], "Two. For example:\nThree."),
        (["One. Two. For example:"], "Two."),
    ],
)
def test_a_completion_ends_before_what_is_no_sentence(text, completion):
    doc = document(*(("p", line) for line in text))
    assert pairs(doc, "sentence", every=9)[0] == ("One.", completion)


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
        (PairRules(max_tokens=-1), "max_tokens is -1"),
        (PairRules(max_parts=-1), "max_parts is -1"),
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
        assert pair.completion == doc.text[pair.completion_start : pair.completion_end]
        if pair.kind != "title":
            assert pair.prompt == doc.text[pair.prompt_start : pair.prompt_end]
    for pair in (pair for pair in made if pair.kind in ("sentence", "window")):
        inside = doc.blocks[pair.first_block : pair.last_block + 1]
        assert {block.kind for block in inside} <= {"paragraph", "list_item"}


PROSE = st.lists(
    st.tuples(
        st.sampled_from(["p", "p", "h2", "h3", "code", "li"]),
        st.lists(st.sampled_from(["It is so.", "A word", "Why?", "x = 1"]), min_size=1, max_size=9),
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=200, deadline=None)
@given(PROSE, st.integers(1, 40))
def test_parts_hold_the_whole_text_and_are_within_the_budget(blocks, budget):
    doc = document(*((tag, " ".join(lines)) for tag, lines in blocks))
    made = list(make_pairs(doc, PairRules(("title",), max_tokens=budget)))
    assert "".join("".join(pair.completion for pair in made).split()) == "".join(doc.text.split())
    spans = [(pair.completion_start, pair.completion_end) for pair in made]
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    for pair in made:
        whole = doc.blocks[pair.first_block].kind in ("heading", "code")
        lines = pair.completion.split("\n")
        pieces = sum(1 if whole else len(split_sentences(line)) for line in lines)
        assert estimate_tokens(pair.completion) <= budget or pieces == 1


def test_a_further_part_says_so_and_gives_the_sentence_before_it():
    doc = document(("p", numbered(4)), ("h2", "More"), ("p", numbered(4, 5)))
    made = list(make_pairs(doc, PairRules(("title", "heading"), max_tokens=12)))
    assert [(pair.kind, pair.prompt, pair.completion) for pair in made] == [
        ("title", "Title", numbered(4)),
        ("title", "Title (continued 2)\nSentence 4.", f"More\n{numbered(3, 5)}"),
        ("title", "Title (continued 3)\nSentence 7.", numbered(1, 8)),
        ("heading", "More", numbered(4, 5)),
    ]


def test_a_part_ends_before_a_heading_or_an_announcement():
    doc = document(("p", numbered(3)), ("p", "For example:"), ("code", "x = 1"), ("p", numbered(3)))
    made = pairs(doc, "title", max_tokens=13)
    assert [completion for _, completion in made] == [
        numbered(3),
        "For example:\nx = 1",
        numbered(3),
    ]


def test_a_sentence_beyond_the_budget_is_not_cut():
    long = "This sentence is longer than the few tokens that it may have."
    assert pairs(document(("p", f"{long} End.")), "title", max_tokens=5)[0] == ("Title", long)


def test_a_group_of_sentences_beyond_the_budget_goes_on_with_a_prompt_of_its_own():
    assert pairs(document(("p", numbered(6))), "sentence", every=6, max_tokens=6) == [
        ("Sentence 1.", "Sentence 2. Sentence 3."),
        ("Sentence 4.", "Sentence 5. Sentence 6."),
    ]
    assert pairs(document(("p", numbered(4))), "window", window=3, max_tokens=6) == [
        ("Sentence 1.", "Sentence 2. Sentence 3."),
        ("Sentence 2.", "Sentence 3. Sentence 4."),
        ("Sentence 3.", "Sentence 4."),
    ]


@pytest.mark.parametrize(
    ("tags", "prompts"),
    [
        ("h2 p h3 p h3 p", ["Title > 0", "Title > 0 > 2", "Title > 0 > 4"]),
        ("h2 p h4 p h3 p h2 p", ["Title > 0", "Title > 0 > 2", "Title > 0 > 4", "Title > 6"]),
        ("h3 p h2 p", ["Title > 0", "Title > 2"]),
    ],
)
def test_prompts_with_their_path(tags, prompts):
    doc = document(*((tag, str(index)) for index, tag in enumerate(tags.split())))
    assert [prompt for prompt, _ in pairs(doc, "heading", prompt_path=True)] == prompts


def test_a_path_names_the_title_once():
    doc = document(("h1", "Title"), ("h2", "Part"), ("p", "Text."))
    assert [prompt for prompt, _ in pairs(doc, "heading", prompt_path=True)] == [
        "Title",
        "Title > Part",
    ]
