# ruff: noqa: E501 - a line of a page is one line
"""What stands in an article and is not of it: one case a rule, and what each must not take."""

from __future__ import annotations

import pytest

from pipelines.extract import extract_document
from pipelines.records import Document
from pipelines.rules import ExtractRules

PROSE = [
    "The ferry left the island before dawn, and nobody on board had slept for more than an hour.",
    "By noon the fog had lifted, the captain said, and the far shore stood clear over the water.",
    "What they found in the harbour was a row of empty boats, each with its oars laid crosswise.",
    "Nobody has been able to say since then where the crews went, or whether they went together.",
]


def texts_of(html, **rules):
    page = f"<html><head><title>The ferry</title></head><body>{html}</body></html>"
    found = extract_document(page.encode(), "https://site.example/a", rules=ExtractRules(**rules))
    assert isinstance(found, Document), found
    return [block.text for block in found.blocks]


def article(*, before="", between="", after=""):
    first, second, third, fourth = (f"<p>{text}</p>" for text in PROSE)
    return f"<article><h1>The ferry</h1>{before}{first}{second}{between}{third}{fourth}{after}</article>"


@pytest.mark.parametrize(
    "line",
    [
        "<p>By Anna Example and Ben O'Neill</p>",
        "<p>Published: 3 March 2026 at 10:15</p>",
        "<p>March 3, 2026</p>",
        "<p>4 min read</p>",
        "<p>Share this</p>",
        "<p>Photo: Getty Images</p>",
        "<h6>By Anna Example</h6>",
        "<p>Categories: Ferries</p>",
        "<p>Ana Paz | Palma | 08/01/2014</p>",
    ],
)
def test_lines_before_the_first_sentence_that_are_not_its_own(line):
    assert texts_of(article(before=line)) == PROSE


@pytest.mark.parametrize(
    "line",
    [
        "<p><a href=/b>Why the lighthouse was never lit again</a></p>",
        "<p>Read more: <a href=/b>Why the lighthouse was never lit again</a></p>",
        "<p>Lire aussi : <a href=/b>Pourquoi le phare est éteint</a></p>",
        "<p>[ <a href=/b>Read nine things about ferries</a> ]</p>",
        "<p>Advertisement</p>",
        "<p>(Credit: Anna Example/Reuters)</p>",
        "<p>Jane Doe/Getty Images</p>",
        "<div class='related-links'><p>Other ferries sail on Sundays only, as they always did.</p></div>",
    ],
)
def test_lines_in_between_that_lead_away(line):
    assert texts_of(article(between=line)) == PROSE


@pytest.mark.parametrize(
    "lines",
    [
        "<p>Follow us on Twitter</p>",
        "<p>Sign up for our daily newsletter to get the best of it.</p>",
        "<p>Copyright 2026 The Daily Ferry. All rights reserved.</p>",
        "<p>This page last modified on 2026-02-21 19:15:54 UTC</p>",
        "<p>Tags: <a href=/t/sea>sea</a>, <a href=/t/fog>fog</a></p>",
        "<p>Write to Anna Example at anna@site.example</p>",
        "<h2>You may also like</h2><ul><li>The lighthouse keepers</li><li>The empty boats</li></ul>",
        "<h3>Related articles</h3><p>The lighthouse keepers</p>",
        "<h3>12 comments</h3><p>I was on that ferry, and I can tell you that we slept all night.</p>",
        "<div id=comments><h3>Comments</h3><p>I was there too, and nobody slept, not even I.</p></div>",
        "<h3><a href=/b>The keepers</a></h3><p>Nobody lit it.</p>"
        "<h3><a href=/c>The boats</a></h3><p>Nobody rowed.</p>",
    ],
)
def test_lines_behind_the_last_sentence_that_are_not_its_own(lines):
    assert texts_of(article(after=lines)) == PROSE


@pytest.mark.parametrize(
    "line",
    [
        "<p>By Sunday the harbour was empty.</p>",
        "<p>Copyright law has no word for that.</p>",
        "<p>Follow the path down to the mole.</p>",
        "<p>Read it again, he said: nothing.</p>",
        "<p>See <a href=/b>the chart</a> for the course that they took that night.</p>",
        "<h2>Comments on the chart</h2>",
        "<h2>Photo evidence</h2>",
    ],
)
def test_lines_that_only_look_like_it_are_kept(line):
    text = line.split(">", 1)[1].split("<")[0] if "<a" not in line else "chart"
    assert any(text in block for block in texts_of(article(between=line)))


def test_a_part_that_is_most_of_the_article_is_kept_whatever_it_is_named():
    body = "".join(f"<p>{text}</p>" for text in PROSE)
    assert texts_of(f"<div class='related newsletter'>{body}</div>") == PROSE


def test_a_table_of_contents_is_not_text():
    sections = "".join(f"<h2 id=s{n}>Part {n}</h2><p>{text}</p>" for n, text in enumerate(PROSE))
    links = "".join(f"<li><a href='#s{n}'>Part {n}</a></li>" for n in range(4))
    found = texts_of(f"<article><h1>The ferry</h1><ul>{links}</ul>{sections}</article>")
    assert found == [text for n, prose in enumerate(PROSE) for text in (f"Part {n}", prose)]


def test_permalinks_edit_links_and_hidden_words_are_not_text():
    html = article(
        between="<h2>The harbour<a class=headerlink href='#h'>¶</a></h2>"
        "<h3>Boats <a href='#b'>#</a><span class=mw-editsection>[edit]</span></h3>"
        "<p>Each boat<span class='sr-only'>(opens in a new window)</span> lay on its side.</p>"
    )
    found = texts_of(html)
    assert found[2:5] == ["The harbour", "Boats", "Each boat lay on its side."]


def test_site_selectors_are_obeyed_to_the_letter():
    html = article(before="<p>By Anna Example</p>", after="<p>Follow us on Twitter</p>")
    found = texts_of(html, article="article")
    assert found == ["By Anna Example", *PROSE, "Follow us on Twitter"]


# What extractors lose.


@pytest.mark.parametrize(
    "html",
    [
        "<p><ol><li>{0}</li><li>{1}</li></ol></p><p>{2}</p><p>{3}</p>",
        "<p>{0}</p><dl><dt>{1}</dt><dd>{2}</dd></dl><p>{3}</p>",
        "<p>{0}</p><p>{1}</p><dl><dt>{2}</dt><dd>{3}</dd></dl>",
        "<div class=section><p>{0}</p><div class=sidebar><p>{1}</p></div><p>{2}</p><p>{3}</p></div>",
        "{0}<br><br>{1}<br><br>{2}<br><br>{3}",
    ],
    ids=["a list in a paragraph", "definitions", "definitions last", "a box", "line breaks"],
)
def test_text_that_extractors_lose_or_run_together(html):
    assert texts_of(f"<h2>The ferry</h2>{html.format(*PROSE)}") == PROSE


def test_the_standfirst_belongs_to_the_article():
    first, *rest = PROSE
    body = "".join(f"<p>{text}</p>" for text in rest)
    html = (
        f"<header><h1>The ferry</h1><p class=standfirst>{first}</p></header>"
        f"<p>By Anna Example</p><div class=article-body>{body}</div>"
    )
    assert texts_of(html) == PROSE
