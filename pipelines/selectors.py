"""A site's CSS selectors: checked, applied to a page, and read into drafts of blocks. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector

from pipelines.blocks import Draft, read_drafts
from pipelines.vocabulary import html_role, selected_role

if TYPE_CHECKING:
    from pipelines.rules import ExtractRules

_KEPT_SELECTORS: Final = 1024


@lru_cache(_KEPT_SELECTORS)
def _compiled(selector: str) -> CSSSelector:
    if not selector.strip():
        raise ValueError("a CSS selector is empty")
    try:
        compiled = CSSSelector(selector, translator="html")
        compiled(etree.Element("html"))
    except (SelectorError, etree.XPathError, RecursionError) as error:
        detail = str(error) or type(error).__name__
        raise ValueError(
            f"{selector!r} is not a CSS selector that is understood: {detail}"
        ) from error
    return compiled


def check_selector(selector: str) -> None:
    """Raise ``ValueError`` with the selector and what is wrong with it; a good one passes.

    >>> check_selector("article > p.lead")
    >>> check_selector("p[")
    Traceback (most recent call last):
    ValueError: 'p[' is not a CSS selector that is understood: Expected ident or '*', got <EOF at 2>
    """
    _compiled(selector)


def check_rules(rules: ExtractRules) -> None:
    """Raise ``ValueError`` for the first bad selector of the rules."""
    for selector in (rules.article, rules.title, rules.paragraphs):
        if selector:
            check_selector(selector)
    for selector in rules.drop:
        check_selector(selector)


def select(page: etree._Element, selector: str) -> list[etree._Element]:
    """The elements of the page that match, in page order."""
    found = _compiled(selector)(page)
    return cast("list[etree._Element]", found)  # noqa: SLF001 - lxml names it no other way


def drop_selected(page: etree._Element, selectors: tuple[str, ...]) -> None:
    """Empty what the selectors match: the elements stay, so that paths still tell the place."""
    for selector in selectors:
        for element in select(page, selector):
            tail = element.tail
            element.clear()
            element.tail = tail


def _outermost(elements: list[etree._Element]) -> list[etree._Element]:
    chosen = set(elements)
    return [one for one in elements if not any(outer in chosen for outer in one.iterancestors())]


def read_selected(page: etree._Element, rules: ExtractRules) -> list[Draft] | None:
    """The drafts that ``article`` and ``paragraphs`` select; ``None`` when no article matches.

    Selectors see the whole page, so ``body .text`` finds its match inside an article as well.
    """
    articles = _outermost(select(page, rules.article)) if rules.article else [page]
    if not articles:
        return None
    if not rules.paragraphs:
        return [draft for article in articles for draft in read_drafts(article, html_role)]
    role = selected_role(frozenset(select(page, rules.paragraphs)))
    return [draft for article in articles for draft in read_drafts(article, role, bare=False)]
