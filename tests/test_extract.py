"""Pages -> documents: tables of odd cases, whole pages in tests/pages, real saved pages."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import clean_text
from pipelines.decode import decode_page
from pipelines.extract import REASONS, count_words, extract_document
from pipelines.metadata import normalised_date, title_without_site
from pipelines.pairs import make_pairs
from pipelines.records import Document, Rejected
from pipelines.rules import ExtractRules
from pipelines.selectors import check_selector

URL = "https://site.example/a/page"
HERE = Path(__file__).parent
CASES = sorted(path.name for path in (HERE / "pages").iterdir())
SHARED = HERE.parent.parent / "shared" / "pages"
FILLER = "This paragraph is here so that the page has words enough to be read as an article. "


def document_of(html, **rules):
    body = html if isinstance(html, bytes) else html.encode()
    found = extract_document(body, URL, rules=ExtractRules(**{"min_words": 1, **rules}))
    assert isinstance(found, Document), found
    return found


def blocks_of(html, **rules):
    """Kind with level, and text: ("heading2", "Details")."""
    found = document_of(html, **rules)
    return [(f"{block.kind}{block.level or ''}", block.text) for block in found.blocks]


def in_article(html):
    """The blocks of HTML in an article that the site's selector names."""
    return blocks_of(f"<html><body><article>{html}</article></body></html>", article="article")


def rejected(body, **kwargs):
    found = extract_document(body, URL, **kwargs)
    assert isinstance(found, Rejected), found
    assert found.reason in REASONS
    return found


