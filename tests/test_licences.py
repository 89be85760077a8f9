"""Licences by URL and short name, and what each policy lets pass."""

import pytest

from pipelines.licences import POLICIES, licence_of, passes

CC = "https://creativecommons.org/licenses/{}/4.0/".format

# (what the page says, the licence, the strictest policy that lets it pass)
LICENCES = {
    "CC0": ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0", "permissive"),
    "public domain": ("//creativecommons.org/publicdomain/mark/1.0/", "PDM-1.0", "permissive"),
    "BY": (CC("by"), "CC-BY-4.0", "permissive"),
    "BY, an old translation": (
        "http://www.creativecommons.org/licenses/by/2.0/de/deed.de#x", "CC-BY-2.0", "permissive",
    ),
    "BY by name": ("CC BY 4.0", "CC-BY-4.0", "permissive"),
    "BY by SPDX name": ("CC-BY-4.0", "CC-BY-4.0", "permissive"),
    "BY without a version": ("CC-BY", "CC-BY", "permissive"),
    "SA": (CC("by-sa"), "CC-BY-SA-4.0", "open"),
    "ND": (CC("by-nd"), "CC-BY-ND-4.0", "commercial"),
    "NC": (CC("by-nc"), "CC-BY-NC-4.0", "known"),
    "NC and SA": ("cc-by-nc-sa-3.0", "CC-BY-NC-SA-3.0", "known"),
    "MIT": ("https://opensource.org/license/mit", "MIT", "permissive"),
    "MIT, not the institute": ("https://web.mit.edu/copyright", "", "any"),
    "Apache": ("https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0", "permissive"),
    "GFDL": ("https://www.gnu.org/licenses/fdl-1.3.html", "GFDL-1.3-or-later", "open"),
    "GPL": ("https://www.gnu.org/licenses/gpl-3.0.html", "GPL-3.0-or-later", "open"),
    "GPL 2": (
        "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html", "GPL-3.0-or-later", "open",
    ),
    "OGL": (
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        "OGL-UK-3.0",
        "permissive",
    ),
    "a page of its own": ("https://example.com/terms", "", "any"),
    "words": ("All rights reserved", "", "any"),
    "nothing": ("", "", "any"),
    "a sampling licence": ("https://creativecommons.org/licenses/sampling/1.0/", "", "any"),
    "a word that begins so": ("CC BYE", "", "any"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "name", "strictest"), LICENCES.values(), ids=LICENCES)
def test_what_a_licence_is_and_which_policies_let_it_pass(text, name, strictest):
    assert licence_of(text).name == name
    allowed = [policy for policy in POLICIES if passes(text, policy)]
    assert allowed == list(POLICIES[: POLICIES.index(strictest) + 1])


def test_obligations_are_said():
    assert licence_of(CC("by-nc-nd")).obligations == (
        "credit", "no commercial use", "no changed copies",
    )  # fmt: skip
    assert licence_of(LICENCES["CC0"][0]).obligations == ()
