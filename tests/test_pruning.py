"""What is remembered of trafilatura's patterns is what they say themselves."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from trafilatura import core, xpaths
from trafilatura.settings import BASIC_CLEAN_XPATH, Extractor

from pipelines import pruning
from pipelines.decode import decode_page
from pipelines.parsing import parse_page
from pipelines.pruning import Remembered, trafilatura_sequence

ANNOTATED = Path(__file__).parent / "annotated"
PAGES = sorted(ANNOTATED.glob("*/page.html.gz"))[::4]
PATTERNS = {
    "overall": (xpaths.OVERALL_DISCARD_XPATH, {"tags": ("*",), "names": pruning._OVERALL}),
    "images": (xpaths.DISCARD_IMAGE_ELEMENTS, {"tags": pruning._BOXES}),
    "teasers": (xpaths.TEASER_DISCARD_XPATH, {"tags": pruning._BOXES}),
    "comments": (xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH, {"tags": pruning._LISTS}),
    "endless": (
        xpaths.RAW_TREE_PRUNE_XPATH, {"tags": pruning._REGIONS, "looks_inside": True}
    ),
    "basic": ([BASIC_CLEAN_XPATH], {"tags": ("*",), "nameless": pruning._NEVER_TEXT}),
}  # fmt: skip


def both(pattern):
    """The patterns themselves, and with their memory."""
    patterns, options = PATTERNS[pattern]

    def asked(tree):
        found = {element for each in patterns for element in each(tree)}
        return [element for element in tree.iter() if element in found]

    return asked, Remembered(*patterns, **{"names": pruning._NAMED, **options})


VALUES = st.sampled_from(
    "nav main-Nav footer share-this related cookie-note hidden display:none reply-1 comments "
    "comment-list mvp-post-add-wrap infinite-scroll sidebar true text widget MostPopularStories "
    "elementor-share-buttons teaser-x Teaser img-caption page-footer onetrust-x Cookie-Bar "
    "navigation tags hide-print commentlist disqus_thread".split()
) | st.text("abc-:;é ", max_size=4)
TAGS = ("div", "p", "section", "span", "aside", "ol", "li", "h1", "list", "details", "footer")


@st.composite
def trees(draw):
    """A tree whose elements have some of the names, in any order."""
    root = etree.Element("body")
    for _ in range(draw(st.integers(1, 12))):
        parent = draw(st.sampled_from(list(root.iter())))
        element = etree.SubElement(parent, draw(st.sampled_from(TAGS)))
        for name in draw(
            st.lists(st.sampled_from((*pruning._OVERALL, "href")), max_size=3, unique=True)
        ):
            element.set(name, draw(VALUES))
    return root


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_answer_is_the_patterns_own(pattern, data):
    asked, remembered = both(pattern)
    for tree in data.draw(st.lists(trees(), min_size=1, max_size=3)):
        assert remembered(tree) == asked(tree)
        assert remembered(tree) == asked(tree)  # from memory


def test_the_memory_has_an_end(monkeypatch):
    monkeypatch.setattr(pruning, "_MOST_KNOWN", 5)
    asked, remembered = both("overall")
    page = html.fromstring("".join(f"<div class='nav-{n}'></div><p id={n}></p>" for n in range(20)))
    assert remembered(page) == asked(page)
    assert len(remembered._known) <= 5


def test_the_library_itself_is_left_as_it_is():
    assert all(isinstance(one, etree.XPath) for one in xpaths.OVERALL_DISCARD_XPATH)
    assert core.trafilatura_sequence is not trafilatura_sequence
    assert core.RAW_TREE_PRUNE_XPATH is xpaths.RAW_TREE_PRUNE_XPATH


def test_another_version_of_the_library_is_noticed():
    with pytest.raises(ImportError, match="has no WHATEVER"):
        pruning._own_copy(core, WHATEVER=[])


@pytest.mark.parametrize("page", PAGES, ids=[page.parent.name for page in PAGES])
def test_of_real_pages_the_same_is_kept(page):
    options = Extractor(output_format="xml", fast=True, comments=False, tables=True)
    text = decode_page(gzip.decompress(page.read_bytes()))
    trees = [parse_page(text) for _ in range(2)]
    ours, _, _, _ = trafilatura_sequence(trees[0], options)
    theirs, _, _, _ = core.trafilatura_sequence(trees[1], options)
    assert etree.tostring(ours) == etree.tostring(theirs)


def test_a_tag_that_cannot_be_made_costs_nothing():
    page = parse_page("<p>Bees.</p><g:plusone class='share-this'></g:plusone><o:p id='nav'>x</o:p>")
    for pattern in PATTERNS:
        asked, remembered = both(pattern)
        assert remembered(page) == asked(page)
