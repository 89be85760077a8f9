"""Bad input: each page gives a document or one named reason, soon, whatever it is made of."""

from __future__ import annotations

import time

import pytest

from pipelines.extract import REASONS, extract_document
from pipelines.records import Document, Rejected
from pipelines.rules import ExtractRules
from pipelines.selectors import check_selector

URL = "https://site.example/a"
TEXT = "This paragraph is here so that the page has words enough to be read as an article. "
P = f"<p>{TEXT * 3}</p>"
ARABIC = "هذه فقرة طويلة بما يكفي لتكون نصا كاملا في هذه الصفحة من الموقع. "
# The slowest takes 1.6 s of processor time; a stall takes minutes.
SOON = 4

PAGES = {
    "50 MB": (b"<p>x</p>" * 6_250_000, "too-large"),
    "300,000 elements": (b"<p>some words</p>" * 300_000, "too-large"),
    "a paragraph of 16 MB": (b"<p>" + b"word " * 3_300_000, "too-large"),
    "100,000 nested tags": (b"<div>" * 100_000 + b"deep", "too-deep"),
    "100,000 nested inline tags": (b"<p>" + b"<b>" * 100_000 + b"deep", "too-deep"),
    "half a page": (f"<html><body><article>{P}<p>Cut in <b>mid-w".encode(), ""),
    "one line of minified text": (f"<html><body><div id=a>{P * 2000}</div>".encode(), ""),
    "60,000 inline elements in a paragraph": (b"<p>" + b"word <b>bold</b> " * 60_000, ""),
    "50,000 lines in a paragraph": (b"<p>" + b"words of a line<br>" * 50_000, ""),
    "100,000 attributes": (
        b"<p " + b" ".join(b"a%d=1" % n for n in range(100_000)) + f">{TEXT * 3}".encode(),
        "",
    ),
    "an attribute of 5 MB": (f'<p title="{"x" * 5_000_000}">{TEXT * 3}'.encode(), ""),
    "deep, often": (b"<html><body>" + (b"<div>x " * 240 + b"</div>" * 240) * 250, ""),
    "a row of 5,000 cells": (b"<table><tr>" + b"<td>some words</td>" * 5_000, ""),
    "50,000 items": (b"<ul>" + b"<li>some words</li>" * 50_000, ""),
    "50,000 items never closed": (b"<ul>" + b"<li>some words" * 50_000, ""),
    "30,000 headings": (b"<h2>Title</h2>" * 30_000 + P.encode(), ""),
    "30,000 options": (b"<select>" + b"<option>x" * 30_000 + b"</select>" + P.encode() * 4, ""),
    "a word of 5 MB": (f"<p>{'x' * 5_000_000} {TEXT * 3}".encode(), ""),
    "300,000 brackets": (b"<p>" + b"[ " * 300_000, "no-text"),
    "a citation of 300,000 numbers": (b"<p>word [1" + b",1" * 300_000, "too-short"),
    "a title of 10 MB": (f"<title>{'T ' * 5_000_000}</title>{P * 4}".encode(), ""),
    "50,000 authors": (b"<meta name=author content=X>" * 50_000 + P.encode() * 4, ""),
    "a byline without end": (f"<p>By {'A.a-b ' * 2_000}</p><p>by {'a' * 85}!</p>{P}".encode(), ""),
    "names as classes without end": (f'<div class="{"comment " * 99_999}">{P * 4}'.encode(), ""),
    "lone surrogates": (f"<p>&#xD800;{TEXT * 3}".encode() + b"\xed\xa0\x80", ""),
    "NUL bytes": ((P * 4).encode().replace(b"is", b"i\0s"), ""),
    "right to left, and both": (
        f"<html dir=rtl><p>{ARABIC * 6}</p><p>\u202eab\u202c {TEXT}".encode(),
        "",
    ),
}


@pytest.mark.parametrize("case", PAGES)
def test_a_bad_page_is_read_or_refused_soon(case):
    body, reason = PAGES[case]
    started = time.process_time()
    found = extract_document(body, URL)
    assert time.process_time() - started < SOON
    if reason:
        assert isinstance(found, Rejected), found
        assert found.reason == reason
        assert reason in REASONS
    else:
        assert isinstance(found, Document), found
        assert len(found.title) <= 500
        assert found.text.encode()


def test_text_around_thousands_of_attributes_is_read():
    body, _ = PAGES["100,000 attributes"]
    found = extract_document(body, URL)
    assert isinstance(found, Document)
    assert found.text == (TEXT * 3).strip()


HOSTILE = (
    "* * * * *",
    "* ~ * ~ * ~ *",
    "div > div ~ div ~ div",
    "div:not(p) div:not(p) div",
    "i ~ i",
)


@pytest.mark.parametrize("selector", HOSTILE)
@pytest.mark.parametrize("page", [b"<i>x</i>" * 50_000, (b"<div>" * 200 + b"</div>" * 200) * 200])
def test_a_hostile_selector_takes_time_that_grows_with_the_page_only(selector, page):
    started = time.process_time()
    extract_document(page + P.encode(), URL, rules=ExtractRules(drop=(selector,)))
    assert time.process_time() - started < SOON


def test_selectors_that_count_siblings_are_not_asked_on_huge_pages():
    found = extract_document(
        b"<i>x</i>" * 50_000 + P.encode(), URL, rules=ExtractRules(drop=("i:nth-child(2)",))
    )
    assert isinstance(found, Rejected)
    assert found.reason == "too-large"


def test_a_selector_without_end_is_refused_when_it_is_read():
    with pytest.raises(ValueError, match="at most 500"):
        check_selector("p, " * 300 + "p")


@pytest.mark.parametrize(
    ("selector", "texts"),
    [
        ("div p", ["one", "two", "three"]),
        ("div > p", ["one", "three"]),
        ("h2 + p", ["one"]),
        ("h2 ~ p", ["one", "three"]),
        ("div section > p, h2", ["Head", "two"]),
        ("body div:not(.x) h2 ~ section p", ["two"]),
    ],
)
def test_selectors_mean_what_they_mean_in_a_browser(selector, texts):
    html = (
        "<body><div><h2>Head</h2><p>one</p><section><p>two</p></section><p>three</p></div><p>four"
    )
    found = extract_document(
        html.encode(), URL, rules=ExtractRules(paragraphs=selector, min_words=1)
    )
    assert isinstance(found, Document)
    blocks = [block.text for block in found.blocks]
    assert blocks == texts
