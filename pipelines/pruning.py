"""trafilatura with a memory: what its patterns say of an element's names is worked out once. Pure.

Before it reads an article, trafilatura asks of every box in the page, in Python, whether its names
are those of boilerplate: nine tenths of its time. The boxes of a site have the same few names.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Final, cast

from lxml import etree
from trafilatura import core, main_extractor, xpaths
from trafilatura.settings import BASIC_CLEAN_XPATH

if TYPE_CHECKING:
    from types import ModuleType

Elements = list["etree._Element"]  # noqa: SLF001 - lxml names it no other way
Sequence = Callable[..., tuple[etree._Element, str, etree._Element, str]]  # noqa: SLF001

_MOST_KNOWN: Final = 10_000
_BOXES: Final = ("div", "item", "list", "p", "section", "span")
_ALL: Final = ("*",)
_LISTS: Final = ("div", "list", "section", "details", "ol", "ul")
_REGIONS: Final = ("div", "section", "aside")
_NAMED: Final = ("id", "class")
_NEVER_TEXT: Final = ("aside", "fencedframe", "footer", "script", "style", "svg", "template")


class Remembered:
    """An XPath that looks at elements one by one, by nothing but their tag and names.

    Called as the XPath itself is, with the same answer. ``looks_inside``: it also asks for what
    an element holds, so that a name only says whether it needs to be asked at all. ``nameless``
    are the tags that it may find without any name.
    """

    def __init__(
        self,
        xpath: etree.XPath,
        tags: tuple[str, ...],
        names: tuple[str, ...],
        *,
        looks_inside: bool = False,
        nameless: tuple[str, ...] = (),
    ) -> None:
        self._xpath = xpath
        self._names = names
        self._looks_inside = looks_inside
        some = " or ".join(f"@{name}" for name in names)
        wanted = [f".//{tag}[{some}]" for tag in tags] + [f".//{tag}" for tag in nameless]
        self._named = etree.XPath(" | ".join(wanted))
        self._known: dict[tuple[object, ...], bool] = {}

    def __call__(self, tree: etree._Element) -> Elements:
        """The elements below ``tree`` that the XPath finds, in page order."""
        found: Elements = []
        known, names = self._known, self._names
        for element in cast("Elements", self._named(tree)):
            key: tuple[object, ...] = (element.tag, *map(element.get, names))
            if key[1] is not None:
                # Where it asks for an id or another name, that which comes first decides.
                key = (*key, *element.keys())
            is_found = known.get(key)
            if is_found is None:
                if len(known) >= _MOST_KNOWN:
                    known.clear()
                is_found = known[key] = self._finds_alone(element)
            if is_found:
                found.append(element)
        if found and self._looks_inside:
            return cast("Elements", self._xpath(tree))
        return found

    def _finds_alone(self, element: etree._Element) -> bool:
        """Whether the XPath finds an element with these names that stands alone."""
        parent = etree.Element("parent")
        alone = etree.SubElement(parent, element.tag)
        for name, value in element.items():
            if name in self._names:
                alone.set(name, value)
        return bool(self._xpath(parent))


def _own_copy(module: ModuleType, **changed: object) -> ModuleType:
    """The module once more, for us alone, with other values for some of its names."""
    spec = find_spec(module.__name__)
    if spec is None or spec.loader is None:
        raise ImportError(f"{module.__name__} cannot be read again")
    copied = module_from_spec(spec)
    spec.loader.exec_module(copied)
    for name, value in changed.items():
        if not hasattr(copied, name):
            raise ImportError(f"{module.__name__} has no {name}: another version of trafilatura?")
        setattr(copied, name, value)
    return copied


def _remembering() -> Sequence:
    boxes, hidden = xpaths.OVERALL_DISCARD_XPATH
    endless, shares = xpaths.RAW_TREE_PRUNE_XPATH
    (comments,) = xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH
    extractor = _own_copy(
        main_extractor,
        OVERALL_DISCARD_XPATH=[
            Remembered(
                boxes, _BOXES, (*_NAMED, "role", "data-component", "data-lp-replacement-content")
            ),
            Remembered(hidden, _ALL, (*_NAMED, "style", "aria-hidden")),
        ],
    )
    rescue = _own_copy(
        import_module("trafilatura.baseline"),  # the package has a function of that name
        BASIC_CLEAN_XPATH=Remembered(BASIC_CLEAN_XPATH, _ALL, _NAMED, nameless=_NEVER_TEXT),
    )
    own = _own_copy(
        core,
        RAW_TREE_PRUNE_XPATH=[
            Remembered(endless, _REGIONS, _NAMED, looks_inside=True),
            shares,
        ],
        REMOVE_COMMENTS_AND_LISTS_XPATH=[Remembered(comments, _LISTS, _NAMED)],
        extract_content=extractor.extract_content,
        extract_comments=extractor.extract_comments,
        baseline=rescue.baseline,
        html2txt=rescue.html2txt,
    )
    return cast("Sequence", own.trafilatura_sequence)


trafilatura_sequence: Final = _remembering()
