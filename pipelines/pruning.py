"""trafilatura with a memory: what its patterns say of an element's names is worked out once. Pure.

Before it reads an article, trafilatura asks of every box in the page, in Python, whether its names
are those of boilerplate: nine tenths of its time. The boxes of a site have the same few names.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
_OVERALL: Final = (
    *(*_NAMED, "style", "role", "aria-hidden"),
    *("data-component", "data-lp-replacement-content"),
)
_NEVER_TEXT: Final = ("aside", "fencedframe", "footer", "script", "style", "svg", "template")


class Remembered:
    """XPaths that look at elements one by one, by nothing but their tag and names, as one.

    Called as an XPath is; it finds what any of them does. ``tags`` are those that they look at,
    ``nameless`` those that they may find without any name. ``looks_inside``: they also ask for
    what an element holds, so that a name only says whether they need to be asked at all.
    """

    def __init__(
        self,
        *xpaths: etree.XPath,
        tags: tuple[str, ...],
        names: tuple[str, ...],
        nameless: tuple[str, ...] = (),
        looks_inside: bool = False,
    ) -> None:
        self._xpaths = xpaths
        self._tags = tags
        self._names = frozenset(names)
        self._nameless = frozenset(nameless)
        self._looks_inside = looks_inside
        self._known: dict[tuple[object, ...], bool] = {}

    def __call__(self, tree: etree._Element) -> Elements:
        """The elements below ``tree`` that are found, in page order."""
        found: Elements = []
        known, names, nameless = self._known, self._names, self._nameless
        for element in tree.iterdescendants(*self._tags):
            has = [name for name in element.keys() if name in names]  # noqa: SIM118 - it is no dict
            if not has and element.tag not in nameless:
                continue
            # Where an XPath asks for an id or another name, that which comes first decides.
            key = (element.tag, *has, *map(element.get, has))
            is_found = known.get(key)
            if is_found is None:
                if len(known) >= _MOST_KNOWN:
                    known.clear()
                is_found = known[key] = self._find_alone(element)
            if is_found:
                found.append(element)
        if found and self._looks_inside:
            return [each for xpath in self._xpaths for each in cast("Elements", xpath(tree))]
        return found

    def _find_alone(self, element: etree._Element) -> bool:
        """Whether an element with these names is found that stands alone."""
        parent = etree.Element("parent")
        try:
            alone = etree.SubElement(parent, element.tag)
        except ValueError:  # pages have tags that cannot be made: none that is looked for
            alone = etree.SubElement(parent, "unknown")
        for name, value in element.items():
            if name in self._names:
                alone.set(name, value)
        return any(xpath(parent) for xpath in self._xpaths)


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
    boxes = partial(Remembered, tags=_BOXES, names=_NAMED)
    extractor = _own_copy(
        main_extractor,
        OVERALL_DISCARD_XPATH=[
            Remembered(*xpaths.OVERALL_DISCARD_XPATH, tags=_ALL, names=_OVERALL),
        ],
        DISCARD_IMAGE_ELEMENTS=[boxes(*xpaths.DISCARD_IMAGE_ELEMENTS)],
        TEASER_DISCARD_XPATH=[boxes(*xpaths.TEASER_DISCARD_XPATH)],
    )
    rescue = _own_copy(
        import_module("trafilatura.baseline"),  # the package has a function of that name
        BASIC_CLEAN_XPATH=Remembered(
            BASIC_CLEAN_XPATH, tags=_ALL, names=_NAMED, nameless=_NEVER_TEXT
        ),
    )
    own = _own_copy(
        core,
        RAW_TREE_PRUNE_XPATH=[
            Remembered(*xpaths.RAW_TREE_PRUNE_XPATH, tags=_REGIONS, names=_NAMED, looks_inside=True)
        ],
        REMOVE_COMMENTS_AND_LISTS_XPATH=[
            Remembered(*xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH, tags=_LISTS, names=_NAMED)
        ],
        extract_content=extractor.extract_content,
        extract_comments=extractor.extract_comments,
        baseline=rescue.baseline,
        html2txt=rescue.html2txt,
    )
    return cast("Sequence", own.trafilatura_sequence)


trafilatura_sequence: Final = _remembering()
