"""What is left undone where there is nothing to do: the document is the same, the work is less."""

from __future__ import annotations

import pytest
import trafilatura
from lxml import etree

from pipelines import asking
from pipelines.asking import find_body
from pipelines.decode import decode_page, without_controls
from pipelines.extract import extract_document
from pipelines.language import language_of
from pipelines.parsing import parse_page
from pipelines.records import Block, Document, Rejected

URL = "https://site.example/a"
PROSE = "The keeper climbed the stairs every evening and lit the lamp before the ships came in."
BOXES = "".join(f"<div class='cell cell-{n}'></div>\n" for n in range(200))


@pytest.fixture
def calls(monkeypatch):
    """The trees and modes with which trafilatura is called."""
    inside, made = asking.trafilatura_sequence, []

    def counted(tree, options):
        made.append((sum(1 for _ in tree.iter("div")), options.fast))
        return inside(tree, options)

    monkeypatch.setattr(asking, "trafilatura_sequence", counted)
    return made


def document(html):
    found = extract_document(html.encode(), URL)
    assert isinstance(found, Document), found
    return found


def test_of_a_row_of_empty_boxes_trafilatura_sees_one_and_paths_count_them_all(calls, monkeypatch):
    text = "".join(f"<p>{PROSE} It was the {n}th night.</p>" for n in range(4))
    named = "<div id=a></div><div id=b></div>"
    html = f"<body>{BOXES}{named}words<div></div>more<div>{BOXES}<article>{text}</article></div>"
    thin = document(html)
    # One of each row, those with an id or with text behind them, and the one around the article.
    assert calls.pop() == (1 + 2 + 1 + 1 + 1, True)
    assert thin.blocks[0].path == "/html/body[1]/div[204]/article[1]/p[1]"
    monkeypatch.setattr(asking, "_MANY_EMPTY", 10_000)
    assert document(html) == thin
    assert calls == [(404, True)]


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "slow"])
@pytest.mark.parametrize(
    "html",
    [
        "<article>{0}<h2>The lamp</h2>{0}<table><tr><td>a<td>b</table></article>",
        "<div class=comments>{0}</div><p>{0}",
        "<nav><a href=/>Home</a></nav><p>Too short.",
        "",
    ],
    ids=["an article", "comments", "short", "nothing"],
)
def test_trafilatura_s_own_steps_give_what_its_public_function_gives(html, fast):
    text = "".join(f"<p>{PROSE} It was the {n}th night.</p>" for n in range(4))
    page = parse_page(f"<html><body>{html.format(text)}</body></html>")
    before = etree.tostring(page)
    theirs = trafilatura.bare_extraction(
        page, fast=fast, include_comments=False, with_metadata=False, output_format="xml"
    )
    ours = find_body(page, fast=fast)
    assert (ours is None) == (theirs is None)
    assert ours is None or etree.tostring(ours) == etree.tostring(theirs.body)
    assert etree.tostring(page) == before


def test_there_is_no_slower_look_at_a_page_of_links(calls):
    links = "".join(f"<li><a href=/{n}>Report {n} of the keeper</a></li>" for n in range(90))
    extract_document(f"<body><ul>{links}</ul><p>{PROSE}</p>".encode(), URL)
    assert [fast for _, fast in calls] == [True]


@pytest.mark.parametrize(
    "sign",
    [
        *(0x01, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x1F, 0x20, 0x7E, 0x7F, 0x80, 0x84, 0x85),
        *(0x86, 0x9F, 0xA0, 0xD7FF, 0xE000, 0xFDCF, 0xFDD0, 0xFDD2, 0xFDEF, 0xFDF0, 0xFFFD, 0xFFFE),
        *(0xFFFF, 0x10000),
    ],
    ids=hex,
)
@pytest.mark.parametrize("before", ["plain ", "größer "])
def test_what_the_bytes_tell_of_control_characters_is_what_the_text_tells(before, sign):
    text = f"{before}{chr(sign)} and more"
    found = decode_page(text.encode())
    assert not isinstance(found, Rejected)
    assert found == without_controls(text)


@pytest.mark.parametrize(
    ("declared", "said", "language"),
    [
        (
            "en",
            "The lamp was lit by the keeper and was seen from all of the ships at sea.",
            "en",
        ),
        ("", "The lamp was lit by the keeper and was seen from all of the ships at sea.", "en"),
        ("en", "Die Lampe war in der Nacht auf dem Turm und sie war von allen zu sehen.", "de"),
        ("pt", "La lámpara era de los que la vieron en el mar y no se sabe de quién es.", "es"),
        ("", "Rozdział ten opisuje pracę latarnika oraz statki, które przypływają nocą.", "pl"),
    ],
)
def test_small_words_tell_what_the_letters_tell(declared, said, language):
    assert language_of([Block("paragraph", " ".join([said] * 4))], declared) == language


def test_a_text_in_two_languages_is_not_told_by_the_small_words_of_one():
    english = "The present version is the tenth edition of the book and covers all of the system."
    polish = "Kolejne rozdziały to szczegółowy przewodnik po systemie, zaczynając od usług."
    blocks = [Block("paragraph", text) for text in (english, *[polish] * 3)]
    assert language_of(blocks, "") == "pl"
