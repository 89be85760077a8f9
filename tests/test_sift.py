"""Judging the pairs of a document together gives exactly what judging each alone gives."""

from __future__ import annotations

import json
import pickle
import unicodedata
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import pii
from pipelines.notices import Notices
from pipelines.pii import mask_pii, pii_suspects
from pipelines.quality import keep_pair
from pipelines.records import Block, Document, Pair, normalised
from pipelines.rules import PairRules
from pipelines.sift import asked_pairs, judged_pairs, kept_pairs
from pipelines.tongues import language_of

PAGES = sorted((Path(__file__).parent / "pages").glob("*/document.json"))
ALL = ("title", "heading", "sentence", "window")
RULES = [
    PairRules(),
    PairRules(ALL, max_tokens=60, every=2, pii="drop"),
    PairRules(ALL, prompt_path=True, splitter="regex", pii="keep", skip_rules=("prompt-leans",)),
]


def document_of(title, blocks, language):
    made, start = [], 0
    for kind, text in blocks:
        made.append(Block(kind, text, 2 if kind == "heading" else 0, start))
        start += len(text) + 1
    return Document("https://site.example/", title, tuple(made), language=language)


def alone(pair, rules):
    if rules.pii != "mask":
        return pair
    prompt, completion = mask_pii(pair.prompt), mask_pii(pair.completion)
    if (prompt, completion) == (pair.prompt, pair.completion):
        return pair
    return replace(pair, prompt=prompt, completion=completion, masked=True)


def assert_as_alone(document, rules):
    language = language_of(document.language, document.text)
    pairs = list(asked_pairs(replace(document, language=language), rules))
    reasons = [keep_pair(pair, rules, language) or "" for pair in pairs]
    assert list(judged_pairs(document, rules)) == list(zip(pairs, reasons, strict=True))
    kept, drops = kept_pairs(document, rules)
    assert kept == tuple(
        alone(pair, rules) for pair, reason in zip(pairs, reasons, strict=True) if not reason
    )
    assert drops == Counter(reason for reason in reasons if reason)


# What the rules look for, in pieces that come together in every order.
SAID = st.sampled_from(
    (
        "Bees make honey in summer. | It is so. | However, they left. | Call +49 228 73 40 now. | "
        "Mail jane@uni-bonn.de. | Tel. 030 12 34 56 78 | We use cookies. Accept all cookies. | "
        "Page not found | 404 Not Found | Subscribe now to continue reading. | lorem ipsum dolor | "
        "a b a b a b a b a b a b a b a b | the bees and the bees and the bees and the bees | "
        "x = 1; y[2] += (3 + 4) * 5 | 0228/734567 | 2005-04-07 15:13 | Les abeilles font du miel. "
        "| Die Bienen sind im Stock, und das ist gut. | 蜂は蜂蜜を作ります。 | Bees | ﬁne ½ "
        "| A list of bees | (555) 123-4567 | 1 2 3 4 5 6 7 8 9\n1 2 3\n4 5 6\n7 8 9 | Who is it? | "
        "e\u0301"
    ).split(" | ")
)
TEXT = st.tuples(st.lists(SAID, min_size=1, max_size=12), st.sampled_from([" ", "\n", "  ", ""]))
BLOCK = st.tuples(
    st.sampled_from(["paragraph", "paragraph", "paragraph", "heading", "code", "list_item"]),
    TEXT.map(lambda found: found[1].join(found[0])),
)


@settings(max_examples=150, deadline=None)
@given(
    SAID,
    st.lists(BLOCK, max_size=8),
    st.sampled_from(["en", "de", "ja", "", "en-US"]),
    st.sampled_from(RULES),
)
def test_any_document(title, blocks, language, rules):
    assert_as_alone(document_of(title, blocks, language), rules)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("rules", RULES, ids=["as shipped", "small parts", "paths"])
def test_real_pages(path, rules):
    row = json.loads(path.read_text("utf-8"))
    if "blocks" not in row:
        pytest.skip("the page gives no document")
    blocks = tuple(Block(**block) for block in row["blocks"])
    assert_as_alone(Document(row["url"], row["title"], blocks, row["language"]), rules)


def test_a_long_completion_is_about_something_though_it_is_a_prompt_elsewhere():
    long = "Accept all cookies. " * 20
    notices = Notices([(long, "Bees"), ("Bees", long)])
    assert notices.says("consent-banner", long, "Bees")
    assert not notices.says("consent-banner", "Bees", long)


@given(st.lists(SAID | st.text(max_size=5), max_size=6).map("".join))
def test_normal_forms_are_those_of_the_whole_text(text):
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    assert normalised(text) == plain


SIGNS = st.text(st.sampled_from("0123456789+()./- –\xa0@.abTel: ٣\n"), max_size=60)


@settings(max_examples=300)
@given(st.lists(SAID | SIGNS, max_size=5).map("".join))
def test_masking_is_what_the_patterns_find_in_the_whole_text(text):
    def email(found):
        return found[0] if pii._FOR_EXAMPLES.search(found[0]) else pii.EMAIL_MASK

    def phone(found):
        return pii.PHONE_MASK if 8 <= sum(map(str.isdigit, found[0])) <= 15 else found[0]

    plain = pii._PHONE.sub(phone, pii._EMAIL.sub(email, text))
    assert mask_pii(text) == plain
    assert plain == text or pii_suspects(text)


@given(st.text(max_size=9), st.text(max_size=9))
def test_a_pair_that_was_pickled_has_its_fingerprint_with_it(prompt, completion):
    pair = Pair(prompt, completion, "title", 1, 2, 3, 4, 5, 6, masked=True)
    sent = pickle.loads(pickle.dumps(pair))
    assert sent == pair
    assert repr(sent) == repr(pair)
    assert sent._mark == Pair(prompt, completion, "title").mark
    assert sent.text_key == pair.text_key
    assert replace(sent, prompt=f"{prompt}x").fingerprint != sent.fingerprint


def test_the_key_of_a_pair_says_whether_texts_and_answers_are_the_same():
    """The bytes are those of shards that are there already: they never change."""
    pair = Pair("Bees?", "In hives.", "title")
    assert pair.text_key.hex() == "fec9361b251c82d7ad1ae77f5277b540"
    assert Pair("BEES?", "In  \uff28ives.\n", "title").text_key == pair.text_key
    other = Pair("Ants?", "in HIVES.", "title").text_key
    assert (other[8:], other[:8] == pair.text_key[:8]) == (pair.text_key[8:], False)
    assert Pair("Bees?", "Inhives.", "title").text_key[8:] != pair.text_key[8:]