def shared_page(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip("the saved pages are not there")
    return path.read_bytes()


# Whole pages. To see what a change does to them, delete an expected file, run, and read the diff.


@pytest.mark.parametrize("case", CASES)
def test_a_page_becomes_the_expected_document_and_pairs(case):
    folder = HERE / "pages" / case
    given_path, document_path = folder / "given.json", folder / "document.json"
    given_ = json.loads(given_path.read_text("utf-8")) if given_path.exists() else {}
    rules = given_.get("rules", {})
    rules = ExtractRules(**{key: tuple(v) if key == "drop" else v for key, v in rules.items()})
    document = extract_document(
        (folder / "page.html").read_bytes(),
        given_.get("url", URL),
        rules=rules,
        content_type=given_.get("content_type"),
    )
    assert isinstance(document, Document), document
    record = dataclasses.asdict(document)
    record.pop("extractor")  # its version changes without the document
    written = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    lines = [json.dumps(dataclasses.asdict(p), ensure_ascii=False) for p in make_pairs(document)]
    for path, text in ((document_path, written), (folder / "pairs.jsonl", "\n".join(lines) + "\n")):
        if not path.exists():
            path.write_text(text, "utf-8")
            pytest.fail(f"{path.name} of {case} was not there: written now, read it")
        assert text == path.read_text("utf-8")


def test_the_saved_encyclopaedia_article_gives_headings_with_their_paragraphs():
    document = document_of(shared_page("en.wikipedia.org.tsne.html"))
    texts = [block.text for block in document.blocks]
    headings = [(block.level, block.text) for block in document.blocks if block.kind == "heading"]
    assert document.title == "t-distributed stochastic neighbor embedding"
    assert headings == [(2, "Details"), (2, "Software"), (2, "External links")]
    assert texts[texts.index("Details") + 1].startswith("Given a set of high-dimensional objects")
    assert texts[texts.index("Software") + 1].startswith("Laurens van der Maaten's")
    for frame in (
        "[edit]",
        "[12]",
        "[1]",
        "Contents",
        "Jump to navigation",
        "Privacy policy",
        "^ ",
    ):
        assert frame not in document.text
    assert document.language == "en"
    assert document.license == "https://creativecommons.org/licenses/by-sa/3.0/"


def test_the_saved_quotes_page_gives_each_quotation_as_a_block():
    page = shared_page("quotes.toscrape.com.html")
    blocks = blocks_of(page, article=".quote", paragraphs=".quote .text")
    assert len(blocks) == 10
    assert all(text[0] == "“" and text[-1] == "”" for _, text in blocks)
    assert blocks[7] == (
        "paragraph",
        "“I have not failed. I've just found 10,000 ways that won't work.”",
    )


def test_without_rules_a_page_of_short_quotes_is_not_one_fused_paragraph():
    document = document_of(shared_page("quotes.toscrape.com.html"))
    assert sum(block.text.startswith("“") for block in document.blocks) == 10
    assert "Login" not in document.text


# What is read from the page itself.


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        pytest.param(
            "<p>One.</p><p>Two.</p>", ["paragraph One.", "paragraph Two."], id="paragraphs"
        ),
        pytest.param(
            "bare <b>te</b>xt<p>One.</p>tail",
            ["paragraph bare text", "paragraph One.", "paragraph tail"],
            id="bare text and a tail",
        ),
        pytest.param(
            "<h2>A</h2><p>b</p><h3>C</h3><p>d</p>",
            ["heading2 A", "paragraph b", "heading3 C", "paragraph d"],
            id="levels",
        ),
        pytest.param(
            "<h2><div>A</div>B</h2><p>c</p>",
            ["heading2 A B", "paragraph c"],
            id="a block in a heading",
        ),
        pytest.param(
            "<ul><li>one<ul><li>in</li></ul>after</li><li>two</li></ul>",
            ["list_item one", "list_item in", "list_item after", "list_item two"],
            id="nested lists",
        ),
        pytest.param(
            "<ol><li><p>one</p><p>two</p></li></ol>",
            ["list_item one", "list_item two"],
            id="paragraphs in an item",
        ),
        pytest.param(
            "<blockquote><p>a</p>b<cite>c</cite></blockquote>", ["quote a", "quote bc"], id="quote"
        ),
        pytest.param(
            "<pre>if a[1]:\n    b\n\n</pre>",
            ["code if a[1]:\n    b"],
            id="code keeps lines and brackets",
        ),
        pytest.param(
            "<pre><div>a</div><div>b</div>c<br>d</pre>",
            ["code a\nb\nc\nd"],
            id="code of one element a line",
        ),
        pytest.param(
            "<p>use <code>a[1]</code> now[1]</p>",
            ["paragraph use a[1] now"],
            id="brackets in code are no citation",
        ),
        pytest.param(
            "<table><tr><th>A</th><th>B</th></tr><tr><td>1<br>2</td><td><ul><li>x</li><li>y</li></ul></td></tr></table>",
            ["table_row A | B", "table_row 1 2 | x y"],
            id="table",
        ),
        pytest.param(
            "<table><tr><td></td><td>only</td></tr></table>", ["table_row only"], id="an empty cell"
        ),
        pytest.param(
            "<table><tr><td><h2>A</h2><p>b</p></td><td>c</td></tr></table>",
            ["heading2 A", "paragraph b", "paragraph c"],
            id="a table for layout",
        ),
        pytest.param("<p>one<br>two</p>", ["paragraph one two"], id="a line break is a space"),
        pytest.param(
            "<div>a<div>b</div>c</div>",
            ["paragraph a", "paragraph b", "paragraph c"],
            id="nested div",
        ),
        pytest.param(
            "<p>a<script>x()</script>b<style>y</style> <!-- z -->c</p>",
            ["paragraph ab c"],
            id="scripts and comments",
        ),
        pytest.param(
            "<dl><dt>Term</dt><dd>Meaning</dd></dl>",
            ["list_item Term", "list_item Meaning"],
            id="definitions",
        ),
        pytest.param("<p>• * •</p><p>word</p>", ["paragraph word"], id="ornaments are no text"),
        pytest.param(
            "<h2>Contents</h2><h2>A</h2><p>b</p><h3>C</h3>",
            ["heading2 A", "paragraph b"],
            id="headings over nothing",
        ),
        pytest.param(
            "<h2>A</h2><h3>B</h3><p>c</p>",
            ["heading2 A", "heading3 B", "paragraph c"],
            id="a heading over a heading",
        ),
        pytest.param(
            "<p>a</p><h2>References</h2><ol><li>^ Book</li></ol>", ["paragraph a"], id="references"
        ),
        pytest.param(
            "<p>soft\u00adhy\u200bphen &#0;&#1;&#xD800;a&nbsp;b\u2028c</p>",
            ["paragraph softhyphen \ufffd\ufffda b c"],
            id="invisible letters",
        ),
    ],
)
def test_blocks_of_an_article(html, blocks):
    assert [f"{kind} {text}" for kind, text in in_article(html)] == blocks


