"""What became of each block of a page: the same as in a crawl, the rest with its reason."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pipelines.harvest import harvest_page
from pipelines.inspect_page import OUTSIDE, inspect_page
from pipelines.records import Block, Document, Page, Rejected, Verdict
from pipelines.rules import ExtractRules, PairRules, SiteRules
from pipelines.sitewide import block_key

HERE = Path(__file__).resolve().parent
SAVED = sorted([*HERE.glob("pages/*/page.html"), *HERE.glob("annotated/*/page.html.gz")])
AT = "2026-11-24T02:00:00Z"
TEXT = "The keeper climbed the stairs every evening and lit the lamp before the ships came in."
PAGE = f"""<!doctype html><html lang=en><head><title>Lamps</title></head><body>
<nav><ul><li><a href=/a>First</a><li><a href=/b>Second</a></ul></nav>
<main id=text class="entry post-1234"><h1>Lamps</h1><p class=by>By Jo Doe</p>
<p>{TEXT}</p><p class=advert>Buy a lamp today and pay for it next year, say the makers.</p>
<div class=quote><span class=words>{TEXT}</span> said a visitor</div>
<p>{TEXT} It took him an hour.</p><h2>Nothing below</h2></main>
<footer><p>Copyright of the harbour</p></footer></body></html>"""


def page_of(body: bytes, **headers: str) -> Page:
    return Page(
        "site", "https://site.example/a", 200, tuple(headers.items()), body, AT, Verdict("allow")
    )


def rules_of(**extract) -> SiteRules:
    tables = {key: tuple(v) if isinstance(v, list) else v for key, v in extract.items()}
    return SiteRules(ExtractRules(**tables), PairRules())


def fates(html: str, rules: SiteRules) -> list[tuple[str, str, str]]:
    entries = inspect_page(page_of(html.encode()), rules).entries
    return [(entry.text[:12], entry.fate, entry.reason) for entry in entries]


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.parent.name)
def test_what_is_kept_is_what_a_crawl_keeps(path):
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    given = path.parent / "given.json"
    said = json.loads(given.read_text()) if given.exists() else {}
    page = page_of(body, **{"content-type": said.get("content_type") or "text/html"})
    rules = rules_of(**said.get("rules", {}))
    harvest, found = harvest_page(page, rules), inspect_page(page, rules)
    if harvest.document is None:
        assert isinstance(found.result, Rejected)
        assert found.result.reason == harvest.reason
        return
    assert found.result == harvest.document
    kept = [(e.kind, e.level, e.text) for e in found.entries if e.fate == "kept"]
    assert kept == [(b.kind, b.level, b.text) for b in harvest.document.blocks]
    assert tuple(pair for pair, reason in found.pairs if not reason) == harvest.pairs
    assert sum(1 for _, reason in found.pairs if reason) == sum(n for _, n in harvest.drops)
    assert all(entry.reason for entry in found.entries if entry.fate != "kept")


def test_each_way_not_to_be_kept_has_its_name():
    found = fates(PAGE, rules_of(article="main", drop=[".advert"]))
    assert found == [
        ("First", "outside", OUTSIDE),
        ("Second", "outside", OUTSIDE),
        ("Lamps", "dropped", "repeats-title"),
        ("By Jo Doe", "kept", ""),
        (TEXT[:12], "kept", ""),
        ("Buy a lamp t", "dropped", "drop .advert"),
        (TEXT[:12], "kept", ""),
        (TEXT[:12], "kept", ""),
        ("Nothing belo", "dropped", "empty-heading"),
        ("Copyright of", "outside", OUTSIDE),
    ]


def test_rules_of_the_extraction_are_named():
    named = {text: reason for text, fate, reason in fates(PAGE, rules_of()) if fate == "dropped"}
    assert named["By Jo Doe"] in ("byline", "lead")


def test_a_part_that_a_selector_makes_a_block_stands_in_its_place():
    found = fates(PAGE, rules_of(paragraphs=".words"))
    kept = [index for index, (_, fate, _) in enumerate(found) if fate == "kept"]
    assert len(kept) == 1
    assert [text for text, *_ in found[kept[0] - 1 : kept[0] + 3]] == [
        "Buy a lamp t",
        TEXT[:12],
        "said a visit",
        TEXT[:12],
    ]


def test_what_many_pages_of_the_site_say_is_named():
    known = {block_key(Block("paragraph", f"{TEXT} It took him an hour.")): "2026-11-01T00:00:00Z"}
    rules = SiteRules(ExtractRules(article="main"), PairRules(), known)
    found = inspect_page(page_of(PAGE.encode()), rules)
    assert [e.text for e in found.entries if e.reason == "site-boilerplate"] == [
        f"{TEXT} It took him an hour."
    ]
    assert isinstance(found.result, Document)
    assert "an hour" not in found.result.text


def test_a_rejected_page_still_shows_its_blocks_and_where_its_text_is():
    found = inspect_page(page_of(PAGE.encode()), rules_of(article="#content"))
    assert found.result == Rejected("no-article", "nothing matches '#content'")
    assert {entry.fate for entry in found.entries} == {"outside"}
    assert found.heavy[0].selector == "main"
    assert found.heavy[0].share == 1.0


def test_a_name_with_the_pages_own_number_is_no_selector():
    html = PAGE.replace("<main id=text", "<div id=entry-12345").replace("</main>", "</div>")
    found = inspect_page(page_of(html.encode()), rules_of())
    assert found.heavy[0].selector == "div.entry"


@pytest.mark.parametrize(
    ("body", "reason"), [(b" \n", "empty"), (b"<html></html>", "no-text"), (b"\0" * 900, "")]
)
def test_a_page_without_text_has_no_entries(body, reason):
    found = inspect_page(page_of(body), rules_of())
    assert isinstance(found.result, Rejected)
    assert found.result.reason.startswith(reason)
    assert (found.entries, found.pairs, found.heavy) == ((), (), ())
