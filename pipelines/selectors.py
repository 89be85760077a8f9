"""A site's CSS selectors: checked, applied to a page, and read into drafts of blocks. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import cssselect
from cssselect import HTMLTranslator, SelectorError
from cssselect.parser import CombinedSelector
from lxml import etree

from pipelines.blocks import Draft, read_drafts
from pipelines.vocabulary import html_role, selected_role

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipelines.rules import ExtractRules

_KEPT_SELECTORS: Final = 1024
# A site file is somebody else's text: its selectors are evaluated step by step, each step in
# time that grows with the page, where XPath's would grow with its square and more.
_LONGEST: Final = 500
_COUNTING: Final = re.compile(r":(?:nth-|last-of|first-of|only-)", re.IGNORECASE)
_TRANSLATOR: Final = HTMLTranslator()

Step = tuple[str, etree.XPath]


@lru_cache(_KEPT_SELECTORS)
def _compiled(selector: str) -> tuple[tuple[Step, ...], ...]:
    """For each selector of the group its steps: how it joins the one before, and its XPath."""
    if not selector.strip():
        raise ValueError("a CSS selector is empty")
    if len(selector) > _LONGEST:
        raise ValueError(f"a CSS selector has {len(selector)} letters, at most {_LONGEST}")
    try:
        group = tuple(_steps(one) for one in cssselect.parse(selector))
        for steps in group:
            for _, matches in steps:
                matches(etree.Element("html"))
    except (SelectorError, etree.XPathError, RecursionError) as error:
        detail = str(error) or type(error).__name__
        raise ValueError(
            f"{selector!r} is not a CSS selector that is understood: {detail}"
        ) from error
    return group


def _steps(selector: cssselect.Selector) -> tuple[Step, ...]:
    steps: list[Step] = []
    tree, element_of = selector.parsed_tree, selector.pseudo_element
    while isinstance(tree, CombinedSelector):
        steps.append((tree.combinator, _xpath(cssselect.Selector(tree.subselector, element_of))))
        tree, element_of = tree.selector, None
    steps.append(("", _xpath(cssselect.Selector(tree, element_of))))
    return tuple(reversed(steps))


def _xpath(selector: cssselect.Selector) -> etree.XPath:
    return etree.XPath(_TRANSLATOR.selector_to_xpath(selector))


def _joined(
    left: Collection[etree._Element], combinator: str, right: list[etree._Element]
) -> list[etree._Element]:
    """Those of ``right`` that stand to one of ``left`` as the combinator says."""
    if combinator == ">":
        return [one for one in right if one.getparent() in left]
    if combinator == "+":
        return [one for one in right if _before(one) in left]
    if combinator == "~":
        later: set[etree._Element] = set()
        parents = {one.getparent() for one in left}
        for children in (list(parent) for parent in parents if parent is not None):
            first = next(place for place, child in enumerate(children) if child in left)
            later.update(children[first + 1 :])
        return [one for one in right if one in later]
    inside: dict[etree._Element | None, bool] = {None: False}
    return [one for one in right if _is_inside(one.getparent(), left, inside)]


def _before(element: etree._Element) -> etree._Element | None:
    return next(element.itersiblings("*", preceding=True), None)


def _is_inside(
    element: etree._Element | None,
    outer: Collection[etree._Element],
    known: dict[etree._Element | None, bool],
) -> bool:
    """Whether the element or one around it is among ``outer``; ``known`` is filled as it goes."""
    seen = []
    while element is not None and element not in known:
        seen.append(element)
        if element in outer:
            known[element] = True
            break
        element = element.getparent()
    known.update(dict.fromkeys(seen, known[element]))
    return known[element]


def check_selector(selector: str) -> None:
    """Raise ``ValueError`` with the selector and what is wrong with it; a good one passes.

    >>> check_selector("article > p.lead")
    >>> check_selector("p[")
    Traceback (most recent call last):
    ValueError: 'p[' is not a CSS selector that is understood: Expected ident or '*', got <EOF at 2>
    """
    _compiled(selector)


def takes_its_square(rules: ExtractRules) -> bool:
    """Whether a selector counts siblings, which takes the square of their number."""
    selectors = (rules.article, rules.title, rules.paragraphs, *rules.drop)
    return any(_COUNTING.search(selector) for selector in selectors)


def check_rules(rules: ExtractRules) -> None:
    """Raise ``ValueError`` for the first bad selector of the rules."""
    for selector in (rules.article, rules.title, rules.paragraphs):
        if selector:
            check_selector(selector)
    for selector in rules.drop:
        check_selector(selector)


def select(page: etree._Element, selector: str) -> list[etree._Element]:
    """The elements of the page that match, in page order."""
    groups = [_matches(page, steps) for steps in _compiled(selector)]
    if len(groups) == 1:
        return groups[0]
    chosen = {one for group in groups for one in group}
    return [one for one in page.iter() if one in chosen]


def _matches(page: etree._Element, steps: tuple[Step, ...]) -> list[etree._Element]:
    found: list[etree._Element] = []
    for combinator, matches in steps:
        right = cast("list[etree._Element]", matches(page))  # noqa: SLF001 - lxml names it no other way
        found = _joined(set(found), combinator, right) if combinator else right
    return found


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