@pytest.mark.parametrize(
    ("rules", "blocks"),
    [
        pytest.param(
            {"paragraphs": "p"}, ["one", "two in three", "cell"], id="paragraphs everywhere"
        ),
        pytest.param(
            {"article": "#main", "paragraphs": "body p"},
            ["one", "two in three"],
            id="a selector that begins outside the article",
        ),
        pytest.param(
            {"article": "#main", "paragraphs": "p, em"},
            ["one", "two in three"],
            id="an inline match inside another",
        ),
        pytest.param(
            {"paragraphs": "#main, p"},
            ["Head", "one", "two in three", "rest"],
            id="a block match inside another",
        ),
        pytest.param(
            {"article": "#main", "drop": ("h2", "em")}, ["one", "two three", "rest"], id="drop"
        ),
        pytest.param(
            {"article": "div, p", "drop": ("table",)},
            ["Head", "one", "two in three", "rest"],
            id="articles inside each other",
        ),
        pytest.param({"paragraphs": "tr, td"}, ["cell | other"], id="rows and cells"),
    ],
)
def test_selectors_choose_the_blocks(rules, blocks):
    html = (
        "<html><body><div id=main><h2>Head</h2><p>one</p><p>two <em>in</em> three</p>rest</div>"
        "<table><tr><td><p>cell</p></td><td>other</td></tr></table></body></html>"
    )
    found = [text for _, text in blocks_of(html, **rules)]
    if rules == {"paragraphs": "#main, p"}:
        found.remove("cell")
    assert found == blocks


def test_the_title_selector_wins_and_the_title_is_no_block():
    html = (
        "<title>Tab</title><h1>Big</h1><p class=t>Real  title[1]</p>"
        f"<p>{FILLER}</p><p>Real title</p>"
    )
    document = document_of(html, title=".t", article="body")
    assert document.title == "Real title"
    assert [block.text for block in document.blocks] == ["Big", FILLER.strip()]


def test_a_title_selector_that_matches_nothing_leaves_the_page_s_own():
    assert document_of(f"<title>Tab</title><p>{FILLER}</p>", title=".none").title == "Tab"


@pytest.mark.parametrize(
    "selector", ["p[", "", "  ", "a::before(", "ns|p", ":unknown(1)", "p:nth-child(x)"]
)
def test_a_bad_selector_is_named(selector):
    with pytest.raises(ValueError, match="selector") as caught:
        check_selector(selector)
    if selector.strip():
        assert repr(selector) in str(caught.value)
        with pytest.raises(ValueError, match="selector"):
            extract_document(b"<p>text</p>", URL, rules=ExtractRules(drop=(selector,)))


# The generic way.


def test_headings_that_the_extractor_loses_are_found_again():
    """trafilatura drops headings with class names that look like navigation."""
    html = "".join(
        f"<div class='{name}'><h3>{title}</h3></div><p>{title}: {FILLER * 3}</p>"
        for name, title in (("a", "First"), ("breadcrumbs", "Second"), ("share-bar", "Third"))
    )
    headings = [
        text for kind, text in blocks_of(f"<body><article>{html}</article>") if kind[0] == "h"
    ]
    assert headings == ["First", "Second", "Third"]


def test_blocks_know_where_in_the_page_they_stood():
    html = (
        f"<html><body><article><p>{FILLER * 3}</p><h2>Part</h2><p>Other: {FILLER * 3}</p></article>"
    )
    assert [block.path for block in document_of(html).blocks] == [
        "/html/body[1]/article[1]/p[1]",
        "/html/body[1]/article[1]/h2[1]",
        "/html/body[1]/article[1]/p[2]",
    ]


def test_what_is_dropped_leaves_paths_and_words_as_they_are():
    html = f"<html><body><p>x</p><article><p>One<sup>1</sup>. {FILLER}</p></article></body></html>"
    block = document_of(html, article="article", drop=("body > p", "sup")).blocks[0]
    assert block.text.startswith("One. This paragraph")
    assert block.path == "/html/body[1]/article[1]/p[1]"


def test_paragraphs_that_the_extractor_loses_or_breaks_at_inline_code_are_whole():
    """trafilatura loses the text before inline code in a ``div``, as the Debian handbook has."""
    html = "".join(
        f"<div class=para><a id=i{n}></a>Step {n} is to run <code>apt step{n}</code> and then to "
        f"wait for about {n} minutes, until {'nothing moves ' * n} any more on the screen.</div>"
        for n in range(4)
    )
    blocks = blocks_of(f"<html><body><div class=section><h2>Steps</h2>{html}</div></body></html>")
    assert [text.split(" and")[0] for _, text in blocks] == [
        "Steps",
        *(f"Step {n} is to run apt step{n}" for n in range(4)),
    ]


