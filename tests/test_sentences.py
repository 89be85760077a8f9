"""Text -> sentences: a table of what each splitter does, and that neither loses a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sentences import split_sentences

FOLDER = Path(__file__).parent / "sentences"
UNSPACED = ("ja", "zh")


def cases(*files: str):
    """(language, sentences) of each line: sentences apart by a broken bar."""
    for name in files or sorted(path.name for path in FOLDER.glob("??.txt")):
        language = name.removesuffix(".txt").rpartition(".")[2]
        for line in (FOLDER / name).read_text("utf-8").splitlines():
            if not line.startswith("#"):
                yield language, [part.strip() for part in line.split("¦")]


def split(language, sentences):
    return split_sentences(("" if language in UNSPACED else " ").join(sentences), language)


@pytest.mark.parametrize(("language", "sentences"), list(cases("golden.en.txt")))
def test_the_golden_rules(language, sentences):
    assert split(language, sentences) == sentences


def test_there_are_48_golden_rules():
    assert len(list(cases("golden.en.txt"))) == 48


@pytest.mark.parametrize(("language", "sentences"), list(cases()))
def test_a_language_s_own_cases(language, sentences):
    assert split(language, sentences) == sentences


def test_there_are_cases_enough():
    found = list(cases())
    assert len(found) >= 150
    assert len({language for language, _ in found}) >= 10
    assert len({str(case) for case in found}) == len(found)


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        pytest.param(
            "no stop\nNext line", "en", ["no stop", "Next line"], id="a newline ends a sentence"
        ),
        pytest.param(
            "Line one,\nline two.", "en", ["Line one,", "line two."], id="even after a comma"
        ),
        pytest.param("One.\r\n\r\nTwo.", "en", ["One.", "Two."], id="empty lines"),
        pytest.param("One. Two.", "tlh", ["One.", "Two."], id="an unknown language"),
        pytest.param("One. Two.", "", ["One.", "Two."], id="no language"),
        pytest.param("One. Two.", "not a language", ["One.", "Two."], id="nonsense for a language"),
        pytest.param("", "en", [], id="nothing"),
        pytest.param(" \n\t ", "en", [], id="white space"),
        pytest.param("no mark at all", "en", ["no mark at all"], id="no mark"),
        pytest.param(". . . .", "en", [". . . ."], id="only dots"),
        pytest.param(
            "Plan A\u00a0. It failed.",
            "en",
            ["Plan A\u00a0.", "It failed."],
            id="a wide space before a stop, at which sentencex panics",
        ),
        pytest.param("Pourquoi\u202f? Si.", "fr", ["Pourquoi\u202f?", "Si."], id="a narrow one"),
        pytest.param(
            "Use CREATE TABLE ... AS SELECT here. It copies ... Then it ends.",
            "en",
            ["Use CREATE TABLE ... AS SELECT here.", "It copies ...", "Then it ends."],
            id="an omission within code",
        ),
        pytest.param("See a.txt or b.c now.", "en", ["See a.txt or b.c now."], id="names"),
        pytest.param("Ἦν τις; Ναί.", "el", ["Ἦν τις;", "Ναί."], id="a Greek question"),
        pytest.param("Who is it; Yes.", "el", ["Who is it;", "Yes."], id="in Latin letters"),
    ],
)
def test_lines_and_languages(text, language, sentences):
    assert split_sentences(text, language) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two!  Three?", ["One.", "Two!", "Three?"]),
        ("Really?! Yes.\nGood", ["Really?!", "Yes.", "Good"]),
        ("Dr. Smith", ["Dr.", "Smith"]),
        ("3.50 or e.g.this", ["3.50 or e.g.this"]),
        (" ", []),
    ],
)
def test_regex_is_the_tutorial_s_split_with_the_mark_kept(text, sentences):
    assert split_sentences(text, splitter="regex") == sentences


def test_an_unknown_splitter_is_refused_with_those_allowed():
    with pytest.raises(ValueError, match="'nltk', allowed: sentencex, regex"):
        split_sentences("One.", splitter="nltk")


@given(
    st.text(
        st.one_of(
            st.sampled_from(' .?!()1-aAI“”"…•\n\r\u2028\x85ÉßTheThe。」（）'),
            st.characters(exclude_categories=["Cs"]),
        )
    ),
    st.sampled_from(["en", "de", "ja", "th", "ru"]),
    st.sampled_from(["sentencex", "regex"]),
)
def test_only_white_space_is_lost(text, language, splitter):
    sentences = split_sentences(text, language, splitter)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence == sentence.strip() != "" for sentence in sentences)
