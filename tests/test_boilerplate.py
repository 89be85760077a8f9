# ruff: noqa: E501 - a line of a page is one line
"""What stands in an article and is not of it: one case a rule, and what each must not take."""

from __future__ import annotations

import pytest
from lxml import etree

from pipelines import article as article_file
from pipelines.extract import extract_document
from pipelines.match import unplaced
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
        "<h5>By ANNA EXAMPLE, Associated Press | July 19, 2013 | Updated: July 19, 2013 3:55am</h5>",
        "<p>By Anna Example Science reporter, Harbour News</p>",
        "<p>Originally published on Wed June 5, 2013 4:00 pm</p>",
        "<h3>Associated Press</h3>",
        "<h6>Anna Example for The Harbour Times</h6>",
        "<p>The ferry is seen on June 5, 2013 in the harbour. / AP Photo/Anna Example</p>",
        "<p>Topics: <a href=/t/1>empty boats on Sundays</a>, <a href=/t/2>captains</a>, tides</p>",
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
        "<p>LIGHTHOUSES: <a href=/b>Why that of the harbour was never lit again</a></p>",
        "<h2>“Start Quote</h2><p>End Quote Anna Example Harbour master</p>",
        "<div class=playerBox><p>12:00:00 / -:--:--</p></div>",
        "<div><ul class=shareTools><li class=shareAllContent><h3>All Share Services</h3></li></ul></div>",
        "<div class='module left-rail'><h2>Harbour Journal</h2><p>All that is new on the pier.</p></div>",
        "<div class=box><h3>More ferries</h3><ul><li><a href=/1>The ferry that left on a Sunday</a></li>"
        "<li><a href=/2>The ferry that nobody saw leave</a></li></ul></div>",
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
        "<p>To contact the reporter on this story: Anna Example at anna@site.example</p>",
        "<p>Anna Example covers ferries, fog and tides. Follow Anna on Twitter at @anna.</p>",
        "<p>More about ferries:</p><ul><li><a href=/1>The ferry that left on a Sunday</a></li></ul>",
        "<h3>推荐新闻</h3><ul><li>【新闻】 渡轮在黎明前离开小岛</li></ul><p>责编：安娜</p>",
        "<ul><li>Link this</li><li>Digg this</li><li>Reprints</li></ul>",
        "<h2>Reader opinions (latest shown first)</h2><p>I was there, and nobody slept at all.</p>",
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


def test_the_id_of_a_section_that_is_made_of_its_heading_names_no_noise():
    text = "<p>A boat is lent by its captain before it is rowed, and never after.</p>"
    section = f"<section id=credit-cards><h2>Credit cards</h2>{text}</section>"
    assert texts_of(article(between=section))[2] == "Credit cards"
    noise = section.replace("<h2>Credit cards</h2>", "")
    assert texts_of(article(between=noise)) == PROSE


def test_the_headline_in_full_is_no_text_of_its_own():
    html = article().replace("<h1>The ferry", "<h1>The ferry that came back without a crew")
    page = f"<title>The ferry that came back</title><meta property=og:title content='The ferry that came back'>{html}"
    found = extract_document(page.encode(), "https://site.example/a")
    assert [block.text for block in found.blocks] == PROSE


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


def test_sections_in_sections_are_made_as_the_first_is():
    """And their text is taken where only the list above and the code below were found."""
    paragraphs = [f"<div class=para>{text}</div>" for text in PROSE]
    title = "<div class=titlepage><div><h3>The far shore</h3></div></div>"
    inner = f"<div class=section>{title}{paragraphs[3]}</div>"
    html = f"<div class=section><h2>The ferry</h2>{''.join(paragraphs[:3])}{inner}</div>"
    assert texts_of(html) == [*PROSE[:3], "The far shore", PROSE[3]]


def test_a_text_that_is_said_twice_is_found_where_it_stands():
    """What stands above all says what comes late: it is not taken for that."""
    lines = [f"Rule {n}: {text}" for n in range(6) for text in PROSE]
    body = "".join(f"<p>{line}</p>" for line in lines)
    html = f"<article><h1>The ferry</h1><div><code>{lines[20]}</code></div>{body}</article>"
    assert [text for text in texts_of(html) if text in lines][-len(lines) :] == lines


def test_a_list_of_links_to_many_other_sites_is_of_the_article():
    items = "".join(f"<li><a href=https://{n}.example/>Boat yard {n}</a></li>" for n in "abcd")
    found = texts_of(article(between=f"<h2>Who builds them</h2><ul>{items}</ul>"))
    assert found[2:7] == ["Who builds them", *(f"Boat yard {n}" for n in "abcd")]
    own = "".join(f"<li><a href=/{n}>Boat yard {n}</a></li>" for n in "abcd")
    assert "Boat yard a" not in texts_of(article(between=f"<h2>Builders</h2><ul>{own}</ul>"))


def test_a_list_of_names_that_a_sentence_leads_to_is_of_the_article():
    led = PROSE[1].replace(".", ":")
    names = "".join(f"<li><a href=/{n}>Boat yard {n}</a></li>" for n in "abcdef")
    first, _, *rest = (f"<p>{text}</p>" for text in PROSE)
    html = (
        f"<article><h1>The ferry</h1>{first}<p>{led}</p><ul>{names}</ul>{''.join(rest)}</article>"
    )
    assert texts_of(html)[2:8] == [f"Boat yard {n}" for n in "abcdef"]
    headlines = html.replace("Boat yard", "The boat yard that was never open")
    assert len(texts_of(headlines)) == len(PROSE)


def test_a_heading_of_a_list_with_headings_of_its_level_is_not_empty():
    items = "".join(f"<li><h2>Boat {n}</h2><p>{text}</p></li>" for n, text in enumerate(PROSE))
    found = texts_of(
        f"<article><h1>The ferry</h1><header><h2>All boats</h2></header><ul>{items}</ul></article>"
    )
    assert found[:3] == ["All boats", "Boat 0", PROSE[0]]


def test_a_short_subtitle_belongs_to_the_article():
    html = article().replace(
        "</h1>", "</h1><h2 class=subtitle>It came back without anybody on it</h2>"
    )
    assert texts_of(html) == ["It came back without anybody on it", *PROSE]


def test_of_a_page_that_was_found_in_fragments_the_running_text_is_taken(monkeypatch):
    pieces = [piece for text in PROSE for piece in text[:-1].split(",")]
    body = etree.fromstring(f"<body>{''.join(f'<p>{piece}</p>' for piece in pieces)}</body>")
    monkeypatch.setattr(article_file, "find_body", lambda *_args, **_kwargs: body)
    monkeypatch.setattr(article_file, "choose_drafts", lambda _page, found, _title: unplaced(found))
    assert texts_of(article()) == PROSE