def test_what_the_extractor_raises_is_a_reason(monkeypatch):
    def fail(*_args, **_kwargs):
        raise RecursionError("too much")

    monkeypatch.setattr("pipelines.asking.trafilatura_sequence", fail)
    found = rejected(f"<p>{FILLER}</p>".encode())
    assert found == Rejected("extractor-error", "RecursionError: too much")


# Bad input.


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b" \r\n\t\0", "empty", id="white space"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "not-text", id="an image"),
        pytest.param(b"%PDF-1.7 ...", "not-text", id="a PDF"),
        pytest.param(bytes(range(256)) * 20, "not-text", id="bytes"),
        pytest.param(b"<html><body></body></html>", "no-text", id="no text"),
        pytest.param(
            b"<html><body><script>var a;</script></body></html>", "no-text", id="only a script"
        ),
        pytest.param(b"<!-- nothing -->", "no-text", id="only a comment"),
        pytest.param(b"<h1>Title</h1><title>Title</title>", "no-text", id="only a title"),
        pytest.param(b"<p>Four words, no more.</p>", "too-short", id="short"),
        pytest.param(b"x" * 20_000_001, "too-large", id="20 MB"),
    ],
)
def test_a_page_without_a_document_has_a_reason(body, reason):
    assert rejected(body).reason == reason


@pytest.mark.parametrize(
    "tag", ["div", "b", "table><tr><td", "ul><li", "blockquote", "font", "svg"]
)
def test_100_000_nested_tags_are_refused_at_once(tag):
    started = time.perf_counter()
    assert rejected(f"<html><body>{f'<{tag}>' * 100_000}deep".encode()).reason == "too-deep"
    assert time.perf_counter() - started < 1


def test_240_nested_tags_are_read():
    text = "deep text " * 40
    assert document_of(f"<html><body>{'<div>' * 240}{text}").text == text.strip()


def test_selectors_that_match_nothing_say_so():
    page = f"<p>{FILLER}</p>".encode()
    assert rejected(page, rules=ExtractRules(article="#x")) == Rejected(
        "no-article", "nothing matches '#x'"
    )
    assert rejected(page, rules=ExtractRules(paragraphs=".y")) == Rejected(
        "no-text", "nothing matches '.y'"
    )


def test_dropping_everything_leaves_no_text():
    assert (
        rejected(f"<p>{FILLER}</p>".encode(), rules=ExtractRules(drop=("*",))).reason == "no-text"
    )


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise(body):
    for content_type in (None, "text/html; charset=shift_jis"):
        assert isinstance(
            extract_document(body, URL, content_type=content_type), Document | Rejected
        )


TAGS = st.sampled_from(
    "p div h1 h2 h4 ul li pre code blockquote table tr td br b a span main nav dl dd".split()
)
SOUP = st.lists(
    st.one_of(
        TAGS.map("<{}>".format),
        TAGS.map("</{}>".format),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        st.sampled_from(
            ["\n", "[1]", "&#0;", "&nbsp;", "&#xD800;", "\x85", "\u2028", "\r", "\x0b", "word "]
        ),
    ),
    max_size=60,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(
    SOUP,
    st.sampled_from([{}, {"article": "body"}, {"paragraphs": "p, li, td, pre"}, {"drop": ("b",)}]),
)
def test_spans_are_right_and_only_code_has_lines(html, rules):
    document = extract_document(html.encode(), URL, rules=ExtractRules(min_words=0, **rules))
    if isinstance(document, Rejected):
        return
    assert document.text.encode()  # no lone surrogate
    for block in document.blocks:
        assert document.text[block.start : block.end] == block.text
        assert block.text.strip()
        assert block.kind == "code" or len(block.text.splitlines()) == 1
        assert not set(block.text) & set("\0\x01\x7f\ufffe\ufdd0\ufdd1")


WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=1, max_size=12)
INSIDE = st.sampled_from(
    [
        "{}",
        "<b>{}</b>",
        "<p>{}</p>",
        "<div>{}</div>",
        "<li>{}</li>",
        "<td>{}</td>",
        "<pre>{}</pre>",
        "<br>{}",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(INSIDE, WORDS), min_size=1, max_size=12))
def test_an_article_s_words_are_all_there_in_order(parts):
    html = " ".join(shape.format(" ".join(words)) for shape, words in parts)
    found = extract_document(
        f"<html><body><article>{html}</article></body></html>".encode(),
        URL,
        rules=ExtractRules(article="article", min_words=0),
    )
    assert isinstance(found, Document)
    assert found.text.replace("|", " ").split() == [word for _, words in parts for word in words]


