"""Text -> sentences: a table of what each splitter does, and that neither loses a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        pytest.param("One. Two! Three?", "en", ["One.", "Two!", "Three?"], id="marks"),
        pytest.param(
            "Dr. Smith met J. R. Hartley.",
            "en",
            ["Dr. Smith met J. R. Hartley."],
            id="abbreviations",
        ),
        pytest.param(
            "It cost 3.50 at 8 p.m. on Monday.",
            "en",
            ["It cost 3.50 at 8 p.m. on Monday."],
            id="numbers",
        ),
        pytest.param("“Go!” He went.", "en", ["“Go!”", "He went."], id="quotation"),
        pytest.param(
            "no stop\nNext line", "en", ["no stop", "Next line"], id="a newline ends a sentence"
        ),
        pytest.param(
            "Line one,\nline two.", "en", ["Line one,", "line two."], id="even after a comma"
        ),
        pytest.param("One.\r\n\r\nTwo.", "en", ["One.", "Two."], id="empty lines"),
        pytest.param(
            "Das ist z. B. so. Und nun?", "de", ["Das ist z. B. so.", "Und nun?"], id="German"
        ),
        pytest.param(
            "今日は雨です。明日は晴れます。",
            "ja",
            ["今日は雨です。", "明日は晴れます。"],
            id="Japanese",
        ),
        pytest.param("One. Two.", "tlh", ["One.", "Two."], id="an unknown language"),
        pytest.param("One. Two.", "", ["One.", "Two."], id="no language"),
        pytest.param("One. Two.", "not a language", ["One.", "Two."], id="nonsense for a language"),
        pytest.param("", "en", [], id="nothing"),
        pytest.param(" \n\t ", "en", [], id="white space"),
        pytest.param("no mark at all", "en", ["no mark at all"], id="no mark"),
    ],
)
def test_sentencex(text, language, sentences):
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
            st.sampled_from(" .?!\n\r\u2028\x85AaÉß。"), st.characters(exclude_categories=["Cs"])
        )
    ),
    st.sampled_from(["sentencex", "regex"]),
)
def test_only_white_space_is_lost(text, splitter):
    sentences = split_sentences(text, "en", splitter)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence == sentence.strip() != "" for sentence in sentences)
