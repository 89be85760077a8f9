"""What a licence lets one do, by its URL or short name, and whether a policy lets it pass. Pure.

Sources: the URLs of Creative Commons licences (creativecommons.org), the identifiers of SPDX
(spdx.org/licenses), the Open Definition 2.1 (opendefinition.org) for what is open.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

# Each policy lets pass what the one before it does, and less.
POLICIES: Final = ("any", "known", "commercial", "open", "permissive")
_CC: Final = re.compile(
    r"(?:(?:https?:)?//(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/|cc[ -]?)"
    r"(zero|mark|0|by(?:-(?:nc|sa|nd)){0,3})(?:[ /-]v?(\d(?:\.\d)?))?(?=[ /?#-]|$)",
    re.IGNORECASE,
)
_PUBLIC: Final = {"zero": "CC0-1.0", "0": "CC0-1.0", "mark": "PDM-1.0"}
# SPDX identifier, whether changed copies stay under the same licence, and how it is named.
_OTHERS: Final = (
    ("MIT", False, r"\bmit\b(?!\.edu)|opensource\.org/licenses?/mit"),
    ("Apache-2.0", False, r"apache[ -]?2|apache\.org/licenses/license-2"),
    ("BSD-3-Clause", False, r"\bbsd\b|opensource\.org/licenses?/bsd"),
    ("ISC", False, r"^isc$|opensource\.org/licenses?/isc"),
    ("GFDL-1.3-or-later", True, r"\bgfdl\b|gnu\.org/(?:copyleft/fdl|licenses/fdl)"),
    ("AGPL-3.0-or-later", True, r"\bagpl|gnu\.org/licenses/agpl"),
    ("LGPL-3.0-or-later", True, r"\blgpl|gnu\.org/licenses/lgpl"),
    ("GPL-3.0-or-later", True, r"\bgpl|gnu\.org/(?:copyleft|licenses|licenses/old-licenses)/gpl"),
    ("MPL-2.0", True, r"\bmpl[ -]?2|mozilla\.org/(?:en-us/)?mpl"),
    ("ODbL-1.0", True, r"\bodbl|opendatacommons\.org/licenses/odbl"),
    ("ODC-By-1.0", False, r"\bodc-by|opendatacommons\.org/licenses/by"),
    ("PDDL-1.0", False, r"\bpddl|opendatacommons\.org/licenses/pddl"),
    ("OGL-UK-3.0", False, r"\bogl\b|nationalarchives\.gov\.uk/doc/open-government-licence"),
    ("etalab-2.0", False, r"etalab"),
    ("DL-DE-BY-2.0", False, r"dl-de[/-]by|govdata\.de/dl-de/by"),
)  # fmt: skip
_PATTERNS: Final = tuple(
    (name, alike, re.compile(pattern, re.IGNORECASE)) for name, alike, pattern in _OTHERS
)
_NO_CREDIT: Final = frozenset(("CC0-1.0", "PDM-1.0", "PDDL-1.0"))


class Licence(NamedTuple):
    """A licence: its SPDX identifier, ``""`` for one that is not known, and what it asks."""

    name: str = ""
    attribution: bool = False
    share_alike: bool = False
    noncommercial: bool = False
    no_derivatives: bool = False

    @property
    def obligations(self) -> tuple[str, ...]:
        """What it asks, in words."""
        said = (
            (self.attribution, "credit"),
            (self.share_alike, "share alike"),
            (self.noncommercial, "no commercial use"),
            (self.no_derivatives, "no changed copies"),
        )
        return tuple(words for holds, words in said if holds)


@lru_cache(maxsize=4096)
def licence_of(text: str) -> Licence:
    """The licence that a URL or a short name stands for.

    >>> licence_of("https://creativecommons.org/licenses/by-nc-sa/4.0/deed.de").name
    'CC-BY-NC-SA-4.0'
    >>> licence_of("CC BY-SA 4.0").obligations, licence_of("all rights reserved").name
    (('credit', 'share alike'), '')
    """
    text = text.strip()
    if match := _CC.match(text):
        code, version = match[1].lower(), match[2] or ""
        if code in _PUBLIC:
            return Licence(_PUBLIC[code])
        parts = code.split("-")
        name = "-".join(filter(None, ("CC", code.upper(), version)))
        return Licence(name, attribution=True, share_alike="sa" in parts,
                       noncommercial="nc" in parts, no_derivatives="nd" in parts)  # fmt: skip
    for name, alike, pattern in _PATTERNS:
        if pattern.search(text):
            return Licence(name, attribution=name not in _NO_CREDIT, share_alike=alike)
    return Licence()


def passes(text: str, policy: str) -> bool:
    """Whether a policy lets a document under this licence pass.

    ``known``: it names a licence; ``commercial``: one that permits commercial use; ``open``: and
    changed copies; ``permissive``: and asks for credit at most.

    >>> [policy for policy in POLICIES if passes("CC-BY-SA-4.0", policy)]
    ['any', 'known', 'commercial', 'open']
    """
    if policy == "any":
        return True
    licence = licence_of(text)
    refused = (
        not licence.name,
        licence.noncommercial,
        licence.no_derivatives,
        licence.share_alike,
    )
    return not any(refused[: POLICIES.index(policy)])