# Charsets.

FRENCH = "L’élève naïf « répète » la leçon à l’été : ça coûte 3 €."
RUSSIAN = "Вчера мы ходили в большой парк и видели там много разных птиц и зверей."
JAPANESE = "昨日は友達と一緒に公園へ行って、たくさんの鳥を見ました。とても楽しかったです。"
POLISH = "Wczoraj poszedłem do sklepu, żeby kupić świeży chleb i mleko dla całej rodziny."


@pytest.mark.parametrize(
    ("text", "charset", "content_type", "meta"),
    [
        pytest.param(FRENCH, "utf-8", None, "", id="utf-8, nothing declared"),
        pytest.param(
            FRENCH, "utf-8-sig", "text/html; charset=latin-1", "", id="a byte order mark wins"
        ),
        pytest.param(FRENCH, "utf-16", None, "", id="utf-16 with its mark"),
        pytest.param(FRENCH, "utf-16-le", None, "", id="utf-16 without a mark"),
        pytest.param(FRENCH, "utf-16-be", "text/html", "", id="utf-16, the other way round"),
        pytest.param(
            FRENCH, "cp1252", "text/html; charset=ISO-8859-1", "", id="latin-1 is windows-1252"
        ),
        pytest.param(FRENCH, "cp1252", None, "<meta charset=windows-1252>", id="meta"),
        pytest.param(
            FRENCH,
            "cp1252",
            'text/html; charset="latin1"',
            "<meta charset=utf-8>",
            id="header before meta",
        ),
        pytest.param(
            FRENCH,
            "cp1252",
            "text/html; charset=none-such",
            "<meta charset='cp1252'>",
            id="an unknown charset",
        ),
        pytest.param(
            FRENCH, "cp1252", "text/html; charset=rot13", "", id="a codec that is no charset"
        ),
        pytest.param(
            FRENCH, "utf-8", "text/html; charset=iso-8859-1", "", id="utf-8 that says latin-1"
        ),
        pytest.param(
            FRENCH, "utf-8", "text/html; charset=us-ascii", "", id="utf-8 that says ascii"
        ),
        pytest.param(
            FRENCH, "cp1252", "text/html; charset=utf-8", "", id="windows-1252 that says utf-8"
        ),
        pytest.param(FRENCH, "cp1252", None, "<meta charset=utf-16>", id="a meta that cannot be"),
        pytest.param(FRENCH, "cp1252", None, "", id="windows-1252, nothing declared"),
        pytest.param(RUSSIAN, "cp1251", None, "", id="windows-1251, nothing declared"),
        pytest.param(
            RUSSIAN, "koi8-r", "text/html; charset=utf-8", "", id="koi8-r that says utf-8"
        ),
        pytest.param(JAPANESE, "shift_jis", None, "", id="shift_jis, nothing declared"),
        pytest.param(
            JAPANESE, "euc_jp", "text/html; charset=utf-8", "", id="euc-jp that says utf-8"
        ),
        pytest.param(JAPANESE, "iso2022_jp", None, "<meta charset=iso-2022-jp>", id="iso-2022-jp"),
        pytest.param(POLISH, "cp1250", None, "<html lang=pl>", id="windows-1250 by its language"),
    ],
)
def test_the_text_comes_out_right_whatever_is_declared(text, charset, content_type, meta):
    page = f"{meta}<title>t</title>\n<p>{text}</p>\n<p>plain</p>"
    assert decode_page(page.encode(charset), content_type) == page


def test_one_wrong_byte_does_not_spoil_a_utf8_page():
    body = f"<p>{FRENCH}</p>".encode() * 9 + b"\xff"
    assert decode_page(body, "text/html; charset=utf-8") == f"<p>{FRENCH}</p>" * 9 + "\ufffd"


def test_an_xml_declaration_does_not_matter():
    page = f'<?xml version="1.0" encoding="iso-8859-1"?><html><body><p>{FRENCH}</p></body></html>'
    assert document_of(page.encode("cp1252")).text == FRENCH


