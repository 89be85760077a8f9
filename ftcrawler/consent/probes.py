"""The files that every origin is asked for, and what their answers mean. Pure.

An answer becomes a :class:`ProbeResult`, which may be kept for a day, and a result becomes
statements for any URL of the origin. Rule 4 of docs/consent.md is here: what fails closed and
what fails open. An answer that may be another tomorrow (5xx, 429, none at all) defers.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from ftcrawler.consent.aitxt import ai_txt_statements
from ftcrawler.consent.decision import Statement
from ftcrawler.consent.llmstxt import llms_txt_statements
from ftcrawler.consent.rsl import SIGNAL as RSL
from ftcrawler.consent.rsl import SPEC as RSL_SPEC
from ftcrawler.consent.rsl import rsl_statements, unreadable_pointer
from ftcrawler.consent.tdmrep import FILE as TDMREP_PATH
from ftcrawler.consent.tdmrep import SIGNAL as TDM_SIGNAL
from ftcrawler.consent.tdmrep import SPEC as TDM_SPEC
from ftcrawler.consent.tdmrep import mentions_reservation, tdm_file_statements, unreadable_file
from ftcrawler.consent.trusttxt import trust_txt_statements

MAX_BYTES = 102_400  # of a file; what is longer is cut, or unreadable where a cut changes it
TDMREP = "tdmrep"

State = Literal["absent", "read", "unreadable"]


@dataclass(frozen=True, slots=True)
class Probe:
    """A file to ask for: ``path`` is that on the origin, or the URL of a declared document."""

    name: str
    path: str


PROBES = (
    Probe(TDMREP, TDMREP_PATH),
    Probe("ai.txt", "/ai.txt"),
    Probe("ai.txt", "/.well-known/ai.txt"),  # seen in the wild; Spawning names the root
    Probe("trust.txt", "/trust.txt"),
    Probe("trust.txt", "/.well-known/trust.txt"),
    Probe("llms.txt", "/llms.txt"),
)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a probe found: plain values, so that ``asdict`` and ``ProbeResult(**row)`` keep it.

    ``status`` is 0 when no answer came; ``text`` is there when the file was read or mentions
    what must not be overlooked; ``sha256`` is that of the whole body, in hex.
    """

    name: str
    path: str
    state: State
    why: str
    status: int = 0
    sha256: str = ""
    text: str = ""

    @property
    def may_change(self) -> bool:
        """Whether the server could not answer now: 5xx, 429, a redirect to nowhere, nothing."""
        return self.state == "unreadable" and (
            not self.status or self.status == _TOO_MANY or self.status // 100 in {3, 5}
        )


_TOO_MANY = 429
_EMPTY = {204, 205}
_OK = 2
_CLIENT = 4
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARKUP = re.compile(r"<(?:!doctype html|html|head|body|div|script|p)\b", re.IGNORECASE)
_BLANKS = "\ufeff \t\r\n\f\v\u00a0"


def rsl_probe(url: str) -> Probe:
    """The probe of an RSL document that robots.txt or a page declares."""
    return Probe(RSL, url)


def read_probe(probe: Probe, status: int | None, content_type: str, body: bytes) -> ProbeResult:
    """What an answer means; ``status`` is None when none came, redirects are followed before.

    >>> read_probe(PROBES[1], 200, "text/html", b"<!doctype html><title>Not found").why
    'a page in place of the file'
    """

    def result(state: State, why: str, text: str = "") -> ProbeResult:
        digest = hashlib.sha256(body).hexdigest() if body else ""
        return ProbeResult(probe.name, probe.path, state, why, status or 0, digest, text)

    declared = probe.name == RSL
    missing: State = "unreadable" if declared else "absent"
    if status is None:
        return result("unreadable", "no answer")
    if status == _TOO_MANY or status // 100 not in {_OK, _CLIENT}:
        return result("unreadable", f"status {status}")
    if status // 100 == _CLIENT:
        return result(missing, f"status {status}")
    if status in _EMPTY or not body.strip():
        return result(missing, "an empty answer")
    if body.startswith(_COMPRESSED):
        return result("unreadable", "compressed beyond reading")
    text = _text(body)
    if not declared and _is_page(text, content_type):
        return result("absent", "a page in place of the file")
    if len(body) <= MAX_BYTES:
        return result("read", "read", text)
    if probe.name in {RSL, TDMREP}:
        return result("unreadable", f"longer than {MAX_BYTES} bytes", text)
    return result("read", f"cut at {MAX_BYTES} bytes", text.rpartition("\n")[0])


def probe_statements(result: ProbeResult, url: str) -> list[Statement]:
    """What a probed file says about a URL of its origin.

    >>> tdm = read_probe(PROBES[0], 503, "", b"")
    >>> [s.effect for s in probe_statements(tdm, "https://host/")]
    ['defer']
    """
    if result.state == "absent":
        return []
    if result.state == "unreadable":
        return [_unreadable(result)]
    if result.name == RSL:
        return rsl_statements(result.text, url, result.path)
    if result.name == TDMREP:
        return tdm_file_statements(result.text, url)
    if result.name == "ai.txt":
        return ai_txt_statements(result.text, url, result.path)
    if result.name == "trust.txt":
        return trust_txt_statements(result.text, result.path)
    return llms_txt_statements(result.text, result.path)


def _unreadable(result: ProbeResult) -> Statement:
    """Declared documents and TDMRep's file fail closed, the other probes open."""
    if result.name == RSL:
        if result.may_change:
            reason = f"declared terms could not be read now: {result.why}"
            return Statement(RSL, result.path, "", "defer", reason, RSL_SPEC)
        return unreadable_pointer(result.path, result.text, result.why)
    if result.name == TDMREP:
        if result.may_change or not result.text:
            reason = f"the file could not be read now: {result.why}"
            return Statement(TDM_SIGNAL, TDMREP_PATH, "", "defer", reason, TDM_SPEC)
        if mentions_reservation(result.text):
            return unreadable_file(result.text)
    reason = f"the file cannot be read: {result.why}"
    return Statement(result.name, result.path, "", "note", reason)


def _text(body: bytes) -> str:
    """At most ``MAX_BYTES`` as text without NUL and lone surrogates; never raises."""
    head = body[:MAX_BYTES]
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return head[len(bom) :].decode(codec, "replace").replace("\0", "")
    return head.decode("utf-8", "replace").replace("\0", "")


def _is_page(text: str, content_type: str) -> bool:
    """A soft 404: markup where text or JSON was asked for; the type alone proves nothing."""
    start = text.lstrip(_BLANKS)
    if start.startswith("<"):
        return True
    return "html" in content_type.lower() and bool(_MARKUP.search(start))