# Metadata.


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>A long post - My Site</title>", "A long post"),
        ("<title>Post | My Long Site</title>", "Post"),
        ("<title>Post | Part two | My Site</title>", "Post | Part two"),
        ("<title>My Site: Post</title><meta property=og:site_name content='My Site'>", "Post"),
        ("<title>Site.example — A post of ours</title>", "A post of ours"),
        ("<title>Bees: a life</title>", "Bees: a life"),
        ("<title>Well-known - words</title>", "Well-known"),
        ("<title>A · B</title><meta property=og:title content='The whole name'>", "The whole name"),
        ("<title>Post | S</title></head><h1>Post</h1>", "Post"),
        ("<title>Post | S</title></head><h1><a href='/'>S</a></h1>", "Post"),
        ("<title>Short | S</title></head><h1>The long form</h1>", "The long form"),
        ("<title>Post | S</title></head><h1>S news</h1><h1>Post</h1>", "Post"),
        ("</head><h1>Only <i>h1</i>[edit]</h1>", "Only h1"),
        ("<title> </title>", ""),
    ],
)
def test_title(head, title):
    assert document_of(f"<html><head>{head}<p>{FILLER}</p>").title == title


def test_a_site_name_alone_stays_the_title():
    assert title_without_site("site.example", "", "site.example") == "site.example"


@pytest.mark.parametrize(
    ("html", "field", "value"),
    [
        ("<link rel=canonical href='../b?x=1'>", "canonical_url", "https://site.example/b?x=1"),
        ("<link rel='Canonical' href='javascript:x()'>", "canonical_url", ""),
        ("<link rel=canonical href='http://[bad'>", "canonical_url", ""),
        (
            "<base href='https://evil.example/'><link rel=canonical href='/b'>",
            "canonical_url",
            "https://site.example/b",
        ),
        (
            "<meta property='article:published_time' content='2026-02-03T01:02:03Z'>",
            "date",
            "2026-02-03",
        ),
        (
            "<time datetime='2026-02-31'>x</time><time datetime='2025-01-02 10:00'>y</time>",
            "date",
            "2025-01-02",
        ),
        ("<script type='application/ld+json'>[{'bad'</script>", "date", ""),
        (
            '<script type="application/ld+json">[{"a": {"datePublished": "2024-05-06"}}]</script>',
            "date",
            "2024-05-06",
        ),
        (
            '<script type="application/ld+json">{"author": {"name": "A. B."}}</script>',
            "authors",
            ("A. B.",),
        ),
        (
            "<meta name=author content='A. B.'><meta name=author content='C'>",
            "authors",
            ("A. B.", "C"),
        ),
        ("<meta name=author content='https://social.example/x'>", "authors", ()),
        (
            "<a rel='nofollow license' href='//cc.example/by'>CC</a>",
            "license",
            "https://cc.example/by",
        ),
    ],
)
def test_metadata(html, field, value):
    assert getattr(document_of(f"{html}<p>{FILLER}</p>"), field) == value


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ("<html lang=EN-us>", "en"),
        ("<html xml:lang='de'>", "de"),
        ("<html lang=fil>", ""),
        ("<meta http-equiv=Content-Language content='fr, en'>", "fr"),
    ],
)
def test_a_short_text_is_in_the_language_that_its_page_declares(html, language):
    assert document_of(f"{html}<p>Too little to tell: 1 2 3 4 5 6 7 8 9.</p>").language == language


def test_deeply_nested_json_is_no_reason_to_fail():
    script = f"<script type='application/ld+json'>{'[' * 100_000}</script>"
    assert document_of(f"{script}<p>{FILLER}</p>").date == ""


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("20260102", "2026-01-02"),
        ("3 Feb 2026 10:00:00 GMT", "2026-02-03"),
        ("soon", ""),
        ("2026-13-01", ""),
        ("202601023", ""),
    ],
)
def test_normalised_date(text, date):
    assert normalised_date(text) == date


# Cleaning.


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("So it is.[12] And[1][2] so[3, 4\u20136] on.", "So it is. And so on."),
        ("Often [citation needed].", "Often."),
        ("Once[when?] they[who?] came[note 1][nb 2].", "Once they came."),
        ("It is so.[a] “[a] man” [t]he ends[b]", "It is so. “[a] man” [t]he ends"),
        ("History[edit]", "History"),
        ("Geschichte [ Bearbeiten | Quelltext bearbeiten ]", "Geschichte"),
        ("In [2019] and [1](x)", "In [2019] and [1](x)"),
    ],
)
def test_clean_text(raw, text):
    assert clean_text(raw) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [("a b  c", 3), ("", 0), ("昨日は公園へ", 3), ("한국어 단어", 2), ("iPhone の 値段", 2)],
)
def test_count_words(text, words):
    assert count_words(text) == words
